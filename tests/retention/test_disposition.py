from __future__ import annotations

from datetime import date

import pytest

from archive.db.retention import DISPOSITION_STATES
from retention.disposition import NEXT, DispositionState, advance, execute_by
from retention.errors import TransitionRefused

S = DispositionState


def test_the_catalogue_knows_the_same_states() -> None:
    assert tuple(DispositionState) == DISPOSITION_STATES
    assert set(NEXT) == set(DispositionState)


def test_the_way_to_destruction_leaves_no_step_out() -> None:
    way = [S.PROPOSED, S.BEFORE_COUNCIL, S.UNDER_APPRAISAL, S.DECIDED, S.EXECUTING, S.EXECUTED]
    state = way[0]
    for step in way[1:]:
        state = advance(state, step)
    for at, before in enumerate(way):
        for later in way[at + 2 :]:
            with pytest.raises(TransitionRefused):
                advance(before, later)


def test_everything_may_be_refused_until_the_destruction_has_begun() -> None:
    may = {state for state in S if S.REFUSED in NEXT[state]}
    assert may == {S.PROPOSED, S.BEFORE_COUNCIL, S.UNDER_APPRAISAL, S.DECIDED}


def test_what_was_executed_or_refused_goes_nowhere_and_nothing_goes_back() -> None:
    order = list(S)
    assert not NEXT[S.EXECUTED]
    assert not NEXT[S.REFUSED]
    assert all(order.index(to) > order.index(state) for state in S for to in NEXT[state])


def test_a_decision_is_carried_out_within_fifteen_days() -> None:
    assert execute_by(date(2026, 2, 20)) == date(2026, 3, 7)
