"""What recognition yields: pages of lines of words, each with its place and how sure the reader was."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, replace
from enum import StrEnum

# for each symbol of a word, what else the engine saw there, and how it weighed that: 0 to 100
Choices = tuple[tuple[tuple[str, float], ...], ...]


class TextSource(StrEnum):
    RECOGNISED = "recognised"
    OWN_TEXT = "own_text"  # the text that a PDF already carried


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the page after its quarter turn, never deskewed; origin top left."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def moved(self, right: float, down: float) -> Box:
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def union(self, other: Box) -> Box:
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class Word:
    text: str  # NFC, no white space
    box: Box
    confidence: float  # 0 to 1
    read_as: str | None = None  # what was read, where `text` was corrected
    hand: bool = False  # written by hand into print
    choices: Choices = field(default=(), repr=False, compare=False)  # while a page is read; never stored

    def joined_to(self, other: Word) -> Word:
        """One word of two that were torn, no surer than either; it keeps what was read."""
        sure = min(self.confidence, other.confidence)
        return Word(self.text + other.text, self.box.union(other.box), sure, f"{self.text} {other.text}")

    def mended_to(self, text: str) -> Word:
        """The word with another text, which keeps what was read, and the choices of the symbols that stay in place."""
        if text == self.text:
            return self
        start = 0 if len(text) == len(self.text) else self.text.find(text)
        choices = self.choices[start : start + len(text)] if start >= 0 else ()
        return replace(self, text=text, read_as=self.read_as or self.text, choices=choices)


@dataclass(frozen=True, slots=True)
class Line:
    words: tuple[Word, ...]  # at least one, in reading order

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        box = self.words[0].box
        for word in self.words[1:]:
            box = box.union(word.box)
        return box

    @property
    def confidence(self) -> float:
        """Mean of the words' confidences, weighted by their length."""
        letters = sum(len(word.text) for word in self.words)
        return sum(word.confidence * len(word.text) for word in self.words) / max(1, letters)


class StampKind(StrEnum):
    INCOMING = "incoming"  # ĐẾN, with the number and the day of arrival
    COPY = "copy"  # SAO Y, SAO LỤC, BẢN SAO
    SECRECY = "secrecy"  # MẬT, TỐI MẬT, TUYỆT MẬT
    URGENCY = "urgency"  # KHẨN, THƯỢNG KHẨN, HỎA TỐC
    SEAL = "seal"
    SIGNATURE = "signature"  # what a signing program drew on the page: signer, body, time
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class StampMark:
    """What was put on a page over its text: a stamp, a seal; `text` is what was read in it.

    colour: "red", "blue" or "black" (boxed stamps, photocopies, what a signing program drew).
    number, date: of arrival where it is an incoming stamp; the day of signing where it is a signature.
    """

    box: Box
    colour: str
    text: str
    confidence: float
    kind: StampKind = StampKind.OTHER
    number: str | None = None
    date: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """Of a table: row and column are counted from 0; of a cell that spans several they are the first."""

    row: int
    column: int
    box: Box


@dataclass(frozen=True, slots=True)
class Table:
    """Cells between ruled lines. Each cell's text is among the page's lines, which stand there row by row."""

    cells: tuple[Cell, ...]

    @property
    def box(self) -> Box:
        box = self.cells[0].box
        for cell in self.cells[1:]:
            box = box.union(cell.box)
        return box


@dataclass(frozen=True, slots=True)
class PageText:
    number: int  # 1 is the first page of the file
    width: int  # pixels, after the quarter turn, not levelled: what its boxes lie on
    height: int
    dpi: int | None
    rotation: int  # 0, 90, 180, 270: clockwise degrees that make the page upright
    skew_degrees: float  # above 0 is clockwise
    blank: bool
    source: TextSource
    lines: tuple[Line, ...]  # in reading order
    stamps: tuple[StampMark, ...] = ()  # stamp text is also part of no line
    tables: tuple[Table, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def confidence(self) -> float:
        letters = sum(len(word.text) for line in self.lines for word in line.words)
        if not letters:
            return 1.0 if self.blank else 0.0
        return sum(w.confidence * len(w.text) for line in self.lines for w in line.words) / letters


@dataclass(frozen=True, slots=True)
class EngineInfo:
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Recognition:
    engine: EngineInfo
    pages: tuple[PageText, ...]

    @property
    def confidence(self) -> float:
        letters = {page.number: sum(len(line.text) for line in page.lines) for page in self.pages}
        total = sum(letters.values())
        if not total:
            return 0.0
        return sum(page.confidence * letters[page.number] for page in self.pages) / total
