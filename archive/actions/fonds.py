"""Fonds: an agency's own is opened with it, closed with it, and takes dossiers of its time ever after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, or_, select

from archive import i18n
from archive.access.identity import Actor
from archive.audit_events import EventTag
from archive.db.accounts import Agency
from archive.db.holdings import Custody, Fond
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotFound
from archive.ids import new_id


def open_fond(uow: UnitOfWork, agency: Agency, *, actor: Actor, now: datetime) -> Fond:
    """The agency's own: it is creator and custodian. The caller holds the agency's row, or has just made it."""
    title = i18n.text("dossier.fond_title", agency=agency.name)
    fond = Fond(id=new_id(), code=agency.code, title=title, creator_id=agency.id, agency_id=agency.id)
    uow.session.add(fond)
    uow.session.flush()
    uow.session.add(
        Custody(
            id=new_id(),
            fond_id=fond.id,
            agency_id=agency.id,
            valid_from=now,
            legal_basis="",  # it was handed over by nobody
            account_id=actor.account_id,
        )
    )
    return fond


def fond_for(uow: UnitOfWork, agency: Agency, year: int, code: str | None, *, actor: Actor, now: datetime) -> Fond:
    """Where a dossier of that year belongs: in a fond that the agency holds and that was not closed before.

    code: None: its one open fond; without any, its one closed fond. An agency that has none gets its own.
    """
    held: Sequence[Fond] = uow.session.scalars(
        select(Fond)
        .where(
            Fond.agency_id == agency.id,
            or_(Fond.state == "open", func.extract("year", Fond.closed_on) >= year),
        )
        .order_by(Fond.code)
        .with_for_update(read=True)  # it is not handed over meanwhile
    ).all()
    if code is not None:
        named = next((fond for fond in held if fond.code == code), None)
        if named is None:
            raise NotFound(what=i18n.text("noun.fond", code=code))
        return named
    choice = [fond for fond in held if fond.state == "open"] or held
    if len(choice) > 1:
        raise InvalidInput("dossier.fond_needed", field="fond", known=", ".join(fond.code for fond in choice))
    if choice:
        return choice[0]
    if uow.session.scalar(select(Fond.id).where(Fond.creator_id == agency.id).limit(1)) is not None:
        raise Conflict("agency.fond_closed", code=agency.code, year=year)
    return open_fond(uow, agency, actor=actor, now=now)


def close_fonds(uow: UnitOfWork, agency: Agency, on: date, *, actor: Actor, now: datetime) -> None:
    """Those that the agency itself created; whoever holds them now goes on holding them."""
    created = select(Fond).where(Fond.creator_id == agency.id, Fond.state == "open").order_by(Fond.id)
    for fond in uow.session.scalars(created.with_for_update()).all():
        fond.state, fond.closed_on = "closed", on
        uow.record(
            EventTag.FOND_CLOSED,
            actor=actor,
            now=now,
            subject_kind="fond",
            subject_id=fond.id,
            agency_id=fond.agency_id,
            details={"code": fond.code, "on": on},
        )
