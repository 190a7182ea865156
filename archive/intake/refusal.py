"""Why a delivered file is not taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

TOO_BIG = HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value
WRONG_TYPE = HTTPStatus.UNSUPPORTED_MEDIA_TYPE.value
UNUSABLE = HTTPStatus.UNPROCESSABLE_ENTITY.value


@dataclass(frozen=True, slots=True)
class Refusal:
    """reason: message id of archive.i18n, filled by `values`; status: as HTTP says it."""

    reason: str
    status: int
    values: dict[str, object] = field(default_factory=dict)


class Refused(Exception):
    """Carries a Refusal out of the reading of a delivery; it ends as a row, not as a failure."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal
