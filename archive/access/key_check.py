"""Whether the keys on this machine are those of these holdings: other keys would encrypt what nobody can read."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, insert, select, text

from archive.access.encryption import COLUMNS, LOOKUP
from archive.access.keys import Keys
from archive.db.installation import KeyCheck
from archive.errors import KeysDiffer

PURPOSES = (COLUMNS, LOOKUP)
CHECK_LOCK = 0x4152_4348_0003


def check_keys(engine: Engine, keys: Keys) -> None:
    """Compare this machine's keys with what the database knows of them; new holdings get theirs made here.

    A key that a rotation made is known from now on. Raises KeysDiffer for a key that is missing, unreadable or
    another one; then nothing was made or written.
    """
    with engine.connect() as connection:
        known = _known(connection)
    _refuse_others(known, keys)
    if known and set(known) == set(_names(keys)):
        return
    with engine.begin() as connection:  # two machines that start at once have one first
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": CHECK_LOCK})
        known = _known(connection)
        _refuse_others(known, keys)
        if not known:
            for purpose in PURPOSES:
                keys.current(purpose)
        new = [name for name in _names(keys) if name not in known]
        for name in new:
            value = check_value(name, _key(keys, name))
            connection.execute(insert(KeyCheck).values(name=name, value=value, at=datetime.now(UTC)))


def check_value(name: str, key: bytes) -> str:
    """Of a key of 256 random bits: it tells nothing about the key."""
    return hmac.new(key, f"archive key check\0{name}".encode(), hashlib.sha256).hexdigest()


def _known(connection: Connection) -> dict[str, str]:
    return {row.name: row.value for row in connection.execute(select(KeyCheck.name, KeyCheck.value))}


def _refuse_others(known: dict[str, str], keys: Keys) -> None:
    here = set(_names(keys))
    for name, value in sorted(known.items()):
        if name not in here:
            raise KeysDiffer("error.keys_missing", name=name, directory=keys.directory)
        if not hmac.compare_digest(check_value(name, _key(keys, name)), value):
            raise KeysDiffer(name=name, directory=keys.directory)


def _names(keys: Keys) -> list[str]:
    return [name for purpose in PURPOSES for name in keys.names(purpose)]


def _key(keys: Keys, name: str) -> bytes:
    try:
        return keys.named(name)
    except (OSError, ValueError) as error:
        raise KeysDiffer("error.keys_unreadable", name=name, directory=keys.directory) from error
