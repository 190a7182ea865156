from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retention.disposition import DispositionAction
from retention.errors import HoldRefused
from retention.hold import Hold, HoldState, freezing, lift

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOLD = Hold("dossier-1", None, "Thanh tra", "Quyết định 5/QĐ-TTr", "an", NOW)


def test_a_hold_is_active_until_a_second_person_lifts_it() -> None:
    assert HOLD.state is HoldState.ACTIVE
    lifted = lift(HOLD, by="bình", at=NOW + timedelta(days=1))
    assert (lifted.state, lifted.lifted_by) == (HoldState.LIFTED, "bình")
    assert HOLD.state is HoldState.ACTIVE


def test_who_placed_a_hold_does_not_lift_it_nor_is_it_lifted_twice_or_before_it_was_placed() -> None:
    with pytest.raises(HoldRefused):
        lift(HOLD, by="an", at=NOW)
    with pytest.raises(HoldRefused):
        lift(HOLD, by="bình", at=NOW - timedelta(seconds=1))
    with pytest.raises(HoldRefused):
        lift(lift(HOLD, by="bình", at=NOW), by="chi", at=NOW)


def test_a_hold_is_on_a_dossier_or_on_an_item() -> None:
    for subject in ({"dossier_id": None}, {"item_id": "item-1"}):
        with pytest.raises(HoldRefused):
            replace(HOLD, **subject)


def test_a_hold_on_a_dossier_or_on_one_of_its_items_freezes_the_dossier() -> None:
    on_item = replace(HOLD, dossier_id=None, item_id="item-1")
    for action in (DispositionAction.DESTROY, DispositionAction.TRANSFER):
        assert freezing([HOLD, on_item], action, "dossier-1", ["item-1", "item-2"]) == (HOLD, on_item)
        assert freezing([HOLD, on_item], action, "dossier-2", ["item-3"]) == ()
        assert freezing([on_item], action, "dossier-1", ["item-1"]) == (on_item,)


def test_a_lifted_hold_freezes_nothing() -> None:
    assert freezing([lift(HOLD, by="bình", at=NOW)], DispositionAction.DESTROY, "dossier-1", []) == ()


def test_keeping_and_reviewing_are_never_frozen() -> None:
    for action in (DispositionAction.RETAIN_PERMANENTLY, DispositionAction.REVIEW):
        assert freezing([HOLD], action, "dossier-1", []) == ()
