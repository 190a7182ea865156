"""Lines are found where they stand, and none where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.engines.line_finding import find_lines
from ocr.ink import gray_of
from tests.ocr import drawn


def test_each_drawn_line_is_found_once_in_its_order() -> None:
    found = find_lines(gray_of(drawn.pixels(drawn.page())))
    tops = [200 + 90 * number for number in range(len(drawn.LINES))]
    middles = [(line.top + line.bottom) / 2 for line in found]
    rows = [min(range(len(tops)), key=lambda at: abs(tops[at] + 24 - middle)) for middle in middles]
    assert rows == list(range(len(drawn.LINES)))


def test_a_larger_picture_of_the_page_has_the_same_lines() -> None:
    page = gray_of(drawn.pixels(drawn.page()))
    twice = np.kron(page, np.ones((2, 2), np.uint8))
    small, large = find_lines(page), find_lines(twice)
    assert [round(line.top / 20) for line in small] == [round(line.top / 40) for line in large]


@pytest.mark.parametrize("size", [(1, 1), (15, 4000), (40, 40), (300, 200)])
@pytest.mark.parametrize("brightness", [0, 128, 255])
def test_an_even_picture_has_none(size: tuple[int, int], brightness: int) -> None:
    assert find_lines(np.full(size, brightness, np.uint8)) == ()
