"""Retention at work: why a dossier is kept for how long, rules and events that say so, what becomes due, notices."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.actions import rules as actions
from archive.actions.dispositions import ready_agencies
from archive.actions.notices import give_notices, see_notices
from archive.db.unit_of_work import UnitOfWork
from archive.queries import due as due_queries
from archive.queries.explanation import explain
from archive.queries.notices import count_unseen, unseen
from archive.queries.references import dossier_rule_id, notice_ids, rule_id, trigger_id
from archive.queries.waiting_rules import count_waiting, waiting_rules, without_rule
from archive.web.api.calls import Cursor, Key, Limit, Reader, Reference, Writer, once
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.records import FIRST_DAY, LAST_DAY
from archive.web.api.models.retention import (
    DueDossiers,
    EventGiven,
    EventWithdrawal,
    Notice,
    NoticesAsked,
    NoticesGiven,
    NoticesSeen,
    NoticesSeenCount,
    Ready,
    Retention,
    RetentionFigures,
    RuleConfirmation,
    RuleEnding,
    WaitingRule,
)
from archive.web.deps import Visit

router = APIRouter(prefix="/api/v1", tags=["retention"])
AHEAD = timedelta(days=365)
OfAgency = Annotated[str | None, Query(min_length=1, max_length=100, description="code of an agency: only its own")]


@router.get("/retention/figures")
def count_retention(visit: Reader) -> RetentionFigures:
    """How much waits for you: proposals, notices, and dossiers without a rule."""
    visit.require(Permission.RULE_CONFIRM)
    with visit.unit_of_work() as uow:
        return RetentionFigures(
            waiting=count_waiting(uow.session, actor=visit.actor),
            unseen=count_unseen(uow.session, actor=visit.actor),
            without_rule=without_rule(uow.session, actor=visit.actor),
        )


@router.get("/retention/proposals")
def list_waiting_rules(
    visit: Reader, agency: OfAgency = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[WaitingRule]:
    """Proposed rules that wait for a person, by dossier."""
    visit.require(Permission.RULE_CONFIRM)
    today = local_date(visit.now)
    with visit.unit_of_work() as uow:
        found = waiting_rules(
            uow.session, actor=visit.actor, today=today, agency_code=agency, cursor=cursor, limit=limit
        )
    return page_of(WaitingRule, found)


@router.get("/retention/due")
def list_due(
    visit: Reader,
    agency: OfAgency = None,
    until: Annotated[date | None, Query(ge=FIRST_DAY, le=LAST_DAY, description="left out: a year from today")] = None,
    *,
    cursor: Annotated[str | None, Query(max_length=200, description="`next` of the page before")] = None,
    limit: Limit = 50,
) -> DueDossiers:
    """Dossiers whose term ends until a day, and what keeps each from being proposed for disposal."""
    visit.require(Permission.RULE_CONFIRM)
    today = local_date(visit.now)
    last = until or today + AHEAD
    with visit.unit_of_work() as uow:
        found = due_queries.due(
            uow.session, actor=visit.actor, until=last, today=today, agency_code=agency, after=cursor, limit=limit
        )
    return DueDossiers.of(found, until=last, today=today)


@router.get("/retention/ready")
def list_ready_agencies(visit: Reader, agency: OfAgency = None) -> Ready:
    """Agencies that have something to propose for disposal today."""
    visit.require(Permission.DISPOSITION_PROPOSE)
    with visit.unit_of_work() as uow:
        return Ready(agencies=list(ready_agencies(uow, agency_code=agency, actor=visit.actor, now=visit.now)))


@router.get("/retention/notices")
def list_notices(visit: Reader, agency: OfAgency = None, cursor: Cursor = None, limit: Limit = 50) -> Page[Notice]:
    """Notices that nobody of the agency has seen, the oldest first."""
    visit.require(Permission.DISPOSITION_PROPOSE)
    with visit.unit_of_work() as uow:
        found = unseen(uow.session, actor=visit.actor, agency_code=agency, cursor=cursor, limit=limit)
    return page_of(Notice, found)


@router.post("/retention/notices", status_code=201)
def give_retention_notices(visit: Writer, given: NoticesAsked, key: Key = None) -> NoticesGiven:
    """Give notice of terms that end within 30 days or have ended; one dossier, day and custodian only once."""

    def act(uow: UnitOfWork) -> NoticesGiven:
        lines = give_notices(uow, agency_code=given.agency, actor=visit.actor, now=visit.now)
        told = [
            Notice.model_validate(
                {
                    "code": line.code,
                    "title": line.title,
                    "agency_name": line.agency_name,
                    "due_on": line.due_on,
                    "given_at": visit.now,
                }
            )
            for line in lines
        ]
        return NoticesGiven(given=told)

    return once(visit, key, given, act, status=201)


@router.post("/retention/notices/seen")
def see_retention_notices(visit: Writer, given: NoticesSeen, key: Key = None) -> NoticesSeenCount:
    """Say that notices were read."""

    def act(uow: UnitOfWork) -> NoticesSeenCount:
        named = [(notice.dossier, notice.due_on) for notice in given.notices]
        found = notice_ids(uow.session, named, actor=visit.actor)
        return NoticesSeenCount(seen=see_notices(uow, found, actor=visit.actor, now=visit.now))

    return once(visit, key, given, act)


@router.get("/dossiers/{code}/retention")
def explain_retention(visit: Reader, code: Reference) -> Retention:
    """Why a dossier is kept for how long: its rules with their legal basis, the arithmetic, what would change it."""
    with visit.unit_of_work() as uow:
        return _retention(visit, uow, code)


@router.post("/dossiers/{code}/rules", status_code=201)
def confirm_rule(visit: Writer, code: Reference, given: RuleConfirmation, key: Key = None) -> Retention:
    """Confirm a rule: the one that was proposed, or any other, which needs a reason."""

    def act(uow: UnitOfWork) -> Retention:
        actions.confirm_rule(
            uow,
            code,
            rule_id(uow.session, given.schedule, given.version, given.ordinal),
            reason=given.reason,
            replaces_proposals=given.replaces_proposals,
            actor=visit.actor,
            now=visit.now,
        )
        return _retention(visit, uow, code)

    return once(visit, key, given, act, status=201)


@router.post("/dossiers/{code}/rules/endings", status_code=201)
def end_rule(visit: Writer, code: Reference, given: RuleEnding, key: Key = None) -> Retention:
    """Take a confirmed rule back, or decline a proposal; both stay to be read."""

    def act(uow: UnitOfWork) -> Retention:
        rule = rule_id(uow.session, given.schedule, given.version, given.ordinal)
        found = dossier_rule_id(uow.session, code, rule, actor=visit.actor)
        actions.end_rule(uow, code, found, reason=given.reason, actor=visit.actor, now=visit.now)
        return _retention(visit, uow, code)

    return once(visit, key, given, act, status=201)


@router.post("/dossiers/{code}/events", status_code=201)
def record_event(visit: Writer, code: Reference, given: EventGiven, key: Key = None) -> Retention:
    """Record that what a rule of the dossier waits for has happened."""

    def act(uow: UnitOfWork) -> Retention:
        actions.record_trigger(
            uow,
            code,
            event=given.event,
            happened_on=given.happened_on,
            document=given.document,
            actor=visit.actor,
            now=visit.now,
        )
        return _retention(visit, uow, code)

    return once(visit, key, given, act, status=201)


@router.post("/dossiers/{code}/events/withdrawals", status_code=201)
def withdraw_event(visit: Writer, code: Reference, given: EventWithdrawal, key: Key = None) -> Retention:
    """Say that an event was recorded by mistake; an earlier record of it counts again, if there is one."""

    def act(uow: UnitOfWork) -> Retention:
        found = trigger_id(uow.session, code, given.event, given.happened_on, actor=visit.actor)
        actions.withdraw_trigger(uow, code, found, reason=given.reason, actor=visit.actor, now=visit.now)
        return _retention(visit, uow, code)

    return once(visit, key, given, act, status=201)


def _retention(visit: Visit, uow: UnitOfWork, code: str) -> Retention:
    uow.session.flush()
    return Retention.model_validate(explain(uow.session, code, actor=visit.actor, today=local_date(visit.now)))
