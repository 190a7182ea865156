"""Agencies in time: the directory, who holds the records of one that is no more, one agency and what changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import agencies as actions
from archive.actions import identifiers, successions
from archive.actions.custody import move_custody
from archive.actions.successions import Part
from archive.db.unit_of_work import UnitOfWork
from archive.errors import ArchiveError, Conflict, InvalidInput, NotFound
from archive.queries import agencies as queries
from archive.queries import custody
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.errors import status_of
from archive.web.form_values import day_given, id_given
from metadata.agency_identifiers import Scheme

router = APIRouter(prefix="/agencies")
ROWS = 100
MISTAKES = (InvalidInput, Conflict, NotFound)  # the last: a code that was typed wrong
Given = Mapping[str, str]


@router.get("")
def listed(visit: SignedIn, cursor: str = "", ended: str = "") -> Response:
    return _list(visit, cursor=cursor, ended=bool(ended))


@router.post("")
async def created(visit: SignedForm, request: Request) -> Response:
    visit.require(Permission.ACCOUNT_MANAGE)
    return await run_in_threadpool(_create, visit, await _fields(request))


def _create(visit: Visit, given: Given) -> Response:
    try:
        with visit.unit_of_work() as uow:
            made = actions.create_agency(
                uow,
                code=given.get("code", "").strip().upper(),
                name=given.get("name", ""),
                parent_code=_needed_code(given.get("parent", ""), "parent"),
                kind=given.get("kind") or None,
                valid_from=_day(given.get("valid_from", ""), "valid_from"),
                actor=visit.actor,
                now=visit.now,
            )
            path = f"/agencies/{made.code}"
    except MISTAKES as wrong:
        return _list(visit, wrong, given=given)
    return visit.back(path, "agency_created")


@router.get("/holder")
def holder(visit: SignedIn, q: str = "") -> Response:
    today = local_date(visit.now)
    with visit.unit_of_work() as uow:
        answer = custody.holder(uow.session, q, actor=visit.actor, today=today)
    return visit.page("holder.html", answer=answer, today=today)


@router.get("/{code}")
def shown(visit: SignedIn, code: str) -> Response:
    return _agency(visit, code)


@router.post("/{code}/{form}")
async def changed(visit: SignedForm, request: Request, code: str, form: str) -> Response:
    """Each form of the page, by its name; the fields it had are shown again where it was not taken."""
    return await run_in_threadpool(_change, visit, code, form, await _fields(request))


async def _fields(request: Request) -> Given:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def _change(visit: Visit, code: str, form: str, given: Given) -> Response:
    if form not in FORMS:
        raise NotFound("web.not_here")
    try:
        with visit.unit_of_work() as uow:
            to = FORMS[form](visit, uow, code, given) or code
    except MISTAKES as wrong:
        return _agency(visit, code, wrong, form=form, given=given)
    return visit.back(f"/agencies/{to}", f"agency_{form}")


def _edit(visit: Visit, uow: UnitOfWork, code: str, given: Given) -> None:
    actions.change_agency(
        uow,
        code,
        name=given.get("name", ""),
        kind=given.get("kind") or None,
        parent_code=given.get("parent", "").strip().upper() or None,
        valid_from=_day(given.get("valid_from", ""), "valid_from"),
        second_person_publishes=bool(given.get("second_person")),
        actor=visit.actor,
        now=visit.now,
    )


def _identify(visit: Visit, uow: UnitOfWork, code: str, given: Given) -> None:
    identifiers.give_identifier(
        uow,
        code,
        scheme=given.get("scheme", ""),
        value=given.get("value", ""),
        valid_from=_day(given.get("valid_from", ""), "valid_from"),
        valid_to=_day(given.get("valid_to", ""), "valid_to"),
        actor=visit.actor,
        now=visit.now,
    )


def _end_identifier(visit: Visit, uow: UnitOfWork, code: str, given: Given) -> None:
    identifiers.end_identifier(
        uow,
        id_given(given.get("identifier", ""), "identifier"),
        last_day=day_given(given.get("last_day", ""), "last_day"),
        actor=visit.actor,
        now=visit.now,
    )


def _follow(visit: Visit, uow: UnitOfWork, code: str, given: Given) -> None:
    successor = _needed_code(given.get("successor", ""), "successor")
    successions.record_succession(
        uow,
        kind=given.get("kind", ""),
        effective_on=day_given(given.get("effective_on", ""), "effective_on"),
        legal_basis=given.get("legal_basis", ""),
        parts=[Part(code, successor, bool(given.get("partial")), given.get("note", ""))],
        actor=visit.actor,
        now=visit.now,
    )


def _rename(visit: Visit, uow: UnitOfWork, code: str, given: Given) -> str:
    renamed = successions.rename_agency(
        uow,
        code,
        new_code=_needed_code(given.get("new_code", ""), "new_code"),
        new_name=given.get("new_name", ""),
        effective_on=day_given(given.get("effective_on", ""), "effective_on"),
        legal_basis=given.get("legal_basis", ""),
        actor=visit.actor,
        now=visit.now,
    )
    return renamed.code


def _close(visit: Visit, uow: UnitOfWork, code: str, given: Given) -> None:
    actions.close_agency(
        uow,
        code,
        last_day=day_given(given.get("last_day", ""), "last_day"),
        legal_basis=given.get("legal_basis", ""),
        actor=visit.actor,
        now=visit.now,
    )


def _hand_over(visit: Visit, uow: UnitOfWork, code: str, given: Given) -> None:
    move_custody(
        uow,
        given.get("fond", ""),
        _needed_code(given.get("to", ""), "to"),
        legal_basis=given.get("legal_basis", ""),
        document=given.get("document", ""),
        handed_over_on=day_given(given.get("handed_over_on", ""), "handed_over_on"),
        actor=visit.actor,
        now=visit.now,
    )


FORMS: dict[str, Callable[[Visit, UnitOfWork, str, Given], str | None]] = {
    "edit": _edit,
    "identify": _identify,
    "end-identifier": _end_identifier,
    "follow": _follow,
    "rename": _rename,
    "close": _close,
    "hand-over": _hand_over,
}


def _needed_code(text: str, field: str) -> str:
    if not text.strip():
        raise InvalidInput("agency.code_needed", field=field)
    return text.strip().upper()


def _day(text: str, field: str) -> date | None:
    return day_given(text, field) if text.strip() else None


def _list(
    visit: Visit,
    wrong: ArchiveError | None = None,
    *,
    cursor: str = "",
    ended: bool = False,
    given: Given | None = None,
) -> Response:
    today = local_date(visit.now)
    with visit.unit_of_work() as uow:
        lines = queries.directory(
            uow.session, actor=visit.actor, today=today, ended=ended, limit=ROWS, cursor=cursor or None
        )
        own = queries.agencies(uow.session, Permission.ACCOUNT_MANAGE, actor=visit.actor)
    return visit.page(
        "agencies.html",
        status=status_of(wrong) if wrong else 200,
        agencies=lines,
        ended=ended,
        today=today,
        kinds=actions.KINDS,
        choice=own,
        may_import=visit.may(Permission.AGENCY_REORGANISE),
        given=given or {},
        problem=str(wrong) if wrong else None,
    )


def _agency(
    visit: Visit, code: str, wrong: ArchiveError | None = None, *, form: str = "", given: Given | None = None
) -> Response:
    today = local_date(visit.now)
    with visit.unit_of_work() as uow:
        agency = queries.agency(uow.session, code, actor=visit.actor)
        reorganised = queries.agencies(uow.session, Permission.AGENCY_REORGANISE, actor=visit.actor)
        takers = queries.agencies(uow.session, Permission.CUSTODY_MOVE, actor=visit.actor)
        created = custody.created_fonds(uow.session, agency.id, actor=visit.actor, today=today)
        held = custody.held_fonds(uow.session, agency.id, actor=visit.actor, today=today)
    return visit.page(
        "agency.html",
        status=status_of(wrong) if wrong else 200,
        agency=agency,
        created=created,
        held=held,
        may_reorganise=Permission.AGENCY_REORGANISE in agency.may,
        reorganised=reorganised,
        takers=takers,
        kinds=actions.KINDS,
        schemes=list(Scheme),
        succession_kinds=successions.KINDS,
        today=today,
        form=form,
        given=given or {},
        problem=str(wrong) if wrong else None,
    )
