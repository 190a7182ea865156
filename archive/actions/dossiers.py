"""Dossiers are opened, closed when the work has ended, and opened again for a reason."""

from __future__ import annotations

import re
from datetime import date, datetime

from sqlalchemy import select

from archive import i18n
from archive.access import policy
from archive.access.identity import OFFICE_HOURS, Actor
from archive.access.permissions import Permission
from archive.actions.fonds import fond_for
from archive.actions.protection import renew_protection
from archive.actions.records import lock_dossier, reason_given, record_dossier
from archive.audit_events import EventTag
from archive.db.accounts import Agency
from archive.db.digitization import Task
from archive.db.holdings import Dossier
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotFound
from archive.ids import new_id
from metadata.names import DOSSIER_CODE

MAX_TITLE_CHARACTERS = 1000
NUMBER_DIGITS = 4
FIRST_YEAR = 1800


def create_dossier(
    uow: UnitOfWork,
    *,
    title: str,
    agency_code: str,
    year: int,
    code: str | None = None,
    fond_code: str | None = None,
    task_number: int | None = None,
    actor: Actor,
    now: datetime,
) -> Dossier:
    """Dossiers of an agency are created one after the other, so that codes and the first fond are given once.

    code: <agency code>.<year>.<number>; None: the next number of the agency and year.

    fond_code: None: the agency's one open fond, or its closed one of that time; an agency that has none gets its own.
    """
    agency = uow.session.scalar(select(Agency).where(Agency.code == agency_code).with_for_update())
    if agency is None:
        raise NotFound(what=i18n.text("noun.agency", code=agency_code))
    policy.require(actor, Permission.DOSSIER_CREATE, agency.id)
    if not FIRST_YEAR <= year <= now.astimezone(OFFICE_HOURS).year + 1:
        raise InvalidInput("dossier.year_invalid", field="year")
    if task_number is not None and uow.session.get(Task, task_number) is None:
        raise InvalidInput("ingest.task_unknown", field="task", number=task_number)
    dossier = Dossier(
        id=new_id(),
        code=_free_code(uow, agency, year) if code is None else _given_code(uow, agency, year, code),
        title=_title(title),
        agency_id=agency.id,
        fond_id=fond_for(uow, agency, year, fond_code, actor=actor, now=now).id,
        task_number=task_number,
        year=year,
        opened_at=now,
    )
    uow.session.add(dossier)
    record_dossier(uow, EventTag.DOSSIER_CREATED, dossier, actor=actor, now=now, code=dossier.code)
    return dossier


def close_dossier(uow: UnitOfWork, code: str, *, work_ended_on: date, actor: Actor, now: datetime) -> Dossier:
    """The work has ended, and retention counts from the year of its end. Nothing is filed here any more."""
    dossier = lock_dossier(uow, code, Permission.ITEM_FILE, actor=actor)
    if dossier.state != "open":
        raise Conflict("dossier.closed", code=code)
    if not dossier.year <= work_ended_on.year or work_ended_on > now.astimezone(OFFICE_HOURS).date():
        raise InvalidInput("dossier.end_invalid", field="work_ended_on")
    dossier.state, dossier.closed_at, dossier.work_ended_on = "closed", now, work_ended_on
    record_dossier(uow, EventTag.DOSSIER_CLOSED, dossier, actor=actor, now=now, work_ended_on=work_ended_on)
    renew_protection(uow, [dossier.id], now=now)
    return dossier


def reopen_dossier(uow: UnitOfWork, code: str, *, reason: str, actor: Actor, now: datetime) -> Dossier:
    dossier = lock_dossier(uow, code, Permission.ITEM_FILE, actor=actor)
    why = reason_given(reason)
    if dossier.state != "closed":
        raise Conflict("dossier.open", code=code)
    dossier.state, dossier.closed_at, dossier.work_ended_on = "open", None, None
    record_dossier(uow, EventTag.DOSSIER_REOPENED, dossier, actor=actor, now=now, reason=why)
    renew_protection(uow, [dossier.id], now=now)
    return dossier


def _given_code(uow: UnitOfWork, agency: Agency, year: int, code: str) -> str:
    prefix = f"{agency.code}.{year}."
    number = re.fullmatch(r"[0-9A-ZĐ][0-9A-ZĐ-]{0,19}", code.removeprefix(prefix))
    if not code.startswith(prefix) or not number or not DOSSIER_CODE.fullmatch(code):
        raise InvalidInput("dossier.code_invalid", field="code", prefix=prefix)
    if _taken(uow, code):
        raise Conflict("dossier.code_taken", code=code)
    return code


def _free_code(uow: UnitOfWork, agency: Agency, year: int) -> str:
    """Numbers that people gave by hand are passed over."""
    while True:
        number = uow.next_number(f"dossier:{agency.code}:{year}")
        code = f"{agency.code}.{year}.{number:0{NUMBER_DIGITS}d}"
        if not _taken(uow, code):
            return code


def _taken(uow: UnitOfWork, code: str) -> bool:
    return uow.session.scalar(select(Dossier.id).where(Dossier.code == code)) is not None


def _title(title: str) -> str:
    text = " ".join(title.split())
    if not text or len(text) > MAX_TITLE_CHARACTERS:
        raise InvalidInput("dossier.title_invalid", field="title", maximum=MAX_TITLE_CHARACTERS)
    return text
