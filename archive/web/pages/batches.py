"""Batches: the list, opening one, its live progress and reconciliation."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Response
from fastapi.responses import JSONResponse

from archive import i18n
from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import ingest
from archive.db.states import ItemState
from archive.errors import Conflict, InvalidInput, NotFound
from archive.queries import batches as queries
from archive.queries.agencies import agencies
from archive.queries.dossiers import dossiers
from archive.queries.manifests import manifest
from archive.queries.references import batch_id
from archive.queries.scanners import scanner_of_batch, scanners
from archive.queries.tasks import tasks
from archive.queries.uploads import own_uploads, underway
from archive.queries.views import BatchEntryView, BatchView
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.form_values import number_or_none
from archive.web.render import say

router = APIRouter()
ROWS = 50
ENTRIES = 200
NOTHING_GIVEN = {"agency": "", "task": 0, "dossier": "", "expected": None, "scanner": ""}


@router.get("/batches")
def listed(visit: SignedIn, cursor: str = "") -> Response:
    visit.require(Permission.BATCH_READ)
    with visit.unit_of_work() as uow:
        lines = queries.batches(uow.session, actor=visit.actor, limit=ROWS, cursor=cursor or None)
    return visit.page("batches.html", batches=lines, may_ingest=visit.may(Permission.BATCH_INGEST))


@router.get("/batches/new")
def form(visit: SignedIn) -> Response:
    visit.require(Permission.BATCH_INGEST)
    return _form(visit, NOTHING_GIVEN)


@router.post("/batches")
def opened(
    *,
    visit: SignedForm,
    agency: Annotated[str, Form()],
    task: Annotated[int, Form()],
    dossier: Annotated[str, Form()] = "",
    expected: Annotated[str, Form()] = "",
    scanner: Annotated[str, Form()] = "",
) -> Response:
    """scanner: <agency code>/<code of the device>, as the form offers it."""
    try:
        with visit.unit_of_work() as uow:
            batch = ingest.open_batch(
                uow,
                agency_code=agency,
                task_number=task,
                dossier_code=dossier.strip() or None,
                expected=number_or_none(expected, "expected"),
                scanner_code=_scanner_code(scanner, agency),
                source="web",
                actor=visit.actor,
                now=visit.now,
            )
            number = batch.number
    except (InvalidInput, Conflict, NotFound) as wrong:
        given = {"agency": agency, "task": task, "dossier": dossier, "expected": expected, "scanner": scanner}
        return _form(visit, given, problem=str(wrong), status=422)
    return visit.back(f"/batches/{number}")


@router.get("/batches/{number}")
def shown(visit: SignedIn, number: str, start: int = 1) -> Response:
    batch = _batch(visit, number)
    with visit.unit_of_work() as uow:
        own = agencies(uow.session, Permission.BATCH_INGEST, actor=visit.actor)
        scanner = scanner_of_batch(uow.session, number, actor=visit.actor)
        found = batch_id(uow.session, number, actor=visit.actor)
        unfinished = own_uploads(visit.app, uow.session, found, actor=visit.actor, limit=ENTRIES)
        waiting = underway(uow.session, found)
        given = manifest(uow.session, number, actor=visit.actor)
    may_ingest = any(agency.code == batch.line.agency_code for agency in own)
    return visit.page(
        "batch.html",
        batch=batch,
        scanner=scanner,
        unfinished=unfinished,
        underway=waiting,
        manifest=given,
        may_open_dossier=visit.may(Permission.DOSSIER_READ),
        **_entries(batch, start),
        seen=moved(batch),
        may_ingest=may_ingest,
        may_deliver=may_ingest and batch.line.closed_at is None,
        limit_bytes=visit.app.settings.max_file_bytes,
        now=visit.now,
    )


@router.get("/batches/{number}/progress")
def progress(visit: SignedIn, number: str, seen: str = "") -> Response:
    """What changes while the batch is worked on; tells the page to fetch the table when a file moved on."""
    batch = _batch(visit, number)
    headers = {"HX-Trigger": "batchMoved"} if seen != moved(batch) else None
    return visit.page("batch_live.html", batch=batch, seen=moved(batch), headers=headers)


@router.get("/batches/{number}/entries")
def entries(visit: SignedIn, number: str, start: int = 1) -> Response:
    batch = _batch(visit, number)
    with visit.unit_of_work() as uow:
        given = manifest(uow.session, number, actor=visit.actor)
    return visit.page("batch_entries.html", batch=batch, manifest=given, **_entries(batch, start))


@router.get("/batches/{number}/outcomes")
def outcomes(visit: SignedIn, number: str) -> Response:
    """Of each receipt of the batch what became of it, in words: the tab that sent the files knows which is which."""
    told = {
        entry.receipt: {"bad": entry.reason is not None, "text": _outcome(entry)}
        for entry in _batch(visit, number).entries
        if entry.receipt
    }
    return JSONResponse(told)


@router.post("/batches/{number}/close")
def closed(
    visit: SignedForm, number: str, expected: Annotated[str, Form()] = "", give_up: Annotated[str, Form()] = ""
) -> Response:
    with visit.unit_of_work() as uow:
        ingest.close_batch(
            uow,
            batch_id(uow.session, number, actor=visit.actor),
            expected=number_or_none(expected, "expected"),
            give_up_uploads=bool(give_up),
            actor=visit.actor,
            now=visit.now,
        )
    return visit.back(f"/batches/{number}", "batch_closed")


def moved(batch: BatchView) -> str:
    """Changes when any file of the batch has come further."""
    line = batch.line
    return f"{line.delivered}-{line.received}-{line.stopped}-{line.described}-{line.refused}-{bool(line.closed_at)}"


def _entries(batch: BatchView, start: int) -> dict[str, Any]:
    """One page of the table: files keep their ordinal, so that it is a steady place to begin at."""
    shown = [entry for entry in batch.entries if entry.ordinal >= start][:ENTRIES]
    before = sum(entry.ordinal < start for entry in batch.entries)
    beyond = before + len(shown) < len(batch.entries)
    return {
        "entries": shown,
        "start": start,
        "turned": {
            "previous": str(batch.entries[max(0, before - ENTRIES)].ordinal) if before else None,
            "following": str(shown[-1].ordinal + 1) if shown and beyond else None,
        },
    }


def _outcome(entry: BatchEntryView) -> str:
    if entry.reason:
        return say(entry.reason)
    if entry.item_state == ItemState.RECEIVED:
        return i18n.text("page.batch.waiting")
    if entry.outcome == "duplicate":
        return i18n.text("page.batch.already_here")
    return i18n.text(f"state.{entry.item_state}") if entry.item_state else ""


def _batch(visit: Visit, number: str) -> BatchView:
    with visit.unit_of_work() as uow:
        return queries.batch(uow.session, number, actor=visit.actor)


def _form(visit: Visit, given: dict[str, object], *, problem: str | None = None, status: int = 200) -> Response:
    with visit.unit_of_work() as uow:
        own = agencies(uow.session, Permission.BATCH_INGEST, actor=visit.actor)
        numbered = tasks(uow.session, actor=visit.actor)
        known = dossiers(uow.session, actor=visit.actor, limit=ROWS)
        devices = scanners(uow.session, actor=visit.actor, permission=Permission.BATCH_INGEST)
    return visit.page(
        "batch_new.html",
        status=status,
        agencies=own,
        tasks=numbered,
        dossiers=[dossier for dossier in known if dossier.state == "open"],
        scanners=[device for device in devices if device.usable(local_date(visit.now))],
        given=given,
        problem=problem,
    )


def _scanner_code(chosen: str, agency: str) -> str | None:
    if not chosen:
        return None
    of, _, code = chosen.partition("/")
    if of != agency:
        raise InvalidInput("scanner.other_agency", field="scanner")
    return code
