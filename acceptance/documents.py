"""All documents through `archive ingest --wait` into fresh holdings, and what must be true afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acceptance import corpus
from acceptance.command import Ran, archive
from acceptance.figures import Figure, equal, write
from benchmarks import _readings as readings

if TYPE_CHECKING:
    from archive.bootstrap import App

EXPECTED, SEALED, STOPPED = 47, 43, 4
VALIDATE = corpus.ROOT / "scripts" / "verapdf" / "validate"


def measure(data: Path) -> list[Figure]:
    files = corpus.documents()
    archive("demo", "--no-samples", data=data)
    ingested = archive("ingest", *files, "--agency", "TD01", "--task", "5", "--wait", data=data, progress=True)
    figures = [*_reconciled(files, ingested)]
    batch = ingested.document or {}
    figures += _right_ones_stopped(batch, data)
    figures += _searched(data)
    figures.append(equal("archive reconcile", 0, archive("reconcile", data=data).exit_code))
    figures.append(equal("archive fixity", 0, archive("fixity", data=data).exit_code))
    figures.append(equal("archive audit verify", 0, archive("audit", "verify", data=data).exit_code))
    figures += _sealed(data)
    _keep_readings(data)
    again = archive("ingest", *files, "--agency", "TD01", "--task", "5", "--wait", data=data)
    figures.append(equal("the same again: duplicates", EXPECTED, len((again.document or {}).get("duplicates", []))))
    write(
        "documents",
        "Are all documents received, explained, sealed and found?",
        f"{len(files)} documents, scans-synthetic and scans-real",
        {
            "seconds": round(ingested.seconds, 1),
            "largest_process_mib": ingested.largest_process_bytes >> 20,
            "batch": {name: value for name, value in batch.items() if name not in ("batch",)},
            "figures": {figure.name: {"wanted": figure.wanted, "found": figure.found} for figure in figures},
        },
    )
    return figures


def _reconciled(files: list[Path], ingested: Ran) -> list[Figure]:
    batch = ingested.document or {}
    stopped = len(batch.get("quarantined", []))
    accounted = batch.get("stored", 0) + stopped + len(batch.get("duplicates", [])) + len(batch.get("refused", []))
    return [
        equal("documents at hand", EXPECTED, len(files)),
        equal("expected", EXPECTED, batch.get("expected")),
        equal("accounted for", EXPECTED, accounted),
        equal("unexplained", 0, batch.get("unexplained")),
        equal("stored", SEALED, batch.get("stored")),
        equal("stopped", STOPPED, stopped),
        equal("refused", 0, len(batch.get("refused", []))),
        equal("exit code (stopped files are findings)", 1, ingested.exit_code),
    ]


def _right_ones_stopped(batch: dict[str, Any], data: Path) -> list[Figure]:
    """The digests behind the stopped receipts are those of the documents whose truth names a secrecy."""
    marked = set()
    for truth in corpus.SYNTHETIC.glob("*.json"):
        if json.loads(truth.read_text(encoding="utf-8"))["metadata"].get("do_mat"):
            marked.add(hashlib.sha256(truth.with_suffix(".pdf").read_bytes()).hexdigest())
    stopped = set()
    for entry in batch.get("quarantined", []):
        shown = archive("show", entry["receipt"], data=data).document or {}
        stopped.add(shown.get("digest"))
    return [equal("stopped are those with a mark", sorted(d[:8] for d in marked), sorted(str(d)[:8] for d in stopped))]


def _searched(data: Path) -> list[Figure]:
    figures = []
    for query in ("quyet dinh", "quyết định"):
        found = archive("search", query, "--limit", "50", data=data)
        hits = (found.document or {}).get("hits", [])
        placed = [hit for hit in hits if hit["pages"] and all(page["boxes"] for page in hit["pages"])]
        figures.append(Figure(f"search {query}", "some", str(len(hits)), found.exit_code == 0 and bool(hits)))
        figures.append(equal(f"search {query}: hits with page and boxes", len(hits), len(placed)))
    return figures


def _sealed(data: Path) -> list[Figure]:
    """Every access PDF out of the store through veraPDF; every master bit for bit as delivered."""
    with tempfile.TemporaryDirectory() as folder:
        copied, masters = _copy_out(data, Path(folder))
        done = subprocess.run([str(VALIDATE), *map(str, copied)], capture_output=True, text=True, check=False)
        failed = [line for line in done.stdout.splitlines() if not line.startswith("PASS")]
    delivered = {hashlib.sha256(path.read_bytes()).hexdigest() for path in corpus.documents()}
    return [
        equal("sealed PDF/A", SEALED, len(copied)),
        equal("valid PDF/A-2b by veraPDF", SEALED, len(copied) - len(failed) if done.stdout else 0),
        equal("masters are the bytes delivered", SEALED, len(masters & delivered)),
    ]


def _keep_readings(data: Path) -> None:
    """For the measurements of the same documents by the same reader: they need not be read once more."""
    from sqlalchemy import select

    from archive.db.holdings import Item, RecognitionRow

    delivered = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in corpus.documents()}
    with _opened(data) as app:
        with app.unit_of_work() as uow:
            read = uow.session.execute(select(Item.master_digest, RecognitionRow.digest).join(RecognitionRow)).all()
        for master, digest in read:
            if master in delivered:
                with app.store.open(digest) as recognition:
                    readings.keep(delivered[master], recognition.read())


@contextmanager
def _opened(data: Path) -> Iterator[App]:
    from archive.bootstrap import open_app
    from archive.settings import Settings

    app = open_app(Settings.read(os.environ | {"ARCHIVE_DATA": str(data)}))
    try:
        yield app
    finally:
        app.close()


def _copy_out(data: Path, folder: Path) -> tuple[list[Path], set[str]]:
    """The newest access PDF of every item, by name of its receipt, and the digests of the masters."""
    from sqlalchemy import select

    from archive.db.holdings import Item, Rendition

    with _opened(data) as app:
        with app.unit_of_work() as uow:
            rows = uow.session.execute(
                select(Item.id, Rendition.digest).join(Rendition).where(Rendition.kind == "access_pdf")
            ).all()
            masters = set(uow.session.scalars(select(Item.master_digest).where(Item.master_digest.is_not(None))))
        copied = []
        for item_id, digest in rows:
            target = folder / f"{item_id}.pdf"
            with app.store.open(digest) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out)
            copied.append(target)
        verified = {digest for digest in masters if digest and app.store.verify(digest)}
        return copied, verified
