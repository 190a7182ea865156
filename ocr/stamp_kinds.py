"""What a stamp is, by its words and its shape, and the number and the day that it tells."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace

from rapidfuzz import fuzz

from ocr.letters import fold_words
from ocr.model import StampKind, StampMark

_PHRASES = (  # the first that is found decides; folded, without spaces where they stand alone
    (StampKind.SIGNATURE, ("ky boi", "nguoi ky", "thoi gian ky", "digitally signed")),
    (StampKind.INCOMING, ("cong van den", "van ban den", "den so", "so den", "ngay den")),
    (StampKind.COPY, ("sao y", "sao luc", "trich sao", "ban sao", "sao dung", "chung thuc")),
    (StampKind.URGENCY, ("hoa toc", "thuong khan")),
    (StampKind.SECRECY, ("tuyet mat", "toi mat")),
)
_WHOLE = {"mat": StampKind.SECRECY, "khan": StampKind.URGENCY, "den": StampKind.INCOMING}
_ALIKE = 86.0  # of 100, for phrases long enough to bear a wrong letter
_LONG = 8  # letters of such a phrase
_MOST_LETTERS = 24  # of a mark that is one word or two; more is a sentence that speaks of it
_SEAL_INCHES = (0.75, 2.0)
_ROUND = 1.3  # sides of a seal's box differ by less
_NUMBER = re.compile(r"\bso\s*[:.;,]*\s*(\d{1,6})\b")
_DATE = re.compile(r"\b(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})\b")
_ARRIVAL = re.compile(r"\bngay\b.*", re.DOTALL)
_YEARS = range(1945, 2100)


def with_kind(stamp: StampMark, dpi: int) -> StampMark:
    """The stamp with its kind, number and day. dpi: of the page that its box is on."""
    text = fold_words(stamp.text)
    kind = _by_words(text) or (StampKind.SEAL if _is_round(stamp, dpi) else StampKind.OTHER)
    return as_kind(stamp, kind)


def as_kind(stamp: StampMark, kind: StampKind) -> StampMark:
    """The stamp, known to be of a kind, with the number and the day that its words tell."""
    text = fold_words(stamp.text)
    match kind:
        case StampKind.INCOMING:
            number, arrival = _NUMBER.search(text), _ARRIVAL.search(text)
            return replace(
                stamp, kind=kind, number=number[1] if number else None, date=_day(arrival[0]) if arrival else None
            )
        case StampKind.SIGNATURE:
            return replace(stamp, kind=kind, date=_day(text))
        case _:
            return replace(stamp, kind=kind)


def _by_words(text: str) -> StampKind | None:
    words = re.findall(r"[a-z]+", text)
    fold_words = " ".join(words)
    whole = "".join(words)
    if whole in _WHOLE:
        return _WHOLE[whole]
    if "den" in words and {"so", "ngay", "gio"} & set(words):
        return StampKind.INCOMING
    for kind, phrases in _PHRASES:
        short = kind in (StampKind.URGENCY, StampKind.SECRECY)
        if short and len(whole) > _MOST_LETTERS:
            continue
        if any(_holds(fold_words, whole, phrase) for phrase in phrases):
            return kind
    return None


def _holds(fold_words: str, whole: str, phrase: str) -> bool:
    if f" {phrase} " in f" {fold_words} " or whole == phrase.replace(" ", ""):
        return True
    return len(phrase) >= _LONG <= len(fold_words) and fuzz.partial_ratio(phrase, fold_words) >= _ALIKE


def _is_round(stamp: StampMark, dpi: int) -> bool:
    low, high = (inches * dpi for inches in _SEAL_INCHES)
    width, height = stamp.box.width, stamp.box.height
    alike = max(width, height) < _ROUND * min(width, height)
    return stamp.colour == "red" and alike and low <= min(width, height) and max(width, height) <= high


def _day(text: str) -> datetime.date | None:
    """The first date in day, month, year; a year of two figures is of this century."""
    for day, month, year in _DATE.findall(text):
        whole_year = int(year) + (2000 if len(year) == 2 else 0)
        try:
            found = datetime.date(whole_year, int(month), int(day))
        except ValueError:
            continue
        if whole_year in _YEARS:
            return found
    return None
