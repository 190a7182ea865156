"""Words that stand on a page as a stamp (ô 10 of Nghị định 30/2020): apart from the text, in capitals."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from rapidfuzz.distance import Levenshtein

from metadata.layout import Layout, PlacedWord, Segment, gap
from metadata.types.body import is_organ
from metadata.types.title import match_class
from ocr.letters import fold
from ocr.model import Box, StampMark

APART = 1.5  # a gap of so many word heights is no space of running text
HEAD = 0.35  # ô 10 lies in this upper part of the page
LIST_MARK = re.compile(r"(?:[-+*•–]|[a-zđ]{1,2}\)|\d{1,2}[.)]|[ivx]{1,4}[.)])$")
INDENT = 0.08
LARGER = 1.5  # times the usual height of the row
HEAD_WORDS = 30
DASHES = "-+*•–—"
HEAD_LINE = re.compile(r"(?:so\s*[:.]|v/v|kinh gui|cong hoa xa hoi|doc lap|.*ngay.{0,6}thang.{0,6}nam)")
CONFUSED = str.maketrans({"0": "o", "q": "o", "1": "i", "l": "i", "|": "i", "!": "i", "4": "a", "@": "a", "7": "t"})


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Stamps of one kind.

    words: by their letters, folded and without spaces, the longest first wins.
    after, before: folded words that next to it make it a part of a phrase (bảo mật, mật khẩu).
    damaged: what the shortest word is read as with one letter wrong; taken in the head of a page and in regions.
    worn: with two letters wrong; taken only where it is all that stands in a coloured or boxed region.
    """

    words: dict[str, str]
    after: frozenset[str]
    before: frozenset[str]
    damaged: frozenset[str]
    worn: frozenset[str]

    @property
    def shortest(self) -> str:
        return self.words[min(self.words, key=len)]


@dataclass(frozen=True, slots=True)
class Stamped:
    word: str
    box: Box
    confidence: float


@dataclass(frozen=True)
class _Run:
    """Words first to last of a row that spell a stamp; `sure` unless only the shape of the letters says so.

    usual_gap: between the row's words; lettered: how many of them carry letters.
    """

    row: Segment
    first: int
    last: int
    word: str
    likeness: float
    sure: bool
    usual_gap: float
    lettered: int

    @cached_property
    def part(self) -> Segment:
        return self.row.part(self.first, self.last)

    @property
    def neighbours(self) -> tuple[PlacedWord | None, PlacedWord | None]:
        before = self.row.placed[self.first - 1] if self.first else None
        after = self.row.placed[self.last] if self.last < len(self.row.placed) else None
        return before, after


def find_stamped(layout: Layout, vocabulary: Vocabulary) -> tuple[Stamped, ...]:
    """Stamps of the page: in coloured or boxed regions, and among the lines where they stand apart."""
    found = [hit for stamp in layout.page.stamps if (hit := _in_region(stamp, vocabulary))]
    runs = [run for row in layout.rows for run in _runs(row, layout.aspect, vocabulary)]
    for run in _outside_tables(runs):
        if _stands_as_stamp(run, layout, vocabulary):
            words = run.part.words
            reading = sum(word.confidence for word in words) / len(words)
            found.append(Stamped(run.word, run.part.box, round(max(0.5, reading) * run.likeness, 4)))
    return tuple(found)


def _in_region(stamp: StampMark, vocabulary: Vocabulary) -> Stamped | None:
    texts = stamp.text.split()
    alone = _letters("".join(texts))
    for first, last, word, likeness, sure in _spelt(texts, vocabulary):
        before = fold(texts[first - 1]).strip(".,:;") if first else ""
        after = fold(texts[last]).strip(".,:;") if last < len(texts) else ""
        part = "".join(texts[first:last])
        whole = _letters(part) == alone
        if (whole or (sure and _capitals(part))) and before not in vocabulary.after and after not in vocabulary.before:
            return Stamped(word, stamp.box, round(max(0.5, stamp.confidence) * likeness, 4))
    if alone in vocabulary.worn and _capitals(stamp.text):
        return Stamped(vocabulary.shortest, stamp.box, 0.5)
    return None


def _runs(row: Segment, aspect: float, vocabulary: Vocabulary) -> list[_Run]:
    texts = [word.text for word in row.words]
    spelt = [each for each in _spelt(texts, vocabulary) if _capitals("".join(texts[each[0] : each[1]]))]
    if not spelt:
        return []
    gaps = [gap(left, right, aspect) for left, right in pairwise(row.placed)]
    usual_gap = median(gaps) if len(gaps) >= 4 else 0.0
    lettered = sum(_letters(text) != "" for text in texts)
    return [_Run(row, *each, usual_gap, lettered) for each in spelt]


def _spelt(texts: Sequence[str], vocabulary: Vocabulary) -> list[tuple[int, int, str, float, bool]]:
    """(first, last, word, likeness, sure) of every run of texts that spells a stamp; runs do not overlap."""
    longest = max(map(len, vocabulary.words)) + 1
    matches = []
    for first in range(len(texts)):
        letters = ""
        for last in range(first + 1, len(texts) + 1):
            letters += _letters(texts[last - 1])
            if len(letters) > longest:
                break
            match = _match(letters, vocabulary) if _letters(texts[first]) and _letters(texts[last - 1]) else None
            if match:
                matches.append((first, last, *match))
    best: list[tuple[int, int, str, float, bool]] = []
    taken = bytearray(len(texts))
    for found in sorted(matches, key=lambda match: (-len(match[2]), -match[3], match[0])):
        if not any(taken[found[0] : found[1]]):
            taken[found[0] : found[1]] = b"\x01" * (found[1] - found[0])
            best.append(found)
    return sorted(best)


def _match(letters: str, vocabulary: Vocabulary) -> tuple[str, float, bool] | None:
    if letters in vocabulary.words:
        return vocabulary.words[letters], 1.0, True
    for spelling, word in vocabulary.words.items():
        allowed = (len(spelling) - 2) // 3  # of a short word every letter counts
        if allowed and Levenshtein.distance(letters, spelling, score_cutoff=allowed) <= allowed:
            return word, 0.8, True
    return (vocabulary.shortest, 0.6, False) if letters in vocabulary.damaged else None


def _letters(text: str) -> str:
    """Letters of a text, folded, digits that look like letters taken for them; the edges of a stamp are none."""
    text = text.strip("|![](){}<>-–—_.,:;'\"“”‘’*~=")
    if not any(letter.isalpha() for letter in text):
        return ""
    return "".join(letter for letter in fold(text).translate(CONFUSED) if letter.isalpha())


def _capitals(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return bool(letters) and sum(letter.isupper() for letter in letters) * 3 >= len(letters) * 2


def _stands_as_stamp(run: _Run, layout: Layout, vocabulary: Vocabulary) -> bool:
    in_head = run.part.place.bottom < HEAD
    touching = _touching(run, layout.aspect)
    text = _quoted(run.part.text) or _is_listed(run, layout) or _continues(run, layout, vocabulary)
    if text or _is_in_phrase(touching, vocabulary) or not (run.sure or in_head):
        return False
    alone_in_row = run.lettered == sum(_letters(word.text) != "" for word in run.part.words)
    if alone_in_row or run.part.height > LARGER * run.row.height:
        return True
    if not in_head:
        return False  # a cell of a table
    alone = not any(word and _letters(word.word.text) for word in touching)
    return alone or (run.sure and _beside_head_lines(run))


def _touching(run: _Run, aspect: float) -> tuple[PlacedWord | None, PlacedWord | None]:
    """The words before and after, each only where no more than a space parts it from the run."""
    apart = max(APART, 2 * run.usual_gap)
    before, after = run.neighbours
    start, end = run.row.placed[run.first], run.row.placed[run.last - 1]
    return (
        before if before and gap(before, start, aspect) < apart else None,
        after if after and gap(end, after, aspect) < apart else None,
    )


def _is_in_phrase(touching: tuple[PlacedWord | None, PlacedWord | None], vocabulary: Vocabulary) -> bool:
    before, after = touching
    return (before is not None and _bare(before) in vocabulary.after) or (
        after is not None and _bare(after) in vocabulary.before
    )


def _beside_head_lines(run: _Run) -> bool:
    """The reader ran the stamp together with a line of the head (organ, number, date, title): no running text."""
    rest = (run.row.words[: run.first], run.row.words[run.last :])
    texts = [" ".join(word.text for word in words) for words in rest if words]
    if run.lettered > HEAD_WORDS:
        return False
    return all(HEAD_LINE.match(fold(text)) or is_organ(text) or match_class(text) is not None for text in texts)


def _is_listed(run: _Run, layout: Layout) -> bool:
    """An entry of a list in a text: marked in front or ended by a semicolon."""
    before, _ = run.neighbours
    start = run.row.placed[run.first]
    if run.part.text.endswith(";"):
        return True
    dashed = re.match(r"[-+*•–](?=\w)", start.word.text) is not None
    if not dashed:
        marked = before is not None and LIST_MARK.match(fold(before.word.text))
        if before is None or not marked or gap(before, start, layout.aspect) > 2 * APART:
            return False
        if before.word.text not in DASHES:
            return True
    # the edge of a stamp is read as a dash too: an entry has others above or below it
    left = (start if dashed or before is None else before).place.left
    reach = 4 * run.row.height
    near = layout.between(run.row.middle - reach, run.row.middle + reach)
    others = [other for other in near if other.placed[-1].line != start.line]
    return any(other.text[0] in DASHES for other in others if abs(other.place.left - left) < 0.02)


def _continues(run: _Run, layout: Layout, vocabulary: Vocabulary) -> bool:
    """The word is the wrapped end of a paragraph or of a heading above it."""
    part = run.part
    reach = 2.4 * part.height
    for other in layout.between(part.middle - reach, part.middle):
        if other.middle >= part.middle or not _alike(other, part):
            continue
        if other.upper_share > 0.7:
            if abs(other.centre - part.centre) < 0.03 and _bare(other.placed[-1]) in vocabulary.after:
                return True
            continue
        open_end = len(other.words) >= 6 and other.place.width > 0.45 and not other.text.endswith((".", ";", ":"))
        if open_end and -0.02 < other.place.left - part.place.left < INDENT:
            return True
    return False


def _alike(one: Segment, other: Segment) -> bool:
    return 0.6 < one.height / max(other.height, 1e-6) < 1.6


def _outside_tables(runs: Sequence[_Run]) -> list[_Run]:
    """Without those that have two others in their row or column: these are cells of a table."""
    in_row = Counter(id(run.row) for run in runs)
    centres = sorted(run.part.centre for run in runs)

    def in_column(run: _Run) -> int:
        return bisect_right(centres, run.part.centre + 0.05) - bisect_left(centres, run.part.centre - 0.05)

    return [run for run in runs if in_row[id(run.row)] < 3 and in_column(run) < 3]


def _quoted(text: str) -> bool:
    return text[0] in "\"'“‘«" and text.rstrip(".,;")[-1] in "\"'”’»"


def _bare(placed: PlacedWord) -> str:
    return "".join(letter for letter in fold(placed.word.text) if letter.isalpha())
