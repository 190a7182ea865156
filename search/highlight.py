"""Where a query's words stand in a text, and on the page images: the same code for every index."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from ocr.letters import fold
from ocr.model import Box, Recognition
from search.document import PagedText, text_of
from search.query import Phrase, Query, Term, words_of
from search.words import exact_key, folded_key, folded_keys, spans

Span = tuple[int, int]  # characters of the text: first, one past the last

SNIPPET_CHARACTERS = 240
MAX_PAGES = 5


@dataclass(frozen=True, slots=True)
class PageMarks:
    """One page with words of the query.

    snippet: a passage of the page's text on one line, cut between words; `marks` are spans of it.
    boxes: of the marked words, pixels of a page `width` by `height`; empty where no recognition was at hand.
    """

    number: int
    snippet: str
    marks: tuple[Span, ...]
    boxes: tuple[Box, ...] = ()
    width: int = 0
    height: int = 0

    @property
    def fractions(self) -> tuple[Box, ...]:
        """The boxes as fractions of the page."""
        w, h = self.width, self.height
        return tuple(Box(b.left / w, b.top / h, b.right / w, b.bottom / h) for b in self.boxes)


def find(query: Query, text: str) -> tuple[Span, ...]:
    """The spans of the words that the query wants, in order, each once.

    With tones, a part that stands in the text as it was typed is marked there alone; where it does not, in its
    other tones.
    """
    keys = folded_keys(text)
    wanted = {folded_key(word) for part in query.must for word in words_of(part)}
    where: dict[str, list[int]] = {}
    for index, key in enumerate(keys):
        if key in wanted:
            where.setdefault(key, []).append(index)
    if not where:
        return ()
    places = list(spans(text))
    marked: set[int] = set()
    for part in query.must:
        found = _occurrences(part, keys, where)
        if query.toned:
            as_typed = [at for at in found if _as_typed(part, at, places, text)]
            found = as_typed or found
        marked.update(index for at in found for index in range(at, at + len(words_of(part))))
    return tuple(places[index] for index in sorted(marked))


def _occurrences(part: Term | Phrase, keys: list[str], where: dict[str, list[int]]) -> list[int]:
    wanted = [folded_key(word) for word in words_of(part)]
    return [at for at in where.get(wanted[0], ()) if keys[at : at + len(wanted)] == wanted]


def _as_typed(part: Term | Phrase, at: int, places: Sequence[Span], text: str) -> bool:
    return all(
        exact_key(text[slice(*places[index])]) == exact_key(word) for index, word in enumerate(words_of(part), start=at)
    )


def place(
    marked: Iterable[Span],
    text: str,
    page_offsets: Sequence[int],
    recognition: Recognition | None = None,
    *,
    limit: int = MAX_PAGES,
) -> tuple[PageMarks, ...]:
    """Put spans of an indexed text on their pages: the `limit` pages with the most of the words, in page order.

    Boxes are given only where `recognition` is the one that the text was made from: rather none than wrong ones.
    """
    by_page: dict[int, list[Span]] = {}
    for span in marked:
        by_page.setdefault(bisect_right(page_offsets, span[0]) - 1, []).append(span)

    def richness(index: int) -> tuple[int, int, int, int]:
        here = by_page[index]
        return len({fold(text[start:end]) for start, end in here}), sum(_joined(text, here)), len(here), -index

    by_page = {index: by_page[index] for index in sorted(sorted(by_page, key=richness, reverse=True)[:limit])}
    paged = text_of(recognition) if recognition and by_page else None
    if paged is None or recognition is None or paged.text != text:
        return tuple(
            PageMarks(index + 1, *_passage(text, page_offsets, index, on_page)) for index, on_page in by_page.items()
        )
    pages = recognition.pages
    return tuple(
        PageMarks(
            pages[index].number,
            *_passage(text, page_offsets, index, on_page),
            _boxes(on_page, paged),
            pages[index].width,
            pages[index].height,
        )
        for index, on_page in by_page.items()
    )


def _boxes(marked: Sequence[Span], paged: PagedText) -> tuple[Box, ...]:
    """The boxes of the recognised words that the spans lie in, each once."""
    found: dict[int, Box] = {}
    for start, end in marked:
        index = bisect_right(paged.words, start, key=lambda word: word.start) - 1
        while index < len(paged.words) and paged.words[index].start < end:
            found[index] = paged.words[index].word.box
            index += 1
    return tuple(found.values())


def _passage(
    text: str, page_offsets: Sequence[int], index: int, marked: Sequence[Span]
) -> tuple[str, tuple[Span, ...]]:
    first = page_offsets[index]
    last = page_offsets[index + 1] if index + 1 < len(page_offsets) else len(text)
    return snippet(text[first:last], [(start - first, end - first) for start, end in marked])


def snippet(text: str, marked: Sequence[Span], length: int = SNIPPET_CHARACTERS) -> tuple[str, tuple[Span, ...]]:
    """The passage of about `length` characters with the most marks side by side, then the most marks, on one line, and
    the marks' spans in it.

    A word is never cut, a mark never lost half; "…" says that the text goes on.
    """
    if not marked:
        marked = [(0, 0)]
    joined = [0, *accumulate(_joined(text, marked))]

    def worth(i: int) -> tuple[int, int, int]:
        end = max(i + 1, _reached(marked, i, length))
        return joined[end - 1] - joined[i], end - i, -i

    first = max(range(len(marked)), key=worth)
    last = max(_reached(marked, first, length), first + 1) - 1
    inside = marked[first : last + 1]
    margin = max(0, length - (inside[-1][1] - inside[0][0])) // 2
    start = _word_border(text, max(0, inside[0][0] - margin), inside[0][0])
    end = _word_border_before(text, min(len(text), inside[-1][1] + margin), inside[-1][1])
    start += len(text[start:end]) - len(text[start:end].lstrip())
    end = start + len(text[start:end].rstrip())
    before = "… " if text[:start].strip() else ""
    after = " …" if text[end:].strip() else ""
    shift = len(before) - start
    shown = before + "".join(" " if c.isspace() else c for c in text[start:end]) + after
    return shown, tuple((a + shift, b + shift) for a, b in inside if b > a)


def _joined(text: str, marked: Sequence[Span]) -> list[bool]:
    """Of each two marks that follow one another: whether they are different words with nothing but a blank between."""
    return [
        text[left[1] : right[0]].isspace() and fold(text[slice(*left)]) != fold(text[slice(*right)])
        for left, right in pairwise(marked)
    ]


def _reached(marked: Sequence[Span], first: int, length: int) -> int:
    """One past the last mark that ends within `length` characters of where mark `first` begins."""
    return bisect_right(marked, marked[first][0] + length, key=lambda span: span[1])


def _word_border(text: str, at: int, latest: int) -> int:
    """The first place from `at` to `latest` where a word begins; else where the word around `latest` does."""
    while 0 < at < latest and not text[at - 1].isspace():
        at += 1
    while at > 0 and not text[at - 1].isspace():
        at -= 1
    return at


def _word_border_before(text: str, at: int, earliest: int) -> int:
    """The last place from `at` back to `earliest` where a word ends; else where the word around `earliest` does."""
    while earliest < at < len(text) and not text[at].isspace():
        at -= 1
    while at < len(text) and not text[at].isspace():
        at += 1
    return at


def beginning(text: str, page_offsets: Sequence[int]) -> str:
    """How the text begins: what is shown of a hit whose words stand in its fields alone."""
    return _passage(text, page_offsets, 0, ())[0] if page_offsets else ""
