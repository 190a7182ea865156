"""Tables found by their rules, cut into cells, and the lines of a page put into them row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ocr.engine import Gray
from ocr.ink import dark
from ocr.model import Box, Cell, Line, PageText, Table, Word

_WORK_DPI = 150
_RULE_INCHES = 0.4  # what is shorter is a stroke of a letter, an underline of a word
_SMALLEST_INCHES = (1.5, 0.4)
_LEAST_CELL_INCHES = 0.1
_BREAK_INCHES = 0.04  # in a rule of a poor copy
_RULED = 0.6  # of an edge between two cells
_FEWEST_CELLS = 4
_MOST_CELLS = 2000
_RULES_READ_AS = set("|[]{}()_—–-=~¦!'.,:;`")
Mask = NDArray[np.uint8]


def find_tables(gray: Gray, dpi: int) -> list[Table]:
    """Tables of a level page, from the top down; each has two rows and two columns at least. Boxes in its pixels."""
    import cv2

    scale = min(1.0, _WORK_DPI / dpi)
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else gray
    unit = dpi * scale
    across, down = _rules(dark(np.asarray(small, dtype=np.uint8)).astype(np.uint8), unit)
    joined = cv2.dilate(across | down, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for label in range(1, count):
        left, top, width, height, _ = (int(value) for value in stats[label])
        if width < _SMALLEST_INCHES[0] * unit or height < _SMALLEST_INCHES[1] * unit:
            continue
        part = np.s_[top : top + height, left : left + width]
        own = (labels[part] == label).astype(np.uint8)
        cells = _cells(across[part] * own, down[part] * own, unit)
        rows, columns = {cell.row for cell in cells}, {cell.column for cell in cells}
        if len(rows) > 1 and len(columns) > 1 and _FEWEST_CELLS <= len(cells) <= _MOST_CELLS:
            found.append(Table(tuple(_moved(cell, left, top, scale) for cell in cells)))
    return sorted(found, key=lambda table: table.box.top)


def in_cells(lines: Sequence[Line], tables: Sequence[Table]) -> list[Line]:
    """The lines, those in tables cut at the rules and put cell by cell, row by row, where the first of them stood.

    What the reader took a rule for is dropped.
    """
    told = list(lines)
    for table in tables:
        told = _in_cells_of(told, table)
    return told


def cell_texts(page: PageText, table: Table) -> list[str]:
    """The text of each cell, its lines one below the other."""
    texts: list[list[str]] = [[] for _ in table.cells]
    for line in page.lines:
        at = _cell_of(line.box, table)
        if at is not None:
            texts[at].append(line.text)
    return ["\n".join(lines) for lines in texts]


def _in_cells_of(lines: list[Line], table: Table) -> list[Line]:
    filled: dict[int, list[Line]] = {index: [] for index in range(len(table.cells))}
    rest: list[Line] = []
    first: int | None = None
    for line in lines:
        outside: list[Word] = []
        parts: dict[int, list[Word]] = {}
        for word in line.words:
            at = _cell_of(word.box, table)
            if at is None:
                outside.append(word)
            elif not set(word.text) <= _RULES_READ_AS or len(word.text) > 3:
                parts.setdefault(at, []).append(_without_rules(word))
        if len(outside) < len(line.words) and first is None:
            first = len(rest)
        for at, words in parts.items():
            filled[at].append(Line(tuple(words)))
        if outside:
            rest.append(Line(tuple(outside)))
    order = sorted(filled, key=lambda index: (table.cells[index].row, table.cells[index].column))
    within = [line for index in order for line in _rows(filled[index])]
    start = len(rest) if first is None else first
    return [*rest[:start], *within, *rest[start:]]


def _without_rules(word: Word) -> Word:
    """A rule read with the word it touches; what the engine nearly read is of no use then."""
    text = word.text.strip("|_") or word.text
    return word if text == word.text else replace(word, text=text, choices=())


def _rows(lines: list[Line]) -> list[Line]:
    """Lines of one cell: pieces at one height joined, from the top down."""
    rows: list[list[Word]] = []
    for line in sorted(lines, key=lambda line: line.box.top + line.box.bottom):
        middle = (line.box.top + line.box.bottom) / 2
        above = Line(tuple(rows[-1])).box if rows else None
        if above is not None and above.top < middle < above.bottom:
            rows[-1] += line.words
        else:
            rows.append(list(line.words))
    return [Line(tuple(sorted(row, key=lambda word: word.box.left))) for row in rows]


def _cell_of(box: Box, table: Table) -> int | None:
    """Where its middle lies."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    for index, cell in enumerate(table.cells):
        if cell.box.left <= x < cell.box.right and cell.box.top <= y < cell.box.bottom:
            return index
    return None


def _rules(ink: Mask, unit: float) -> tuple[Mask, Mask]:
    """Where long level and long upright strokes run."""
    import cv2

    length, gap = max(3, int(_RULE_INCHES * unit)), max(1, int(_BREAK_INCHES * unit))

    def strokes(size: tuple[int, int], joint: tuple[int, int]) -> Mask:
        whole = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones(joint, np.uint8))
        return np.asarray(cv2.morphologyEx(whole, cv2.MORPH_OPEN, np.ones(size, np.uint8)), dtype=np.uint8)

    return strokes((1, length), (1, gap)), strokes((length, 1), (gap, 1))


def _cells(across: Mask, down: Mask, unit: float) -> list[Cell]:
    """The cells between the rules; those that no rule parts are one."""
    tops, lefts = _positions(across.sum(axis=1), unit), _positions(down.sum(axis=0), unit)
    rows, columns = list(pairwise(tops)), list(pairwise(lefts))
    if not rows or not columns or len(rows) * len(columns) > _MOST_CELLS:
        return []
    group = {(row, column): (row, column) for row in range(len(rows)) for column in range(len(columns))}
    for row, (top, bottom) in enumerate(rows):
        for column, (left, right) in enumerate(columns):
            if column + 1 < len(columns) and not _ruled(down[top:bottom, _near(right, unit)].max(axis=1, initial=0)):
                _join(group, (row, column), (row, column + 1))
            if row + 1 < len(rows) and not _ruled(across[_near(bottom, unit), left:right].max(axis=0, initial=0)):
                _join(group, (row, column), (row + 1, column))
    members: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for place, head in group.items():
        members.setdefault(head, []).append(place)
    return list(_as_cells(members, rows, columns))


def _as_cells(
    members: dict[tuple[int, int], list[tuple[int, int]]], rows: list[tuple[int, int]], columns: list[tuple[int, int]]
) -> Iterator[Cell]:
    for places in members.values():
        (top_row, bottom_row), (left, right) = _span(places, 0), _span(places, 1)
        box = Box(columns[left][0], rows[top_row][0], columns[right][1], rows[bottom_row][1])
        yield Cell(top_row, left, box)


def _span(places: list[tuple[int, int]], side: int) -> tuple[int, int]:
    values = [place[side] for place in places]
    return min(values), max(values)


def _positions(sums: NDArray[np.int64], unit: float) -> list[int]:
    """Where rules lie, by how much of them stands in each row or column of pixels; near ones are one rule."""
    found: list[list[int]] = []
    for at in np.flatnonzero(sums >= _RULE_INCHES * unit * 0.9):
        if found and at - found[-1][-1] <= _LEAST_CELL_INCHES * unit:
            found[-1].append(int(at))
        else:
            found.append([int(at)])
    return [round(sum(near) / len(near)) for near in found]


def _near(at: int, unit: float) -> slice:
    reach = max(2, int(_LEAST_CELL_INCHES * unit / 2))
    return slice(max(0, at - reach), at + reach + 1)


def _ruled(seen: Mask) -> bool:
    return bool(seen.size and np.count_nonzero(seen) >= _RULED * seen.size)


def _join(group: dict[tuple[int, int], tuple[int, int]], one: tuple[int, int], other: tuple[int, int]) -> None:
    head, gone = group[one], group[other]
    for place, own in group.items():
        if own == gone:
            group[place] = head


def _moved(cell: Cell, left: int, top: int, scale: float) -> Cell:
    box = cell.box
    edges = (box.left + left, box.top + top, box.right + left, box.bottom + top)
    return Cell(cell.row, cell.column, Box(*(edge / scale for edge in edges)))
