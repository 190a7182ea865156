"""What the models of records share: how they are made from views, and the values that come in many of them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from archive import i18n
from archive.queries.views import Message
from metadata.model import FieldName

FIRST_DAY, LAST_DAY = date(1800, 1, 1), date(2200, 12, 31)
"""Of what anybody writes down: beyond lie slips of the pen and the ends of arithmetic."""


class Answer(BaseModel):
    """Made from a frozen view of archive.queries; what a model does not name never leaves the service."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Asked(BaseModel):
    """The body of a write: what it does not know is refused, so that a misspelt name is never passed over."""

    model_config = ConfigDict(extra="forbid", str_max_length=10_000)


def _worded(given: Any) -> Any:
    return i18n.text(given.id, **given.values) if isinstance(given, Message) else given


Box = Annotated[
    list[float],
    Field(
        min_length=4,
        max_length=4,
        description="left, top, right, bottom, as fractions of the upright page",
        examples=[[0.1, 0.1, 0.3, 0.13]],
    ),
]
Why = Annotated[str | None, BeforeValidator(_worded)]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
Worded = Annotated[str, BeforeValidator(_worded)]
Name = FieldName
Value = str | int | list[str]
Reason = Annotated[
    str, Field(min_length=1, max_length=1000, description="why; kept in the trail", examples=["Xếp nhầm hồ sơ"])
]
