"""From the numbers that people use to ids, for what the actor may see."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.db.accounts import Account, Agency, AgencyIdentifier, Assignment
from archive.db.digitization import Batch
from archive.db.holdings import Dossier
from archive.db.retention import DossierRule, RetentionNotice, RuleRow, ScheduleRow, Trigger
from archive.errors import NotFound
from archive.queries.accounts import managed_accounts
from archive.queries.dossiers import not_found
from metadata.agency_identifiers import Scheme, normalise
from metadata.errors import BadCode


def batch_id(session: Session, number: str, *, actor: Actor) -> uuid.UUID:
    found = session.scalar(select(Batch.id).where(Batch.number == number, policy.filter_batches(actor)))
    if found is None:
        raise NotFound(what=i18n.text("noun.batch", number=number))
    return found


def agency_id(session: Session, code: str, permission: Permission, *, actor: Actor) -> uuid.UUID:
    allowed = policy.filter_agency(actor, permission, Agency.id)
    found = session.scalar(select(Agency.id).where(Agency.code == code, allowed))
    if found is None:
        raise NotFound(what=i18n.text("noun.agency", code=code))
    return found


def account_id(session: Session, login: str, *, actor: Actor) -> uuid.UUID:
    """For those who manage accounts; a login of other agencies is as unknown as one that is not there."""
    found = session.scalar(select(Account.id).where(Account.login == login, managed_accounts(actor)))
    if found is None:
        raise NotFound(what=i18n.text("noun.account", login=login))
    return found


def assignment_ids(
    session: Session, login: str, role: str, agency_code: str, *, actor: Actor, now: datetime
) -> tuple[uuid.UUID, ...]:
    """What the account holds of this role over the agency, now or from a later day on."""
    rows = (
        select(Assignment.id)
        .join(Agency, Agency.id == Assignment.agency_id)
        .where(
            Assignment.account_id == account_id(session, login, actor=actor),
            policy.filter_agency(actor, Permission.ACCOUNT_MANAGE, Assignment.agency_id),
            Assignment.role == role,
            Agency.code == agency_code,
            or_(Assignment.ended_at.is_(None), Assignment.ended_at > now),
            or_(Assignment.valid_to.is_(None), Assignment.valid_to >= local_date(now)),
        )
        .order_by(Assignment.id)
    )
    found = tuple(session.scalars(rows))
    if not found:
        raise NotFound(what=i18n.text("noun.assignment"))
    return found


def identifier_id(session: Session, agency_code: str, scheme: Scheme, value: str) -> uuid.UUID:
    """Of those of one value the newest: their days never overlap."""
    try:
        written = normalise(scheme, value)
    except BadCode:
        raise NotFound(what=i18n.text("noun.identifier")) from None
    rows = (
        select(AgencyIdentifier.id)
        .join(Agency, Agency.id == AgencyIdentifier.agency_id)
        .where(Agency.code == agency_code, AgencyIdentifier.scheme == scheme, AgencyIdentifier.value == written)
        .order_by(AgencyIdentifier.valid_from.desc().nulls_last())
    )
    found = session.scalars(rows).first()
    if found is None:
        raise NotFound(what=i18n.text("noun.identifier"))
    return found


def rule_id(session: Session, schedule: str, version: int, ordinal: int) -> uuid.UUID:
    """By its place in a version of a schedule: law, open to all."""
    rows = (
        select(RuleRow.id)
        .join(ScheduleRow, ScheduleRow.id == RuleRow.schedule_id)
        .where(ScheduleRow.code == schedule, ScheduleRow.version == version, RuleRow.ordinal == ordinal)
    )
    found = session.scalar(rows)
    if found is None:
        raise NotFound(what=i18n.text("noun.rule"))
    return found


def dossier_rule_id(session: Session, code: str, rule: uuid.UUID, *, actor: Actor) -> uuid.UUID:
    """Of the dossier, proposed or confirmed: the one that has not ended, or else the one that ended last."""
    rows = select(DossierRule.id).where(
        DossierRule.dossier_id == _dossier_id(session, code, actor), DossierRule.rule_id == rule
    )
    found = session.scalars(rows.order_by(DossierRule.ended_at.desc().nulls_first(), DossierRule.id.desc())).first()
    if found is None:
        raise NotFound(what=i18n.text("noun.dossier_rule"))
    return found


def trigger_id(session: Session, code: str, event: str, happened_on: date, *, actor: Actor) -> uuid.UUID:
    """Of the dossier: the newest record of the event on that day, those that were not withdrawn first."""
    rows = select(Trigger.id).where(
        Trigger.dossier_id == _dossier_id(session, code, actor),
        Trigger.event == event,
        Trigger.happened_on == happened_on,
    )
    order = Trigger.withdrawn_at.is_not(None), Trigger.recorded_at.desc(), Trigger.id.desc()
    found = session.scalars(rows.order_by(*order)).first()
    if found is None:
        raise NotFound(what=i18n.text("noun.trigger"))
    return found


def notice_ids(session: Session, named: Collection[tuple[str, date]], *, actor: Actor) -> tuple[uuid.UUID, ...]:
    """named: code of the dossier and the day on which its term ends; to its present custodian."""
    rows = (
        select(RetentionNotice.id, Dossier.code, RetentionNotice.due_on)
        .join(Dossier, Dossier.id == RetentionNotice.dossier_id)
        .where(
            tuple_(Dossier.code, RetentionNotice.due_on).in_(named),
            RetentionNotice.agency_id == Dossier.agency_id,
            policy.filter_dossiers(actor),
        )
    )
    found = {(row.code, row.due_on): row.id for row in session.execute(rows)}
    for code, due_on in named:
        if (code, due_on) not in found:
            raise NotFound(what=i18n.text("noun.notice", code=code))
    return tuple(found.values())


def _dossier_id(session: Session, code: str, actor: Actor) -> uuid.UUID:
    found = session.scalar(select(Dossier.id).where(Dossier.code == code, policy.filter_dossiers(actor)))
    if found is None:
        raise not_found(code)
    return found
