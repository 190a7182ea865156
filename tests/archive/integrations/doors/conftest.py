from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image
from sqlalchemy import select

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions.doors import FolderSetup, open_folder
from archive.actions.folder_work import profiles
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import Batch, BatchEntry
from archive.db.doors import FolderFile, WatchedFolder
from archive.db.holdings import Receipt
from archive.integrations.watch_folder import look_at
from tests.conftest import SetClock
from tests.factories import Factory


def pdf(pages: int = 1) -> bytes:
    made = pikepdf.new()
    for _ in range(pages):
        made.add_blank_page(page_size=(200, 300))
    out = BytesIO()
    made.save(out, deterministic_id=True)
    return out.getvalue()


def picture(kind: str, shade: int = 200, **options: Any) -> bytes:
    out = BytesIO()
    Image.new("L", (120, 160), shade).save(out, kind, **options)
    return out.getvalue()


@dataclass
class Watched:
    """A watched folder on disk, and the looks at it."""

    app: App
    clock: SetClock
    path: Path
    code: str = "TM-01"

    def put(self, name: str, content: bytes) -> Path:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return target

    def look(self, after_s: float = 0) -> int:
        self.clock.advance(seconds=after_s)
        with self.app.unit_of_work() as uow:
            (profile,) = (each for each in profiles(uow.session) if each.code == self.code)
        return look_at(self.app, profile)

    def settle(self) -> None:
        """As often, and as long, as a file needs that is not touched any more."""
        for after_s in (0, 5, 40):
            self.look(after_s)

    def row(self) -> WatchedFolder:
        with self.app.unit_of_work() as uow:
            return uow.session.scalars(select(WatchedFolder).where(WatchedFolder.code == self.code)).one()

    def waiting(self) -> list[str]:
        with self.app.unit_of_work() as uow:
            return sorted(uow.session.scalars(select(FolderFile.reason)))

    def outcomes(self) -> list[tuple[str, str | None]]:
        with self.app.unit_of_work() as uow:
            rows = uow.session.execute(select(BatchEntry.outcome, BatchEntry.reason).order_by(BatchEntry.id))
            return [(row.outcome, row.reason) for row in rows]

    def digests(self) -> list[str]:
        with self.app.unit_of_work() as uow:
            return sorted(uow.session.scalars(select(Receipt.digest)))

    def batches(self) -> list[Batch]:
        with self.app.unit_of_work() as uow:
            return list(uow.session.scalars(select(Batch).order_by(Batch.number)))

    def names(self) -> list[str]:
        return sorted(str(path.relative_to(self.path)) for path in self.path.rglob("*") if not path.is_dir())


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("TD01")


@pytest.fixture
def operator(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.OPERATOR, agency)


@pytest.fixture
def root(tmp_path: Path, app: App) -> Path:
    root = tmp_path / "scans"
    root.mkdir()
    app.settings = dataclasses.replace(app.settings, folders=(root,))
    return root


@pytest.fixture
def watched(app: App, clock: SetClock, root: Path, operator: Actor) -> Callable[..., Watched]:
    """`watched(proof="stable")`: a folder of the agency TD01, set up by its operator."""

    def watch(name: str = "may-1", code: str = "TM-01", **columns: Any) -> Watched:
        path = root / name
        path.mkdir(exist_ok=True)
        setup = FolderSetup(**{"agency_code": "TD01", "task_number": 3, "path": str(path), **columns})
        with app.unit_of_work() as uow:
            open_folder(uow, code, setup, roots=app.settings.folders, actor=operator, now=clock())
        return Watched(app, clock, path, code)

    return watch
