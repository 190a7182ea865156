"""Codes and file names by rule: item code = {dossier code}.{ordinal of 7 digits} (Thông tư 05/2025/TT-BNV, docCode)."""

from __future__ import annotations

import re

from metadata.errors import BadCode

DOSSIER_CODE = re.compile(r"[A-Za-zĐđ0-9]+(?:[-_][A-Za-zĐđ0-9]+)*(?:\.[A-Za-zĐđ0-9]+(?:[-_][A-Za-zĐđ0-9]+)*)*")
NUMBER = re.compile(r"\d{1,6}[a-zA-ZĐđ]?")
NOTATION = re.compile(r"(?:\d{4}/)?[A-ZĐƯ][A-ZĐƯa-zđ0-9&.]*(?:[-/][A-ZĐƯa-zđ0-9&.]+)*")
ORDINAL_DIGITS = 7
LAST_ORDINAL = 10**ORDINAL_DIGITS - 1


def item_code(dossier_code: str, ordinal: int) -> str:
    """Raises BadCode for a code that cannot be part of a file name, or an ordinal that has more than 7 digits."""
    if not DOSSIER_CODE.fullmatch(dossier_code):
        raise BadCode(dossier_code)
    if not 1 <= ordinal <= LAST_ORDINAL:
        raise BadCode(f"{dossier_code}.{ordinal}")
    return f"{dossier_code}.{ordinal:0{ORDINAL_DIGITS}}"


def file_name(dossier_code: str, ordinal: int, suffix: str = ".pdf") -> str:
    return item_code(dossier_code, ordinal) + suffix
