from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.errors import BadCode
from metadata.names import (
    ReferenceCode,
    file_name,
    item_code,
    parse_reference_code,
    split_item_code,
)

letters = st.text(alphabet="ABCDĐGHKLMNQSTUVX", min_size=1, max_size=8)
dossiers = st.lists(st.from_regex(r"[A-Z0-9]{1,6}", fullmatch=True), min_size=1, max_size=5).map(".".join)


@settings(deadline=None)
@given(dossiers, st.integers(1, 9_999_999))
def test_an_item_code_is_taken_apart_into_what_it_was_made_of(dossier: str, ordinal: int) -> None:
    assert split_item_code(item_code(dossier, ordinal)) == (dossier, ordinal)


@settings(deadline=None)
@given(st.integers(1, 999_999), st.lists(letters, min_size=1, max_size=3), st.none() | st.integers(1945, 2100))
def test_a_reference_code_is_read_as_it_is_written(number: int, groups: list[str], year: int | None) -> None:
    notation = (f"{year}/" if year else "") + "-".join(groups)
    code = ReferenceCode(f"{number:02}", notation)
    assert parse_reference_code(str(code)) == code
    assert code.year == year


def test_the_year_of_a_legal_document_belongs_to_the_notation() -> None:
    assert parse_reference_code("154/2024/NĐ-CP") == ReferenceCode("154", "2024/NĐ-CP")


def test_a_file_is_named_by_dossier_and_seven_figures() -> None:
    assert file_name("H49.64.33.2001.160", 1) == "H49.64.33.2001.160.0000001.pdf"


@pytest.mark.parametrize("dossier", ["", ".", "a/b", "../x", "H26..1", "H26 1", "H26.", "x\0", "-x"])
def test_a_dossier_code_that_cannot_be_part_of_a_file_name_is_refused(dossier: str) -> None:
    with pytest.raises(BadCode):
        file_name(dossier, 1)


@pytest.mark.parametrize("ordinal", [0, -1, 10_000_000])
def test_an_ordinal_outside_seven_figures_is_refused(ordinal: int) -> None:
    with pytest.raises(BadCode):
        item_code("H26", ordinal)


@pytest.mark.parametrize("code", ["H26", "H26.1", "H26.0000000", ".0000001", "H26.00000012", "H26.000000١"])
def test_what_is_no_item_code_is_refused(code: str) -> None:
    with pytest.raises(BadCode):
        split_item_code(code)


@pytest.mark.parametrize("text", ["15", "15/", "/QĐ-BNV", "Số: 15/QĐ-BNV", "15/qđ", "15/QĐ BNV", "a/QĐ"])
def test_what_is_no_reference_code_is_refused(text: str) -> None:
    with pytest.raises(BadCode):
        parse_reference_code(text)
