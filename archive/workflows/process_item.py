"""A received file becomes a described record, or is stopped with a reason.

Every step may be killed at any instant and is then done again, on this machine or another: what must outlive a step is
kept in the quarantine, objects are in the store before rows tell of them, and the quarantine is emptied last.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import select

from archive.actions import processing
from archive.actions.processing import Derived
from archive.actions.protection import MASTER_LOCK
from archive.db.holdings import Item, Receipt, RecognitionRow
from archive.db.states import ItemState
from archive.errors import ObjectMissing
from archive.workflows import bundle
from archive.workflows.work import Step, Verdict, Work
from metadata import extract, gate
from ocr import stored
from ocr import work as reading
from ocr.model import Recognition
from ocr.page_images import page_image_name

COPIED_BYTES = 1 << 20
RECOGNITION = "recognition.gz"
SEALED = "sealed.zip"
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
    item = _item(work, receipt)
    with _master(work, item) as master:
        facts = reading.inspect(master)
    limit = work.app.settings.page_limit
    if facts.pages > limit:
        return Verdict(reason="file.too_many_pages", values={"pages": facts.pages, "limit": limit})
    if facts.enclosures and not item.stop_values.get("enclosures_allowed"):  # the gate looks at pages alone
        return Verdict(reason=processing.ENCLOSURES, values={"count": facts.enclosures})
    return None


def recognise(work: Work, receipt: str) -> None:
    """The words stay in the quarantine until the gate has let them through."""
    item = _item(work, receipt)
    quarantine, key = work.app.quarantine, str(item.receipt_id)
    if quarantine.kept(key, RECOGNITION) is not None:
        return
    with _master(work, item) as master:
        recognition = reading.recognise(master, engine=work.app.settings.engine, jobs=work.jobs())
    with quarantine.working(key) as folder:
        made = folder / RECOGNITION
        made.write_bytes(stored.to_bytes(recognition))
        quarantine.keep(key, RECOGNITION, made)


def gate_secrets(work: Work, receipt: str) -> Verdict | None:
    item = _item(work, receipt)
    marks = gate.find_marks(_recognition(work, item))
    if not marks or item.stop_values.get("gate_overridden"):
        return None
    return Verdict(reason="gate.secret_mark", values={"page": marks[0].page})


def promote(work: Work, receipt: str) -> None:
    """Into the store, then into the catalogue."""
    item = _item(work, receipt)
    if item.state != ItemState.RECEIVED:
        return
    key, quarantine, store = str(item.receipt_id), work.app.quarantine, work.app.store
    read = quarantine.kept(key, RECOGNITION)
    if read is None:
        raise ObjectMissing(digest=RECOGNITION)
    recognition = stored.from_bytes(read.read_bytes())
    now = work.app.clock()
    with _master(work, item) as path:
        master = store.put(path, retain_until=now + MASTER_LOCK)
    recognised = store.put(read)
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
            now=now,
        )


def describe(work: Work, receipt: str) -> None:
    item = _item(work, receipt)
    if item.state != ItemState.RECEIVED:
        return
    recognition = _recognition(work, item)
    documents = extract.describe(recognition)
    with work.commit() as uow:
        processing.describe_item(uow, receipt, documents=documents, recognition=recognition, now=work.app.clock())


def seal(work: Work, receipt: str) -> None:
    """The access copies are made once: what a killed step had finished is taken up, not made anew."""
    item = _item(work, receipt)
    if item.state != ItemState.RECEIVED:
        return
    quarantine, key = work.app.quarantine, str(item.receipt_id)
    recognition = _recognition(work, item)
    with quarantine.working(key) as folder:
        made = folder / "sealed"
        whole = quarantine.kept(key, SEALED)
        if whole is not None:
            bundle.unpack(whole, made)
        else:
            with _master(work, item) as master:
                reading.seal(master, recognition, made, title=item.title, jobs=work.jobs())
            bundle.pack(made, folder / SEALED)
            with suppress(ObjectMissing):  # whose entry was lost past the gate goes on from the store
                quarantine.keep(key, SEALED, folder / SEALED)
        derived = [
            Derived(kind, page, work.app.store.put(path), media_type)
            for kind, page, path, media_type in _renditions(made, recognition)
        ]
    with work.commit() as uow:
        processing.add_renditions(uow, receipt, derived=derived, now=work.app.clock())


def finish(work: Work, receipt: str) -> None:
    with work.commit() as uow:
        passed = processing.finish_item(uow, receipt, now=work.app.clock())
    if passed:
        work.app.quarantine.remove(str(_item(work, receipt).receipt_id))


STEPS: tuple[Step, ...] = (inspect, recognise, gate_secrets, promote, describe, seal, finish)


def stop(work: Work, receipt: str, verdict: Verdict, step: str, *, released: int) -> None:
    """What was derived goes; the bytes stay for whoever decides.

    released: how often the item had been released when this way was begun; once it is released again, a repeated stop
    of the earlier way touches nothing.
    """
    with work.commit() as uow:
        processing.stop_item(
            uow,
            receipt,
            reason=verdict["reason"],
            values=verdict["values"],
            step=step,
            released=released,
            now=work.app.clock(),
        )
    with work.commit() as uow:
        if processing.is_stopped(uow, receipt, released=released):  # and stays so until what was derived is gone
            for name in (RECOGNITION, SEALED):
                work.app.quarantine.discard(str(_item(work, receipt).receipt_id), name)


def _item(work: Work, receipt: str) -> Item:
    with work.app.unit_of_work() as uow:
        return uow.session.scalars(
            select(Item).join(Receipt, Receipt.id == Item.receipt_id).where(Receipt.number == receipt)
        ).one()


@contextmanager
def _master(work: Work, item: Item) -> Iterator[Path]:
    """The delivered bytes as a file of this machine: from the quarantine, or the store once it has them."""
    key = str(item.receipt_id)
    try:
        path: Path | None = work.app.quarantine.path(key)
    except ObjectMissing:
        if item.master_digest is None:
            raise
        path = work.app.store.path(item.master_digest)
    if path is not None:
        yield path
        return
    assert item.master_digest is not None
    with work.app.quarantine.working(key) as folder, work.app.store.open(item.master_digest) as stream:
        path = folder / "master"
        with path.open("wb") as copy:
            shutil.copyfileobj(stream, copy, COPIED_BYTES)
        yield path


def _recognition(work: Work, item: Item) -> Recognition:
    """The one that waits in the quarantine, or the current one of the catalogue."""
    path = work.app.quarantine.kept(str(item.receipt_id), RECOGNITION)
    if path is not None:
        return stored.from_bytes(path.read_bytes())
    with work.app.unit_of_work() as uow:
        row = item.recognition_id and uow.session.get(RecognitionRow, item.recognition_id)
    if not row:
        raise ObjectMissing(digest=RECOGNITION)
    with work.app.store.open(row.digest) as stream:
        return stored.from_bytes(stream.read())


def _renditions(folder: Path, recognition: Recognition) -> list[tuple[str, int, Path, str]]:
    images = [
        ("page_image", page.number, folder / page_image_name(page.number), "image/jpeg") for page in recognition.pages
    ]
    return [
        ("access_pdf", 0, folder / "access.pdf", "application/pdf"),
        ("thumbnail", 0, folder / "thumbnail.jpg", "image/jpeg"),
        *images,
    ]
