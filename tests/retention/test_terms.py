from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.schedule import MAX_YEARS, RuleKind
from retention.terms import Term, parse_term

REFERENCE = Path(__file__).parents[3] / "shared/reference/retention-schedules.csv"


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("Vĩnh viễn", Term(RuleKind.PERMANENT)),
        ("  vĩnh  VIỄN. ", Term(RuleKind.PERMANENT)),
        ("05 năm", Term(RuleKind.YEARS, 5)),
        ("5 năm", Term(RuleKind.YEARS, 5)),
        ("70 năm", Term(RuleKind.YEARS, 70)),
        ("10 năm sau khi người dân qua đời", Term(RuleKind.EVENT, 10, "người dân qua đời")),
        ("5 năm sau khi chấm dứt Hợp đồng", Term(RuleKind.EVENT, 5, "chấm dứt Hợp đồng")),
        ("20 năm kể từ ngày quyết toán", Term(RuleKind.EVENT, 20, "quyết toán")),
        ("Đến khi văn bản hết hiệu lực thi hành", Term(RuleKind.EVENT, 0, "văn bản hết hiệu lực thi hành")),
        ("Theo tuổi thọ công trình", Term(RuleKind.EVENT, 0, "hết tuổi thọ công trình")),
        ("Theo tuổi thọ thiết bị", Term(RuleKind.EVENT, 0, "hết tuổi thọ thiết bị")),
    ],
)
def test_terms_are_read_in_the_words_of_schedules(text: str, term: Term) -> None:
    assert parse_term(text) == term


@pytest.mark.parametrize(
    "text",
    [
        "", "lâu dài", "tạm thời", "5 - 10 năm", "0 năm", "00 năm", "201 năm", "1000 năm", "năm năm", "5 tháng",
        "5 năm hoặc vĩnh viễn", "trên 20 năm", "5 năm sau khi", "đến khi", "theo tuổi thọ", "20", "vĩnh viễn, 5 năm",
    ],
)  # fmt: skip
def test_what_is_not_wholly_understood_is_no_term(text: str) -> None:
    assert parse_term(text) is None


@given(st.integers(1, MAX_YEARS), st.booleans(), st.sampled_from(["năm", "NĂM", "Năm"]))
def test_any_number_of_years_is_read_with_or_without_a_zero(years: int, padded: bool, word: str) -> None:
    assert parse_term(f"{years:02d} {word}" if padded else f"{years} {word}") == Term(RuleKind.YEARS, years)


def test_every_term_of_the_schedules_at_hand_is_understood() -> None:
    if not REFERENCE.exists():
        pytest.skip(f"no {REFERENCE}")
    with REFERENCE.open(encoding="utf-8", newline="") as sheet:
        terms = {row["retention"] for row in csv.DictReader(sheet)}
    assert len(terms) > 10
    assert {term for term in terms if parse_term(term) is None} == set()
