"""Long lists a page at a time.

A cursor holds the place of a line in the order, not its number: whatever comes or goes meanwhile, no line is shown
twice or passed over. It says nothing of what may be seen: the query's own conditions do.
"""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from archive.errors import InvalidInput

Line = TypeVar("Line")
Other = TypeVar("Other")
Key = ColumnElement[Any] | InstrumentedAttribute[Any]
AFTER, BEFORE = "a", "b"


@dataclass(frozen=True, slots=True)
class Paged(Generic[Line]):
    """Lines of one page; cursors of the pages beside it, None where there is none."""

    lines: tuple[Line, ...] = ()
    previous: str | None = None
    following: str | None = None

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def of(self, lines: Sequence[Other]) -> Paged[Other]:
        return Paged(tuple(lines), self.previous, self.following)


@dataclass(frozen=True, slots=True)
class Order:
    """keys: never null, the last one different for every row; all ascending, or all descending."""

    keys: tuple[Key, ...]
    descending: bool = False

    def clauses(self) -> tuple[ColumnElement[Any], ...]:
        return tuple(key.desc() if self.descending else key.asc() for key in self.keys)

    def page(
        self, session: Session, rows: Select[*tuple[Any, ...]], *, cursor: str | None, limit: int | None
    ) -> Paged[Row[*tuple[Any, ...]]]:
        """limit None: all. Raises InvalidInput for what is no cursor of this list."""
        rows_given = rows
        backward = bool(cursor) and str(cursor).startswith(BEFORE)
        if cursor:
            here = tuple_(*self.keys)
            place = tuple_(*self._read(cursor))
            rows = rows.where(here < place if backward != self.descending else here > place)
        order = Order(self.keys, self.descending != backward)
        one_more = None if limit is None else limit + 1
        keys = [key.label(f"order_{number}") for number, key in enumerate(self.keys)]
        found = list(session.execute(rows.add_columns(*keys).order_by(*order.clauses()).limit(one_more)))
        more, found = limit is not None and len(found) > limit, found[:limit]
        if backward:
            found.reverse()
        if not found:  # all that was on this side has left the list meanwhile: it begins anew
            return self.page(session, rows_given, cursor=None, limit=limit) if cursor else Paged()
        has_previous = more if backward else bool(cursor)
        has_following = True if backward else more
        return Paged(
            tuple(found),
            self._written(BEFORE, found[0]) if has_previous else None,
            self._written(AFTER, found[-1]) if has_following else None,
        )

    def _written(self, side: str, row: Row[*tuple[Any, ...]]) -> str:
        values = [_plain(value) for value in row[-len(self.keys) :]]
        return side + base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")

    def _read(self, cursor: str) -> list[ColumnElement[Any]]:
        try:
            text = cursor[1:] + "=" * (-len(cursor[1:]) % 4)
            values = json.loads(base64.b64decode(text, altchars=b"-_", validate=True))
            if cursor[0] not in (AFTER, BEFORE) or not isinstance(values, list):
                raise ValueError(cursor)
            pairs = zip(self.keys, values, strict=True)
            return [literal(_READ[key.type.python_type](value), key.type) for key, value in pairs]
        except (ValueError, KeyError, TypeError, OverflowError, binascii.Error) as error:
            raise InvalidInput("web.cursor_unreadable", field="cursor") from error


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.hex if isinstance(value, uuid.UUID) else value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or abs(value) >= 1 << 63:
        raise ValueError(value)
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(value)
    return value


_READ: dict[type, Callable[[Any], Any]] = {
    int: _whole,
    float: float,
    str: _text,
    datetime: _moment,
    uuid.UUID: lambda value: uuid.UUID(hex=_text(value)),
}
