"""One change, one commit: rows, audit event and outbox together, or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from archive import audit_events as audit
from archive.access.encryption import lookup_digest
from archive.access.identifiers import masked
from archive.access.identity import Actor
from archive.access.keys import Keys
from archive.db.failures import as_ours, is_away
from archive.db.holdings import Item
from archive.db.trail import Counter, Outbox
from archive.ids import new_id


class UnitOfWork:
    """`with app.unit_of_work() as uow:` commits on leaving, rolls back if anything was raised.

    A database that is away is DatabaseUnavailable, whatever was asked of it; after that from the commit itself it is
    not known whether the change was made.
    """

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self._url = engine.url
        self.session = Session(engine, expire_on_commit=False, info={"keys": keys})
        self.keys = keys
        self._after_commit: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.session.commit()
        except Exception as failure:
            self._raise_if_away(failure)
            raise
        finally:
            self._close(error)
        if error is not None:
            self._raise_if_away(error)
        else:
            for call in self._after_commit:
                call()

    def _close(self, error: BaseException | None) -> None:
        try:
            self.session.close()
        except Exception as failure:  # the connection broke: whatever was open in it is rolled back
            if error is None or not is_away(failure):
                raise

    def _raise_if_away(self, failure: BaseException) -> None:
        if is_away(failure):
            raise as_ours(failure, self._url) from failure

    def after_commit(self, call: Callable[[], None]) -> None:
        """Mail, workflow starts: what must not happen if the commit does not."""
        self._after_commit.append(call)

    def record(
        self,
        tag: audit.EventTag,
        *,
        actor: Actor | None,
        now: datetime,
        subject_kind: str,
        subject_id: object,
        agency_id: uuid.UUID | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Append the audit event of this change. actor is None for a stranger's attempt to sign in."""
        event = audit.NewEvent(tag, actor, now, subject_kind, str(subject_id), agency_id, details or {})
        audit.append(self.session, event)

    def record_reading(self, item: Item, *, actor: Actor, now: datetime) -> None:
        """Append that the actor opened the item; once in a quarter hour, whatever is repeated or runs beside it."""
        audit.append_reading(self.session, item_id=item.id, agency_id=item.agency_id, actor=actor, now=now)

    def record_search(self, asked: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
        """Append that the actor searched; once in a quarter hour for the same question, as for a reading."""
        question, _ = lookup_digest(self.keys, "search", audit.canonical(audit.plain(asked)).decode())
        details = {name: masked(value) if isinstance(value, str) else value for name, value in asked.items()}
        event = audit.NewEvent(audit.EventTag.SEARCH_RUN, actor, now, "search", str(new_id()), None, details)
        audit.append_search(self.session, event, question=question)

    def reindex(self, item: Item, *, now: datetime) -> None:
        """The index must learn of this change to the item."""
        item.revision += 1
        self.session.add(Outbox(topic="index", subject_id=item.id, at=now))

    def next_number(self, scope: str) -> int:
        """The next of a series of numbers, without gaps after a rollback; holders of one scope wait for each other."""
        row = insert(Counter).values(scope=scope, value=1)
        taken = row.on_conflict_do_update(index_elements=[Counter.scope], set_={"value": Counter.value + 1})
        return self.session.execute(taken.returning(Counter.value)).scalar_one()
