"""The service's settings: read once from ARCHIVE_* variables, frozen after that."""

# ruff: noqa: RUF009  `_setting` makes a dataclass field

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from archive import i18n
from archive.errors import InvalidSetting

PREFIX = "ARCHIVE_"


class _UnreadableError(Exception):
    """Its text says what was expected."""


def _directory(value: str) -> Path:
    if not value.strip() or "\0" in value:
        raise _UnreadableError(i18n.text("expected.directory"))
    return Path(value).expanduser().absolute()


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
        _url("http://", "https://", "s3://"), None, "URL", "An object store server instead of a directory.", secret=True
    )
    search_url: str | None = _setting(
        _url("http://", "https://"),
        None,
        "URL",
        "A search server instead of the index in the data directory.",
        secret=True,
    )
    host: str = _setting(_text, "127.0.0.1", "address", "Where the web pages are served.")
    port: int = _setting(_number(1, 65535), 8000, "port", "Where the web pages are served.")
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
    session_idle_minutes: int = _setting(
        _number(1, 1_440), 30, "minutes", "A sign-in ends when nothing was opened for so long."
    )
    session_minutes: int = _setting(_number(1, 10_080), 720, "minutes", "A sign-in ends after so long in any case.")

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Settings:
        """Raises InvalidSetting for the first ARCHIVE_* variable that is unknown or cannot be read."""
        known = {PREFIX + f.name.upper(): f for f in fields(cls)}
        values: dict[str, Any] = {}
        for name in sorted(n for n in environ if n.startswith(PREFIX)):
            if name not in known:
                raise InvalidSetting("error.setting_unknown", field=name, setting=name, known=", ".join(sorted(known)))
            described = known[name].metadata
            try:
                values[known[name].name] = described["read"](environ[name])
            except _UnreadableError as wrong:
                shown = "…" if described["secret"] else environ[name]
                raise InvalidSetting(field=name, setting=name, value=shown, expected=str(wrong)) from None
        return cls(**values)

    @classmethod
    def described(cls) -> tuple[SettingDescription, ...]:
        return tuple(
            SettingDescription(PREFIX + f.name.upper(), str(f.type), f.metadata["unit"], f.metadata["sentence"])
            for f in fields(cls)
        )


@dataclass(frozen=True, slots=True)
class SettingDescription:
    name: str
    type: str
    unit: str
    sentence: str
