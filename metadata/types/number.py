"""Number and symbol of a document (Nghị định 30/2020, Phụ lục I, mục II.3).

15/QĐ-BNV, 154/2024/NĐ-CP, 05/BNV-VP; papers of the Party: 12-QĐ/TU.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from metadata.registry import classes
from ocr.letters import fold

LABEL = re.compile(r"^[\W_]*(?:(?:bo luat|luat|nghi quyet|phap lenh) )?[s5]\s?[o0]\s*[:;.,]?\s*")  # of folded text
DIGIT_LIKE = str.maketrans(
    {"O": "0", "o": "0", "Q": "0", "l": "1", "I": "1", "|": "1", "i": "1", "S": "5", "Z": "2", "z": "2"}
)
LETTER_LIKE = str.maketrans({"0": "o", "1": "i", "l": "i", "8": "b", "5": "s"})
DASHES = re.compile(r"\s*[-–—_~]\s*")
NOTATION = re.compile(r"[A-ZĐƯ][A-ZĐƯa-zyrđ0-9&.]*(?:-[A-ZĐƯ0-9][A-ZĐƯa-zđ0-9&.()]*)*")
PARTY = re.compile(
    r"^(?P<number>\d{1,5})\s*[-–]\s*(?P<kind>[A-ZĐ][A-ZĐa-z]{1,4})\s*/\s*(?P<organ>[A-ZĐ]{2,8}(?:-[A-ZĐ]+)?)$"
)
LAW_YEAR = re.compile(r"^(?P<year>\d{4})\s*/\s*(?P<rest>.+)$")


@dataclass(frozen=True, slots=True)
class CodeReading:
    """number: "" where only its place was found. notation: with the year of a legal document or contract.

    known: the notation's first group abbreviates a class of document; agreed: another one the issuing organ.
    plain: the number stood there in figures; exact: the notation keeps the grammar with nothing left over.
    read_as: of the notation, before its letters were put right.
    """

    number: str
    notation: str
    known: bool
    agreed: bool
    plain: bool
    exact: bool
    read_as: str

    @property
    def support(self) -> float:
        grammar = 4.0 if self.exact else 0.4
        return grammar * (3.0 if self.known else 1.0) * (3.0 if self.agreed else 1.0)


def parse_code(text: str, organ: str | None = None) -> CodeReading | None:
    """Read "Số: 15/QĐ-BNV"; `organ` is the issuing organ's name, whose letters the notation abbreviates."""
    label = LABEL.match(fold(text))
    rest = text[label.end() if label else 0 :].strip().replace("Ð", "Đ").replace("\u2044", "/")
    if party := PARTY.match(rest):
        kind, known, _ = mend_notation(party["kind"], None)
        return CodeReading(
            party["number"], f"{kind}/{party['organ']}", known, False, True, True, f"{party['kind']}/{party['organ']}"
        )
    if "/" not in rest:
        return None
    written, _, symbol = rest.partition("/")
    number, plain = _number(written)
    symbol = re.sub(r"\s+", "", DASHES.sub("-", symbol.strip(" .,;:'\"")).strip("-"))
    year = ""
    if by_year := LAW_YEAR.match(symbol):
        year, symbol = by_year["year"] + "/", by_year["rest"]
    match = NOTATION.match(symbol)
    if not match:
        return None
    notation, known, agreed = mend_notation(match[0], organ)
    exact = match.end() == len(symbol) and "-" in notation + year.replace("/", "-")
    return CodeReading(number, year + notation, known, agreed, plain, exact, year + symbol)


def mend_notation(symbol: str, organ: str | None) -> tuple[str, bool, bool]:
    """Put the letters of a notation right by the abbreviations that the law and the organ's name allow.

    Returns the notation, whether it begins with a known abbreviation, and whether a group agrees with the organ.
    """
    groups = symbol.split("-")
    abbreviation = _abbreviations().get(_shape(groups[0]))
    if abbreviation:
        groups[0] = abbreviation
    agreed = False
    for position in range(1 if abbreviation else 0, len(groups)):
        for initials in organ_initials(organ) if organ else ():
            if _shape(groups[position]) == _shape(initials):
                groups[position] = initials
                agreed = True
    return "-".join(groups), abbreviation is not None, agreed


def organ_initials(organ: str) -> tuple[str, ...]:
    """How an organ's name may be abbreviated: first letters, without và; UBND, HĐND for the councils; CP, TTg."""
    fixed = {"CHÍNH PHỦ": "CP", "THỦ TƯỚNG CHÍNH PHỦ": "TTg", "QUỐC HỘI": "QH", "CHỦ TỊCH NƯỚC": "CTN"}
    name = organ.upper()
    if name in fixed:
        return (fixed[name],)
    if fold(name).startswith(("uy ban nhan dan", "ubnd")):
        return ("UBND",)
    if fold(name).startswith(("hoi dong nhan dan", "hdnd")):
        return ("HĐND",)
    words = [word for word in re.findall(r"[^\W\d_]+", name) if word not in {"VÀ", "CỦA"}]
    return ("".join(word[0] for word in words),) if len(words) > 1 else ()


@cache
def _abbreviations() -> dict[str, str]:
    found = {_shape(entry.abbreviation): entry.abbreviation for entry in classes().values() if entry.abbreviation}
    return found | {"sy": "SY", "trs": "TrS", "si": "SL", "hdkt": "HĐKT"}


def _shape(text: str) -> str:
    """Letters as readers confuse them: without tones, figures as letters, Đ read twice as one."""
    return re.sub(r"d+", "d", fold(text).translate(LETTER_LIKE))


def _number(text: str) -> tuple[str, bool]:
    """The number, "" if there is none, and whether it stood there as plain figures."""
    compact = re.sub(r"[\s.,:;'\"`_-]", "", text)
    if re.fullmatch(r"\d{1,6}[a-zA-Z]?", compact):
        return compact, True
    guessed = compact.translate(DIGIT_LIKE)
    if re.fullmatch(r"\d{1,6}", guessed):
        return guessed, False
    digits = re.search(r"\d{1,6}", compact)
    return (digits[0] if digits else "", False)
