"""Keys, encryption, passwords, second factor."""

from __future__ import annotations

import stat
import threading
import unicodedata
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.access import encryption, passwords, totp
from archive.access.keys import Keys
from archive.errors import InvalidInput, NotFound, ObjectDamaged


def test_a_key_is_made_once_and_only_its_owner_reads_it(keys: Keys) -> None:
    name, key = keys.current("columns")
    assert keys.current("columns") == (name, key)
    assert Keys(keys.directory).current("columns") == (name, key)
    assert stat.S_IMODE((keys.directory / f"{name}.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.directory.stat().st_mode) == 0o700


def test_threads_that_ask_at_once_get_the_same_key(keys: Keys) -> None:
    found: list[tuple[str, bytes]] = []
    threads = [threading.Thread(target=lambda: found.append(Keys(keys.directory).current("columns"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


def test_after_rotation_new_values_name_the_new_key_and_old_ones_are_still_read(keys: Keys) -> None:
    old = encryption.encrypt(keys, "001099012345", place="a")
    rotated = keys.rotate("columns")
    new = encryption.encrypt(keys, "001099012345", place="a")
    assert (old.key_name, new.key_name) == ("columns-0001", rotated)
    assert rotated == "columns-0002"
    assert [encryption.decrypt(keys, value, place="a") for value in (old, new)] == ["001099012345"] * 2


def test_a_lost_key_is_said_by_name(keys: Keys) -> None:
    value = encryption.encrypt(keys, "x", place="a")
    (keys.directory / f"{value.key_name}.key").unlink()
    with pytest.raises(NotFound, match=r"columns-0001"):
        encryption.decrypt(Keys(keys.directory), value, place="a")


@pytest.mark.parametrize("name", ["../columns-0001", "columns", "columns-1", ""])
def test_a_name_that_is_no_key_opens_no_file(keys: Keys, name: str) -> None:
    with pytest.raises(NotFound):
        keys.named(name)


@given(text=st.text(), flip=st.integers(min_value=0))
def test_any_changed_byte_of_an_encrypted_value_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, text: str, flip: int
) -> None:
    keys = Keys(tmp_path_factory.getbasetemp() / "flip-keys")
    value = encryption.encrypt(keys, text, place="a")
    assert encryption.decrypt(keys, value, place="a") == text
    changed = bytearray(value.value)
    changed[flip % len(changed)] ^= 1
    with pytest.raises(ObjectDamaged):
        encryption.decrypt(keys, encryption.Encrypted(bytes(changed), value.key_name), place="a")


def test_a_value_moved_to_another_row_does_not_decrypt(keys: Keys) -> None:
    value = encryption.encrypt(keys, "x", place="owner_identifier.value:1")
    with pytest.raises(ObjectDamaged):
        encryption.decrypt(keys, value, place="owner_identifier.value:2")


def test_equal_values_are_found_by_every_key_that_was_ever_used(keys: Keys) -> None:
    digest, name = encryption.lookup_digest(keys, "citizen", "001099012345")
    assert encryption.lookup_digest(keys, "citizen", "001099012345") == (digest, name)
    assert encryption.lookup_digest(keys, "land", "001099012345")[0] != digest
    keys.rotate("lookup")
    assert encryption.lookup_digest(keys, "citizen", "001099012345")[0] != digest
    assert encryption.lookup_digests(keys, "citizen", "001099012345")[name] == digest


def test_a_password_is_the_same_however_its_tones_are_typed() -> None:
    typed = "mật khẩu rất dài"
    stored = passwords.hash_password(unicodedata.normalize("NFC", typed))
    assert stored.startswith("$argon2id$")
    assert passwords.verify_password(stored, unicodedata.normalize("NFD", typed))
    assert not passwords.verify_password(stored, typed + " ")


def test_nobody_has_no_password() -> None:
    assert not passwords.verify_password(None, "")
    assert not passwords.verify_password("not a hash", "x")


def test_a_short_password_is_refused_with_the_length_that_is_wanted() -> None:
    with pytest.raises(InvalidInput, match="10 ký tự"):
        passwords.hash_password("123456789")


def test_made_passwords_differ_and_are_accepted() -> None:
    made = {passwords.new_password() for _ in range(50)}
    assert len(made) == 50
    assert passwords.hash_password(made.pop())


@settings(deadline=None)
@given(drift=st.integers(-2, 2))
def test_a_code_is_taken_once_and_only_near_its_time(drift: int) -> None:
    secret, now = totp.new_secret(), datetime(2026, 3, 2, tzinfo=UTC)
    code = pyotp.TOTP(secret).at(now + timedelta(seconds=30 * drift))
    step = totp.accepted_step(secret, code, now, last_step=None)
    assert (step is not None) == (abs(drift) <= 1)
    assert totp.accepted_step(secret, code, now, last_step=step or 1 << 40) is None


@pytest.mark.parametrize("code", ["", "abcdef", "12345", "１２３４５６"])
def test_what_is_no_code_is_refused(code: str) -> None:
    assert totp.accepted_step(totp.new_secret(), code, datetime(2026, 3, 2, tzinfo=UTC), last_step=None) is None
