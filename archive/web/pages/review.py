"""The queue of what waits for a person."""

from __future__ import annotations

from fastapi import APIRouter, Response

from archive.access.permissions import Permission
from archive.errors import NotFound
from archive.queries import items
from archive.queries import review as queries
from archive.web.deps import SignedIn

router = APIRouter()
ROWS = 100


@router.get("/review")
def listed(visit: SignedIn, only: str = "", cursor: str = "", publish: str = "") -> Response:
    """cursor, publish: how far the one and the other list was turned."""
    visit.require(Permission.ITEM_REVIEW)
    with visit.unit_of_work() as uow:
        waiting = queries.review_queue(
            uow.session,
            actor=visit.actor,
            limit=ROWS,
            cursor=cursor or None,
            only_doubtful=only == "doubtful",
        )
        publishable = queries.publish_queue(uow.session, actor=visit.actor, limit=ROWS, cursor=publish or None)
    return visit.page(
        "review.html",
        items=waiting,
        publishable=publishable,
        only=only == "doubtful",
        unclear=any(item.unclear for item in waiting),
    )


@router.get("/review/next")
def next_one(visit: SignedIn, after: str = "") -> Response:
    """On to the next item that waits; when none is left, to the list, which says so."""
    visit.require(Permission.ITEM_REVIEW)
    with visit.unit_of_work() as uow:
        here = None
        if after:
            try:
                here = items.item(uow.session, after, actor=visit.actor).id
            except NotFound:
                here = None
        following = queries.next_in_queue(uow.session, here, actor=visit.actor)
        if following is None or following == here:
            return visit.back("/review")
        return visit.back(f"/items/{items.item(uow.session, following, actor=visit.actor).receipt}")
