"""Scanning devices: the register, and one device with its log and what may be done with it next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Response

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import scanners as actions
from archive.actions.scanners import Done
from archive.db.unit_of_work import UnitOfWork
from archive.errors import ArchiveError, Conflict, InvalidInput, NotFound
from archive.queries import scanners as queries
from archive.queries.agencies import agencies
from archive.queries.scanners import ScannerLine
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.errors import status_of
from archive.web.form_values import day_given

router = APIRouter(prefix="/scanners")


@router.get("")
def listed(visit: SignedIn) -> Response:
    visit.require(Permission.SCANNER_MANAGE)
    return _list(visit)


@router.post("")
def registered(
    visit: SignedForm,
    agency: Annotated[str, Form()],
    code: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    serial: Annotated[str, Form()] = "",
) -> Response:
    visit.require(Permission.SCANNER_MANAGE)
    try:
        with visit.unit_of_work() as uow:
            scanner = actions.register_scanner(
                uow, agency_code=agency, code=code, name=name, serial=serial, actor=visit.actor, now=visit.now
            )
            path = f"/scanners/{agency}/{scanner.code}"
    except (InvalidInput, Conflict, NotFound) as wrong:
        return _list(visit, wrong, {"agency": agency, "code": code, "name": name, "serial": serial})
    return visit.back(path, "scanner_registered")


@router.get("/{agency}/{code}")
def shown(visit: SignedIn, agency: str, code: str) -> Response:
    visit.require(Permission.SCANNER_MANAGE)
    return _scanner(visit, agency, code)


@router.post("/{agency}/{code}/{act}")
def logged(
    *,
    visit: SignedForm,
    agency: str,
    code: str,
    act: str,
    on: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    done_by: Annotated[str, Form()] = "",
    document: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """A line of the log. act: clear, wipe or leave."""

    def change(uow: UnitOfWork, scanner: ScannerLine) -> None:
        done = Done(day_given(on, "on"), done_by, document, note)
        match act:
            case "clear":
                last = day_given(until, "until")
                actions.clear_scanner(uow, scanner.id, done, until=last, actor=visit.actor, now=visit.now)
            case "wipe":
                actions.wipe_scanner(uow, scanner.id, done, actor=visit.actor, now=visit.now)
            case "leave":
                actions.let_scanner_leave(uow, scanner.id, done, actor=visit.actor, now=visit.now)
            case _:
                raise NotFound(what="")

    given = {"act": act, "on": on, "until": until, "done_by": done_by, "document": document, "note": note}
    return _change(visit, agency, code, change, given)


def _change(
    visit: Visit, agency: str, code: str, change: Callable[[UnitOfWork, ScannerLine], None], given: dict[str, str]
) -> Response:
    visit.require(Permission.SCANNER_MANAGE)
    try:
        with visit.unit_of_work() as uow:
            change(uow, queries.scanner(uow.session, agency, code, actor=visit.actor).line)
    except (InvalidInput, Conflict) as wrong:
        return _scanner(visit, agency, code, wrong, given)
    return visit.back(f"/scanners/{agency}/{code}", f"scanner_{given['act']}")


def _list(visit: Visit, wrong: ArchiveError | None = None, given: dict[str, str] | None = None) -> Response:
    with visit.unit_of_work() as uow:
        lines = queries.scanners(uow.session, actor=visit.actor)
        own = agencies(uow.session, Permission.SCANNER_MANAGE, actor=visit.actor)
    today = local_date(visit.now)
    return visit.page(
        "scanners.html",
        status=status_of(wrong) if wrong else 200,
        scanners=sorted(lines, key=lambda line: not line.overdue(today)),
        overdue=sum(line.overdue(today) for line in lines),
        agencies=own,
        today=today,
        given=given or {"agency": "", "code": "", "name": "", "serial": ""},
        problem=str(wrong) if wrong else None,
    )


def _scanner(
    visit: Visit, agency: str, code: str, wrong: ArchiveError | None = None, given: dict[str, str] | None = None
) -> Response:
    with visit.unit_of_work() as uow:
        scanner = queries.scanner(uow.session, agency, code, actor=visit.actor)
    return visit.page(
        "scanner.html",
        status=status_of(wrong) if wrong else 200,
        scanner=scanner,
        today=local_date(visit.now),
        given={"act": "", "on": local_date(visit.now).isoformat(), **(given or {})},
        problem=str(wrong) if wrong else None,
        now=visit.now,
    )
