from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import i18n
from archive.errors import InvalidInput
from archive.intake.programme_sheet import FIELDS, KEYS, Kind, heading, read_programme, value_of
from archive.intake.sheets import Sheet, SheetRow


def sheet(*rows: dict[str, str]) -> Sheet:
    return Sheet(tuple(rows[0]), tuple(SheetRow(line, row) for line, row in enumerate(rows, start=2)))


@pytest.mark.parametrize(
    ("text", "quantity"),
    [("12000", "12000"), ("12.000", "12000"), ("1.234.567", "1234567"), ("12,5", "12.5"), ("0.25", "0.25")],
)
def test_quantities_as_people_write_them(text: str, quantity: str) -> None:
    assert value_of("planned_quantity", text) == Decimal(quantity)


@pytest.mark.parametrize("text", ["12,000", "1.23.456", "-5", "khoảng 100", "1e5", "12 000", "0", "9" * 20, "٣"])
def test_a_quantity_that_can_be_read_in_two_ways_or_in_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        value_of("planned_quantity", text)


@given(st.integers(1, 10**11))
def test_a_quantity_is_read_back_with_and_without_points(number: int) -> None:
    assert value_of("planned_quantity", str(number)) == value_of("planned_quantity", f"{number:,}".replace(",", "."))


def test_days_of_both_forms_and_no_other() -> None:
    assert value_of("due_on", "31/12/2026") == value_of("due_on", "2026-12-31") == date(2026, 12, 31)
    for wrong in ("30/02/2026", "12/31/2026", "31/12/1900", "cuối năm"):
        with pytest.raises(InvalidInput):
            value_of("due_on", wrong)


@pytest.mark.parametrize("kind", list(Kind))
def test_headings_are_known_in_vietnamese_with_and_without_tones_and_by_name(kind: Kind) -> None:
    names = (*KEYS[kind], *FIELDS[kind])
    given = dict.fromkeys(names, "") | {"number": "3", "task_number": "3", "agency": "SXD"}
    for spelled in (heading, str.upper, lambda name: heading(name).upper().replace("Ố", "o").replace("Ạ", "a")):
        read = read_programme(kind, sheet({spelled(name): given[name] for name in names}))
        assert (read.findings, read.lines[0].key[0]) == ((), 3)
        assert set(read.lines[0].content) == set(FIELDS[kind])


def test_a_field_without_its_column_is_not_spoken_of_and_an_empty_cell_empties_it() -> None:
    (line,) = read_programme(Kind.TASK, sheet({"Số": "3", "Tên": ""})).lines
    assert line.content == {"title": None}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"Số": "1", "Chủ đề": "x"}], [(1, "Chủ đề", "programme.column_unknown")]),
        ([{"Số": "1", "number": "1"}], [(1, "number", "programme.column_twice")]),
        ([{"Tên": "x"}], [(1, "Số", "programme.column_missing")]),
        ([{"Số": "", "Tên": "x"}], [(2, "Số", "programme.key_empty")]),
        (
            [{"Số": "một", "Hạn": "mai"}],
            [(2, "Số", "programme.number_unreadable"), (2, "Hạn", "programme.day_unreadable")],
        ),
        ([{"Số": "1"}, {"Số": "01"}], [(3, "Số", "programme.line_twice")]),
        ([{"Số": "1", "Tên": "x" * 1001}], [(2, "Tên", "programme.too_long")]),
    ],
)
def test_each_mistake_is_found_with_its_line_and_column(
    rows: list[dict[str, str]], expected: list[tuple[int, str, str]]
) -> None:
    read = read_programme(Kind.TASK, sheet(*rows))
    assert [(found.line, found.column, found.rule) for found in read.findings] == expected
    assert all(
        "…" not in found.text and found.text in set(i18n.catalog("vi").values()) | {found.text}
        for found in read.findings
    )
