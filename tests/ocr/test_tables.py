"""Tables: found by their rules, cut into cells, the words put into them; underlines and frames are none."""

from __future__ import annotations

import random

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ocr.model import Box, Line, PageText, Table, TextSource, Word
from ocr.tables import cell_texts, find_tables, in_cells
from tests.ocr import drawn

Edges = tuple[list[int], list[int]]


def grid(seed: int, *, rows: int = 4, columns: int = 4) -> Edges:
    chance = random.Random(seed)
    lefts = [150]
    for _ in range(columns):
        lefts.append(lefts[-1] + chance.randint(90, 320))
    tops = [700]
    for _ in range(rows):
        tops.append(tops[-1] + chance.randint(46, 140))
    return lefts, tops


def picture(edges: Edges, *, width: int = 2, lean: float = 0.0, without: tuple[Box, ...] = ()) -> np.ndarray:
    image = drawn.page(drawn.LINES[:5])
    draw = ImageDraw.Draw(image)
    lefts, tops = edges
    for left in lefts:
        draw.line((left, tops[0], left, tops[-1]), fill=(30, 30, 30), width=width)
    for top in tops:
        draw.line((lefts[0], top, lefts[-1], top), fill=(30, 30, 30), width=width)
    for box in without:
        draw.rectangle((box.left, box.top, box.right, box.bottom), fill=(252, 251, 248))
    image = image.rotate(-lean, resample=Image.Resampling.BICUBIC, fillcolor=(252, 251, 248))
    return np.asarray(image.convert("L"))


def word(text: str, left: float, top: float) -> Word:
    return Word(text, Box(left, top, left + 12 * len(text), top + 24), 0.9)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("lean", [0.0, 0.1])
def test_every_cell_of_a_ruled_table_is_found(seed: int, lean: float) -> None:
    lefts, tops = grid(seed, rows=2 + seed, columns=2 + seed % 4)
    [table] = find_tables(picture((lefts, tops), lean=lean), drawn.DPI)
    assert len(table.cells) == (len(lefts) - 1) * (len(tops) - 1)
    for cell in table.cells:
        edges = lefts[cell.column], tops[cell.row], lefts[cell.column + 1], tops[cell.row + 1]
        assert (cell.box.left, cell.box.top, cell.box.right, cell.box.bottom) == pytest.approx(edges, abs=6)


def test_cells_that_no_rule_parts_are_one() -> None:
    lefts, tops = grid(1)
    gap = Box(lefts[1] - 4, tops[0] + 4, lefts[1] + 4, tops[1] - 4)
    [table] = find_tables(picture((lefts, tops), without=(gap,)), drawn.DPI)
    assert len(table.cells) == 15
    wide = next(cell for cell in table.cells if (cell.row, cell.column) == (0, 0))
    assert wide.box.right == pytest.approx(lefts[2], abs=6)


def test_text_underlines_and_a_frame_are_no_table() -> None:
    image = drawn.stamp(drawn.page(), "SAO Y", (1200, 1500), (20, 20, 20))
    draw = ImageDraw.Draw(image)
    for top in (260, 350, 1400):
        draw.line((160, top, 900, top), fill=(20, 20, 20), width=3)
    draw.rectangle((100, 1600, 1500, 2000), outline=(20, 20, 20), width=4)
    assert find_tables(np.asarray(image.convert("L")), drawn.DPI) == []


def test_a_row_read_as_one_line_is_cut_into_its_cells_in_order() -> None:
    lefts, tops = [100, 200, 500, 800], [100, 160, 260]
    [table] = find_tables(ruled(lefts, tops), drawn.DPI)
    before, after = Line((word("Trước", 100, 20),)), Line((word("Sau", 100, 400),))
    lines = [
        before,
        Line((word("1", 140, 180), word("|", 200, 180), word("Cấp", 220, 180), word("giấy", 280, 180))),
        Line((word("TT", 130, 115), word("Nội", 250, 115), word("dung", 310, 115), word("Số_", 600, 115))),
        Line((word("phép", 220, 220),)),
        Line((word("962", 600, 200),)),
        after,
    ]
    ordered = in_cells(lines, [table])
    assert [line.text for line in ordered] == ["Trước", "TT", "Nội dung", "Số", "1", "Cấp giấy", "phép", "962", "Sau"]
    page = PageText(1, 900, 500, 200, 0, 0.0, False, TextSource.RECOGNISED, tuple(ordered), tables=(table,))
    assert cell_texts(page, table) == ["TT", "Nội dung", "Số", "1", "Cấp giấy\nphép", "962"]


def test_lines_outside_tables_come_back_as_they_were() -> None:
    [table] = find_tables(ruled([100, 300, 500], [100, 200, 300]), drawn.DPI)
    lines = [Line((word("Điều", 600, 100), word("1", 700, 100))), Line((word("Điều", 20, 400),))]
    assert in_cells(lines, [table]) == lines
    assert in_cells(lines, []) == lines


def ruled(lefts: list[int], tops: list[int]) -> np.ndarray:
    image = np.full((500, 900), 250, np.uint8)
    for left in lefts:
        image[tops[0] : tops[-1] + 2, left : left + 2] = 20
    for top in tops:
        image[top : top + 2, lefts[0] : lefts[-1] + 2] = 20
    return image


def test_a_table_is_told_row_by_row() -> None:
    table: Table = find_tables(ruled([100, 300, 500], [100, 200, 300]), drawn.DPI)[0]
    assert [(cell.row, cell.column) for cell in table.cells] == [(0, 0), (0, 1), (1, 0), (1, 1)]
