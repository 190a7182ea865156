"""Words that stand on a page as a stamp (ô 10 of Nghị định 30/2020): apart from the text, in capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from metadata.layout import Layout, PlacedWord, Segment, gap, union
from metadata.text import fold
from ocr.model import Box, StampMark

APART = 1.5  # a gap of so many word heights is no space of running text
HEAD = 0.35  # ô 10 lies in this upper part of the page
LIST_MARK = re.compile(r"(?:[-+*•–]|[a-zđ]{1,2}\)|\d{1,2}[.)]|[ivx]{1,4}[.)])$")
HEAD_LINE = re.compile(r"(?:so\s*[:.]|v/v|kinh gui|cong hoa xa hoi|doc lap|.*ngay.{0,6}thang.{0,6}nam)")
CONFUSED = str.maketrans({"0": "o", "q": "o", "1": "i", "l": "i", "|": "i", "!": "i", "4": "a", "@": "a", "7": "t"})


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Stamps of one kind.

    words: by their letters, folded and without spaces, the longest first wins.
    after, before: folded words that next to it make it a part of a phrase (bảo mật, mật khẩu).
    shapes: what a damaged print of the shortest word is read as; taken only where nothing but a stamp can stand.
    """

    words: dict[str, str]
    after: frozenset[str]
    before: frozenset[str]
    shapes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stamped:
    word: str
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class _Run:
    """Words first to last of a row that spell a stamp; `sure` unless only the shape of the letters says so."""

    row: Segment
    first: int
    last: int
    word: str
    likeness: float
    sure: bool

    @property
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
    runs = [run for row in layout.rows for run in _runs(row, vocabulary)]
    runs = [run for run in runs if not _in_legend(run, runs)]
    for run in runs:
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
    return None


def _runs(row: Segment, vocabulary: Vocabulary) -> Iterator[_Run]:
    texts = [word.text for word in row.words]
    for first, last, word, likeness, sure in _spelt(texts, vocabulary):
        if _capitals("".join(texts[first:last])):
            yield _Run(row, first, last, word, likeness, sure)


def _spelt(texts: Sequence[str], vocabulary: Vocabulary) -> Iterator[tuple[int, int, str, float, bool]]:
    """(first, last, word, likeness, sure) of every run of texts that spells a stamp; runs do not overlap."""
    longest = max(map(len, vocabulary.words))
    first = 0
    while first < len(texts):
        best: tuple[int, int, str, float, bool] | None = None
        letters = ""
        for last in range(first + 1, len(texts) + 1):
            letters += _letters(texts[last - 1])
            if len(letters) > longest + 1:
                break
            match = _match(letters, vocabulary) if _letters(texts[last - 1]) else None
            if match and (best is None or (match[2], match[1]) >= (best[4], best[3])):
                best = (first, last, *match)
        if best and _letters(texts[first]):
            yield best
            first = best[1]
        else:
            first += 1


def _match(letters: str, vocabulary: Vocabulary) -> tuple[str, float, bool] | None:
    if letters in vocabulary.words:
        return vocabulary.words[letters], 1.0, True
    for spelling, word in vocabulary.words.items():
        allowed = (len(spelling) - 2) // 3  # of a short word every letter counts
        if allowed and Levenshtein.distance(letters, spelling, score_cutoff=allowed) <= allowed:
            return word, 0.8, True
    if letters in vocabulary.shapes:
        return min(vocabulary.words.items(), key=lambda entry: len(entry[0]))[1], 0.6, False
    return None


def _letters(text: str) -> str:
    """Letters of a text, folded, digits that look like letters taken for them."""
    return "".join(letter for letter in fold(text).translate(CONFUSED) if letter.isalpha())


def _capitals(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return bool(letters) and sum(letter.isupper() for letter in letters) * 3 >= len(letters) * 2


def _stands_as_stamp(run: _Run, layout: Layout, vocabulary: Vocabulary) -> bool:
    before, after = run.neighbours
    if before and _bare(before) in vocabulary.after and gap(before, run.row.placed[run.first], layout.aspect) < APART:
        return False
    if after and _bare(after) in vocabulary.before and gap(run.row.placed[run.last - 1], after, layout.aspect) < APART:
        return False
    if not run.sure and run.part.place.bottom > HEAD:
        return False
    if _quoted(run.part.text) or _is_listed(run, layout) or _continues(run, layout, vocabulary):
        return False
    return (
        _is_apart(run, layout.aspect)
        or (run.sure and _beside_letterhead(run))
        or (run.sure and _is_larger_than_its_row(run))
    )


def _is_apart(run: _Run, aspect: float) -> bool:
    before, after = run.neighbours
    start, end = run.row.placed[run.first], run.row.placed[run.last - 1]
    return (before is None or gap(before, start, aspect) >= APART or not _letters(before.word.text)) and (
        after is None or gap(end, after, aspect) >= APART or not _letters(after.word.text)
    )


def _beside_letterhead(run: _Run) -> bool:
    """The reader ran the stamp together with number, date, motto or addressee, which are no running text."""
    rest = [
        fold(" ".join(word.text for word in words)) for words in (run.row.words[: run.first], run.row.words[run.last :])
    ]
    return run.part.place.bottom < HEAD and all(not text or HEAD_LINE.match(text) for text in rest)


def _is_larger_than_its_row(run: _Run) -> bool:
    others = [*run.row.placed[: run.first], *run.row.placed[run.last :]]
    heights = sorted(placed.place.height for placed in others)
    return bool(heights) and run.part.height > 1.5 * heights[len(heights) // 2]


def _is_listed(run: _Run, layout: Layout) -> bool:
    """An entry of a list in a text: marked in front and ended like its neighbours."""
    before, _ = run.neighbours
    start = run.row.placed[run.first]
    own = re.match(r"[-+*•–](?=\w)", start.word.text)
    if run.part.text.endswith(";"):
        return True
    if not own and not (
        before and LIST_MARK.match(fold(before.word.text)) and gap(before, start, layout.aspect) < 2 * APART
    ):
        return False
    if not own and before and before.word.text not in "-+*•–":
        return True
    left = (start if own or before is None else before).place.left
    near = [
        row
        for row in layout.rows
        if row is not run.row
        and abs(row.middle - run.row.middle) < 4 * run.row.height
        and abs(row.place.left - left) < 0.02
    ]
    return any(row.text[0] in "-+*•–" for row in near)


def _continues(run: _Run, layout: Layout, vocabulary: Vocabulary) -> bool:
    """The word is the wrapped end of a paragraph or of a heading above it."""
    above = [
        row
        for row in layout.rows
        if run.part.place.top - row.place.top > 0 and run.part.place.top - row.place.bottom < run.part.height
        if row.place.left < run.part.place.right and run.part.place.left < row.place.right
    ]
    if not above:
        return False
    last = max(above, key=lambda row: row.middle)
    alike = 0.6 < last.height / max(run.part.height, 1e-6) < 1.6
    if not alike:
        return False
    if last.upper_share > 0.7:
        return _bare(last.placed[-1]) in vocabulary.after
    return len(last.words) >= 6 and last.place.width > 0.45 and not last.text.endswith((".", ";", ":", "./."))


def _in_legend(run: _Run, runs: list[_Run]) -> bool:
    """Several different stamps in one row or column are the headings of a table."""
    row = {other.word for other in runs if abs(other.row.middle - run.row.middle) < run.row.height}
    return len(row) >= 3


def _quoted(text: str) -> bool:
    return text[0] in "\"'“‘«" and text.rstrip(".,;")[-1] in "\"'”’»"


def _bare(placed: PlacedWord) -> str:
    return _letters(placed.word.text)


def box_of(parts: Sequence[Box]) -> Box:
    return union(parts)
