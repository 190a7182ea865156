"""Sensitive columns: AES-256-GCM under a named key, and a keyed digest by which an equal value is found."""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from archive.access.keys import Keys
from archive.errors import ObjectDamaged

NONCE_BYTES = 12
COLUMNS = "columns"
LOOKUP = "lookup"


@dataclass(frozen=True, slots=True)
class Encrypted:
    value: bytes  # nonce, then ciphertext with its tag
    key_name: str


def encrypt(keys: Keys, plaintext: str, *, place: str) -> Encrypted:
    """place: which column of which row, e.g. "account.totp_secret:<id>"; the value can be decrypted only there."""
    name, key = keys.current(COLUMNS)
    nonce = os.urandom(NONCE_BYTES)
    return Encrypted(nonce + AESGCM(key).encrypt(nonce, plaintext.encode(), place.encode()), name)


def decrypt(keys: Keys, encrypted: Encrypted, *, place: str) -> str:
    """Raises NotFound if its key is not here, ObjectDamaged if the value was changed or belongs elsewhere."""
    nonce, ciphertext = encrypted.value[:NONCE_BYTES], encrypted.value[NONCE_BYTES:]
    try:
        return AESGCM(keys.named(encrypted.key_name)).decrypt(nonce, ciphertext, place.encode()).decode()
    except InvalidTag:
        raise ObjectDamaged("error.encrypted_value_damaged", place=place) from None


def lookup_digest(keys: Keys, kind: str, value: str) -> tuple[str, str]:
    """(digest, key name) of a value of that kind, by the current key. The caller normalises the value."""
    name, key = keys.current(LOOKUP)
    return _keyed(key, kind, value), name


def lookup_digests(keys: Keys, kind: str, value: str) -> dict[str, str]:
    """Key name -> digest, by every key there is: what to look for while rows of earlier keys remain."""
    return {name: _keyed(keys.named(name), kind, value) for name in keys.names(LOOKUP)}


def _keyed(key: bytes, kind: str, value: str) -> str:
    return hmac.new(key, f"{kind}\0{value}".encode(), hashlib.sha256).hexdigest()
