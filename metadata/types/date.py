"""Dates as documents write them: in words (ngày … tháng … năm …) or in figures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from ocr.letters import fold

IN_WORDS = re.compile(
    r"(?<![a-z])ng.{0,2}[yv]\s*(?P<day>[^\s,;]{0,4}?(?:\s[^\s,;]{1,2})?)\s*th.?[ao].?ng\s*(?P<month>\S{0,4}?(?:\s\S{1,2})?)\s*"
    r"(?:n.{0,2}m\s*(?P<year>[0-9olisz|]{4}|[0-9olisz|]{1,3}\s?[0-9olisz|]{1,3})?|(?P<bare>\d{4})(?!\d))"
)
IN_FIGURES = re.compile(r"(?<!\d)(?P<day>\d{1,2})\s?[/.-]\s?(?P<month>\d{1,2})\s?[/.-]\s?(?P<year>\d{4})(?!\d)")
FIGURES = str.maketrans({"o": "0", "q": "0", "l": "1", "i": "1", "|": "1", "s": "5", "z": "2", "b": "6"})


@dataclass(frozen=True, slots=True)
class DateReading:
    """start, end: where it stands in the text. value: None unless day, month and year make a date.

    written: as it stands there. guessed: letters had to be taken for figures.
    """

    start: int
    end: int
    year: int | None
    month: int | None
    day: int | None
    written: str
    guessed: bool

    @property
    def value(self) -> date | None:
        try:
            return date(self.year or 0, self.month or 0, self.day or 0)
        except ValueError:
            return None

    @property
    def iso(self) -> str:
        """ISO 8601, reduced to year or year and month where the rest was not read; empty without a year."""
        if self.value:
            return self.value.isoformat()
        if self.year is None:
            return ""
        return f"{self.year:04}-{self.month:02}" if self.month and 1 <= self.month <= 12 else f"{self.year:04}"


def find_date(text: str) -> DateReading | None:
    """The first date in the text."""
    folded = fold(text)
    matches = [match for pattern in (IN_WORDS, IN_FIGURES) if (match := pattern.search(folded))]
    if not matches:
        return None
    match = min(matches, key=lambda match: match.start())
    written_year = match["year"] or match.groupdict().get("bare")
    parts = [_figures(match["day"]), _figures(match["month"]), _figures(written_year)]
    year = parts[2][0]
    if year is not None and not 1900 <= year <= 2100:
        year = None
    written = text[match.start() : match.end()]
    guessed = any(part[1] for part in parts)
    return DateReading(match.start(), match.end(), year, parts[1][0], parts[0][0], written, guessed)


def in_words(value: date) -> str:
    """As Nghị định 30/2020 writes it: days below 10 and the months 1 and 2 with a zero in front."""
    month = f"{value.month:02}" if value.month < 3 else str(value.month)
    return f"ngày {value.day:02} tháng {month} năm {value.year}"


def _figures(text: str | None) -> tuple[int | None, bool]:
    compact = re.sub(r"[\s.,:;'\"`_-]", "", text or "")
    if compact.isdecimal():
        return int(compact), False
    guessed = compact.translate(FIGURES)
    return (int(guessed), True) if guessed.isdecimal() else (None, False)
