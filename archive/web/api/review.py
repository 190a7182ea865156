"""What waits for a person: to be reviewed, to be published."""

from __future__ import annotations

from fastapi import APIRouter

from archive.access.permissions import Permission
from archive.queries import review as queries
from archive.web.api.calls import Cursor, Limit, Reader
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.items import ItemLine

router = APIRouter(prefix="/api/v1/queues", tags=["review"])


@router.get("/review")
def list_to_review(
    visit: Reader, *, only_doubtful: bool = False, cursor: Cursor = None, limit: Limit = 50
) -> Page[ItemLine]:
    """List what waits for a review: unclear pages first, then most doubtful fields.

    only_doubtful: with a doubtful field or an unclear page.
    """
    visit.require(Permission.ITEM_REVIEW)
    with visit.unit_of_work() as uow:
        found = queries.review_queue(
            uow.session, actor=visit.actor, limit=limit, cursor=cursor, only_doubtful=only_doubtful
        )
    return page_of(ItemLine, found)


@router.get("/publication")
def list_to_publish(visit: Reader, cursor: Cursor = None, limit: Limit = 50) -> Page[ItemLine]:
    """List reviewed items that you may publish, the longest waiting first."""
    visit.require(Permission.ITEM_PUBLISH)
    with visit.unit_of_work() as uow:
        return page_of(ItemLine, queries.publish_queue(uow.session, actor=visit.actor, limit=limit, cursor=cursor))
