from __future__ import annotations

import hashlib
import os
import shutil
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from archive.actions.ingest import receive_file
from archive.bootstrap import App
from archive.db.digitization import BatchEntry
from archive.db.doors import Arrival
from archive.integrations import watch_folder
from archive.integrations.folder_tree import FolderTree, Found
from archive.integrations.watch_folder import FolderWatch
from tests.archive.integrations.doors.conftest import Watched, pdf, picture
from tests.conftest import SetClock

Watch = Callable[..., Watched]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_whole_file_is_taken_once_it_has_rested_and_its_source_goes(watched: Watch) -> None:
    folder = watched()
    content = pdf()
    folder.put("phong 1/quét 1.pdf", content)
    for after_s in (0, 5, 20):
        folder.look(after_s)
        assert folder.outcomes() == []
        assert folder.waiting() == ["folder.settling"]
    folder.look(10)
    assert folder.outcomes() == [("stored", None)]
    assert folder.digests() == [digest(content)]
    assert folder.names() == []
    assert folder.waiting() == []
    (key,) = folder.app.quarantine.keys()
    assert folder.app.quarantine.held(key).name == "phong 1/quét 1.pdf"
    (batch,) = folder.batches()
    assert (batch.source, batch.door, batch.task_number) == ("folder", "TM-01", 3)


def test_a_file_that_grows_waits_however_long_it_takes(watched: Watch) -> None:
    folder = watched(proof="stable")
    content = pdf(40)
    path = folder.put("a.pdf", content[:100])
    for cut in range(200, 2000, 200):
        folder.look(25)
        path.write_bytes(content[:cut])
    path.write_bytes(content)
    folder.settle()
    assert folder.digests() == [digest(content)]


def test_a_file_whose_bytes_change_under_the_same_size_and_time_waits(watched: Watch) -> None:
    """A writer that made room first, on a file system that tells times late."""
    folder = watched(proof="stable")
    content = pdf()
    path = folder.put("a.pdf", content[:300] + b"\0" * (len(content) - 300))
    told = path.stat()
    folder.look()
    folder.look(5)
    path.write_bytes(content)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))
    folder.look(40)
    assert folder.outcomes() == []
    folder.settle()
    assert folder.digests() == [digest(content)]


@pytest.mark.parametrize(
    "content",
    [pdf(3), picture("JPEG"), picture("PNG"), picture("TIFF"), picture("TIFF", compression="tiff_lzw")],
    ids=["pdf", "jpeg", "png", "tiff", "tiff-lzw"],
)
def test_a_file_that_was_cut_off_never_counts_as_whole(watched: Watch, content: bytes) -> None:
    folder = watched()
    folder.put("a", content[: len(content) - 20])
    for _ in range(3):
        folder.settle()
    assert folder.outcomes() == []
    assert folder.waiting() == ["folder.no_end"]
    folder.put("a", content)
    folder.settle()
    assert folder.digests() == [digest(content)]


def test_an_empty_file_and_one_under_a_temporary_name_wait(watched: Watch) -> None:
    folder = watched(proof="stable")
    folder.put("a.pdf", b"")
    folder.put("b.pdf.filepart", pdf())
    folder.settle()
    assert folder.waiting() == ["folder.empty", "folder.temporary_name"]
    (folder.path / "b.pdf.filepart").rename(folder.path / "b.pdf")
    folder.settle()
    assert folder.outcomes() == [("stored", None)]
    assert folder.names() == ["a.pdf"]


def test_a_file_with_its_done_file_is_taken_at_once_and_both_go(watched: Watch) -> None:
    folder = watched(proof="done_file", done_suffix=".ok")
    for name, content in (("a.pdf", pdf(1)), ("b.pdf", pdf(2)), ("c.pdf", pdf(3))):
        folder.put(name, content)
    folder.put("a.pdf.ok", b"")
    folder.put("b.ok", b"")
    folder.put("d.pdf.ok", b"")
    folder.look()
    assert folder.names() == ["c.pdf", "d.pdf.ok"]
    assert folder.waiting() == ["folder.done_file_alone", "folder.no_done_file"]
    assert folder.digests() == sorted([digest(pdf(1)), digest(pdf(2))])


def test_a_done_file_of_an_earlier_file_proves_nothing(watched: Watch) -> None:
    folder = watched(proof="done_file")
    done = folder.put("a.pdf.done", b"")
    os.utime(done, (1_000_000_000, 1_000_000_000))
    folder.put("a.pdf", pdf()[:200])
    folder.look()
    assert folder.waiting() == ["folder.done_file_older"]


def test_a_refused_file_is_set_aside_with_its_reason_beside_it(watched: Watch) -> None:
    folder = watched()
    folder.put("thu/so.docx", b"PK\x03\x04" + b"x" * 500)
    folder.settle()
    assert folder.outcomes() == [("refused", "file.type_unknown")]
    assert folder.names() == ["_tu-choi/so.docx", "_tu-choi/so.docx.ly-do.txt"]
    told = (folder.path / "_tu-choi/so.docx.ly-do.txt").read_text(encoding="utf-8-sig")
    assert "Không nhận ra loại tệp" in told
    assert "TM-01" in told
    folder.settle()
    assert len(folder.outcomes()) == 1


def test_nothing_that_was_set_aside_is_overwritten_and_what_is_put_back_is_answered_anew(watched: Watch) -> None:
    folder = watched()
    for content in (b"first" * 100, b"second" * 100):
        folder.put("a.txt", content)
        folder.settle()
    aside = folder.path / "_tu-choi"
    assert (aside / "a.txt").read_bytes() == b"first" * 100
    assert (aside / "a (2).txt").read_bytes() == b"second" * 100
    shutil.move(aside / "a.txt", folder.path / "a.txt")
    folder.settle()
    assert [outcome for outcome, _ in folder.outcomes()] == ["refused"] * 3


def test_links_and_special_files_are_never_followed(watched: Watch, tmp_path: Path) -> None:
    folder = watched(proof="stable")
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (secret / "x.pdf").write_bytes(pdf())
    (folder.path / "link.pdf").symlink_to(secret / "x.pdf")
    (folder.path / "inner").symlink_to(secret)
    os.mkfifo(folder.path / "pipe.pdf")
    folder.settle()
    assert folder.outcomes() == []
    assert folder.waiting() == ["folder.not_regular"] * 3
    assert (secret / "x.pdf").exists()


def test_a_file_swapped_for_a_link_while_it_is_judged_leads_nowhere(watched: Watch, tmp_path: Path) -> None:
    folder = watched(proof="stable")
    (tmp_path / "x.pdf").write_bytes(pdf())
    folder.put("a.pdf", pdf())
    folder.look()
    folder.look(5)
    listed = FolderTree.files

    def swapped(tree: FolderTree) -> list[Found]:
        found = listed(tree)
        (folder.path / "a.pdf").unlink()
        (folder.path / "a.pdf").symlink_to(tmp_path / "x.pdf")
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderTree, "files", swapped)
        folder.look(40)
    assert folder.outcomes() == []


def test_a_file_that_came_in_the_place_of_a_taken_one_is_not_removed(watched: Watch) -> None:
    folder = watched()
    folder.put("a.pdf", pdf(1))
    folder.look()
    folder.look(5)
    received = receive_file

    def replaced(*given: object, **named: object) -> object:
        answer = received(*given, **named)  # type: ignore[arg-type]
        (folder.path / "new").write_bytes(pdf(2))
        (folder.path / "new").rename(folder.path / "a.pdf")
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch_folder, "receive_file", replaced)
        folder.look(40)
    assert (folder.path / "a.pdf").read_bytes() == pdf(2)
    folder.settle()
    assert folder.digests() == sorted([digest(pdf(1)), digest(pdf(2))])
    assert folder.names() == []


def test_stopped_between_receipt_and_removal_the_file_is_let_go_of_without_being_taken_again(watched: Watch) -> None:
    folder = watched()
    folder.put("a.pdf", pdf())
    folder.look()
    folder.look(5)

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderTree, "remove", stopped)
        with pytest.raises(KeyboardInterrupt):
            folder.look(40)
    assert folder.names() == ["a.pdf"]
    folder.look(5)
    assert folder.outcomes() == [("stored", None)]
    assert folder.names() == []


def test_the_same_bytes_again_are_a_duplicate_and_their_source_goes(watched: Watch) -> None:
    folder = watched()
    for name in ("a.pdf", "b.pdf"):
        folder.put(name, pdf())
        folder.settle()
    assert [outcome for outcome, _ in folder.outcomes()] == ["stored", "duplicate"]
    assert folder.names() == []


def test_a_folder_that_vanishes_is_told_of_and_goes_on_when_it_is_back(watched: Watch) -> None:
    folder = watched()
    folder.put("a.pdf", pdf())
    folder.look()
    away = folder.path.with_name("away")
    folder.path.rename(away)
    folder.look(5)
    assert folder.row().problem == "folder.vanished"
    assert folder.waiting() == ["folder.settling"]
    away.rename(folder.path)
    folder.settle()
    assert folder.row().problem is None
    assert folder.outcomes() == [("stored", None)]


def test_a_folder_that_became_a_link_is_not_entered(watched: Watch) -> None:
    folder = watched()
    folder.path.rmdir()
    folder.path.symlink_to("/tmp")
    folder.look()
    assert folder.row().problem == "folder.not_a_folder"


def test_a_folder_outside_the_setting_is_not_opened(watched: Watch, app: App) -> None:
    folder = watched()
    folder.put("a.pdf", pdf())
    app.settings = type(app.settings)(data=app.settings.data)
    folder.settle()
    assert folder.row().problem == "folder.outside"
    assert folder.names() == ["a.pdf"]


def test_from_a_folder_that_can_only_be_read_nothing_is_taken(watched: Watch) -> None:
    folder = watched()
    folder.put("a.pdf", pdf())
    with pytest.MonkeyPatch.context() as patch:  # root may write anywhere, so the system's answer is given here
        patch.setattr(os, "access", lambda *_, **__: False)
        folder.settle()
    assert folder.row().problem == "folder.read_only"
    assert folder.outcomes() == []
    folder.settle()
    assert folder.outcomes() == [("stored", None)]


def test_what_cannot_be_set_aside_keeps_no_other_file_waiting(watched: Watch) -> None:
    folder = watched()
    folder.put("_tu-choi", b"a file, where the folder should be")
    folder.put("a.txt", b"no scan" * 50)
    folder.put("b.pdf", pdf())
    folder.settle()
    assert folder.row().problem == "folder.not_removable"
    assert [outcome for outcome, _ in folder.outcomes()] == ["refused", "stored"]
    (folder.path / "_tu-choi").unlink()
    folder.look(5)
    assert folder.row().problem is None
    assert folder.names() == ["_tu-choi/a.txt", "_tu-choi/a.txt.ly-do.txt"]
    assert len(folder.outcomes()) == 2


def test_a_batch_is_closed_when_nothing_came_for_long_and_the_next_file_opens_another(watched: Watch) -> None:
    folder = watched(close_after_s=600)
    folder.put("a.pdf", pdf(1))
    folder.settle()
    folder.look(500)
    folder.put("b.pdf", pdf(2))
    folder.settle()
    assert [batch.closed_at for batch in folder.batches()] == [None]
    folder.look(601)
    assert folder.batches()[0].closed_at is not None
    folder.put("c.pdf", pdf(3))
    folder.settle()
    assert len(folder.batches()) == 2


def test_a_batch_that_a_person_closed_is_followed_by_another(watched: Watch, clock: SetClock) -> None:
    folder = watched()
    folder.put("a.pdf", pdf(1))
    folder.settle()
    with folder.app.unit_of_work() as uow:
        uow.session.get_one(type(folder.batches()[0]), folder.batches()[0].id).closed_at = clock()
    folder.put("b.pdf", pdf(2))
    folder.settle()
    assert len(folder.batches()) == 2
    assert len(folder.digests()) == 2


def test_no_name_or_path_of_a_file_reaches_the_database(watched: Watch) -> None:
    folder = watched()
    folder.put("hồ sơ mật/TUYỆT-MẬT-77.pdf", pdf())
    folder.put("hồ sơ mật/TUYỆT-MẬT-78.pdf", pdf()[:-30])
    folder.settle()
    with folder.app.engine.connect() as connection:
        names = connection.exec_driver_sql(
            "select table_name from information_schema.tables where table_schema='public'"
        )
        for (table,) in list(names):
            rows = connection.exec_driver_sql(f'select t::text from "{table}" t').scalars().all()
            assert not [row for row in rows if "MẬT-7" in row or "hồ sơ mật" in row], table


def test_names_that_are_no_utf_8_are_taken(watched: Watch) -> None:
    folder = watched()
    folder.put(os.fsdecode(b"t\xe0i li\xeau.pdf"), pdf())
    folder.settle()
    assert folder.outcomes() == [("stored", None)]
    assert folder.names() == []


def test_two_that_look_at_the_same_time_take_each_file_once(watched: Watch) -> None:
    folder = watched()
    for number in range(1, 4):
        folder.put(f"{number}.pdf", pdf(number))
    folder.look()
    folder.look(5)
    received = receive_file

    def twice(*given: object, **named: object) -> object:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(watch_folder, "receive_file", received)
            folder.look()
        return received(*given, **named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch_folder, "receive_file", twice)
        folder.look(40)
    folder.look(5)
    with folder.app.unit_of_work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Arrival)) == 3
        assert uow.session.scalar(select(func.count()).select_from(BatchEntry)) == 3
    assert folder.names() == []


def test_times_that_no_calendar_has_are_no_obstacle(watched: Watch) -> None:
    folder = watched()
    path = folder.put("a.pdf", pdf())
    os.utime(path, ns=(0, -2_000_000_000 * 10**9))
    folder.settle()
    assert folder.outcomes() == [("stored", None)]
    assert stat.S_ISDIR(folder.path.stat().st_mode)


def test_the_job_looks_at_every_folder(watched: Watch) -> None:
    folders = [watched("may-1", "TM-01"), watched("may-2", "TM-02")]
    for number, folder in enumerate(folders, 1):
        folder.put("a.pdf", pdf(number))
    job = FolderWatch()
    for after_s in (0, 5, 40):
        folders[0].clock.advance(seconds=after_s)
        assert job(folders[0].app) == 2
        for thread in threading.enumerate():
            if thread.name == "background-folders":
                thread.join(60)
    assert folders[0].digests() == sorted([digest(pdf(1)), digest(pdf(2))])
    assert {batch.door for batch in folders[0].batches()} == {"TM-01", "TM-02"}
