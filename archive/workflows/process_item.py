"""A received file becomes a described record, or is stopped with a reason.

Every step may be killed at any instant and is then done again: files get their name when they are whole and synced,
objects are in the store before rows tell of them, and the quarantine is emptied last.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from archive.actions import processing
from archive.actions.processing import Derived
from archive.db.holdings import Item, Receipt
from archive.db.states import ItemState
from archive.errors import ObjectMissing
from archive.storage.durable import sync_directory
from archive.workflows.work import Step, Verdict, Work
from metadata import extract, gate
from ocr import stored
from ocr import work as reading
from ocr.model import Recognition
from ocr.page_images import page_image_name

RECOGNITION = "recognition.gz"
SEALED = "sealed"
Run = Callable[[Step, str], Verdict | None]
"""Runs a step durably: a step that has ended is not run again when its workflow is."""


def process_item(run: Run, stop: Callable[[str, Step, Verdict], None], receipt: str) -> str:
    """The order of the steps. Returns how it ended."""
    for step in STEPS:
        verdict = run(step, receipt)
        if verdict is not None:
            stop(receipt, step, verdict)
            return "stopped"
    return "described"


def inspect(work: Work, receipt: str) -> Verdict | None:
    """Raises FileRefused for what cannot be taken."""
    facts = reading.inspect(_master(work, receipt))
    limit = work.app.settings.page_limit
    if facts.pages > limit:
        return Verdict(reason="file.too_many_pages", values={"pages": facts.pages, "limit": limit})
    return None


def recognise(work: Work, receipt: str) -> None:
    """The words stay in the quarantine until the gate has let them through."""
    path = _scratch(work, receipt) / RECOGNITION
    if path.exists():
        return
    recognition = reading.recognise(_master(work, receipt), engine=work.app.settings.engine, jobs=work.jobs())
    _write_whole(path, stored.to_bytes(recognition))


def gate_secrets(work: Work, receipt: str) -> Verdict | None:
    marks = gate.find_marks(_recognition(work, receipt))
    item = _item(work, receipt)
    if not marks or item.stop_values.get("gate_overridden"):
        return None
    return Verdict(reason="gate.secret_mark", values={"page": marks[0].page})


def promote(work: Work, receipt: str) -> None:
    """Into the store, then into the catalogue."""
    item = _item(work, receipt)
    if item.state != ItemState.RECEIVED:
        return
    key, quarantine, store = str(item.receipt_id), work.app.quarantine, work.app.store
    recognition = _recognition(work, receipt)
    master = store.put(_master(work, receipt))
    recognised = store.put(_scratch(work, receipt) / RECOGNITION)
    with work.commit() as uow:
        processing.lock_received(uow, receipt)  # no further name is left beside the bytes from here on
        processing.promote_item(
            uow,
            receipt,
            master=master,
            recognised=recognised,
            recognition=recognition,
            file_name=item.file_name or quarantine.held(key).name,
            duplicate_names=quarantine.names(key),
            now=work.app.clock(),
        )


def describe(work: Work, receipt: str) -> None:
    if _item(work, receipt).state != ItemState.RECEIVED:
        return
    recognition = _recognition(work, receipt)
    documents = extract.describe(recognition)
    with work.commit() as uow:
        processing.describe_item(uow, receipt, documents=documents, recognition=recognition, now=work.app.clock())


def seal(work: Work, receipt: str) -> None:
    """The access copies are made once: what a killed step had finished is taken up, not made anew."""
    item = _item(work, receipt)
    if item.state != ItemState.RECEIVED:
        return
    folder = _scratch(work, receipt) / SEALED
    recognition = _recognition(work, receipt)
    if not folder.exists():
        made = folder.with_name(f"{SEALED}-{uuid.uuid4().hex}")
        reading.seal(_master(work, receipt), recognition, made, title=item.title, jobs=work.jobs())
        _sync_files(made)
        made.rename(folder)
        sync_directory(folder.parent)
    derived = [
        Derived(kind, page, work.app.store.put(path), media_type)
        for kind, page, path, media_type in _renditions(folder, recognition)
    ]
    with work.commit() as uow:
        processing.add_renditions(uow, receipt, derived=derived, now=work.app.clock())


def finish(work: Work, receipt: str) -> None:
    with work.commit() as uow:
        processing.finish_item(uow, receipt, now=work.app.clock())
    work.app.quarantine.remove(str(_item(work, receipt).receipt_id))


STEPS: tuple[Step, ...] = (inspect, recognise, gate_secrets, promote, describe, seal, finish)


def stop(work: Work, receipt: str, verdict: Verdict, step: str) -> None:
    """What was derived goes; the bytes stay for whoever decides."""
    with work.commit() as uow:
        processing.stop_item(
            uow, receipt, reason=verdict["reason"], values=verdict["values"], step=step, now=work.app.clock()
        )
    item = _item(work, receipt)
    if item.state == ItemState.STOPPED:
        _clear_scratch(work, item)


def _item(work: Work, receipt: str) -> Item:
    with work.app.unit_of_work() as uow:
        return uow.session.scalars(
            select(Item).join(Receipt, Receipt.id == Item.receipt_id).where(Receipt.number == receipt)
        ).one()


def _master(work: Work, receipt: str) -> Path:
    item = _item(work, receipt)
    try:
        return work.app.quarantine.path(str(item.receipt_id))
    except ObjectMissing:
        path = item.master_digest and work.app.store.path(item.master_digest)
        if not path:
            raise
        return path


def _scratch(work: Work, receipt: str) -> Path:
    return work.app.quarantine.scratch(str(_item(work, receipt).receipt_id))


def _recognition(work: Work, receipt: str) -> Recognition:
    return stored.from_bytes((_scratch(work, receipt) / RECOGNITION).read_bytes())


def _renditions(folder: Path, recognition: Recognition) -> list[tuple[str, int, Path, str]]:
    images = [
        ("page_image", page.number, folder / page_image_name(page.number), "image/jpeg") for page in recognition.pages
    ]
    return [
        ("access_pdf", 0, folder / "access.pdf", "application/pdf"),
        ("thumbnail", 0, folder / "thumbnail.jpg", "image/jpeg"),
        *images,
    ]


def _clear_scratch(work: Work, item: Item) -> None:
    try:
        shutil.rmtree(work.app.quarantine.scratch(str(item.receipt_id)), ignore_errors=True)
    except ObjectMissing:
        return  # removed by a decision in the meantime


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}-{uuid.uuid4().hex}")
    part.write_bytes(content)
    _sync_files(part.parent, only=part)
    part.rename(path)
    sync_directory(path.parent)


def _sync_files(folder: Path, only: Path | None = None) -> None:
    for path in [only] if only else sorted(folder.iterdir()):
        fd = os.open(path, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
    sync_directory(folder)
