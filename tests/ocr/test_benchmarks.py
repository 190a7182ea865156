"""What the benchmarks of reading rest on: the comparison with the committed result, and the steps taken out in turn."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.ocr_ablation import WITHOUT
from benchmarks.ocr_accuracy import worse_than
from ocr import pipeline


def scored(law: float, hard: float) -> dict[str, Any]:
    return {"scores": {"scans-real": {"law": {"cer": law}}, "scans-synthetic": {"hard": {"cer": hard}}}}


@pytest.mark.parametrize(
    ("now", "worse"),
    [
        (scored(0.0100, 0.0200), []),
        (scored(0.0050, 0.0100), []),
        (scored(0.0106, 0.0200), []),  # by one character in two thousand
        (scored(0.0108, 0.0200), ["worse than committed: scans-real law 1.00% -> 1.08%"]),
        (scored(0.0100, 0.0213), ["worse than committed: scans-synthetic hard 2.00% -> 2.13%"]),
    ],
)
def test_a_tier_is_measured_against_itself(now: dict[str, Any], worse: list[str]) -> None:
    committed = {"readers": {"service": scored(0.0100, 0.0200)}}
    assert worse_than(committed, {"service": now}) == worse


def test_a_tier_that_was_never_measured_is_not_worse() -> None:
    assert worse_than({"readers": {"service": {"scores": {}}}}, {"service": scored(0.9, 0.9)}) == []


@pytest.mark.parametrize("name", sorted({name for replaced in WITHOUT.values() for name in replaced}))
def test_a_step_that_is_taken_out_is_one_of_the_pipeline(name: str) -> None:
    assert hasattr(pipeline, name)
