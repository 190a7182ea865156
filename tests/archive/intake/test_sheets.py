"""Sheets as people make them: what is read, what is refused and why, and what a page carries on."""

from __future__ import annotations

import base64
import io
import json
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import i18n
from archive.errors import InvalidInput
from archive.intake import sheet_reading
from archive.intake.sheets import Sheet, SheetFinding, SheetRow, carried, carried_sheet, read_sheet
from archive.queries.sheets import write_xlsx

Given = Callable[[bytes], Path]


@pytest.fixture
def file(tmp_path: Path) -> Given:
    def write(content: bytes) -> Path:
        path = tmp_path / "bảng"
        path.write_bytes(content)
        return path

    return write


def book(*rows: list[object]) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def reason(path: Path) -> str:
    with pytest.raises(InvalidInput) as refused:
        read_sheet(path)
    assert str(refused.value) != refused.value.reason, "no text for people"
    assert "…" not in str(refused.value)
    return str(refused.value.reason)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_csv_of_any_usual_delimiter_with_and_without_a_mark(file: Given, delimiter: str, mark: bytes) -> None:
    text = f'số{delimiter}tên\n1{delimiter}"Sổ{delimiter}quyển 1"\n'
    name = "Sổ quyển 1" if delimiter == "\t" else f"Sổ{delimiter}quyển 1"
    read = read_sheet(file(mark + text.encode()))
    assert read == Sheet(("số", "tên"), (SheetRow(2, {"số": "1", "tên": name}),))


def test_lines_are_those_that_people_see_although_cells_span_lines_and_rows_are_empty(file: Given) -> None:
    sheet = read_sheet(file('\n số , tên \n1,"hai\ndòng"\n\n,\n2,sau\n'.encode()))
    assert sheet.columns == ("số", "tên")
    assert [(row.line, row.values["tên"]) for row in sheet.rows] == [(3, "hai dòng"), (7, "sau")]


def test_cells_are_composed_text_and_short_rows_are_filled(file: Given) -> None:
    decomposed = unicodedata.normalize("NFD", "Hồ sơ")
    sheet = read_sheet(file(f"a,b,c\n  {decomposed} ,\n".encode()))
    assert sheet.rows[0].values == {"a": "Hồ sơ", "b": "", "c": ""}


def test_xlsx_dates_and_whole_numbers_are_written_plainly(file: Given) -> None:
    row = [date(2026, 2, 28), datetime(2026, 3, 1, 8, 30), 5.0, 2.5, True, None, "  chữ "]  # noqa: DTZ001
    sheet = read_sheet(file(book([*"abcdefg"], row)))
    assert list(sheet.rows[0].values.values()) == ["2026-02-28", "2026-03-01T08:30:00", "5", "2.5", "1", "", "chữ"]


def test_the_first_sheet_that_can_be_seen_is_read(file: Given) -> None:
    made = openpyxl.Workbook()
    made.active.sheet_state = "hidden"
    shown = made.create_sheet("thấy")
    shown.append(["cột"])
    shown.append(["đúng"])
    out = io.BytesIO()
    made.save(out)
    assert read_sheet(file(out.getvalue())).rows == (SheetRow(2, {"cột": "đúng"}),)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "sheet.empty"),
        (b"\n,,\n", "sheet.empty"),
        ("tên\nhồ sơ".encode("cp1258", errors="replace") + b"\xf0", "sheet.not_utf8"),
        ("tên".encode("utf-16"), "sheet.not_utf8"),
        (b"a,b\n1\0,2\n", "sheet.damaged"),
        (b'a,b\n1,2\n3,"mo\n', "sheet.quotes"),
        (b"a,,c\n1,2,3\n", "sheet.column_unnamed"),
        (b"a,b,a\n1,2,3\n", "sheet.column_twice"),
        (b"a,b\n1,2,3\n", "sheet.beyond_heading"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "sheet.old_excel"),
        (b"PK\x03\x04 no zip", "sheet.damaged"),
        (",".join(f"c{number}" for number in range(101)).encode(), "sheet.too_many_columns"),
    ],
)
def test_what_cannot_be_read_whole_is_refused_with_its_reason(file: Given, content: bytes, expected: str) -> None:
    assert reason(file(content)) == expected


def test_a_zip_that_is_no_workbook_is_refused(file: Given) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("thư.txt", "không phải bảng")
    assert reason(file(out.getvalue())) == "sheet.damaged"


def test_entities_of_a_workbook_are_not_expanded(file: Given) -> None:
    entities = '<!DOCTYPE x [<!ENTITY a "phồng"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(["a"], ["chu"]))) as whole, zipfile.ZipFile(out, "w") as archive:
        for name in whole.namelist():
            text = whole.read(name).decode()
            if name == "xl/worksheets/sheet1.xml":
                text = entities + text[text.index("<worksheet") :].replace("chu", "&b;")
                assert "&b;" in text
            archive.writestr(name, text)
    assert reason(file(out.getvalue())) == "sheet.damaged"


def test_a_sheet_beyond_its_limits_is_refused(file: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file(b"a,b\n" + b"1,2\n" * 4)
    most = {"rows": 3, "columns": 5, "text_bytes": 100}
    assert sheet_reading.read_in_child(str(path), most)["refused"] == "sheet.too_many_rows"
    assert (
        sheet_reading.read_in_child(str(path), most | {"rows": 4, "text_bytes": 7})["refused"] == "sheet.too_long_text"
    )
    assert "refused" not in sheet_reading.read_in_child(str(path), most | {"rows": 4})
    monkeypatch.setattr("archive.intake.sheets.FILE_BYTES", 10)
    assert reason(path) == "sheet.too_big"


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(cells, min_size=1, max_size=5, unique=True), st.data())
def test_what_a_page_carries_on_is_the_same_sheet(columns: list[str], data: st.DataObject) -> None:
    row = st.builds(SheetRow, st.integers(1, 10**6), st.fixed_dictionaries(dict.fromkeys(columns, cells)))
    sheet = Sheet(tuple(columns), tuple(data.draw(st.lists(row, max_size=4))))
    assert carried_sheet(carried(sheet)) == sheet


def packed(told: object) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(told).encode())).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "không phải",
        "AAAA",
        packed({"a": 1}),
        packed([["a"], [[1, ["x", "y"]]]]),
        packed([["a", "a"], []]),
        packed([["a"], [[1, [5]]]]),
        packed([["a"], [["1", ["x"]]]]),
        packed([[f"c{number}" for number in range(101)], []]),
        packed([["a"], [[1, ["x"]]]])[:-8],
        base64.urlsafe_b64encode(zlib.compress(b" " * (130 << 20))).decode(),
    ],
)
def test_what_no_page_carried_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        carried_sheet(text)
    assert refused.value.reason == "sheet.carried_unreadable"


def test_a_finding_is_told_in_words() -> None:
    finding = SheetFinding(3, "", "sheet.column_twice", {"column": "tên"})
    assert finding.text == i18n.text("sheet.column_twice", column="tên")


@pytest.mark.parametrize("text", ["=1+1", "+84 24", "-1", "@SUM(A1)", "#N/A", "2026-01-01", "'x", "xấu\x07chuông"])
def test_text_written_to_a_workbook_is_text(text: str) -> None:
    written = openpyxl.load_workbook(io.BytesIO(write_xlsx({"Bảng": [["cột"], [text]]})))["Bảng"]["A2"]
    assert (written.data_type, written.value) == ("s", text.replace("\x07", "�"))


def test_a_workbook_that_was_written_is_read_again(file: Given) -> None:
    at = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
    rows = [["số", "ngày", "lúc", "tên"], [7, date(2026, 1, 2), at, "Hà Nội"], [None, None, None, "còn lại"]]
    sheet = read_sheet(file(write_xlsx({"Một/hai: ba?" + "x" * 40: rows, "Khác": [["y"]]})))
    assert [row.values for row in sheet.rows] == [
        {"số": "7", "ngày": "2026-01-02", "lúc": "2026-03-02T01:30:00", "tên": "Hà Nội"},
        {"số": "", "ngày": "", "lúc": "", "tên": "còn lại"},
    ]
