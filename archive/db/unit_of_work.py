"""One change, one commit: rows, audit event and outbox together, or nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, cast

from sqlalchemy import Column, Engine, Table, text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from archive import audit_events as audit
from archive.access.encryption import lookup_digest
from archive.access.identifiers import masked
from archive.access.identity import Actor
from archive.access.keys import Keys
from archive.db.base import Row
from archive.db.failures import as_ours, is_away
from archive.db.holdings import Item
from archive.db.trail import Outbox
from archive.ids import new_id

_NEXT_NUMBERS = text("""
    insert into counter (scope, value)
    select scope, first
    from unnest(cast(:scopes as text[]), cast(:firsts as bigint[])) with ordinality as series (scope, first, place)
    order by place
    on conflict (scope) do update set value = counter.value + 1
    returning scope, value""")


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
        rows: Sequence[Row] = (),
    ) -> None:
        """Append the audit event of this change. actor is None for a stranger's attempt to sign in.

        rows: new ones of this change that are written in the same round trip; the session does not get to know them.
        """
        event = audit.NewEvent(tag, actor, now, subject_kind, str(subject_id), agency_id, details or {})
        audit.append(self.session, event, along=[_insertion(row) for row in rows])

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
        (number,) = self.next_numbers({scope: 1})
        return number

    def next_numbers(self, first: Mapping[str, int]) -> list[int]:
        """The same of several series, in one round trip and the given order. first: what each of them begins with."""
        asked = {"scopes": list(first), "firsts": list(first.values())}
        found = {row.scope: row.value for row in self.session.execute(_NEXT_NUMBERS, asked)}
        return [found[scope] for scope in first]


def _insertion(row: Row) -> Insert:
    """Columns that stay null are left out: the client prepares short statements only."""
    table = cast(Table, row.__table__)
    values = {column.name: getattr(row, column.name) for column in table.columns}
    filled = {name: _default(table.c[name]) if value is None else value for name, value in values.items()}
    return insert(table).values({name: value for name, value in filled.items() if value is not None})


def _default(column: Column[Any]) -> Any:
    made = column.default
    if not isinstance(made, ScalarElementColumnDefault | CallableColumnDefault):
        return None
    return made.arg(cast(Any, None)) if isinstance(made, CallableColumnDefault) else made.arg
