"""A backup of one sample scan, one paper behind the gate and one that waits, and holdings made of it elsewhere."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.backup import SHARES, copy_objects, share_of
from archive.storage.filesystem import FilesystemStore
from tests.cli.running import SAMPLES, archive, own_directory
from tests.conftest import released

pytestmark = pytest.mark.slow

LETTER = SAMPLES / "td01-van-ban-chi-dao" / "010_cong_van.pdf"
SECRET = SAMPLES / "td01-bao-cao-to-trinh" / "004_bao_cao.pdf"
WAITING = SAMPLES / "td01-van-ban-chi-dao" / "012_cong_van.pdf"
QUESTION = "thành phần hồ sơ"


@dataclass(frozen=True)
class Place:
    folder: Path
    data: Path
    backups: Path

    def backup(self) -> Path:
        return next(path for path in self.backups.iterdir() if (path / "backup.json").exists())

    def elsewhere(self, name: str, *, keys: bool = True) -> Path:
        data = self.folder / name
        data.mkdir(mode=0o700)
        if keys:
            shutil.copytree(self.data / "keys", data / "keys")
        return data

    def copy(self, name: str) -> Path:
        """One's own copy of the backups, to be damaged."""
        return Path(shutil.copytree(self.backups, self.folder / name))


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with own_directory() as folder:
        place = Place(folder, folder / "data", folder / "backups")
        delivered = ("--agency", "TD01", "--task", "5", "--json")
        assert archive(place.data, "demo", "--no-samples").code == 0
        assert archive(place.data, "ingest", LETTER, SECRET, "--wait", *delivered).code == 1
        assert archive(place.data, "ingest", WAITING, *delivered).code == 0
        taken = archive(place.data, "backup", place.backups, "--json")
        assert taken.code == 0, taken.stderr
        assert taken.document["waiting"] == 2
        assert taken.document["findings"] == []
        yield place
        released(folder)


@pytest.fixture(scope="module")
def restored(place: Place) -> Path:
    data = place.elsewhere("restored")
    done = archive(data, "restore", place.backups, "--json")
    assert done.code == 0, done.stderr
    assert (done.document["indexed"], done.document["waiting"]) == (1, 2)
    return data


def test_what_was_restored_agrees_and_is_whole(restored: Path) -> None:
    for words in (("reconcile",), ("fixity",), ("audit", "verify")):
        done = archive(restored, *words, "--json")
        assert done.code == 0, done.stderr


def test_what_was_restored_is_found_and_bit_for_bit_the_same(place: Place, restored: Path) -> None:
    before, after = (archive(data, "search", QUESTION, "--json").document for data in (place.data, restored))
    assert after["total"] == 1
    assert after == before
    objects = [
        {path.name: path.read_bytes() for path in (data / "objects").glob("??/??/*")} for data in (place.data, restored)
    ]
    assert objects[0] == objects[1]


def test_what_waited_is_worked_through_after_the_restore_under_its_receipt_and_name(restored: Path) -> None:
    again = archive(restored, "ingest", WAITING, "--agency", "TD01", "--task", "5", "--wait", "--json")
    (duplicate,) = again.document["duplicates"]
    shown = archive(restored, "show", duplicate["receipt"], "--json").document
    assert (shown["state"], shown["file_name"]) == ("described", WAITING.name)
    assert archive(restored, "reconcile").code == 0


def test_a_second_backup_adds_no_object_that_is_there(place: Place) -> None:
    objects = place.backups / "objects"
    before = {path: path.stat().st_ino for path in objects.glob("??/??/*")}
    assert archive(place.data, "backup", place.backups).code == 0
    assert {path: path.stat().st_ino for path in objects.glob("??/??/*")} == before
    assert len(list(place.backups.glob("*/backup.json"))) == 2


def test_an_object_that_was_cut_short_in_the_backup_is_copied_anew_by_the_next(place: Place) -> None:
    backups = place.copy("cut-short")
    cut = max((backups / "objects").glob("??/??/*"), key=lambda path: path.stat().st_size)
    whole = cut.read_bytes()
    cut.chmod(0o600)
    cut.write_bytes(whole[:100])
    assert archive(place.data, "backup", backups).code == 0
    assert cut.read_bytes() == whole


@pytest.mark.parametrize("share", [True, False])
def test_the_share_of_a_day_is_read_again_in_the_backup(tmp_path: Path, share: bool) -> None:
    source, target = FilesystemStore.create(tmp_path / "source"), FilesystemStore.create(tmp_path / "target")
    (tmp_path / "new").write_bytes(b"as it was")
    digest = source.put(tmp_path / "new").digest
    sizes = {digest: source.size(digest)}
    copied = {"room": tmp_path, "progress": None}
    assert list(copy_objects(source, target, sizes, **copied)) == []
    rotten = target.path(digest)
    rotten.chmod(0o600)
    rotten.write_bytes(b"as it IS ")
    assert list(copy_objects(source, target, sizes, **copied, reread=lambda _: share)) == []
    assert target.verify(digest) is share


def test_each_object_of_a_backup_is_read_again_within_a_month() -> None:
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(SHARES)]
    digests = [hashlib.sha256(bytes([number])).hexdigest() for number in range(64)]
    assert all(sum(share_of(day)(digest) for day in days) == 1 for digest in digests)


def test_nothing_is_restored_over_holdings(place: Place) -> None:
    refused = archive(place.data, "restore", place.backups, "--json")
    assert refused.code == 1
    assert refused.document["error"]["reason"] == "restore.not_empty"


def test_without_its_keys_nothing_is_restored(place: Place) -> None:
    data = place.elsewhere("keyless", keys=False)
    refused = archive(data, "restore", place.backups, "--json")
    assert refused.code == 3
    assert refused.document["error"]["reason"] == "restore.keys_missing"
    assert not (data / "objects").exists()


def test_a_damaged_catalogue_is_refused_before_anything_is_written(place: Place) -> None:
    backups = place.copy("damaged-catalogue")
    dump = max(backups.glob("*/catalogue.dump"))
    dump.write_bytes(dump.read_bytes()[:-1] + b"?")
    data = place.elsewhere("untouched")
    refused = archive(data, "restore", backups, "--json")
    assert refused.document["error"]["reason"] == "restore.catalogue_damaged"
    assert not (data / "objects").exists()


def test_an_unfinished_backup_is_passed_over(place: Place) -> None:
    backups = place.copy("unfinished")
    for manifest in backups.glob("*/backup.json"):
        manifest.unlink()
    refused = archive(place.elsewhere("none"), "restore", backups, "--json")
    assert (refused.code, refused.document["error"]["reason"]) == (2, "restore.nothing_there")


def test_a_damaged_object_is_told_and_the_rest_is_restored(place: Place) -> None:
    backups = place.copy("damaged-object")
    manifest = json.loads(min(backups.glob("*/backup.json")).read_text())
    damaged = max((backups / "objects").glob("??/??/*"), key=lambda path: path.stat().st_size)
    damaged.chmod(0o600)
    damaged.write_bytes(b"?" + damaged.read_bytes()[1:])
    data = place.elsewhere("lacking")
    done = archive(data, "restore", backups, "--json")
    assert done.code == 1
    rules = {(each["rule"], each["place"]) for each in done.document["findings"]}
    assert {("object_damaged", damaged.name), ("object_missing", damaged.name)} <= rules
    assert done.document["objects"] == manifest["objects"]


def test_who_does_not_operate_the_service_takes_no_backup(place: Place) -> None:
    refused = archive(place.data, "backup", place.folder / "others", "--as", "can.bo", "--json")
    assert refused.code != 0
    assert not (place.folder / "others").exists()
