"""One connection to a mailbox by IMAP4rev1: listed, read in portions, marked. Failures are MailboxProblem."""

from __future__ import annotations

import base64
import contextlib
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Self

TIMEOUT_S = 30.0
PORTION_BYTES = 1 << 20
HEADER_BYTES = 256 << 10
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxProblem(Exception):
    """Why a mailbox cannot be worked on now. reason: message id of archive.i18n."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason, self.values = reason, values


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    security: str  # tls, starttls, none
    login: str
    password: str
    folder: str
    ca_file: Path | None


class Connection:
    """beat: called whenever the server has answered."""

    def __init__(self, client: imaplib.IMAP4, uid_validity: str, beat: Callable[[], None]) -> None:
        self._client, self.uid_validity, self._beat = client, uid_validity, beat
        told = self._check(self._tried(client.capability))  # more than it said before the sign-in
        self._capabilities = set(told[0].decode("ascii", "replace").upper().split()) if told and told[0] else set()

    @classmethod
    @contextlib.contextmanager
    def open(cls, server: Server, beat: Callable[[], None] = lambda: None) -> Iterator[Self]:
        client = _connected(server)
        try:
            yield cls(client, _entered(client, server), beat)
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                client.logout()

    def unread(self) -> list[int]:
        """UIDs of mail that nobody has read."""
        return self._search("UNSEEN", "NOT", "DELETED")

    def since(self, day: date) -> list[int]:
        """UIDs of mail that came on the day or later, read or not."""
        return self._search("SINCE", f"{day.day:02}-{_MONTHS[day.month - 1]}-{day.year}", "NOT", "DELETED")

    def size_bytes(self, uid: int) -> int | None:
        """As the server says; None where the mail is not there any more."""
        for part in self._ask("FETCH", str(uid), "(RFC822.SIZE)"):
            told = part[0] if isinstance(part, tuple) else part
            if told and (found := _SIZE.search(told)):
                return int(found[1])
        return None

    def write_header(self, uid: int, out: BinaryIO) -> None:
        out.write(self._portion(uid, "BODY.PEEK[HEADER]", 0, HEADER_BYTES))

    def write_mail(self, uid: int, out: BinaryIO, limit_bytes: int) -> bool:
        """In portions; False where it is longer than the limit, whatever the server said of its size."""
        written = 0
        while written <= limit_bytes:
            block = self._portion(uid, "BODY.PEEK[]", written, PORTION_BYTES)
            if not block:
                return True
            out.write(block)
            written += len(block)
        return False

    def mark_read(self, uid: int) -> None:
        self._ask("STORE", str(uid), "+FLAGS.SILENT", "(\\Seen)")

    def move(self, uid: int, folder: str) -> None:
        """A folder that is not there is made."""
        name = _quoted(folder)
        with contextlib.suppress(MailboxProblem):  # it is there already, or the next command says what is wrong
            self._check(self._tried(lambda: self._client.create(name)))
        if "MOVE" in self._capabilities:
            self._ask("MOVE", str(uid), name)
            return
        self._ask("COPY", str(uid), name)
        self._ask("STORE", str(uid), "+FLAGS.SILENT", "(\\Deleted)")
        if "UIDPLUS" in self._capabilities:
            self._ask("EXPUNGE", str(uid))

    def _search(self, *criteria: str) -> list[int]:
        answer = self._ask("SEARCH", *criteria)
        return sorted(int(uid) for line in answer if isinstance(line, bytes) for uid in line.split())

    def _portion(self, uid: int, what: str, offset: int, length: int) -> bytes:
        for part in self._ask("FETCH", str(uid), f"({what}<{offset}.{length}>)"):
            if isinstance(part, tuple) and len(part) == 2:
                return bytes(part[1])
        return b""

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        return self._check(self._tried(lambda: self._client.uid(command, *arguments)))

    def _check(self, answer: tuple[str, list[Any]]) -> list[Any]:
        if answer[0] != "OK":
            raise MailboxProblem("mailbox.command_refused")
        self._beat()
        return answer[1]

    def _tried(self, call: Callable[[], tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
        try:
            return call()
        except (OSError, imaplib.IMAP4.error) as failure:
            raise MailboxProblem("mailbox.connection_lost") from failure


def _connected(server: Server) -> imaplib.IMAP4:
    where = {"host": server.host, "port": server.port}
    try:
        context = ssl.create_default_context()
        if server.ca_file is not None:
            context.load_verify_locations(server.ca_file)
        if server.security == "tls":
            return imaplib.IMAP4_SSL(server.host, server.port, ssl_context=context, timeout=TIMEOUT_S)
        client = imaplib.IMAP4(server.host, server.port, timeout=TIMEOUT_S)
        if server.security == "starttls":
            client.starttls(context)
    except ssl.SSLError as failure:
        raise MailboxProblem("mailbox.certificate", **where) from failure
    except (OSError, imaplib.IMAP4.error) as failure:
        raise MailboxProblem("mailbox.unreachable", **where) from failure
    return client


def _entered(client: imaplib.IMAP4, server: Server) -> str:
    """Signed in, the folder chosen for writing; its UIDVALIDITY."""
    try:
        client.login(server.login, server.password)
    except imaplib.IMAP4.abort as failure:
        raise MailboxProblem("mailbox.connection_lost") from failure
    except (imaplib.IMAP4.error, UnicodeError) as failure:
        raise MailboxProblem("mailbox.login_refused", host=server.host) from failure
    try:
        state, _ = client.select(_quoted(server.folder))
        validity = client.response("UIDVALIDITY")[1]
    except imaplib.IMAP4.readonly as failure:
        raise MailboxProblem("mailbox.read_only", folder=server.folder) from failure
    except (OSError, imaplib.IMAP4.error) as failure:
        raise MailboxProblem("mailbox.connection_lost") from failure
    if state != "OK" or not validity or validity[0] is None:
        raise MailboxProblem("mailbox.folder_missing", folder=server.folder)
    if client.is_readonly:
        raise MailboxProblem("mailbox.read_only", folder=server.folder)
    return str(validity[0], "ascii", "replace")


def _quoted(folder: str) -> str:
    """A name of a mail folder as IMAP writes it: modified UTF-7 between quotation marks."""
    return '"' + _utf7(folder).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _utf7(name: str) -> str:
    """Source: RFC 3501, 5.1.3."""
    out, held = [], ""

    def flush() -> None:
        nonlocal held
        if held:
            coded = base64.b64encode(held.encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            out.append(f"&{coded}-")
            held = ""

    for letter in name:
        if " " <= letter <= "~":
            flush()
            out.append("&-" if letter == "&" else letter)
        else:
            held += letter
    flush()
    return "".join(out)
