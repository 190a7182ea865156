"""Number and symbol of a document (Nghị định 30/2020, Phụ lục I, mục II.3): 15/QĐ-BNV, 154/2024/NĐ-CP, 05/BNV-VP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from metadata.registry import classes
from metadata.text import fold

LABEL = re.compile(r"^\W*[s5]\s?[o0]\s*[:;.,]?\s*")  # of folded text
DIGIT_LIKE = str.maketrans(
    {"O": "0", "o": "0", "Q": "0", "l": "1", "I": "1", "|": "1", "i": "1", "S": "5", "Z": "2", "z": "2"}
)
LETTER_LIKE = str.maketrans({"0": "o", "1": "i", "l": "i", "8": "b", "5": "s"})
DASHES = re.compile(r"\s*[-–—_~]\s*")
NOTATION = re.compile(r"[A-ZĐƯ][A-ZĐƯa-zyrđ0-9&.]*(?:-[A-ZĐƯ0-9][A-ZĐƯa-zđ0-9&.()]*)*")
LAW_YEAR = re.compile(r"^(?P<year>\d{4})\s*/\s*(?P<rest>.+)$")


@dataclass(frozen=True, slots=True)
class CodeReading:
    """number: "" where only its place was found. notation: with the year of a legal document or contract.

    fit: how well it keeps the grammar. read_as: of the notation, before its letters were put right.
    """

    number: str
    notation: str
    fit: float
    read_as: str


def parse_code(text: str, organ: str | None = None) -> CodeReading | None:
    """Read "Số: 15/QĐ-BNV"; `organ` is the issuing organ's name, whose letters the notation abbreviates."""
    label = LABEL.match(fold(text))
    rest = text[label.end() if label else 0 :].strip()
    rest = re.sub(r"\s*[|\\]\s*(?=[A-ZĐ]{2})", "/", rest, count=1) if "/" not in rest else rest
    if "/" not in rest:
        rest = re.sub(r"^(\d{1,5})\s*-\s*([A-ZĐ]{2})", r"\1/\2", rest)  # papers of the Party: 12-QĐ/TU
    if "/" not in rest:
        return None
    number, _, symbol = rest.partition("/")
    number, number_fit = _number(number)
    symbol = DASHES.sub("-", symbol.strip(" .,;:'\"")).strip("-")
    symbol = re.sub(r"\s+", "", symbol.split("  ")[0])
    year = ""
    if by_year := LAW_YEAR.match(symbol):
        year, symbol = by_year["year"] + "/", by_year["rest"]
    match = NOTATION.match(symbol)
    if not match and not symbol:
        return None
    read = match[0] if match else symbol
    mended, notation_fit = mend_notation(read, organ)
    fit = number_fit * notation_fit * (1.0 if match and match.end() == len(symbol) else 0.75)
    return CodeReading(number, year + mended, fit, year + symbol)


def mend_notation(symbol: str, organ: str | None) -> tuple[str, float]:
    """Put the letters of a notation right by the abbreviations that the law and the organ's name allow.

    Returns the notation and how well it fits them: 1 where both parts agree.
    """
    groups = symbol.split("-")
    known = _abbreviations().get(_shape(groups[0]))
    if known:
        groups[0] = known
    rest = groups[1:] if known else groups[:1]
    initials = organ_initials(organ) if organ else ()
    agreed = False
    for position, group in enumerate(rest):
        for spelling in initials:
            if _shape(group) == _shape(spelling):
                groups[position + (1 if known else 0)] = spelling
                agreed = True
    return "-".join(groups), 1.0 if known and agreed else 0.95 if known or agreed else 0.8


def organ_initials(organ: str) -> tuple[str, ...]:
    """How an organ's name may be abbreviated: first letters, without và; UBND, HĐND for the councils; CP, TTg."""
    fixed = {"CHÍNH PHỦ": "CP", "THỦ TƯỚNG CHÍNH PHỦ": "TTg", "QUỐC HỘI": "QH", "CHỦ TỊCH NƯỚC": "CTN"}
    name = organ.upper()
    if name in fixed:
        return (fixed[name],)
    for council, short in (
        ("ỦY BAN NHÂN DÂN", "UBND"),
        ("UỶ BAN NHÂN DÂN", "UBND"),
        ("UBND", "UBND"),
        ("HỘI ĐỒNG NHÂN DÂN", "HĐND"),
    ):
        if name.startswith(council):
            return (short,)
    words = [word for word in re.findall(r"[^\W\d_]+", name) if word not in {"VÀ", "CỦA"}]
    return ("".join(word[0] for word in words),) if len(words) > 1 else ()


@cache
def _abbreviations() -> dict[str, str]:
    found = {_shape(entry.abbreviation): entry.abbreviation for entry in classes().values() if entry.abbreviation}
    return found | {"sy": "SY", "trs": "TrS", "sl": "SL", "hdkt": "HĐKT"}


def _shape(text: str) -> str:
    return fold(text).translate(LETTER_LIKE)


def _number(text: str) -> tuple[str, float]:
    compact = re.sub(r"[\s.,:;'\"`_-]", "", text)
    if re.fullmatch(r"\d{1,6}[a-zA-Z]?", compact):
        return compact, 1.0
    guessed = compact.translate(DIGIT_LIKE)
    if re.fullmatch(r"\d{1,6}", guessed):
        return guessed, 0.6
    digits = re.search(r"\d{1,6}", compact)
    return (digits[0], 0.4) if digits else ("", 0.9)
