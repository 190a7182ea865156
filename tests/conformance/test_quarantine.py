"""What every Quarantine owes, run on each adapter: entries, names, kept files, claims."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest

from archive.errors import FileTooBig, ObjectMissing
from archive.storage import s3_quarantine
from archive.storage.s3_quarantine import S3Quarantine
from tests.conformance.quarantine import LIMIT, NAME, Place


def test_a_received_file_is_held_with_its_name_and_seen_by_other_machines(place: Place) -> None:
    digest = place.receive()
    for seen in (place.quarantine, place.elsewhere):
        held = seen.held("k")
        assert (held.name, held.size_bytes, held.digest) == (NAME, 4, digest)
        assert seen.path("k").read_bytes() == b"scan"
        assert list(seen.keys()) == ["k"]


@pytest.mark.parametrize("size", [0, 1, 4096, (1 << 20) + 1, (8 << 20) + 1])
def test_bytes_are_kept_whatever_their_length(place: Place, size: int) -> None:
    content = os.urandom(size)
    assert place.receive(content=content) == hashlib.sha256(content).hexdigest()
    assert place.elsewhere.path("k").read_bytes() == content


@pytest.mark.parametrize(
    "name", ["a", "đ" * 127 + ".pdf", "/".join(["ề" * 60] * 5), "a+b %41 &?=#.pdf", " dấu cách .pdf "]
)
def test_any_name_that_a_delivery_may_have_is_kept_as_it_is(place: Place, name: str) -> None:
    place.receive(name=name)
    place.quarantine.add_name("k", "entry", name)
    assert place.elsewhere.held("k").name == name
    assert place.elsewhere.names("k") == {"entry": name}


def test_a_file_past_the_limit_leaves_nothing(place: Place) -> None:
    with pytest.raises(FileTooBig):
        place.quarantine.receive("k", io.BytesIO(b"x" * 1001), "a", limit_bytes=1000)
    assert place.lying() == []
    assert not place.quarantine.claimed("k")
    place.quarantine.receive("k", io.BytesIO(b"x" * 1000), "a", limit_bytes=1000)


def test_a_source_that_fails_half_way_leaves_nothing(place: Place) -> None:
    class BreaksOff(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise KeyError("the sender is gone")
            return super().read(10)

    with pytest.raises(KeyError):
        place.quarantine.receive("k", BreaksOff(b"x" * 100), "a", limit_bytes=LIMIT)
    assert place.lying() == []


def test_an_unknown_key_is_missing(place: Place) -> None:
    for verb in (place.quarantine.held, place.quarantine.path):
        with pytest.raises(ObjectMissing):
            verb("unknown")
    with pytest.raises(ObjectMissing):
        place.quarantine.add_name("unknown", "entry", "a")
    with pytest.raises(ObjectMissing):
        place.keep(b"words", key="unknown")
    assert place.quarantine.kept("unknown", "recognition.gz") is None
    assert place.lying() == []


@pytest.mark.parametrize("key", ["", "..", "a/b", "../a", ".hidden", "a\0b"])
def test_a_key_never_leads_elsewhere(place: Place, key: str) -> None:
    place.receive()
    with pytest.raises(ValueError, match="key"):
        place.receive(key=key)
    with pytest.raises(ValueError, match="key"):
        place.keep(b"x", name=key)
    with pytest.raises(ValueError, match="key"):
        place.quarantine.add_name("k", key, "a")
    with pytest.raises(ValueError, match="key"):
        place.quarantine.remove(key)


def test_names_of_repeated_deliveries_are_kept_by_entry_and_may_be_told_twice(place: Place) -> None:
    place.receive()
    assert place.quarantine.names("k") == {}
    place.quarantine.add_name("k", "e1", "một.pdf")
    place.quarantine.add_name("k", "e2", "hai.pdf")
    place.quarantine.add_name("k", "e1", "một.pdf")
    assert place.elsewhere.names("k") == {"e1": "một.pdf", "e2": "hai.pdf"}


def test_what_is_kept_outlives_its_source_and_is_had_on_other_machines(place: Place) -> None:
    place.receive()
    place.keep(b"words")
    place.keep(os.urandom(3 << 20), name="sealed.zip")
    for seen in (place.quarantine, place.elsewhere):
        path = seen.kept("k", "recognition.gz")
        assert path is not None
        assert path.read_bytes() == b"words"
        assert seen.kept("k", "other") is None


def test_the_newest_of_a_kept_name_counts_also_where_an_older_one_was_read(place: Place) -> None:
    place.receive()
    place.keep(b"first")
    assert place.elsewhere.kept("k", "recognition.gz") is not None
    place.keep(b"second")
    path = place.elsewhere.kept("k", "recognition.gz")
    assert path is not None
    assert path.read_bytes() == b"second"


def test_what_is_discarded_is_gone_everywhere_and_may_be_discarded_again(place: Place) -> None:
    place.receive()
    before = place.lying()
    place.keep(b"words")
    assert place.elsewhere.kept("k", "recognition.gz") is not None
    for _ in range(2):
        place.quarantine.discard("k", "recognition.gz")
    for seen in (place.quarantine, place.elsewhere):
        assert seen.kept("k", "recognition.gz") is None
    assert set(place.lying()) - set(before) <= {"k/kept"}
    place.quarantine.discard("unknown", "recognition.gz")


def test_an_entry_is_claimed_by_its_receiver_alone_until_it_is_released(place: Place) -> None:
    assert not place.quarantine.claimed("k")
    place.receive()
    assert place.quarantine.claimed("k")
    assert not place.elsewhere.claimed("k")
    assert list(place.elsewhere.unclaimed()) == []
    place.quarantine.release("k")
    place.quarantine.release("k")
    assert not place.quarantine.claimed("k")
    assert list(place.later.unclaimed()) == ["k"]
    assert place.quarantine.path("k").read_bytes() == b"scan"


def test_a_claim_ends_with_the_entry(place: Place) -> None:
    place.receive()
    place.quarantine.remove("k")
    assert not place.quarantine.claimed("k")
    assert list(place.later.unclaimed()) == []


def test_a_claim_on_what_another_removed_is_lost(on_own_disk: Place) -> None:
    on_own_disk.receive()
    on_own_disk.elsewhere.remove("k")
    assert not on_own_disk.quarantine.claimed("k")


def test_a_claim_is_lost_long_before_others_may_think_the_entry_given_up(in_bucket: Place, tmp_path: Path) -> None:
    quarantine, later = in_bucket.quarantine, in_bucket.later
    in_bucket.receive()
    assert isinstance(quarantine, S3Quarantine)
    half_over = S3Quarantine(quarantine._client, tmp_path / "slow", claim_s=0.0)
    half_over.receive("slow", io.BytesIO(b"scan"), "a", limit_bytes=LIMIT)
    assert not half_over.claimed("slow")
    assert list(quarantine.unclaimed()) == []
    assert sorted(later.unclaimed()) == ["k", "slow"]


def test_a_claim_counts_from_before_the_bytes_were_sent(in_bucket: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [1000.0]
    monkeypatch.setattr(s3_quarantine, "_now_s", lambda: now_s[0])

    class TakesLong(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            now_s[0] += s3_quarantine.CLAIM_S / 2
            return super().read(size)

    in_bucket.quarantine.receive("k", TakesLong(b"scan"), "a", limit_bytes=LIMIT)
    assert not in_bucket.quarantine.claimed("k")


def test_working_directories_are_apart_empty_and_gone_on_leaving(place: Place) -> None:
    place.receive()
    with place.quarantine.working("k") as one, place.quarantine.working("k") as two, place.quarantine.workspace() as at:
        assert len({one, two, at}) == 3
        for folder in (one, two, at):
            assert list(folder.iterdir()) == []
            assert folder.stat().st_mode & 0o077 == 0
            (folder / "sub").mkdir()
            (folder / "sub" / "file").write_bytes(b"words")
        assert place.elsewhere.left_over() == []
        assert place.elsewhere.sweep() == 0
        assert (one / "sub" / "file").exists()
        assert list(place.quarantine.keys()) == ["k"]
    assert not any(folder.exists() for folder in (one, two, at))


def test_a_step_that_fails_leaves_no_working_directory(place: Place) -> None:
    seen: list[Path] = []

    def step() -> None:
        with place.quarantine.working("k") as folder:
            seen.append(folder)
            (folder / "half").write_bytes(b"words")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        step()
    assert not seen[0].exists()
