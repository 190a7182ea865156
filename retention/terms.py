"""Terms as schedules word them: "Vĩnh viễn", "05 năm", "5 năm sau khi chấm dứt hợp đồng", "Theo tuổi thọ công trình".

What is not wholly understood is no term: nobody guesses how long a record is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ocr.letters import fold, nfc
from retention.schedule import MAX_YEARS, RuleKind

_PERMANENT = {"vinh vien", "bao quan vinh vien", "luu tru vinh vien"}
_YEARS = re.compile(r"(\d{1,3}) nam")
_YEARS_AFTER = re.compile(r"(\d{1,3}) nam,? (?:sau khi|ke tu khi|tu khi|ke tu ngay|tu ngay) (\S.*)")
_UNTIL = re.compile(r"(?:den|cho den) khi (\S.*)")
_LIFETIME = re.compile(r"theo (tuoi tho \S.*)")
_LIFETIME_ENDED = "hết {lifetime}"


@dataclass(frozen=True, slots=True)
class Term:
    """As the fields of a Rule of the same names."""

    kind: RuleKind
    years: int | None = None
    event: str | None = None


def parse_term(text: str) -> Term | None:
    """None where it is no term that the service can count with."""
    words = " ".join(nfc(text).split()).rstrip(" .;")
    folded = fold(words)  # one character for one: places in it are places in `words`
    if folded in _PERMANENT:
        return Term(RuleKind.PERMANENT)
    if found := _YEARS.fullmatch(folded):
        years = int(found[1])
        return Term(RuleKind.YEARS, years) if 1 <= years <= MAX_YEARS else None
    if found := _YEARS_AFTER.fullmatch(folded):
        years = int(found[1])
        return Term(RuleKind.EVENT, years, words[slice(*found.span(2))]) if 1 <= years <= MAX_YEARS else None
    if found := _UNTIL.fullmatch(folded):
        return Term(RuleKind.EVENT, 0, words[slice(*found.span(1))])
    if found := _LIFETIME.fullmatch(folded):
        return Term(RuleKind.EVENT, 0, _LIFETIME_ENDED.format(lifetime=words[slice(*found.span(1))]))
    return None
