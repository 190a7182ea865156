"""Real holdings, real processes, and what must be true of them after any death."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from sqlalchemy import func, select, text

from archive import audit
from archive.access.permissions import Role
from archive.bootstrap import App, open_app, utc_now
from archive.db.digitization import BatchEntry
from archive.db.holdings import Description, Item, Receipt, RecognitionRow, Rendition
from archive.reconcile import reconcile
from archive.service import sweep_left_overs
from archive.settings import Settings
from tests.factories import Factory

AGENCY = "H26"
ENDS_WITHIN_S = 240.0


@dataclass
class Holdings:
    """One data directory with a delivery beside it; `app` looks on, and keeps the database running."""

    data: Path
    delivery: Path
    engine: str = "null"
    app: App = field(init=False)

    def __post_init__(self) -> None:
        self.app = open_app(Settings(data=self.data, engine=self.engine))

    def close(self) -> None:
        self.app.close()

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVE_")}
        return own | {"ARCHIVE_DATA": str(self.data), "ARCHIVE_ENGINE": self.engine, "ARCHIVE_JOBS": "2"}

    def start(self, *words: str, under: Sequence[str] = ()) -> subprocess.Popen[str]:
        """A command of the product as its own process group, as a person's terminal starts it."""
        return subprocess.Popen(
            [*under, sys.executable, "-m", "archive.cli.main", *words],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ingest(self, *more: str, under: Sequence[str] = ()) -> subprocess.Popen[str]:
        words = ("ingest", str(self.delivery), "--agency", AGENCY, "--task", "3", "--json", *more)
        return self.start(*words, under=under)

    def steps_done(self) -> int:
        with self.app.engine.connect() as connection:
            if connection.scalar(text("select to_regclass('dbos.operation_outputs')")) is None:
                return 0
            return int(connection.scalar(text("select count(*) from dbos.operation_outputs")) or 0)

    def files(self) -> dict[str, Path]:
        return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in self.delivery.iterdir()}

    def receipts(self) -> set[str]:
        with self.app.unit_of_work() as uow:
            return set(uow.session.scalars(select(Receipt.number)))


def create(root: Path, *, files: int) -> None:
    """Holdings with one agency and the account of the command line, and a delivery of tiny one-page scans."""
    with open_app(Settings(data=root / "data"), create=True) as app:
        make = Factory(app, utc_now)
        make.assignment(make.account("local"), Role.RECORDS_MANAGER, make.agency(AGENCY))
    delivery = root / "delivery"
    delivery.mkdir()
    for number in range(files):
        page = Image.new("L", (220, 300), 255)
        ImageDraw.Draw(page).text((20, 20 + number), f"scan {number}", fill=0)
        page.save(delivery / f"scan{number}.png", dpi=(72, 72))


def copy(template: Path, target: Path, *, engine: str = "null") -> Holdings:
    """The owner of the database's files counts, so they are copied as they are."""
    subprocess.run(["cp", "-a", str(template), str(target)], check=True)
    return Holdings(target / "data", target / "delivery", engine)


def finish(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    """(exit code, JSON document, stderr)."""
    out, told = process.communicate(timeout=ENDS_WITHIN_S)
    return process.returncode, json.loads(out) if out.strip() else {}, told


def kill(process: subprocess.Popen[str]) -> None:
    """As the kernel kills for want of memory: this process, now; nothing of it can react."""
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=ENDS_WITHIN_S)


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> bool:
    """Whether it came to be while the process lived."""
    deadline = time.monotonic() + ENDS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        if condition():
            return True
    return False


def recover(holdings: Holdings) -> dict[str, Any]:
    """What a person does after a crash: the same command once more. Returns its document."""
    before = holdings.receipts()
    code, document, told = finish(holdings.ingest("--wait"))
    assert code == 0, told
    assert before <= holdings.receipts(), "a receipt that was given is gone"
    return document


def recover_receiving(holdings: Holdings) -> None:
    """The files are delivered once more, and a service looks for what was left; nothing is worked on yet."""
    before = holdings.receipts()
    code, document, told = finish(holdings.ingest())
    assert code == 0, told
    assert document["unexplained"] == 0
    assert before <= holdings.receipts(), "a receipt that was given is gone"
    sweep_left_overs(holdings.app)


def assert_received(holdings: Holdings) -> None:
    """Each file has one receipt, one item, and its bytes in the quarantine; nothing else is there."""
    app = holdings.app
    files = holdings.files()
    with app.unit_of_work() as uow:
        found = uow.session.execute(select(Receipt.digest, Item).join(Item, Item.receipt_id == Receipt.id)).all()
    assert sorted(row.digest for row in found) == sorted(files)
    assert sorted(app.quarantine.keys()) == sorted(str(row.Item.receipt_id) for row in found)
    for row in found:
        key = str(row.Item.receipt_id)
        assert row.Item.state == "received"
        assert app.quarantine.path(key).read_bytes() == files[row.digest].read_bytes()
        assert app.quarantine.held(key).name == files[row.digest].name
    assert reconcile(app).findings == ()


def assert_whole(holdings: Holdings) -> None:
    """Nothing lost, doubled or half-recorded."""
    app = holdings.app
    files = holdings.files()
    with app.unit_of_work() as uow:
        found = uow.session.execute(select(Receipt.digest, Item).join(Item, Item.receipt_id == Receipt.id)).all()
        assert sorted(row.digest for row in found) == sorted(files)
        for row in found:
            item = row.Item
            assert (item.state, item.master_digest, item.file_name) == ("described", row.digest, files[row.digest].name)
            with app.store.open(row.digest) as master:
                assert master.read() == files[row.digest].read_bytes()
            for kind in (RecognitionRow, Description):
                assert uow.session.scalar(select(func.count()).where(kind.item_id == item.id)) == 1
            versions = set(uow.session.scalars(select(Rendition.version).where(Rendition.item_id == item.id)))
            assert versions == {1}
        stored = select(BatchEntry.receipt_id).where(BatchEntry.outcome == "stored")
        assert len(list(uow.session.scalars(stored))) == len(files)
        assert audit.verify(uow.session).findings == ()
    report = reconcile(app)
    assert report.findings == ()
    assert report.waiting == 0
    code, document, _ = finish(holdings.start("reconcile", "--json"))
    assert (code, document["findings"]) == (0, [])


def remove(root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
