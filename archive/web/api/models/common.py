"""What the answers of all subjects share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, Field

Item = TypeVar("Item", bound=BaseModel)


class Paged(Protocol):
    """As archive.queries.paging.Paged."""

    @property
    def previous(self) -> str | None: ...

    @property
    def following(self) -> str | None: ...

    def __iter__(self) -> Any: ...


class Page(BaseModel, Generic[Item]):
    """A part of a list. A cursor holds a place in the order: whatever comes or goes, nothing is told twice."""

    items: list[Item]
    next: str | None = Field(default=None, description="`cursor` of the page after this one")
    previous: str | None = Field(default=None, description="`cursor` of the page before this one")


def page_of(model: type[Item], found: Paged) -> Page[Item]:
    lines: Iterable[Any] = found
    return Page(items=[model.model_validate(line) for line in lines], next=found.following, previous=found.previous)
