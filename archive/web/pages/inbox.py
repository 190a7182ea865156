"""One's own notices: what is new first to be seen, then what there was."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Response

from archive.actions.inbox import see_inbox
from archive.queries import inbox as queries
from archive.web.deps import SignedForm, SignedIn
from archive.web.form_values import id_given

router = APIRouter(prefix="/inbox")
ROWS = 50


@router.get("")
def listed(visit: SignedIn, only: str = "", cursor: str = "") -> Response:
    unseen = only == "unseen"
    with visit.unit_of_work() as uow:
        found = queries.inbox(uow.session, actor=visit.actor, only_unseen=unseen, cursor=cursor or None, limit=ROWS)
    return visit.page("inbox.html", notices=found, only="unseen" if unseen else "")


@router.post("")
def seen(visit: SignedForm, notice: Annotated[str, Form()] = "") -> Response:
    """One of them, or all."""
    chosen: list[uuid.UUID] | None = [id_given(notice, "notice")] if notice else None
    with visit.unit_of_work() as uow:
        see_inbox(uow, chosen, actor=visit.actor, now=visit.now)
    return visit.back("/inbox", "notices_seen")
