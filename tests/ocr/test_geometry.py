"""Turning and straightening, there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr.geometry import Straightening, skew_of, turned, turned_box
from ocr.ink import dark, gray_of
from ocr.model import Box
from tests.ocr import drawn

SIDES = st.integers(50, 4000)
TURNS = st.sampled_from([0, 90, 180, 270])
FRACTION = st.floats(0, 1)


@st.composite
def boxes(draw: st.DrawFn, width: float, height: float) -> Box:
    left, right = sorted((draw(FRACTION) * width, draw(FRACTION) * width))
    top, bottom = sorted((draw(FRACTION) * height, draw(FRACTION) * height))
    return Box(left, top, right, bottom)


@given(st.data(), SIDES, SIDES, TURNS)
def test_a_box_turned_and_turned_back_is_where_it_was(data: st.DataObject, width: int, height: int, turn: int) -> None:
    box = data.draw(boxes(width, height))
    there = turned_box(box, turn, width, height)
    new_width, new_height = (width, height) if turn in (0, 180) else (height, width)
    assert 0 <= there.left <= there.right <= new_width + 1e-6
    assert 0 <= there.top <= there.bottom <= new_height + 1e-6
    back = turned_box(there, -turn, new_width, new_height)
    assert (back.left, back.top, back.right, back.bottom) == pytest.approx(
        (box.left, box.top, box.right, box.bottom), abs=1e-6
    )


@given(TURNS)
def test_a_box_turns_with_the_picture(turn: int) -> None:
    picture = np.zeros((40, 60), np.uint8)
    picture[5:9, 20:27] = 255
    box = turned_box(Box(20, 5, 27, 9), turn, 60, 40)
    cut = turned(picture, turn)[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    assert cut.size == 28
    assert (cut == 255).all()


def test_only_quarters_are_turns() -> None:
    with pytest.raises(ValueError, match="45"):
        turned_box(Box(0, 0, 1, 1), 45, 10, 10)


@given(st.data(), st.floats(-6, 6), SIDES, SIDES)
def test_a_straightened_box_comes_back_around_its_middle(
    data: st.DataObject, degrees: float, width: int, height: int
) -> None:
    level = Straightening(degrees, width, height)
    box = data.draw(boxes(width, height))
    middle = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
    point = Box(*middle, *middle)
    there = level.there(point)
    assert -1 <= there.left <= level.size[0] + 1
    assert -1 <= there.top <= level.size[1] + 1
    back = level.back(there)
    assert (back.left, back.top) == pytest.approx(middle, abs=1e-3)


@given(st.floats(-6, 6), st.floats(-500, 4500), st.floats(-500, 4500), st.floats(0, 900), st.floats(0, 90))
def test_no_box_comes_back_outside_the_page(
    degrees: float, left: float, top: float, width: float, height: float
) -> None:
    back = Straightening(degrees, 1654, 2339).back(Box(left, top, left + width, top + height))
    assert 0 <= back.left <= back.right <= 1654
    assert 0 <= back.top <= back.bottom <= 2339


@pytest.mark.parametrize("lean", [-2.5, -0.8, 0.0, 0.4, 1.5, 4.0])
def test_the_lean_of_a_page_is_measured_clockwise(lean: float) -> None:
    ink = dark(gray_of(drawn.pixels(drawn.page(lean=lean)))).astype(np.uint8) * 255
    assert skew_of(ink) == pytest.approx(lean, abs=0.15)


def test_a_straightened_page_leans_no_more() -> None:
    gray = gray_of(drawn.pixels(drawn.page(lean=2.0)))
    level = Straightening(2.0, gray.shape[1], gray.shape[0])
    straight = level.straighten(gray)
    assert straight.shape == level.size[::-1]
    assert abs(skew_of(dark(straight).astype(np.uint8) * 255)) < 0.15


def test_an_empty_page_does_not_lean() -> None:
    assert skew_of(np.zeros((200, 100), np.uint8)) == 0.0
