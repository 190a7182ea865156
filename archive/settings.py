"""The service's settings: read once from ARCHIVE_* variables, frozen after that."""

# ruff: noqa: RUF009  `_setting` makes a dataclass field

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from archive import i18n
from archive.errors import InvalidSetting

PREFIX = "ARCHIVE_"
FROM_FILE = "_FILE"
SECRET_BYTES = 64 << 10  # of a file that a secret is read from
_STORE_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]{1,50}")
_STORE_QUERY = re.compile(r"(region=[a-z0-9-]+)?")
_ALIAS = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
MAIL_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,186}[A-Za-z0-9])?")


class _UnreadableError(Exception):
    """Its text says what was expected."""


def _directory(value: str) -> Path:
    if not value.strip() or "\0" in value:
        raise _UnreadableError(i18n.text("expected.directory"))
    return Path(value).expanduser().absolute()


def _directories(value: str) -> tuple[Path, ...]:
    paths = tuple(Path(part) for part in value.split(":") if part)
    if not paths or not all(path.is_absolute() and ".." not in path.parts for path in paths) or "\0" in value:
        raise _UnreadableError(i18n.text("expected.directories"))
    return paths


def _text(value: str) -> str:
    if not value.strip():
        raise _UnreadableError(i18n.text("expected.text"))
    return value.strip()


def _url(*schemes: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not value.startswith(schemes):
            raise _UnreadableError(i18n.text("expected.url", schemes=", ".join(schemes)))
        return value

    return read


def _object_store(value: str) -> str:
    parts = _server(value)
    named = _STORE_PREFIX.fullmatch(parts.path.strip("/") or "archive")
    if not (parts.username and parts.password and named and _STORE_QUERY.fullmatch(parts.query)):
        raise _UnreadableError(i18n.text("expected.object_store_url"))
    return value


def _public_address(value: str) -> str:
    parts = _server(value)
    if parts.path.strip("/") or parts.query or "@" in parts.netloc:
        raise _UnreadableError(i18n.text("expected.public_url"))
    return value.rstrip("/")


def _search_server(value: str) -> str:
    parts = _server(value)
    if parts.query or not _ALIAS.fullmatch(parts.path.strip("/") or "archive"):
        raise _UnreadableError(i18n.text("expected.search_url"))
    return value


def _server(value: str) -> SplitResult:
    """An http or https address with a host; with a wrong port urlsplit raises only when it is asked for it."""
    try:
        parts = urlsplit(value)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.fragment:
        raise _UnreadableError(i18n.text("expected.url", schemes="http://, https://"))
    return parts


def _certificates(value: str) -> Path:
    path = _directory(value)
    try:
        whole = b"-----BEGIN CERTIFICATE-----" in path.read_bytes()
    except OSError:
        whole = False
    if not whole:
        raise _UnreadableError(i18n.text("expected.certificates"))
    return path


def _networks(value: str) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(part.strip(), strict=False)) for part in value.split(","))
    except ValueError:
        raise _UnreadableError(i18n.text("expected.networks")) from None


def _hosts(value: str) -> tuple[str, ...]:
    """Names, *.names and addresses or networks, in lower case."""
    hosts = tuple(part.strip().lower() for part in value.split(","))
    if not all(_HOST.fullmatch(host) or _is_network(host) for host in hosts):
        raise _UnreadableError(i18n.text("expected.hosts"))
    return hosts


def _is_network(value: str) -> bool:
    try:
        ip_network(value, strict=False)
    except ValueError:
        return False
    return True


def _mail_server(value: str) -> str:
    parts = urlsplit(value)
    try:
        whole = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.path.strip("/") or parts.query or parts.fragment:
        raise _UnreadableError(i18n.text("expected.mail_server"))
    return value


def _mail_address(value: str) -> str:
    if not MAIL_ADDRESS.fullmatch(value):
        raise _UnreadableError(i18n.text("expected.mail_address"))
    return value


def _number(minimum: int, maximum: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not (value.isascii() and value.isdigit() and minimum <= int(value) <= maximum):
            raise _UnreadableError(i18n.text("expected.number_from", minimum=minimum, maximum=maximum))
        return int(value)

    return read


def _setting(read: Callable[[str], Any], default: Any, unit: str, sentence: str, *, secret: bool = False) -> Any:
    described = {"read": read, "unit": unit, "sentence": sentence, "secret": secret}
    if callable(default):
        return field(default_factory=default, metadata=described, repr=not secret)
    return field(default=default, metadata=described, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Each field is the variable ARCHIVE_<NAME>; `described()` is the list that the documentation prints."""

    data: Path = _setting(
        _directory,
        lambda: Path("data").absolute(),
        "directory",
        "Where the holdings lie: database, objects, quarantine, index, keys and backups.",
    )
    database_url: str | None = _setting(
        _url("postgresql://", "postgres://"),
        None,
        "URL",
        "A PostgreSQL server (15 or later) instead of the one that is started in the data directory.",
        secret=True,
    )
    object_store_url: str | None = _setting(
        _object_store,
        None,
        "URL",
        "MinIO or another S3 server with object lock instead of a directory: "
        "http(s)://ACCESS:SECRET@HOST:PORT/PREFIX; its buckets are PREFIX-objects and PREFIX-quarantine.",
        secret=True,
    )
    object_store_public_url: str | None = _setting(
        _public_address,
        None,
        "URL",
        "Where browsers reach the object store: http(s)://HOST:PORT; where it is set, big files are read there by "
        "signed links, else through the service.",
    )
    search_url: str | None = _setting(
        _search_server,
        None,
        "URL",
        "Elasticsearch 9 instead of the index in the data directory: http(s)://USER:PASSWORD@HOST:PORT/NAME; "
        "NAME is its alias.",
        secret=True,
    )
    ca_file: Path | None = _setting(
        _certificates,
        None,
        "file",
        "Authorities (PEM) that the servers' TLS certificates are checked against, beside the system's.",
    )
    keys: Path | None = _setting(
        _directory,
        None,
        "directory",
        "Where the secret keys lie, by default keys in the data directory; every machine of one installation needs "
        "the same ones.",
    )
    token: str | None = _setting(
        _text,
        None,
        "token",
        "The API token of the account that commands act as on an object store server.",
        secret=True,
    )
    host: str = _setting(_text, "127.0.0.1", "address", "Where the web pages are served.")
    port: int = _setting(_number(1, 65535), 8000, "port", "Where the web pages are served.")
    trusted_proxies: tuple[str, ...] = _setting(
        _networks,
        (),
        "addresses",
        "Proxies, as addresses or networks with commas between, whose X-Forwarded-For and X-Forwarded-Proto are "
        "believed.",
    )
    jobs: int = _setting(
        _number(1, 256), lambda: os.cpu_count() or 1, "pages", "How many pages are recognised side by side."
    )
    engine: str = _setting(_text, "tesseract", "name", "Which recognition engine reads the pages.")
    max_file_bytes: int = _setting(
        _number(1, 1 << 44), 2 << 30, "bytes", "The biggest file that is received; bigger ones are refused (413)."
    )
    page_limit: int = _setting(
        _number(1, 1_000_000), 5_000, "pages", "The most pages that one file may have; longer ones are refused (422)."
    )
    uploads: Path | None = _setting(
        _directory,
        None,
        "directory",
        "Where files lie whose upload is not finished, by default uploads in the data directory; processes on several "
        "machines share it.",
    )
    upload_days: int = _setting(
        _number(1, 365), 7, "days", "An upload that is not finished after so long is given up, its bytes are removed."
    )
    folders: tuple[Path, ...] = _setting(
        _directories,
        (),
        "directories",
        "Below which directories folders may be watched, with colons between; without it none may.",
    )
    mail_bytes: int = _setting(
        _number(1 << 10, 1 << 30),
        100 << 20,
        "bytes",
        "The biggest mail that is taken from a mailbox; bigger ones are refused before they are read.",
    )
    api_calls_a_minute: int = _setting(
        _number(1, 1_000_000),
        3_000,
        "calls",
        "How often one account may call the API in a minute, of each web process; more is answered with 429.",
    )
    session_idle_minutes: int = _setting(
        _number(1, 1_440), 30, "minutes", "A sign-in ends when nothing was opened for so long."
    )
    session_minutes: int = _setting(_number(1, 10_080), 720, "minutes", "A sign-in ends after so long in any case.")
    public_url: str | None = _setting(
        _public_address,
        None,
        "URL",
        "Where people and programs reach this service: http(s)://HOST[:PORT]; links in mail and webhooks begin so.",
    )
    smtp_url: str | None = _setting(
        _mail_server,
        None,
        "URL",
        "The mail server that notices are sent through: smtps://USER:PASSWORD@HOST:PORT (TLS from the start) or "
        "smtp://… (STARTTLS; without TLS on loopback only). Without it notices are in the inbox alone.",
        secret=True,
    )
    mail_from: str | None = _setting(
        _mail_address, None, "address", "The sender of notices by mail; without it none are sent."
    )
    webhook_hosts: tuple[str, ...] = _setting(
        _hosts,
        (),
        "hosts",
        "Hosts that webhooks may be sent to, as names, *.names, addresses or networks with commas between; only these "
        "may have private addresses. Without it: any host with public addresses.",
    )

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Raises InvalidSetting for the first ARCHIVE_* variable that is unknown or cannot be read.

        A secret NAME may lie in a file instead, which NAME_FILE names: its first line counts.
        """
        known = {PREFIX + f.name.upper(): f for f in fields(cls)}
        values: dict[str, Any] = {}
        for name in sorted(n for n in environ if n.startswith(PREFIX)):
            from_file = name.endswith(FROM_FILE) and name not in known
            setting = name.removesuffix(FROM_FILE) if from_file else name
            if setting not in known or (from_file and not known[setting].metadata["secret"]):
                raise InvalidSetting("error.setting_unknown", field=name, setting=name, known=", ".join(sorted(known)))
            if from_file and setting in environ:
                raise InvalidSetting("error.setting_twice", field=name, setting=setting, file_setting=name)
            described = known[setting].metadata
            try:
                given = _first_line(environ[name], name) if from_file else environ[name]
                values[known[setting].name] = described["read"](given)
            except _UnreadableError as wrong:
                shown = "…" if described["secret"] else environ[name]
                raise InvalidSetting(field=name, setting=name, value=shown, expected=str(wrong)) from None
        return cls(**values)

    @property
    def production(self) -> bool:
        """Records lie on servers, and commands act as the account of `token`."""
        return self.object_store_url is not None

    @property
    def keys_directory(self) -> Path:
        return self.keys or self.data / "keys"

    @classmethod
    def described(cls) -> tuple[SettingDescription, ...]:
        return tuple(
            SettingDescription(
                PREFIX + f.name.upper(), str(f.type), f.metadata["unit"], f.metadata["sentence"], f.metadata["secret"]
            )
            for f in fields(cls)
        )


@dataclass(frozen=True, slots=True)
class SettingDescription:
    name: str
    type: str
    unit: str
    sentence: str
    secret: bool  # may be read from a file: NAME_FILE


def _first_line(path: str, name: str) -> str:
    try:
        with Path(path).expanduser().open(encoding="utf-8") as file:
            return file.readline(SECRET_BYTES).strip()
    except (OSError, ValueError) as failure:
        detail = getattr(failure, "strerror", None) or type(failure).__name__
        raise InvalidSetting(
            "error.setting_file_unreadable", field=name, setting=name, path=path, detail=detail
        ) from None
