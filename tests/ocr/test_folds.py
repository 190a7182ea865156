"""A crease of folded paper goes; ink, rules of tables and pages without creases stay as they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.folds import without_folds
from tests.ocr import drawn

PAPER = 230


def creased(image: np.ndarray, at: int, *, slope: float = 0.0, level: float = 0.6) -> np.ndarray:
    """A shaded band of nine rows from edge to edge, darkest in its middle."""
    told = image.astype(float)
    for column in range(image.shape[1]):
        middle = at + slope * column
        rows = np.arange(int(middle) - 4, int(middle) + 5)
        told[rows, column] *= level + (1 - level) * np.abs(rows - middle) / 5
    return told.clip(0, 255).astype(np.uint8)


def page() -> np.ndarray:
    return np.asarray(drawn.page().convert("L"))


@pytest.mark.parametrize("slope", [0.0, 0.01, -0.008])
@pytest.mark.parametrize("upright", [False, True])
def test_a_crease_becomes_as_bright_as_the_paper(slope: float, upright: bool) -> None:
    blank = np.full((1200, 900), PAPER, np.uint8)
    marked = creased(blank, 600, slope=slope)
    mended = without_folds(np.ascontiguousarray(marked.T) if upright else marked)
    assert marked.min() < 0.7 * PAPER
    assert np.percentile(mended, 0.5) > 0.9 * PAPER


def test_ink_under_a_crease_keeps_its_contrast() -> None:
    clean = page()
    line = slice(470, 520)  # the fourth line of text
    mended = without_folds(creased(clean, 490))
    ink = clean[line] < 128
    assert np.median(mended[line][ink]) < 60
    assert np.median(mended[line][~ink]) > 220


def test_a_page_without_a_crease_is_not_touched() -> None:
    assert np.array_equal(without_folds(page()), page())


@pytest.mark.parametrize(("left", "right", "level"), [(0, 900, 30), (200, 700, 140)])
def test_rules_stay(left: int, right: int, level: int) -> None:
    """As dark as ink, though from edge to edge; faint, but only across a table."""
    ruled = np.full((1200, 900), PAPER, np.uint8)
    ruled[600:603, left:right] = level
    assert np.array_equal(without_folds(ruled), ruled)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_small_and_noisy_pictures_keep_their_shape(height: int, width: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    told = without_folds(noise)
    assert told.shape == noise.shape
    assert told.dtype == np.uint8
