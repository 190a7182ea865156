"""Where the paper of a dossier is: put into a box, checked out, counted when it comes back.

Sheets are counted whenever paper changes hands. A count that differs is never taken silently: before a check-out it
is refused, after a return it is a finding that stays until somebody explains it.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.actions.records import lock_dossier, reason_given, record_dossier, text_given
from archive.audit_events import EventTag
from archive.db.holdings import Dossier, PaperLoan, PhysicalLocation
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput
from archive.ids import new_id

MAX_SHEETS = 100_000
_text = partial(text_given, "paper", maximum=200)


def place_paper(
    uow: UnitOfWork,
    code: str,
    *,
    place: str,
    shelf: str = "",
    box: str = "",
    sheets: int | None = None,
    note: str = "",
    actor: Actor,
    now: datetime,
) -> PhysicalLocation:
    """Where the paper lies from now on; the same place again changes nothing. sheets None: as counted before."""
    dossier = lock_dossier(uow, code, Permission.PAPER_MANAGE, actor=actor)
    wanted = PhysicalLocation(
        place=_text(place, "place"),
        shelf=_text(shelf, "shelf", needed=False) or None,
        box=_text(box, "box", needed=False) or None,
        sheets=None if sheets is None else _sheets(sheets),
        note=_text(note, "note", needed=False, maximum=1000),
    )
    former = present_place(uow.session, dossier)
    require_in_box(uow.session, dossier)
    if why := count_problem(former, wanted.sheets, wanted.note):
        raise InvalidInput(why, field="note", recorded=former.sheets if former else None, counted=wanted.sheets)
    return settle_place(uow, dossier, former, wanted, actor=actor, now=now)


def check_out(
    uow: UnitOfWork,
    code: str,
    *,
    borrower: str,
    purpose: str,
    sheets: int,
    due_back_on: date,
    actor: Actor,
    now: datetime,
) -> PaperLoan:
    """sheets: counted as the paper is handed over."""
    dossier = lock_dossier(uow, code, Permission.PAPER_MANAGE, actor=actor)
    located = present_place(uow.session, dossier)
    if located is None:
        raise Conflict("paper.no_place")
    require_in_box(uow.session, dossier)
    borrower, purpose = _text(borrower, "borrower"), _text(purpose, "purpose", maximum=1000)
    if located.sheets is not None and _sheets(sheets) != located.sheets:
        raise InvalidInput("paper.count_differs", field="sheets", recorded=located.sheets, counted=sheets)
    if due_back_on < local_date(now):
        raise InvalidInput("paper.due_back_past", field="due_back_on")
    located.sheets = _sheets(sheets)
    loan = PaperLoan(
        id=new_id(),
        agency_id=dossier.agency_id,
        dossier_id=dossier.id,
        borrower=borrower,
        purpose=purpose,
        sheets_out=sheets,
        due_back_on=due_back_on,
        out_at=now,
        out_by=actor.account_id,
    )
    uow.session.add(loan)
    told = {"borrower": borrower, "purpose": purpose, "sheets": sheets, "due_back_on": due_back_on}
    record_dossier(uow, EventTag.PAPER_CHECKED_OUT, dossier, actor=actor, now=now, **told)
    return loan


def return_paper(
    uow: UnitOfWork, code: str, *, sheets: int, condition: str = "", actor: Actor, now: datetime
) -> PaperLoan:
    """Back in its box. sheets: counted anew; where they differ from those that left, the loan stays a finding."""
    dossier = lock_dossier(uow, code, Permission.PAPER_MANAGE, actor=actor)
    loan = loan_out(uow.session, dossier)
    if loan is None:
        raise Conflict("paper.not_out")
    loan.sheets_back = _sheets(sheets, least=0)
    loan.condition = _text(condition, "condition", needed=False, maximum=1000) or None
    loan.returned_at, loan.returned_by = now, actor.account_id
    told = {"sheets_out": loan.sheets_out, "sheets_back": sheets, "condition": loan.condition}
    record_dossier(uow, EventTag.PAPER_RETURNED, dossier, actor=actor, now=now, **told)
    return loan


def explain_difference(
    uow: UnitOfWork, code: str, *, explanation: str, actor: Actor, now: datetime
) -> PhysicalLocation | None:
    """Why a count differed; from then on the sheets that came back are those of the dossier."""
    dossier = lock_dossier(uow, code, Permission.PAPER_MANAGE, actor=actor)
    loan = unexplained_loan(uow.session, dossier)
    if loan is None:
        raise Conflict("paper.nothing_to_explain")
    loan.explanation, loan.explained_at, loan.explained_by = reason_given(explanation), now, actor.account_id
    told = {"sheets_out": loan.sheets_out, "sheets_back": loan.sheets_back, "explanation": loan.explanation}
    record_dossier(uow, EventTag.PAPER_EXPLAINED, dossier, actor=actor, now=now, **told)
    former = present_place(uow.session, dossier)
    if former is None:
        return None
    wanted = PhysicalLocation(
        place=former.place, shelf=former.shelf, box=former.box, sheets=loan.sheets_back, note=loan.explanation
    )
    return settle_place(uow, dossier, former, wanted, actor=actor, now=now)


def settle_place(
    uow: UnitOfWork,
    dossier: Dossier,
    former: PhysicalLocation | None,
    wanted: PhysicalLocation,
    *,
    actor: Actor,
    now: datetime,
) -> PhysicalLocation:
    """Close the former place and open the wanted one, checked by the caller, who holds the dossier."""
    if former is not None:
        if wanted.sheets is None:
            wanted.sheets = former.sheets
        if is_same(former, wanted):
            return former
        former.valid_to = now
        uow.session.flush()  # a dossier has one present place: the former one goes first
    wanted.id, wanted.agency_id, wanted.dossier_id = new_id(), dossier.agency_id, dossier.id
    wanted.placed_by, wanted.valid_from = actor.account_id, now
    uow.session.add(wanted)
    told = {name: getattr(wanted, name) for name in ("place", "shelf", "box", "sheets", "note")}
    record_dossier(uow, EventTag.PAPER_PLACED, dossier, actor=actor, now=now, **told)
    return wanted


def is_same(former: PhysicalLocation, wanted: PhysicalLocation) -> bool:
    """A note alone is no new place."""
    counted = wanted.sheets is None or wanted.sheets == former.sheets
    return counted and (former.place, former.shelf, former.box) == (wanted.place, wanted.shelf, wanted.box)


def count_problem(former: PhysicalLocation | None, sheets: int | None, note: str) -> str | None:
    """Message id; a count may change where the note says why."""
    differs = former is not None and None not in (former.sheets, sheets) and former.sheets != sheets
    return "paper.sheets_differ" if differs and not note else None


def require_in_box(session: Session, dossier: Dossier) -> None:
    """Neither out nor come back with another number of sheets that nobody has explained."""
    if out := loan_out(session, dossier):
        raise Conflict("paper.is_out", borrower=out.borrower, due=out.due_back_on)
    if loan := unexplained_loan(session, dossier):
        raise Conflict("paper.unexplained", out=loan.sheets_out, back=loan.sheets_back)


def present_place(session: Session, dossier: Dossier) -> PhysicalLocation | None:
    return session.scalar(
        select(PhysicalLocation).where(PhysicalLocation.dossier_id == dossier.id, PhysicalLocation.valid_to.is_(None))
    )


def loan_out(session: Session, dossier: Dossier) -> PaperLoan | None:
    return session.scalar(select(PaperLoan).where(PaperLoan.dossier_id == dossier.id, PaperLoan.returned_at.is_(None)))


def unexplained_loan(session: Session, dossier: Dossier) -> PaperLoan | None:
    return session.scalar(
        select(PaperLoan).where(
            PaperLoan.dossier_id == dossier.id,
            PaperLoan.sheets_back != PaperLoan.sheets_out,
            PaperLoan.explained_at.is_(None),
        )
    )


def _sheets(number: int, *, least: int = 1) -> int:
    if not least <= number <= MAX_SHEETS:
        raise InvalidInput("paper.sheets_invalid", field="sheets", least=least, maximum=MAX_SHEETS)
    return number
