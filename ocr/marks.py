"""Marks that are none, and marks misread: specks among the words, letters no Vietnamese text has.

A photocopy's specks are read as full stops, quotes and dashes: such a mark goes where no text has one. A mark keeps its
place where one may stand. Words that were changed keep what was read; numbers and codes change in their shape alone:
`Ð` and `⁄` are `Đ` and `/`, and a code that was torn behind its hyphen is one word again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from ocr.model import Line, Word
from ocr.syllables import Syllables, model, plain

_SHAPES = str.maketrans({"Ð": "Đ", "ð": "đ", "⁄": "/", "—": "–"})  # of letters alike, the one that is written here
_ALONE = re.compile(r"[.,:;'`´ˆ_¡¬~\"|‘’^·-]{1,2}")
_DOTS = re.compile(r"[._…]{2,}")  # a leader: marks beside it belong to it
_DASH_WIDTH, _DASH_HIGH = 0.2, 0.9  # of the height of the line's words: a narrower or higher one is a speck
_COLON_HEIGHT = 0.45
_BEFORE = re.compile(r"[.,:;'`´ˆ¡¬’_]+(?=\w{2})")
_AFTER = re.compile(r"(?<=\w)['`´ˆ¡¬_]+$")
_CLAUSE = re.compile(r"([“\"]?\d{1,2})[,:]")
_TORN = re.compile(r"\S*\d/[\w-]*-")  # the first half of a code: 1368/QĐ-
_CODE_END = re.compile(r"[A-ZĐ]{2,}\w*\W?")
_DOUBLED = re.compile(r"(?<=Q)ĐĐ(?=\b|-)")
_OPEN = re.compile(r"\(([^\W\d_]+)")
_RARER_BY = 2.0  # of the syllable without the letter that was read as a bracket
_ARTICLE = ("điều", "khoản", "điểm")
_DATE = ("ngày", "tháng")
_ONES = str.maketrans({"I": "1", "l": "1", "O": "0", "o": "0"})
_DIGITS = re.compile(r"[\dIlOo]{1,2}")


def mended_marks(lines: Iterable[Line], syllables: Syllables | None = None) -> tuple[Line, ...]:
    """The lines without specks and with the marks that were meant; a line of specks alone is left out."""
    syllables = syllables or model()
    kept = [words for line in lines if (words := _mended(line, syllables))]
    return tuple(Line(words) for words in kept)


def _mended(line: Line, syllables: Syllables) -> tuple[Word, ...]:
    words = _joined([word.mended_to(word.text.translate(_SHAPES)) for word in _without_specks(line.words)])
    texts = [word.text for word in words]
    for at, text in enumerate(texts):
        before, after = texts[at - 1] if at else "", texts[at + 1] if at + 1 < len(texts) else ""
        texts[at] = _bare(text, after, syllables)
        texts[at] = _digits(texts[at], before)
        if texts[at].startswith("(") and not any(")" in other for other in texts[at:]):
            texts[at] = _closed(texts[at], syllables)
    if texts:
        texts[:2] = _clause(texts)
    return tuple(word.mended_to(text) for word, text in zip(words, texts, strict=True))


def _without_specks(words: tuple[Word, ...]) -> list[Word]:
    """A dash at the start of a line stays, and one between words that looks like one; what else stands alone goes."""
    height = float(np.median([word.box.height for word in words]))
    kept: list[Word] = []
    for at, word in enumerate(words):
        beside = (words[at - 1].text if at else "", words[at + 1].text if at + 1 < len(words) else "")
        if not _ALONE.fullmatch(word.text) or any(_DOTS.fullmatch(text) for text in beside):
            kept.append(word)
        elif at == 0:
            if word.text in ("-", "~") and beside[1]:
                kept.append(word.mended_to("-"))
        elif word.text == "-":
            if beside[1] and word.box.width >= _DASH_WIDTH * height and word.box.height <= _DASH_HIGH * height:
                kept.append(word)
        elif word.text in (":", ";") and word.box.height >= _COLON_HEIGHT * height:
            kept.append(word)
    return kept


def _joined(words: list[Word]) -> list[Word]:
    """Codes that were torn behind a hyphen, in one piece."""
    whole: list[Word] = []
    for word in words:
        if whole and _TORN.fullmatch(whole[-1].text) and _CODE_END.fullmatch(word.text):
            whole[-1] = whole[-1].joined_to(word)
        else:
            whole.append(word)
    return whole


def _bare(text: str, after: str, syllables: Syllables) -> str:
    """A known syllable without the marks that none has before it, nor behind it in the middle of a sentence."""
    bare = _AFTER.sub("", _BEFORE.sub("", text)) if text[:1] != text[-1:] else text
    if bare != text and syllables.known(plain(bare.strip(".,:;)"))):
        text = bare
    word = text[:-1]
    goes_on = after[:1].islower() and after[:2].isalpha() and text.endswith(".")
    if goes_on and len(word) > 1 and word[1:].islower() and word.isalpha() and syllables.known(plain(word)):
        return word
    return _DOUBLED.sub("Đ", text)


def _digits(text: str, before: str) -> str:
    """The day and the month in figures; an eight after article, clause, point that was read as a section mark."""
    if before.lower() in _DATE and _DIGITS.fullmatch(text):
        return text.translate(_ONES)
    if before.lower() in _ARTICLE or not before:
        return text.replace("§", "8")
    return text


def _closed(text: str, syllables: Syllables) -> str:
    """A bracket that is none: `(hế` is `thế`."""
    rest = _OPEN.fullmatch(text)
    if rest is None or not syllables.known(plain("t" + rest[1])):
        return text
    inside, whole = (syllables.rarity(syllables.number_of(plain(word))) for word in (rest[1], "t" + rest[1]))
    return "t" + rest[1] if inside > whole + _RARER_BY else text


def _clause(texts: list[str]) -> list[str]:
    """The first two words of a line as the start of an article, a clause or a point."""
    first, *rest = texts
    second, third = [*rest, "", ""][:2]
    if first == "Điều" and re.fullmatch(r"\d{1,3},", second) and third[:1].isupper():
        return [first, second[:-1] + "."]
    if (number := _CLAUSE.fullmatch(first)) and second[:1].isupper():
        return [number[1] + ".", *rest[:1]]
    if re.fullmatch(r"©\)?", first) and second[:1].isupper():
        return ["c)", *rest[:1]]
    return texts[:2]
