"""Where paper is: of one dossier, box by box, what is out, and which counts nobody has explained."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, Row, Select, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency
from archive.db.holdings import Dossier, PaperLoan, PhysicalLocation
from archive.errors import NotFound
from archive.queries.paging import Order, Paged

HISTORY = 50
NOTHING: ColumnClause[str] = literal_column(
    "''"
)  # in the statement itself: the database compares it with what it groups by
SHELF, BOX = func.coalesce(PhysicalLocation.shelf, NOTHING), func.coalesce(PhysicalLocation.box, NOTHING)
BOXES = Order((Agency.code, PhysicalLocation.place, SHELF, BOX))
LOANS = Order((PaperLoan.due_back_on, PaperLoan.out_at, PaperLoan.id))
IS_OUT = PaperLoan.returned_at.is_(None)
UNEXPLAINED = and_(PaperLoan.sheets_back != PaperLoan.sheets_out, PaperLoan.explained_at.is_(None))
_Taker, _Explainer = aliased(Account), aliased(Account)


@dataclass(frozen=True, slots=True)
class PlaceLine:
    place: str  # storeroom
    shelf: str | None
    box: str | None
    sheets: int | None
    note: str
    placed_by: str | None
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True, slots=True)
class LoanLine:
    dossier_code: str
    title: str
    agency_name: str
    borrower: str
    purpose: str
    sheets_out: int | None
    due_back_on: date
    out_at: datetime
    out_by: str
    returned_at: datetime | None
    returned_by: str | None
    sheets_back: int | None
    condition: str | None
    explanation: str | None
    explained_by: str | None

    def overdue(self, today: date) -> bool:
        return self.returned_at is None and self.due_back_on < today

    @property
    def difference(self) -> int:
        """Sheets that came back more (or, below 0, fewer) than went out."""
        return 0 if None in (self.sheets_out, self.sheets_back) else (self.sheets_back or 0) - (self.sheets_out or 0)

    @property
    def unexplained(self) -> bool:
        return self.difference != 0 and self.explanation is None


@dataclass(frozen=True, slots=True)
class PaperView:
    """history and past loans: for those who keep the paper, newest first."""

    agency_code: str
    place: PlaceLine | None
    out: LoanLine | None
    unexplained: LoanLine | None
    history: tuple[PlaceLine, ...]
    loans: tuple[LoanLine, ...]
    may_manage: bool


@dataclass(frozen=True, slots=True)
class BoxLine:
    agency_code: str
    agency_name: str
    place: str
    shelf: str
    box: str
    dossiers: int
    sheets: int
    out: int


@dataclass(frozen=True, slots=True)
class BoxedDossier:
    code: str
    title: str
    year: int
    sheets: int | None
    is_out: bool


@dataclass(frozen=True, slots=True)
class PaperFigures:
    placed: int
    unplaced: int
    out: int
    overdue: int
    unexplained: int


def paper_of(session: Session, dossier_id: uuid.UUID, *, actor: Actor) -> PaperView:
    """For whoever may read the dossier; who has borrowed it, only for those who keep the paper."""
    row = session.execute(
        select(Dossier.agency_id, Agency.code)
        .join(Agency, Agency.id == Dossier.agency_id)
        .where(Dossier.id == dossier_id, policy.filter_dossiers(actor))
    ).one()
    places = _places(session, dossier_id)
    loans = tuple(_loan(each) for each in session.execute(_loans().where(PaperLoan.dossier_id == dossier_id)
                  .order_by(PaperLoan.out_at.desc()).limit(HISTORY)))  # fmt: skip
    may_manage = policy.may(actor, Permission.PAPER_MANAGE, row.agency_id)
    return PaperView(
        agency_code=row.code,
        place=next((place for place in places if place.valid_to is None), None),
        out=next((loan for loan in loans if loan.returned_at is None), None),
        unexplained=next((loan for loan in loans if loan.unexplained), None),
        history=places if may_manage else (),
        loans=loans if may_manage else (),
        may_manage=may_manage,
    )


def boxes(
    session: Session, *, actor: Actor, words: str = "", cursor: str | None = None, limit: int | None = None
) -> Paged[BoxLine]:
    """By agency, storeroom, shelf and box. words: part of any of these, or the code of a dossier in the box."""
    rows = (
        select(
            Agency.code.label("agency_code"),
            Agency.name.label("agency_name"),
            PhysicalLocation.place,
            SHELF.label("shelf"),
            BOX.label("box"),
            func.count().label("dossiers"),
            func.coalesce(func.sum(PhysicalLocation.sheets), 0).label("sheets"),
            func.count(PaperLoan.id).label("out"),
        )
        .join(Dossier, Dossier.id == PhysicalLocation.dossier_id)
        .join(Agency, Agency.id == Dossier.agency_id)
        .outerjoin(PaperLoan, and_(PaperLoan.dossier_id == Dossier.id, IS_OUT))
        .where(_kept(actor), PhysicalLocation.valid_to.is_(None))
        .group_by(Agency.code, Agency.name, PhysicalLocation.place, SHELF, BOX)
    )
    if words.strip():
        rows = rows.where(_named(words.strip(), actor))
    page = BOXES.page(session, rows, cursor=cursor, limit=limit)
    return page.of([_box(row) for row in page.lines])


def box(
    session: Session, *, agency_code: str, place: str, shelf: str, box: str, actor: Actor
) -> tuple[BoxLine, tuple[BoxedDossier, ...]]:
    """What lies in one box, by code."""
    there = and_(
        Agency.code == agency_code,
        PhysicalLocation.place == place,
        SHELF.is_not_distinct_from(shelf),
        BOX.is_not_distinct_from(box),
        PhysicalLocation.valid_to.is_(None),
        _kept(actor),
    )
    found = session.execute(
        select(Dossier, Agency.name, PhysicalLocation.sheets, PaperLoan.id.is_not(None).label("is_out"))
        .join(PhysicalLocation, PhysicalLocation.dossier_id == Dossier.id)
        .join(Agency, Agency.id == Dossier.agency_id)
        .outerjoin(PaperLoan, and_(PaperLoan.dossier_id == Dossier.id, IS_OUT))
        .where(there)
        .order_by(Dossier.code)
    ).all()
    if not found:
        raise NotFound(what=i18n.text("noun.box", box=box or shelf or place))
    inside = tuple(BoxedDossier(row[0].code, row[0].title, row[0].year, row.sheets, row.is_out) for row in found)
    sheets, out = sum(each.sheets or 0 for each in inside), sum(each.is_out for each in inside)
    return BoxLine(agency_code, found[0].name, place, shelf, box, len(inside), sheets, out), inside


def loans(
    session: Session,
    *,
    actor: Actor,
    only: str = "",
    today: date,
    cursor: str | None = None,
    limit: int | None = None,
) -> Paged[LoanLine]:
    """What is out, the longest due first. only: overdue, or unexplained (what came back with another count)."""
    which: dict[str, ColumnElement[bool]] = {
        "overdue": and_(IS_OUT, PaperLoan.due_back_on < today),
        "unexplained": UNEXPLAINED,
    }
    rows = _loans().where(_kept(actor), which.get(only, IS_OUT))
    page = LOANS.page(session, rows, cursor=cursor, limit=limit)
    return page.of([_loan(row) for row in page.lines])


def figures(session: Session, *, actor: Actor, today: date) -> PaperFigures:
    dossiers = session.execute(
        select(func.count(PhysicalLocation.id), func.count().filter(PhysicalLocation.id.is_(None)))
        .select_from(Dossier)
        .outerjoin(
            PhysicalLocation, and_(PhysicalLocation.dossier_id == Dossier.id, PhysicalLocation.valid_to.is_(None))
        )
        .where(_kept(actor))
    ).one()
    out = session.execute(
        select(
            func.count().filter(IS_OUT),
            func.count().filter(IS_OUT, PaperLoan.due_back_on < today),
            func.count().filter(UNEXPLAINED),
        )
        .join(Dossier, Dossier.id == PaperLoan.dossier_id)
        .where(_kept(actor))
    ).one()
    return PaperFigures(*dossiers, *out)


def _kept(actor: Actor) -> ColumnElement[bool]:
    """By the dossier's custodian: when a fond moves, its paper is the new custodian's to keep."""
    return policy.filter_dossiers(actor, Permission.PAPER_MANAGE)


def _named(words: str, actor: Actor) -> ColumnElement[bool]:
    holder = aliased(PhysicalLocation)
    inside = (
        select(holder.id)
        .join(Dossier, Dossier.id == holder.dossier_id)
        .where(
            _kept(actor),
            Dossier.code.istartswith(words, autoescape=True),
            holder.valid_to.is_(None),
            holder.place == PhysicalLocation.place,
            func.coalesce(holder.shelf, NOTHING) == SHELF,
            func.coalesce(holder.box, NOTHING) == BOX,
        )
    )
    columns = (PhysicalLocation.box, PhysicalLocation.shelf, PhysicalLocation.place)
    return or_(*(column.icontains(words, autoescape=True) for column in columns), inside.exists())


def _places(session: Session, dossier_id: uuid.UUID) -> tuple[PlaceLine, ...]:
    rows = session.execute(
        select(PhysicalLocation, Account.name)
        .outerjoin(Account, Account.id == PhysicalLocation.placed_by)
        .where(PhysicalLocation.dossier_id == dossier_id)
        .order_by(PhysicalLocation.valid_from.desc(), PhysicalLocation.id.desc())
        .limit(HISTORY)
    )
    return tuple(
        PlaceLine(at.place, at.shelf, at.box, at.sheets, at.note, by, at.valid_from, at.valid_to) for at, by in rows
    )


def _loans() -> Select[*tuple[Any, ...]]:
    return (
        select(
            PaperLoan,
            Dossier.code.label("dossier_code"),
            Dossier.title,
            Agency.name.label("agency_name"),
            Account.name.label("out_by"),
            _Taker.name.label("returned_by"),
            _Explainer.name.label("explained_by"),
        )
        .join(Dossier, Dossier.id == PaperLoan.dossier_id)
        .join(Agency, Agency.id == Dossier.agency_id)
        .join(Account, Account.id == PaperLoan.out_by)
        .outerjoin(_Taker, _Taker.id == PaperLoan.returned_by)
        .outerjoin(_Explainer, _Explainer.id == PaperLoan.explained_by)
    )


def _loan(row: Row[*tuple[Any, ...]]) -> LoanLine:
    loan: PaperLoan = row.PaperLoan
    return LoanLine(
        dossier_code=row.dossier_code,
        title=row.title,
        agency_name=row.agency_name,
        borrower=loan.borrower,
        purpose=loan.purpose,
        sheets_out=loan.sheets_out,
        due_back_on=loan.due_back_on,
        out_at=loan.out_at,
        out_by=row.out_by,
        returned_at=loan.returned_at,
        returned_by=row.returned_by,
        sheets_back=loan.sheets_back,
        condition=loan.condition,
        explanation=loan.explanation,
        explained_by=row.explained_by,
    )


def _box(row: Row[*tuple[Any, ...]]) -> BoxLine:
    return BoxLine(
        row.agency_code, row.agency_name, row.place, row.shelf, row.box, row.dossiers, int(row.sheets), row.out
    )
