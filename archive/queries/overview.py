"""The first page: what waits for me, and how far the tasks have come."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.db.holdings import Item
from archive.queries.batches import batches
from archive.queries.lines import has_unclear_page
from archive.queries.review import is_stopped, waits_for_publishing, waits_for_review
from archive.queries.tasks import tasks
from archive.queries.views import Overview


def overview(session: Session, *, actor: Actor) -> Overview:
    review = waits_for_review(actor)
    unclear, doubtful, to_review, to_publish, stopped = session.execute(
        select(
            func.count().filter(review, has_unclear_page()),
            func.count().filter(review, Item.doubtful_fields > 0),
            func.count().filter(review),
            func.count().filter(waits_for_publishing(actor)),
            func.count().filter(is_stopped(actor)),
        ).select_from(Item)
    ).one()
    return Overview(
        unclear=unclear,
        doubtful=doubtful,
        to_review=to_review,
        to_publish=to_publish,
        stopped=stopped,
        batches=batches(session, actor=actor, limit=20, open_only=True).lines,
        tasks=tuple(task for task in tasks(session, actor=actor) if task.received or task.planned_quantity),
    )
