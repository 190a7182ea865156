"""A public service asks whether a paper is on file instead of asking its owner, and takes it.

Who may not ask is told what is told of a paper that is not there, after the same work; the trail knows the difference.
"""

from __future__ import annotations

import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from archive import i18n
from archive.access import policy
from archive.access.encryption import lookup_digest
from archive.access.identifiers import masked, masked_code, normalised
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.actions.records import record_item, text_given
from archive.audit_events import EventTag
from archive.db.holdings import Filing, Item
from archive.db.reuse import ReuseAgreement, ReuseEvent, ReuseLookup, SandboxUse
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, Gone, InvalidInput, NotFound
from archive.ids import new_id
from archive.queries.agreements import Asker, Refusal, applying, asker
from archive.queries.fields import effective_fields
from archive.queries.items import not_found, renditions_of
from archive.queries.reuse import KIND, FoundPaper, LookupAnswer, PaperUse, Use, form_fields, papers_on_file, reaches
from archive.queries.views import RenditionView
from archive.sandbox import papers as sandbox
from metadata.registry import classes

LOOKUP_LASTS = timedelta(days=1)
CODE_BYTES = 16
MAX_CHARACTERS = 300
MAX_CODE_CHARACTERS = 60
FIRST_YEAR, LAST_YEAR = 1900, 2200
SEALED = "access_pdf"


class OwnerKind(StrEnum):
    PERSON = "person"  # số định danh cá nhân, or CMND of 9 digits
    ENTERPRISE = "enterprise"  # mã số doanh nghiệp, mã số thuế
    OTHER = "other"  # passport, household, …


_FORMS = {
    OwnerKind.PERSON: re.compile(r"\d{9}|\d{12}"),
    OwnerKind.ENTERPRISE: re.compile(r"\d{10}|\d{13}"),
    OwnerKind.OTHER: re.compile(r"[A-Z0-9]{4,40}"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """on: the day on which the paper must be valid; None: today. Held no longer than the answer takes."""

    owner_kind: OwnerKind
    owner: str
    paper: str  # name of a document class
    procedure: str
    purpose: str
    dossier_reference: str
    on: date | None = None


def look_up(uow: UnitOfWork, question: Question, *, actor: Actor, now: datetime) -> LookupAnswer:
    """Raises InvalidInput for what cannot be asked at all, whoever asks and whatever is on file."""
    asked = _checked(question, now)
    who = asker(uow.session, actor)
    on = asked.on or local_date(now)
    if who.sandbox:
        return _ask_sandbox(uow, asked, on, who, actor=actor, now=now)
    policy.require(actor, Permission.REUSE_LOOK_UP)
    agreed, refusal = applying(who.agreements, procedure=asked.procedure, paper=asked.paper, now=now)
    found = papers_on_file(
        uow.session,
        uow.keys,
        owner=asked.owner,
        paper=asked.paper,
        on=on,
        given_by={agreement.agency_id for agreement in agreed},
        actor=actor,
    )
    lookup = _lookup(uow, asked, on, who, now)
    lookup.agreement_id = agreed[0].id if agreed else None
    lookup.item_ids = [str(paper.item_id) for paper in found]
    lookup.outcome = "not_yours" if refusal else "on_file" if found else "nothing"
    _record(uow, lookup, agreed, refusal, found, actor=actor, now=now)
    return LookupAnswer(lookup.code, on, tuple(each.paper for each in found))


def use_paper(uow: UnitOfWork, lookup: str, reference: str, how: Use, *, actor: Actor, now: datetime) -> PaperUse:
    """Take a paper that the lookup offered: once for each lookup, paper and way; the same again is the same use.

    Raises NotFound for what was not offered, Gone for what may no longer be had.
    """
    asked, who = _lock_lookup(uow, lookup, actor)
    _require_open(asked, now)
    if who.sandbox:
        return _use_sandbox(uow, asked, reference, how, now)
    item = _offered(uow, asked, reference)
    _require_there(uow, asked, who, item, actor=actor, now=now)
    event = uow.session.scalar(select(ReuseEvent).filter_by(lookup_id=asked.id, item_id=item.id, how=str(how)))
    if event is None:
        event = _event(asked, item, how, now)
        uow.session.add(event)
        told = {"lookup": asked.code, "how": str(how), "procedure": asked.procedure}
        told |= {"purpose": asked.purpose, "dossier": asked.dossier_reference}
        record_item(uow, EventTag.PAPER_REUSED, item, actor=actor, now=now, **told)
    fields = effective_fields(uow.session, [item.id], sensitive=True)[item.id]
    copies = renditions_of(uow.session, item.id, SEALED)
    return PaperUse(reference, how, event.at, form_fields(fields), bool(copies))


def open_copy(
    uow: UnitOfWork, lookup: str, reference: str, *, actor: Actor, now: datetime
) -> RenditionView | sandbox.SampleCopy:
    """The sealed PDF of a paper that was taken in this lookup. Raises Conflict before it was taken."""
    asked, who = _lock_lookup(uow, lookup, actor)
    _require_open(asked, now)
    if who.sandbox:
        return _open_sample(uow, asked, reference)
    item = _offered(uow, asked, reference)
    _require_there(uow, asked, who, item, actor=actor, now=now)
    if uow.session.scalar(select(ReuseEvent.id).filter_by(lookup_id=asked.id, item_id=item.id).limit(1)) is None:
        raise Conflict("reuse.not_taken", reference=reference)
    copies = renditions_of(uow.session, item.id, SEALED)
    if not copies:
        raise not_found(reference)
    uow.record_reading(item, actor=actor, now=now)
    return copies[0]


def _checked(question: Question, now: datetime) -> Question:
    owner = normalised(question.owner)
    if not _FORMS[question.owner_kind].fullmatch(owner):
        raise InvalidInput(f"reuse.owner_{question.owner_kind}", field="owner.value")
    if question.paper not in {entry.name for entry in classes().values()}:
        raise InvalidInput("reuse.paper_unknown", field="paper")
    if question.on is not None and not FIRST_YEAR <= question.on.year <= LAST_YEAR:
        raise InvalidInput("reuse.day_invalid", field="on")
    return Question(
        question.owner_kind,
        owner,
        question.paper,
        text_given("reuse", question.procedure, "procedure", maximum=MAX_CODE_CHARACTERS),
        masked(text_given("reuse", question.purpose, "purpose", maximum=MAX_CHARACTERS)),
        masked_code(text_given("reuse", question.dossier_reference, "dossier_reference", maximum=MAX_CODE_CHARACTERS)),
        question.on,
    )


def _lookup(uow: UnitOfWork, asked: Question, on: date, who: Asker, now: datetime) -> ReuseLookup:
    return ReuseLookup(
        id=new_id(),
        code=secrets.token_urlsafe(CODE_BYTES),
        account_id=who.account_id,
        owner_digest=lookup_digest(uow.keys, KIND, asked.owner)[0],
        paper=asked.paper,
        procedure=asked.procedure,
        purpose=asked.purpose,
        dossier_reference=asked.dossier_reference,
        on=on,
        at=now,
    )


def _record(
    uow: UnitOfWork,
    lookup: ReuseLookup,
    agreed: tuple[ReuseAgreement, ...],
    refusal: Refusal | None,
    found: tuple[FoundPaper, ...],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """One event and one row, whatever the answer: of the agency that gave the agreement, else of the asker's first."""
    asked_of = agreed[0].agency_id if agreed else min(policy.agencies(actor, Permission.REUSE_LOOK_UP), default=None)
    uow.record(
        EventTag.REUSE_REFUSED if refusal else EventTag.REUSE_LOOKED_UP,
        actor=actor,
        now=now,
        subject_kind="reuse_lookup",
        subject_id=lookup.id,
        agency_id=asked_of,
        details={
            "owner": lookup.owner_digest,
            "paper": lookup.paper,
            "procedure": lookup.procedure,
            "purpose": lookup.purpose,
            "dossier": lookup.dossier_reference,
            "on": lookup.on,
            "outcome": lookup.outcome,
            "reason": str(refusal) if refusal else None,
            "agreements": [agreement.number for agreement in agreed],
            "papers": [each.paper.reference for each in found],
        },
        rows=[lookup],
    )


def _lock_lookup(uow: UnitOfWork, code: str, actor: Actor) -> tuple[ReuseLookup, Asker]:
    """Held, so that two who take the same paper at once count once."""
    who = asker(uow.session, actor)
    found = uow.session.scalar(
        select(ReuseLookup)
        .where(ReuseLookup.code == code, ReuseLookup.account_id == who.account_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(what=i18n.text("noun.lookup"))
    return found, who


def _require_open(asked: ReuseLookup, now: datetime) -> None:
    if now - asked.at > LOOKUP_LASTS:
        raise Gone("reuse.lookup_over")


def _offered(uow: UnitOfWork, asked: ReuseLookup, reference: str) -> Item:
    """By its code, or one that it had when it was offered; held against being withdrawn meanwhile."""
    ids = [uuid.UUID(item_id) for item_id in asked.item_ids]
    former = select(Filing.item_id).where(Filing.from_code == reference)
    item = uow.session.scalar(
        select(Item)
        .where(Item.id.in_(ids), (Item.code == reference) | Item.id.in_(former))
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    )
    if item is None:
        raise not_found(reference)
    return item


def _require_there(uow: UnitOfWork, asked: ReuseLookup, who: Asker, item: Item, *, actor: Actor, now: datetime) -> None:
    """Still published, and the right and an agreement still reach it."""
    agreed, _ = applying(who.agreements, procedure=asked.procedure, paper=asked.paper, now=now)
    given_by = {agreement.agency_id for agreement in agreed}
    allowed = policy.allows(actor, Permission.REUSE_LOOK_UP, policy.access_of(item))
    if not allowed or not reaches(uow.session, given_by, {item.agency_id}):
        raise Gone("reuse.paper_gone")


def _event(asked: ReuseLookup, item: Item, how: Use, now: datetime) -> ReuseEvent:
    return ReuseEvent(
        id=new_id(),
        agency_id=item.agency_id,
        item_id=item.id,
        account_id=asked.account_id,
        lookup_id=asked.id,
        procedure=asked.procedure,
        purpose=asked.purpose,
        dossier_reference=asked.dossier_reference,
        how=str(how),
        at=now,
    )


def _ask_sandbox(
    uow: UnitOfWork, asked: Question, on: date, who: Asker, *, actor: Actor, now: datetime
) -> LookupAnswer:
    found = sandbox.papers_of(asked.owner, asked.paper, on)
    lookup = _lookup(uow, asked, on, who, now)
    lookup.item_ids = [paper.reference for paper in found]
    lookup.outcome = "on_file" if found else "nothing"
    uow.session.add(lookup)
    return LookupAnswer(lookup.code, on, found, sandbox=True)


def _use_sandbox(uow: UnitOfWork, asked: ReuseLookup, reference: str, how: Use, now: datetime) -> PaperUse:
    paper = _invented(asked, reference)
    used = uow.session.get(SandboxUse, (asked.id, reference, str(how)))
    if used is None:
        used = SandboxUse(lookup_id=asked.id, reference=reference, how=str(how), at=now)
        uow.session.add(used)
    return PaperUse(reference, how, used.at, paper.fields, has_copy=True, sandbox=True)


def _open_sample(uow: UnitOfWork, asked: ReuseLookup, reference: str) -> sandbox.SampleCopy:
    paper = _invented(asked, reference)
    if uow.session.scalar(select(SandboxUse.at).filter_by(lookup_id=asked.id, reference=reference).limit(1)) is None:
        raise Conflict("reuse.not_taken", reference=reference)
    return paper.copy


def _invented(asked: ReuseLookup, reference: str) -> sandbox.InventedPaper:
    paper = sandbox.paper(reference) if reference in asked.item_ids else None
    if paper is None:
        raise not_found(reference)
    if paper.withdrawn:
        raise Gone("reuse.paper_gone")
    return paper
