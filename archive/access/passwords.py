"""Passwords: argon2id, with the same cost for a login that does not exist."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from archive.errors import InvalidInput

MINIMUM_LENGTH = 10
MAXIMUM_LENGTH = 512  # hashing costs the same, reading a megabyte does not

_hasher = PasswordHasher()  # argon2id with the parameters of RFC 9106, low memory


def hash_password(password: str) -> str:
    """Raises InvalidInput for one that is too short."""
    if not MINIMUM_LENGTH <= len(password) <= MAXIMUM_LENGTH:
        raise InvalidInput("account.password_short", field="password", minimum=MINIMUM_LENGTH)
    return _hasher.hash(_normal(password))


def verify_password(stored: str | None, password: str) -> bool:
    """stored None (no such login, or no password set): False, after the same work."""
    try:
        _hasher.verify(stored or _nobodys_hash(), _normal(password[:MAXIMUM_LENGTH]))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)


def new_password() -> str:
    """One that is made for a person: 80 bits, letters that are not mixed up."""
    return "-".join("".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(4)) for _ in range(4))


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_hex(16))


def _normal(password: str) -> str:
    """The same password typed with composed or decomposed tones is the same."""
    return unicodedata.normalize("NFKC", password)
