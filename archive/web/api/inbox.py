"""One's own notices, and whether they come by mail."""

from __future__ import annotations

from fastapi import APIRouter

from archive.actions.inbox import see_inbox, see_inbox_named
from archive.actions.own_account import change_mail
from archive.db.unit_of_work import UnitOfWork
from archive.queries import inbox as queries
from archive.queries.accounts import own_mail
from archive.web.api.calls import Cursor, Key, Limit, Reader, Writer, once
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.inbox import InboxNotice, MailChoice, MailChosen, Sighted, Sighting

router = APIRouter(prefix="/api/v1/inbox", tags=["inbox"])


@router.get("")
def list_inbox(
    visit: Reader, *, only_unseen: bool = False, cursor: Cursor = None, limit: Limit = 50
) -> Page[InboxNotice]:
    """Your notices, the newest first."""
    with visit.unit_of_work() as uow:
        found = queries.inbox(uow.session, actor=visit.actor, only_unseen=only_unseen, cursor=cursor, limit=limit)
    return page_of(InboxNotice, found)


@router.post("/sightings", status_code=201)
def see_inbox_notices(visit: Writer, given: Sighting, key: Key = None) -> Sighted:
    """Mark notices as seen, those or all."""

    def act(uow: UnitOfWork) -> Sighted:
        if given.references is None:
            return Sighted(number=see_inbox(uow, actor=visit.actor, now=visit.now))
        return Sighted(number=see_inbox_named(uow, given.references, actor=visit.actor, now=visit.now))

    return once(visit, key, given, act, status=201)


@router.get("/mail")
def get_mail_choice(visit: Reader) -> MailChosen:
    """Where your mail goes, and whether notices come there, too."""
    with visit.unit_of_work() as uow:
        return MailChosen.model_validate(own_mail(uow.session, actor=visit.actor))


@router.put("/mail")
def choose_mail(visit: Writer, given: MailChoice, key: Key = None) -> MailChosen:
    """Say where your mail goes, and whether notices come there, too."""

    def act(uow: UnitOfWork) -> MailChosen:
        change_mail(uow, address=given.email, by_mail=given.by_mail, actor=visit.actor, now=visit.now)
        uow.session.flush()
        return MailChosen.model_validate(own_mail(uow.session, actor=visit.actor))

    return once(visit, key, given, act)
