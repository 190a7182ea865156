"""What every ObjectStore owes, run on each adapter: memory, a directory, an S3 server."""

from __future__ import annotations

import hashlib
import io
import os
import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import ObjectMissing
from archive.storage.interface import Protection
from tests.conformance.object_store import ADAPTERS, Held, read

UNKNOWN = "0" * 64
MONTH = timedelta(days=30)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=list(ADAPTERS.values()), ids=list(ADAPTERS))
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Held]:
    yield from request.param(tmp_path)


@pytest.mark.parametrize("content", [b"", b"x", b"a" * 4096, b"b" * (1 << 20), os.urandom((1 << 20) + 1)])
def test_what_is_put_is_read_back_whatever_its_length(held: Held, content: bytes) -> None:
    digest = held.put(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert read(held.store, digest) == content
    assert held.store.size(digest) == len(content)
    assert held.store.contains(digest)
    assert held.store.verify(digest)


@given(content=st.binary(max_size=5000))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_content_lies_under_its_own_digest(held: Held, content: bytes) -> None:
    digest = held.put(content)
    assert read(held.store, digest) == content
    assert digest in {ref.digest for ref in held.store.digests()}


@given(key=st.text(max_size=80))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_key_that_is_no_digest_leads_nowhere(held: Held, key: str) -> None:
    for verb in (held.store.open, held.store.contains, held.store.size, held.store.verify, held.store.path):
        with pytest.raises((ValueError, ObjectMissing)):
            verb(key)


def test_putting_the_same_bytes_again_keeps_one_object(held: Held) -> None:
    first, second = held.put(b"same", "one"), held.put(b"same", "two")
    assert first == second
    assert [ref.digest for ref in held.store.digests()] == [first]


def test_each_object_is_listed_once_with_its_size(held: Held) -> None:
    sizes = {held.put(bytes([number]) * number): number for number in range(20)}
    assert {ref.digest: ref.size_bytes for ref in held.store.digests()} == sizes
    assert len(list(held.store.digests())) == len(sizes)


def test_an_unknown_digest_is_missing(held: Held) -> None:
    assert not held.store.contains(UNKNOWN)
    for verb in (held.store.open, held.store.size, held.store.verify, held.store.path):
        with pytest.raises(ObjectMissing):
            verb(UNKNOWN)


def test_streams_can_be_positioned(held: Held) -> None:
    digest = held.put(b"0123456789")
    with held.store.open(digest) as stream:
        stream.seek(4)
        assert stream.read(3) == b"456"


def test_verification_finds_a_flipped_bit_and_a_cut(held: Held) -> None:
    whole = held.put(b"untouched")
    flipped, cut = held.put(b"abcdef", "one"), held.put(b"ghijkl", "two")
    held.damage(flipped, b"abcdeg")
    held.damage(cut, b"ghi")
    assert held.store.verify(whole)
    assert not held.store.verify(flipped)
    assert not held.store.verify(cut)


def test_bytes_found_damaged_are_written_anew(held: Held) -> None:
    digest = held.put(b"precious")
    held.damage(digest, b"precioux")
    assert held.put(b"precious") == digest
    assert read(held.store, digest) == b"precious"
    assert held.store.verify(digest)


def test_two_writers_of_one_digest_leave_one_whole_object(held: Held) -> None:
    content = os.urandom(300_000)
    for number in range(8):
        (held.source / f"copy{number}").write_bytes(content)
    at_once([lambda path=path: held.store.put(path) for path in sorted(held.source.glob("copy*"))])  # type: ignore[misc]
    (ref,) = held.store.digests()
    assert read(held.store, ref.digest) == content


def test_big_objects_are_read_from_any_place(held: Held) -> None:
    content = random.Random(7).randbytes((3 << 20) + 11)
    expected, places = io.BytesIO(content), random.Random(8)
    with held.store.open(held.put(content)) as stream:
        for _ in range(40):
            whence = places.choice([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END])
            offset = {io.SEEK_SET: 1 << 21, io.SEEK_CUR: 300_000, io.SEEK_END: -(1 << 20)}[whence]
            length = places.choice([0, 1, 4096, 700_000])
            assert stream.seek(offset, whence) == expected.seek(offset, whence)
            assert stream.read(length) == expected.read(length)
            assert stream.tell() == expected.tell()
        assert stream.read() == expected.read()


def now() -> datetime:
    return datetime.now(UTC)


def test_an_object_is_locked_from_its_first_instant(held: Held) -> None:
    until = now() + MONTH
    found = held.store.protection(held.put(b"master", retain_until=until))
    assert found.retain_until is not None
    assert until <= found.retain_until < until + SECOND
    assert (found.mode, found.legal_hold) == ("governance", False)


def test_what_is_derived_is_not_locked(held: Held) -> None:
    assert held.store.protection(held.put(b"thumbnail")) == Protection(None, None, False)


def test_putting_again_lengthens_the_lock_and_never_shortens_it(held: Held) -> None:
    digest = held.put(b"master", retain_until=now() + MONTH)
    held.put(b"master", retain_until=now() + 2 * MONTH)
    lengthened = held.store.protection(digest)
    assert lengthened.retain_until is not None
    assert lengthened.retain_until > now() + MONTH + SECOND
    held.put(b"master", retain_until=now() + MONTH)
    held.put(b"master")
    assert held.store.protection(digest) == lengthened


def test_an_unlocked_object_is_locked_when_it_is_put_with_a_lock(held: Held) -> None:
    digest = held.put(b"was derived")
    held.put(b"was derived", retain_until=now() + MONTH)
    assert held.store.protection(digest).mode == "governance"


def test_locks_only_lengthen(held: Held) -> None:
    digest = held.put(b"master")
    ends = []
    for days in (3, 30, 10, 40, 1):
        held.store.protect(digest, retain_until=now() + timedelta(days=days))
        ends.append(held.store.protection(digest).retain_until)
    assert None not in ends
    assert [round((end - now()) / timedelta(days=1)) for end in ends if end] == [3, 30, 30, 40, 40]


def test_a_hold_is_set_and_lifted_and_leaves_the_lock_alone(held: Held) -> None:
    digest = held.put(b"disputed", retain_until=now() + MONTH)
    locked = held.store.protection(digest)
    held.store.protect(digest, legal_hold=True)
    assert held.store.protection(digest) == Protection(locked.retain_until, "governance", True)
    held.store.protect(digest, retain_until=now() + SECOND)
    held.store.protect(digest)
    assert held.store.protection(digest).legal_hold
    held.store.protect(digest, legal_hold=False)
    assert held.store.protection(digest) == locked


def test_a_hold_needs_no_lock(held: Held) -> None:
    digest = held.put(b"disputed draft")
    held.store.protect(digest, legal_hold=True)
    assert held.store.protection(digest) == Protection(None, None, True)


def test_compliance_is_never_turned_back(held: Held) -> None:
    digest = held.put(b"published", retain_until=now() + SECOND)
    held.store.protect(digest, retain_until=now() + 60 * SECOND, mode="compliance")
    strict = held.store.protection(digest)
    assert strict.mode == "compliance"
    held.store.protect(digest, retain_until=now() + SECOND, mode="governance")
    assert held.store.protection(digest) == strict
    held.put(b"published", retain_until=now() + 90 * SECOND)
    longer = held.store.protection(digest)
    assert longer.mode == "compliance"
    assert longer.retain_until is not None
    assert strict.retain_until is not None
    assert longer.retain_until > strict.retain_until


def test_of_many_who_lock_at_once_the_longest_prevails(held: Held) -> None:
    digest = held.put(b"wanted by many")
    ends = [now() + timedelta(days=days) for days in (5, 40, 12, 33, 8, 21)]
    at_once([lambda end=end: held.store.protect(digest, retain_until=end) for end in ends])  # type: ignore[misc]
    found = held.store.protection(digest).retain_until
    assert found is not None
    assert max(ends) <= found < max(ends) + SECOND


def test_a_lock_survives_damage_and_healing(held: Held) -> None:
    digest = held.put(b"precious", retain_until=now() + MONTH)
    held.damage(digest, b"precioux")
    until = now() + MONTH
    held.put(b"precious", retain_until=until)
    found = held.store.protection(digest)
    assert found.retain_until is not None
    assert found.retain_until >= until
    assert held.store.verify(digest)


def test_a_time_without_offset_is_no_end_of_a_lock(held: Held) -> None:
    digest = held.put(b"master")
    with pytest.raises(ValueError, match="offset"):
        held.store.protect(digest, retain_until=datetime(2099, 1, 1))  # noqa: DTZ001


def test_the_unknown_has_neither_lock_nor_time(held: Held) -> None:
    for verb in (held.store.protection, held.store.stored_at):
        with pytest.raises(ObjectMissing):
            verb(UNKNOWN)
    with pytest.raises(ObjectMissing):
        held.store.protect(UNKNOWN, legal_hold=True)


def test_an_object_tells_since_when_it_lies_there(held: Held) -> None:
    before = now()
    digest = held.put(b"dated")
    first = held.store.stored_at(digest)
    assert before - 2 * SECOND <= first <= now() + SECOND  # a server tells whole seconds
    held.put(b"dated")
    assert held.store.stored_at(digest) == first
    assert first.utcoffset() == timedelta(0)


def test_nothing_is_left_over_by_what_went_well(held: Held) -> None:
    held.put(b"whole")
    assert held.store.left_over() == []
    assert held.store.sweep() == 0


def at_once(calls: list[Callable[[], object]]) -> None:
    """All calls in threads of their own, begun together; none may fail."""
    start, failures = threading.Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        start.wait()
        try:
            call()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
