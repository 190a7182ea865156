"""Holds: what an inspection, a dispute or an order keeps from being disposed of, whatever its term says."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from retention.disposition import DispositionAction
from retention.errors import HoldRefused

FREEZES = frozenset({DispositionAction.DESTROY, DispositionAction.TRANSFER})
"""What a hold forbids. To keep for ever or to look again takes nothing from whoever asked for the hold."""


class HoldState(StrEnum):
    ACTIVE = "active"
    LIFTED = "lifted"


@dataclass(frozen=True, slots=True)
class Hold:
    """On a dossier with all that is in it, or on one item and so on the dossier that it lies in; exactly one of both.

    placed_by, lifted_by: accounts; whoever placed a hold does not lift it.
    """

    dossier_id: str | None
    item_id: str | None
    reason: str
    authority: str  # who ordered it, by what paper
    placed_by: str
    placed_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.dossier_id is None) == (self.item_id is None):
            raise HoldRefused("retention.hold_one_subject")

    @property
    def state(self) -> HoldState:
        return HoldState.ACTIVE if self.lifted_at is None else HoldState.LIFTED

    def touches(self, dossier_id: str, item_ids: Collection[str]) -> bool:
        return self.dossier_id == dossier_id or self.item_id in item_ids


def lift(hold: Hold, *, by: str, at: datetime) -> Hold:
    if hold.state is HoldState.LIFTED:
        raise HoldRefused("retention.hold_lifted_before")
    if by == hold.placed_by:
        raise HoldRefused("retention.hold_second_person")
    if at < hold.placed_at:
        raise HoldRefused("retention.hold_lifted_too_early")
    return replace(hold, lifted_by=by, lifted_at=at)


def freezing(
    holds: Iterable[Hold], action: DispositionAction, dossier_id: str, item_ids: Collection[str]
) -> tuple[Hold, ...]:
    """The holds that forbid this action on a dossier with these items; none: it is not frozen."""
    if action not in FREEZES:
        return ()
    return tuple(hold for hold in holds if hold.state is HoldState.ACTIVE and hold.touches(dossier_id, item_ids))
