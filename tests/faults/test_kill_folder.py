"""SIGKILL to a process that takes files from a watched folder, at seeded instants: none is lost, none is doubled."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from sqlalchemy import func, select

from archive.access.identity import SYSTEM
from archive.actions.doors import FolderSetup, open_folder
from archive.db.digitization import Batch, BatchEntry
from archive.reconcile import reconcile
from archive.service import sweep_left_overs
from tests.faults import holdings as real
from tests.faults.holdings import AGENCY, Holdings

FILES, REFUSED = 24, 4
SEED = 20261123
KILLS = 12


@pytest.mark.slow
def test_killed_again_and_again_each_file_of_the_folder_is_taken_once(holdings: Holdings, tmp_path: Path) -> None:
    folder = tmp_path / "scans" / "may-1"
    kept = fill(folder, holdings)
    chance = random.Random(SEED)
    for _ in range(KILLS):
        process = looking(holdings, folder.parent)
        time.sleep(chance.uniform(0.0, 0.4))
        process.kill()
        process.communicate()
    last = looking(holdings, folder.parent)
    until = time.monotonic() + real.ENDS_WITHIN_S
    while left(folder) and last.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    last.kill()
    last.communicate()
    assert left(folder) == []
    sweep_left_overs(holdings.app)
    assert_taken_once(holdings, kept)
    assert len(list((folder / "_tu-choi").glob("*.txt.ly-do.txt"))) == REFUSED
    assert len(list((folder / "_tu-choi").iterdir())) == 2 * REFUSED


def fill(folder: Path, holdings: Holdings) -> dict[str, bytes]:
    """name -> bytes of the scans; beside them files that are refused, and all with their done-files."""
    folder.mkdir(parents=True)
    kept = {}
    for number in range(FILES):
        page = Image.new("L", (220, 300), 255)
        ImageDraw.Draw(page).text((20, 20), f"sheet {number}", fill=0)
        path = folder / f"sheet{number:02}.png"
        page.save(path)
        kept[path.name] = path.read_bytes()
    for number in range(REFUSED):
        (folder / f"note{number}.txt").write_bytes(b"no scan %d" % number * 20)
    for path in list(folder.iterdir()):
        path.with_name(f"{path.name}.done").touch()
    app = holdings.app
    with app.unit_of_work() as uow:
        setup = FolderSetup(agency_code=AGENCY, task_number=3, path=str(folder), proof="done_file")
        open_folder(uow, "TM-01", setup, roots=(folder.parent,), actor=SYSTEM, now=app.clock())
    return kept


def looking(holdings: Holdings, root: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.looking"],
        env=holdings.environment | {"ARCHIVE_FOLDERS": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"looking\n"
    return process


def left(folder: Path) -> list[Path]:
    """A done-file may outlive its file where the kill came between the two."""
    return [path for path in folder.iterdir() if path.is_file() and path.suffix != ".done"]


def assert_taken_once(holdings: Holdings, kept: dict[str, bytes]) -> None:
    app = holdings.app
    keys = list(app.quarantine.keys())
    held = {app.quarantine.held(key).name: app.quarantine.path(key).read_bytes() for key in keys}
    assert held == kept
    with app.unit_of_work() as uow:
        counted = uow.session.execute(select(BatchEntry.outcome, func.count()).group_by(BatchEntry.outcome))
        assert {row[0]: row[1] for row in counted} == {"stored": FILES, "refused": REFUSED}
        assert uow.session.scalar(select(func.count()).select_from(Batch)) == 1
    assert reconcile(app).findings == ()
