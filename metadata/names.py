"""Codes and file names by rule: item code = {dossier code}.{ordinal of 7 digits} (Thông tư 05/2025/TT-BNV, docCode)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from metadata.errors import BadCode

DOSSIER_CODE = re.compile(r"[A-Za-zĐđ0-9]+(?:[-_][A-Za-zĐđ0-9]+)*(?:\.[A-Za-zĐđ0-9]+(?:[-_][A-Za-zĐđ0-9]+)*)*")
NUMBER = re.compile(r"\d{1,6}[a-zA-ZĐđ]?")
NOTATION = re.compile(r"(?:\d{4}/)?[A-ZĐƯ][A-ZĐƯa-zđ0-9&.]*(?:[-/][A-ZĐƯa-zđ0-9&.]+)*")
ORDINAL_DIGITS = 7
LAST_ORDINAL = 10**ORDINAL_DIGITS - 1


@dataclass(frozen=True, slots=True)
class ReferenceCode:
    """Number and symbol of a document: 15/QĐ-BNV is ("15", "QĐ-BNV"), 154/2024/NĐ-CP ("154", "2024/NĐ-CP")."""

    number: str
    notation: str

    def __str__(self) -> str:
        return f"{self.number}/{self.notation}"

    @property
    def year(self) -> int | None:
        """Of a legal document, whose year belongs to the notation."""
        head, _, rest = self.notation.partition("/")
        return int(head) if rest and re.fullmatch(r"\d{4}", head) else None


def parse_reference_code(text: str) -> ReferenceCode:
    """The inverse of str(); a leading "Số:" is no part of a code. Raises BadCode."""
    number, slash, notation = text.strip().partition("/")
    if not slash or not NUMBER.fullmatch(number) or not NOTATION.fullmatch(notation):
        raise BadCode(text)
    return ReferenceCode(number, notation)


def item_code(dossier_code: str, ordinal: int) -> str:
    """Raises BadCode for a code that cannot be part of a file name, or an ordinal that has more than 7 digits."""
    if not DOSSIER_CODE.fullmatch(dossier_code):
        raise BadCode(dossier_code)
    if not 1 <= ordinal <= LAST_ORDINAL:
        raise BadCode(f"{dossier_code}.{ordinal}")
    return f"{dossier_code}.{ordinal:0{ORDINAL_DIGITS}}"


def split_item_code(code: str) -> tuple[str, int]:
    """Dossier code and ordinal. Raises BadCode."""
    dossier, _, ordinal = code.rpartition(".")
    if (
        not re.fullmatch(rf"[0-9]{{{ORDINAL_DIGITS}}}", ordinal)
        or int(ordinal) == 0
        or not DOSSIER_CODE.fullmatch(dossier)
    ):
        raise BadCode(code)
    return dossier, int(ordinal)


def file_name(dossier_code: str, ordinal: int, suffix: str = ".pdf") -> str:
    return item_code(dossier_code, ordinal) + suffix
