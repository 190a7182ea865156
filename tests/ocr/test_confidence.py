"""A stated confidence is the share of such words that are right."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import ocr_confidence as benchmark
from ocr.confidence import CALIBRATION, FEATURES, RISING, calibrated, calibration_of_words, on_curve
from ocr.model import Box, Line, Word
from scripts.confidence_fit import Examples, fitted, folds_of, rising_curve

CARD = json.loads(CALIBRATION.read_text(encoding="utf-8"))
SENTENCE = "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015"
LENGTH = len(SENTENCE.split())
sure = st.floats(0, 1)
all_sure = st.lists(sure, min_size=LENGTH, max_size=LENGTH)


def line(text: str, *confidences: float) -> Line:
    words = text.split()
    given = confidences or (0.95,) * len(words)
    boxes = [Box(100.0 * at, 20, 100.0 * at + 80, 50) for at in range(len(words))]
    return Line(tuple(Word(*each) for each in zip(words, boxes, given, strict=True)))


def confidences(*lines: Line) -> list[float]:
    return [word.confidence for each in calibrated(lines) for word in each.words]


@given(all_sure, st.integers(0, LENGTH - 1), sure)
def test_where_the_engine_is_surer_of_a_word_no_word_is_less_sure(given: list[float], at: int, other: float) -> None:
    low, high = sorted((given[at], other))
    before, after = ([*given[:at], value, *given[at + 1 :]] for value in (low, high))
    pairs = zip(confidences(line(SENTENCE, *before)), confidences(line(SENTENCE, *after)), strict=True)
    assert all(less <= more for less, more in pairs)


@given(all_sure)
def test_text_and_place_stay_and_a_confidence_is_a_share(given: list[float]) -> None:
    read = line(SENTENCE, *given)
    [told] = calibrated([read])
    assert [replace(word, confidence=0) for word in told.words] == [replace(word, confidence=0) for word in read.words]
    assert all(0 <= word.confidence <= 1 for word in told.words)
    assert calibrated([read]) == (told,)


@pytest.mark.parametrize("odd", ["chưc", "ch°ức", "chứcc", "c", "'", "chức."])
def test_a_word_that_is_odd_in_its_place_is_less_sure_though_the_engine_is_not(odd: str) -> None:
    at = SENTENCE.split().index("chức")
    assert confidences(line(SENTENCE.replace(" chức ", f" {odd} ")))[at] < confidences(line(SENTENCE))[at]


def test_a_word_beside_which_the_engine_saw_another_sign_is_less_sure() -> None:
    read = line(SENTENCE)
    word = replace(read.words[3], choices=(((read.words[3].text[0], 55.0), ("t", 45.0)), *(((), (), ()))[1:]))
    doubted = Line((*read.words[:3], word, *read.words[4:]))
    assert confidences(doubted)[3] < confidences(read)[3]


def test_a_page_without_words_stays_one() -> None:
    assert calibrated([]) == ()


def test_the_card_is_of_its_numbers() -> None:
    numbers = {name: CARD[name] for name in ("constant", "weights", "curve")}
    assert hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()[:8] == CARD["version"]
    assert set(CARD["weights"]) == set(FEATURES)
    assert all(CARD["weights"][name] >= 0 for name in RISING)
    assert CARD["curve"] == sorted(CARD["curve"])
    assert [share for _, share in CARD["curve"]] == sorted(share for _, share in CARD["curve"])


def test_between_the_points_of_a_curve_lies_a_line_and_beyond_them_it_is_level() -> None:
    curve = ((0.0, 0.2), (2.0, 0.8), (4.0, 1.0))
    assert [on_curve(curve, at) for at in (-9, 0, 1, 2, 3, 9)] == pytest.approx([0.2, 0.2, 0.5, 0.8, 0.9, 1.0])
    shares = [share for _, share in calibration_of_words().curve]
    assert on_curve(calibration_of_words().curve, 99) == shares[-1]


def test_on_documents_that_were_not_learned_from_the_committed_figures_hold() -> None:
    told = json.loads(benchmark.RESULT.read_text(encoding="utf-8"))
    assert told["calibration"] == CARD["version"], "run python -m benchmarks.ocr_confidence"
    for name, part in told["words"].items():
        assert benchmark.holds(part), name
        assert sum(row["number"] for row in part["after"]["bins"]) == part["after"]["words"]


def test_a_constant_confidence_does_not_hold_though_it_is_met() -> None:
    right = np.array([1.0] * 97 + [0.0] * 3)
    engine = np.array([0.9] * 97 + [0.7] * 3)
    constant = benchmark.reliability(np.full(100, 0.97), right)
    assert constant["ece"] == pytest.approx(0, abs=1e-6)
    assert constant["auc"] == 0.5
    assert not benchmark.holds({"before": benchmark.reliability(engine, right), "after": constant})


def test_a_confidence_that_is_not_met_does_not_hold() -> None:
    right = np.array([1.0] * 90 + [0.0] * 10)
    told = benchmark.reliability(np.array([0.99] * 90 + [0.98] * 10), right)
    assert told["ece"] == pytest.approx(0.089, abs=1e-3)
    assert not benchmark.holds({"before": told, "after": told})


def drawn_examples() -> Examples:
    chance = np.random.default_rng(5)
    features = chance.normal(size=(4000, 3))
    shares = 1 / (1 + np.exp(-(1.5 + features @ np.array([2.0, -1.0, -0.5]))))
    right = (chance.random(4000) < shares).astype(float)
    return Examples(features, right, np.ones(4000), tuple(f"document {at // 200}" for at in range(4000)))


def test_a_fit_finds_the_shares_that_examples_were_drawn_with() -> None:
    examples = drawn_examples()
    fit = fitted(examples, (True, False, True), 5)
    assert fit.weights == pytest.approx([2.0, -1.0, 0.0], abs=0.2)  # the last may not fall
    shares = fit.shares(examples.features)
    assert benchmark.expected_error(shares, examples.right) < 0.02
    again = fitted(examples, (True, False, True), 5)
    assert (again.constant, again.curve) == (fit.constant, fit.curve)


def test_no_document_is_in_two_folds() -> None:
    examples = drawn_examples()
    folds = [{examples.documents[at] for at in np.flatnonzero(inside)} for inside in folds_of(examples, 6)]
    assert sum(map(len, folds)) == len(set().union(*folds)) == 20


@given(st.lists(st.tuples(st.floats(-8, 8), st.booleans()), min_size=1, max_size=300))
def test_an_observed_curve_rises(seen: list[tuple[float, bool]]) -> None:
    sums, right = (np.array(column, dtype=float) for column in zip(*seen, strict=True))
    curve = rising_curve(sums, right, np.ones(len(seen)))
    assert list(curve) == sorted(curve)
    assert [share for _, share in curve] == sorted(share for _, share in curve)
