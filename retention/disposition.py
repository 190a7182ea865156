"""What becomes of a dossier after its term, and the lawful way there.

Source: Thông tư 06/2025/TT-BNV (disposal): list of what is due, council, appraisal by the competent body, decision of
the head of the agency, destruction with minutes.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from retention.errors import TransitionRefused

EXECUTION_DAYS = 15  # destroyed at most so many days after the decision


class DispositionAction(StrEnum):
    RETAIN_PERMANENTLY = "retain_permanently"
    REVIEW = "review"
    TRANSFER = "transfer"
    DESTROY = "destroy"


class DispositionState(StrEnum):
    PROPOSED = "proposed"  # đề xuất
    BEFORE_COUNCIL = "before_council"  # hội đồng xét hủy
    UNDER_APPRAISAL = "under_appraisal"  # thẩm định
    DECIDED = "decided"  # quyết định hủy
    EXECUTING = "executing"  # đang hủy
    EXECUTED = "executed"  # đã hủy
    REFUSED = "refused"


S = DispositionState
NEXT: dict[DispositionState, frozenset[DispositionState]] = {
    S.PROPOSED: frozenset({S.BEFORE_COUNCIL, S.REFUSED}),
    S.BEFORE_COUNCIL: frozenset({S.UNDER_APPRAISAL, S.REFUSED}),
    S.UNDER_APPRAISAL: frozenset({S.DECIDED, S.REFUSED}),
    S.DECIDED: frozenset({S.EXECUTING, S.REFUSED}),  # a hold that comes after the decision still stops it
    S.EXECUTING: frozenset({S.EXECUTED}),
    S.EXECUTED: frozenset(),
    S.REFUSED: frozenset(),
}
"""No step is left out: each needs the paper of the one before."""


def advance(state: DispositionState, to: DispositionState) -> DispositionState:
    """Raises TransitionRefused for a step that does not follow."""
    if to not in NEXT[state]:
        raise TransitionRefused("retention.disposition_step", state=str(state), to=str(to))
    return to


def execute_by(decided_on: date) -> date:
    """The last day on which a decision may be carried out."""
    return decided_on + timedelta(days=EXECUTION_DAYS)
