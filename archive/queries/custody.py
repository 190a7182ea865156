"""Who holds what, and the question people come with: who holds this former ward's dossier now?"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session, aliased

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.db.accounts import Agency, AgencyIdentifier
from archive.db.holdings import Custody, Dossier, Fond
from archive.errors import NotFound
from archive.queries.agencies import (
    AgencyRef,
    IdentifierLine,
    SuccessionLine,
    all_names,
    chain,
    identifiers,
    ref,
    require_role,
)
from archive.queries.agency_names import matching
from metadata.agency_identifiers import readings, twin

MOST_AGENCIES = 20
_Holder, _Creator = aliased(Agency), aliased(Agency)


@dataclass(frozen=True, slots=True)
class CustodyPeriod:
    """since None: ever since there was something to hold. legal_basis is empty where nobody handed anything over."""

    holder: AgencyRef
    since: datetime | None
    until: datetime | None
    legal_basis: str
    document: str | None

    @property
    def since_on(self) -> date | None:
        return local_date(self.since) if self.since else None

    @property
    def until_on(self) -> date | None:
        return local_date(self.until) if self.until else None


@dataclass(frozen=True, slots=True)
class FondCustody:
    """waits: the creator has ended, and nobody has taken the fond over by minutes."""

    code: str
    title: str
    state: str
    closed_on: date | None
    creator: AgencyRef
    periods: tuple[CustodyPeriod, ...]  # oldest first; the last is the present one
    waits: bool
    may_move: bool

    @property
    def present(self) -> CustodyPeriod:
        return self.periods[-1]


@dataclass(frozen=True, slots=True)
class Holding:
    """One agency that was meant, what became of it, and who holds the fonds that it created."""

    agency: AgencyRef
    identifiers: tuple[IdentifierLine, ...]
    chain: tuple[SuccessionLine, ...]
    fonds: tuple[FondCustody, ...]


@dataclass(frozen=True, slots=True)
class HolderAnswer:
    """found_by: dossier, identifier, name; None: nothing was found. more: agencies that fit beside those shown."""

    asked: str
    found_by: str | None = None
    holdings: tuple[Holding, ...] = ()
    more: int = 0


def holder(session: Session, asked: str, *, actor: Actor, today: date) -> HolderAnswer:
    """asked: a dossier's code, an identifier in any scheme, an agency's code, or words of its name now or formerly."""
    require_role(actor)
    text = asked.strip()
    if not text:
        return HolderAnswer(text)
    if (of_dossier := _of_dossier(session, text, actor, today)) is not None:
        return HolderAnswer(text, "dossier", (of_dossier,))
    if borne := _bearers(session, text):
        found_by, meant = "identifier", borne
    else:
        found_by, meant = "name", [each.id for each in matching(all_names(session), text)]
    shown = meant[:MOST_AGENCIES]
    known = {agency.id: agency for agency in session.scalars(select(Agency).where(Agency.id.in_(shown)))}
    holdings = tuple(_holding(session, known[id_], Fond.creator_id == id_, actor, today) for id_ in shown)
    return HolderAnswer(text, found_by if meant else None, holdings, len(meant) - len(shown))


def created_fonds(session: Session, agency_id: uuid.UUID, *, actor: Actor, today: date) -> tuple[FondCustody, ...]:
    return _fonds(session, Fond.creator_id == agency_id, actor, today)


def held_fonds(session: Session, agency_id: uuid.UUID, *, actor: Actor, today: date) -> tuple[FondCustody, ...]:
    """Of other creators."""
    return _fonds(session, (Fond.agency_id == agency_id) & (Fond.creator_id != agency_id), actor, today)


def fond(session: Session, code: str, *, actor: Actor, today: date) -> FondCustody:
    """Open to everybody who has a role anywhere, as the directory is."""
    require_role(actor)
    found = _fonds(session, Fond.code == code, actor, today)
    if not found:
        raise NotFound(what=i18n.text("noun.fond", code=code))
    return found[0]


def custody_of_dossier(session: Session, dossier_id: uuid.UUID, *, actor: Actor, today: date) -> FondCustody:
    """The caller has made sure that the actor may see the dossier."""
    fond_id = session.scalars(select(Dossier.fond_id).where(Dossier.id == dossier_id)).one()
    (found,) = _fonds(session, Fond.id == fond_id, actor, today)
    return found


def _of_dossier(session: Session, code: str, actor: Actor, today: date) -> Holding | None:
    """A dossier that the actor may not see is as unknown as one that is not there."""
    fond_id = session.scalar(select(Dossier.fond_id).where(Dossier.code == code, policy.filter_dossiers(actor)))
    if fond_id is None:
        return None
    creator = session.scalars(select(Agency).join(Fond, Fond.creator_id == Agency.id).where(Fond.id == fond_id)).one()
    return _holding(session, creator, Fond.id == fond_id, actor, today)


def _bearers(session: Session, text: str) -> list[uuid.UUID]:
    """Who bears the identifier or ever bore it, in either of its forms; the newest first."""
    forms = {(str(scheme), value) for scheme, value in readings(text)}
    forms |= {(str(other[0]), other[1]) for scheme, value in readings(text) if (other := twin(scheme, value))}
    if not forms:
        return []
    rows = select(AgencyIdentifier.agency_id).where(tuple_(AgencyIdentifier.scheme, AgencyIdentifier.value).in_(forms))
    return list(dict.fromkeys(session.scalars(rows.order_by(AgencyIdentifier.valid_from.desc().nulls_last()))))


def _holding(session: Session, agency: Agency, which: ColumnElement[bool], actor: Actor, today: date) -> Holding:
    return Holding(
        agency=ref(agency),
        identifiers=identifiers(session, [agency.id]).get(agency.id, ()),
        chain=chain(session, agency.id),
        fonds=_fonds(session, which, actor, today),
    )


def _fonds(session: Session, which: ColumnElement[bool], actor: Actor, today: date) -> tuple[FondCustody, ...]:
    rows = session.execute(
        select(Fond, _Creator, _Holder)
        .join(_Creator, _Creator.id == Fond.creator_id)
        .join(_Holder, _Holder.id == Fond.agency_id)
        .where(which)
        .order_by(Fond.code)
    ).all()
    periods = _periods(session, [row[0].id for row in rows])
    told = []
    for fond, creator, held_by in rows:
        known = periods.get(fond.id, ())
        if not known or known[0].holder.code != creator.code:  # what was handed over before periods were kept
            until = known[0].since if known else None
            known = (CustodyPeriod(ref(creator if known else held_by), None, until, "", None), *known)
        ended = creator.valid_to is not None and creator.valid_to < today
        told.append(
            FondCustody(
                code=fond.code,
                title=fond.title,
                state=fond.state,
                closed_on=fond.closed_on,
                creator=ref(creator),
                periods=known,
                waits=ended and fond.agency_id == creator.id,
                may_move=policy.may(actor, Permission.CUSTODY_MOVE, fond.agency_id),
            )
        )
    return tuple(told)


def _periods(session: Session, fond_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[CustodyPeriod, ...]]:
    """The first period begins with the fond: when it was entered says nothing of since when it was held."""
    rows = session.execute(
        select(Custody, Agency)
        .join(Agency, Agency.id == Custody.agency_id)
        .where(Custody.fond_id.in_(fond_ids))
        .order_by(Custody.fond_id, Custody.valid_from, Custody.valid_to.nulls_last())
    )
    found: dict[uuid.UUID, list[CustodyPeriod]] = {}
    for row, agency in rows:
        since = row.valid_from if row.document is not None else None
        period = CustodyPeriod(ref(agency), since, row.valid_to, row.legal_basis, row.document)
        found.setdefault(row.fond_id, []).append(period)
    return {fond_id: tuple(periods) for fond_id, periods in found.items()}
