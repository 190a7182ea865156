"""A real IMAP server on loopback: dovecot, in a directory of its own, with one account and a certificate of its own."""

from __future__ import annotations

import contextlib
import imaplib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOGIN, PASSWORD = "quet", "mat-khau-thu-1"
STARTS_WITHIN_S = 60.0
CONFIGURATION = """
base_dir = {base}/run
state_dir = {base}/run
log_path = {base}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{base}/cert.pem
ssl_key = <{base}/key.pem
disable_plaintext_auth = no
mail_location = maildir:{base}/mail/%u
first_valid_uid = 0
mail_uid = {user}
mail_gid = {group}
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {login_user}
auth_mechanisms = plain login
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={base}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


@dataclass
class Mailserver:
    base: Path
    plain: int
    tls: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def ca_file(self) -> Path:
        return self.base / "cert.pem"

    @contextlib.contextmanager
    def client(self, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.plain, timeout=30)
        client.login(LOGIN, PASSWORD)
        client.select(folder)
        try:
            yield client
        finally:
            client.logout()

    def send(self, mail: bytes, *, seen: bool = False) -> None:
        with self.client() as client:
            client.append("INBOX", "(\\Seen)" if seen else "", "", mail)

    def count(self, criteria: str = "ALL", folder: str = "INBOX") -> int:
        with self.client(folder) as client:
            if client.state != "SELECTED":
                return 0
            return len(client.search(None, criteria)[1][0].split())

    def flag(self, operation: str, flags: str) -> None:
        with self.client() as client:
            client.uid("STORE", "1:*", operation, flags)

    def start(self) -> None:
        self.process = subprocess.Popen([_program(), "-F", "-c", str(self.base / "dovecot.conf")])
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until:
            with contextlib.suppress(OSError, imaplib.IMAP4.error), self.client():
                return
        raise RuntimeError((self.base / "log").read_text() if (self.base / "log").exists() else "no log")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(STARTS_WITHIN_S)
            self.process = None


def missing() -> str | None:
    return None if _program() else "there is no dovecot: scripts/setup dev installs it"


def create() -> Mailserver:
    base = Path(tempfile.mkdtemp(prefix="dovecot-"))
    base.chmod(0o755)
    server = Mailserver(base, _free_port(), _free_port())
    _write_certificate(base)
    user, login_user = ("dovecot", "dovenull") if os.getuid() == 0 else (_own_name(), _own_name())
    (base / "mail").mkdir()
    (base / "run").mkdir()
    if os.getuid() == 0:
        shutil.chown(base / "mail", "dovecot", "dovecot")
    told = {"base": base, "user": user, "group": user, "login_user": login_user, "password": PASSWORD}
    text = CONFIGURATION.format(**told, plain=server.plain, tls=server.tls)
    (base / "dovecot.conf").write_text(text, encoding="utf-8")
    return server


def _program() -> str:
    return shutil.which("dovecot") or ("/usr/sbin/dovecot" if Path("/usr/sbin/dovecot").exists() else "")


def _own_name() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_certificate(base: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (base / "cert.pem").write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (base / "key.pem").write_bytes(private)
