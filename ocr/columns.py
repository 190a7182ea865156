"""Blocks that stand side by side, kept apart: the head of a document, the recipients beside the signature."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from ocr.letters import fold_words
from ocr.model import Line, Word

_NATIONAL_TITLES = ("cong hoa xa hoi chu nghia viet nam", "dang cong san viet nam")
_RECIPIENTS = "noi nhan"
_ALIKE = 80.0  # of 100
_HEAD_DEPTH = 0.2  # of the page's height, below the national title
_GAP = 1.2  # heights of a line's words: between words of one line of text there is less
_SIGNERS_GAP = 3.0  # the same, between the titles of two signers
_SEARCHED = (0.1, 0.05)  # of the width, left and right of the gutter: where a line is cut
_HEAD_REACH, _FOOT_REACH = 0.03, 0.14  # of the width: what reaches so far to both sides of the gutter crosses it
_OF_A_HEAD = re.compile(r"\bngay\b.*\bthang\b|doc lap|hanh phuc|^\W*so\b\W*[:\d]")  # may reach over
_ABOVE = 1.5  # heights: a block may begin so much higher than its neighbour
_SIGNERS_IN = 0.3  # of the height of a page with a head: below it two titles in a row are those of signers
_CAPITALS = 0.8


@dataclass(frozen=True, slots=True)
class _SideBySide:
    """Two blocks: from `top` down, at most to `bottom`, on both sides of `gutter`; all in pixels.

    reach: what reaches so far to both sides without a gap is running text, and ends the blocks.
    right_first: the order in which they are read.
    """

    top: float
    bottom: float
    gutter: float
    reach: float
    right_first: bool = False


def in_columns(lines: Sequence[Line], width: int, height: int) -> list[Line]:
    """The lines of a level page, those cut that run across a gutter, one block after the other.

    The left one first, but a signature before the recipients, as Điều 8 khoản 2 of Nghị định 30/2020 names them.
    Where nothing stands side by side the lines come back as they were. width, height: of the page.
    """
    told = list(lines)
    for place in (_head(told, width, height), _foot(told, width, height)):
        if place is not None:
            told = _apart(told, place, width)
    return told


def _head(lines: Sequence[Line], width: int, height: int) -> _SideBySide | None:
    """Beside the national title; None where it stands alone in the middle."""
    for line in lines:
        first = _title_starts(line)
        if first is None:
            continue
        words = line.words[first:]
        left, right = words[0].box.left, max(word.box.right for word in words)
        top, usual = min(word.box.top for word in words), usual_height(words)
        if (left + right) / 2 < 0.54 * width:
            return None
        return _SideBySide(top - _ABOVE * usual, top + _HEAD_DEPTH * height, left - usual / 4, _HEAD_REACH * width)
    return None


def _title_starts(line: Line) -> int | None:
    """The word of the line with which a national title begins."""
    text = fold_words(line.text)
    for title in _NATIONAL_TITLES:
        if len(text) < 0.8 * len(title):
            continue
        found = fuzz.partial_ratio_alignment(title, text, score_cutoff=_ALIKE)
        if found is None:
            continue
        at = 0
        for index, word in enumerate(line.words):
            end = at + len(fold_words(word.text))
            if end > found.dest_start + (end - at) / 2:
                return index if is_capitals(line.words[index:]) else None
            at = end + 1
    return None


def _foot(lines: Sequence[Line], width: int, height: int) -> _SideBySide | None:
    """Recipients on the left and a signature on the right, or two signers."""
    headed = any(_title_starts(line) is not None for line in lines)
    signers_from = _SIGNERS_IN * height if headed else 0.0
    for line in lines:
        usual = usual_height(line.words)
        top = line.box.top
        if fold_words(line.text).lstrip(".,:'\"“‘-_ ").startswith(_RECIPIENTS) and line.box.left < 0.4 * width:
            gutter = _gutter_beside(lines, line, width)
            if gutter is None:
                return None
            reach = _FOOT_REACH * width
            return _SideBySide(top - _ABOVE * usual, height, gutter, reach, right_first=True)
        cut = widest_gap(line.words, 0.3 * width, 0.7 * width, _SIGNERS_GAP)
        if cut is not None and top >= signers_from and _titles(line.words[:cut], line.words[cut:]):
            gutter = (line.words[cut - 1].box.right + line.words[cut].box.left) / 2
            return _SideBySide(top - usual / 2, height, gutter, _FOOT_REACH * width)
    return None


def _gutter_beside(lines: Sequence[Line], recipients: Line, width: int) -> float | None:
    """Between the recipients and what stands on their right; None where nothing does."""
    top = recipients.box.top - _ABOVE * usual_height(recipients.words)
    starts = []
    for line in lines:
        if line.box.top < top:
            continue
        if line.box.left > 0.4 * width:
            starts.append(line.box.left)
            continue
        cut = widest_gap(line.words, 0.25 * width, 0.75 * width, _GAP)
        if cut is not None and line.words[cut].box.left > 0.4 * width:
            starts.append(line.words[cut].box.left)
    return min(starts) - usual_height(recipients.words) / 4 if starts else None


def _titles(left: Sequence[Word], right: Sequence[Word]) -> bool:
    return all(is_capitals(words) and len(words) >= 2 for words in (left, right))


def _apart(lines: list[Line], place: _SideBySide, width: int) -> list[Line]:
    taken: list[int] = []
    left: list[Line] = []
    right: list[Line] = []
    inside = [index for index, line in enumerate(lines) if place.top <= line.box.top < place.bottom]
    for index in sorted(inside, key=lambda index: lines[index].box.top):
        sides = _cut(lines[index], place, width)
        if sides is None and not taken:
            continue  # what stands above them
        if sides is None:
            break
        taken.append(index)
        left += [side for side in sides[:1] if side is not None]
        right += [side for side in sides[1:] if side is not None]
    if not left or not right:
        return lines
    first = min(taken)
    kept = set(taken)
    rest = [line for index, line in enumerate(lines) if index > first and index not in kept]
    both = [*right, *left] if place.right_first else [*left, *right]
    return [*lines[:first], *both, *rest]


def _cut(line: Line, place: _SideBySide, width: int) -> tuple[Line | None, Line | None] | None:
    """What of a line lies left and right of the gutter; None where it crosses it as running text does."""
    box, gutter = line.box, place.gutter
    if box.left >= gutter:
        return None, line
    before, behind = (share * width for share in _SEARCHED)
    cut = _title_starts(line) or widest_gap(line.words, gutter - before, gutter + behind, _GAP)
    if cut:
        return Line(line.words[:cut]), Line(line.words[cut:])
    crosses = box.left < gutter - place.reach and box.right > gutter + place.reach
    if crosses and not _OF_A_HEAD.search(fold_words(line.text)):
        return None
    return (line, None) if (box.left + box.right) / 2 < gutter else (None, line)


def widest_gap(words: Sequence[Word], low: float, high: float, heights: float) -> int | None:
    """Index of the word behind the widest gap of at least so many word heights that reaches in between."""
    usual = usual_height(words)
    best: tuple[float, int] | None = None
    for index in range(1, len(words)):
        start, end = words[index - 1].box.right, words[index].box.left
        fits = end - start >= heights * usual and start < high and end > low
        if fits and (best is None or end - start > best[0]):
            best = end - start, index
    return best[1] if best else None


def usual_height(words: Sequence[Word]) -> float:
    heights = sorted(word.box.height for word in words)
    return max(1.0, heights[len(heights) // 2])


def is_capitals(words: Sequence[Word]) -> bool:
    letters = [letter for word in words for letter in word.text if letter.isalpha()]
    return len(letters) >= 4 and sum(map(str.isupper, letters)) >= _CAPITALS * len(letters)
