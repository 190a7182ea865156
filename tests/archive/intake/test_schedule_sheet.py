from __future__ import annotations

from pathlib import Path

import pytest

from archive.intake.schedule_sheet import MAX_RULES, read_rules
from archive.intake.sheets import Sheet, SheetRow, read_sheet
from retention.schedule import Rule, RuleKind

REFERENCE = Path(__file__).parents[4] / "shared/reference/retention-schedules.csv"


def sheet(*rows: tuple[str, ...], columns: tuple[str, ...] = ("Tên nhóm hồ sơ", "Thời hạn bảo quản")) -> Sheet:
    return Sheet(
        columns, tuple(SheetRow(line, dict(zip(columns, row, strict=True))) for line, row in enumerate(rows, 2))
    )


def broken(given: Sheet, **how: str) -> list[tuple[int, str]]:
    return [(found.line, found.rule) for found in read_rules(given, **how).findings]


def test_rows_become_rules_in_the_order_of_the_sheet() -> None:
    columns = ("Nhóm", "Số thứ tự", "Tên nhóm hồ sơ, tài liệu", "THỜI HẠN BẢO QUẢN", "Ghi chú")
    read = read_rules(
        sheet(
            ("Tổ chức", "17a", "Hồ sơ bổ nhiệm cán bộ", "70 năm", ""),
            ("Tổ chức", "17b", "Hợp đồng vụ việc", "5 năm sau khi chấm dứt hợp đồng", "bản chính"),
            columns=columns,
        )
    )
    assert not read.findings
    assert [(each.line, each.rule) for each in read.rules] == [
        (2, Rule(1, "Hồ sơ bổ nhiệm cán bộ", RuleKind.YEARS, 70, None, "", "Tổ chức", "70 năm")),
        (3, Rule(2, "Hợp đồng vụ việc", RuleKind.EVENT, 5, "chấm dứt hợp đồng", "bản chính", "Tổ chức",
                 "5 năm sau khi chấm dứt hợp đồng")),
    ]  # fmt: skip


def test_each_broken_row_is_told_with_its_line_and_the_rule_that_it_breaks() -> None:
    given = sheet(("Hồ sơ A", "lâu dài"), ("", "5 năm"), ("Hồ sơ B", ""), ("Hồ sơ C", "5 năm"), ("H" * 2001, "5 năm"))
    assert broken(given) == [
        (2, "schedule.term_unknown"),
        (3, "schedule.cell_empty"),
        (4, "schedule.cell_empty"),
        (6, "schedule.cell_too_long"),
    ]


def test_the_same_series_twice_and_a_series_beside_its_kinds_are_findings() -> None:
    given = sheet(
        ("Báo cáo thống kê", "10 năm"),
        ("Báo cáo thống kê", "10 năm"),
        ("BÁO CÁO  THỐNG KÊ.", "5 năm"),
        ("Báo cáo thống kê - Hàng năm", "Vĩnh viễn"),
        ("Báo cáo khác - Hàng năm", "Vĩnh viễn"),
    )
    assert broken(given) == [
        (3, "schedule.row_double"),
        (4, "schedule.row_contradicts"),
        (5, "schedule.row_overlaps"),
    ]


def test_the_same_words_under_another_heading_are_another_series() -> None:
    columns = ("group", "title", "term")
    assert not broken(sheet(("Đảng", "Hồ sơ Đại hội", "5 năm"), ("Đoàn", "Hồ sơ Đại hội", "10 năm"), columns=columns))


def test_a_sheet_of_several_sources_is_taken_one_source_at_a_time() -> None:
    columns = ("title", "term", "source")
    given = sheet(
        ("Hồ sơ A", "5 năm", "TT 1"),
        ("Hồ sơ A", "20 năm", "TT 2, thay TT 1"),
        ("Hồ sơ B", "xx", "TT 3"),
        columns=columns,
    )
    assert (3, "schedule.several_sources") in broken(given)
    one = read_rules(given, rows_of="tt 1")
    assert (len(one.rules), one.passed_over, one.findings) == (1, 2, ())
    assert [each.rule.years for each in read_rules(given, rows_of="TT 2").rules] == [20]
    assert broken(given, rows_of="TT 4") == [(1, "schedule.no_rows")]


def test_columns_that_are_not_there_and_too_long_lists_are_told() -> None:
    assert broken(sheet(("x",), columns=("Tên nhóm hồ sơ",))) == [(1, "schedule.column_missing")]
    assert broken(sheet()) == [(1, "schedule.no_rows")]
    assert broken(sheet(*((f"Hồ sơ {n}", "5 năm") for n in range(MAX_RULES + 1)))) == [(1, "schedule.too_many_rows")]


def test_the_schedules_at_hand_are_read_whole_one_by_one_and_never_together() -> None:
    if not REFERENCE.exists():
        pytest.skip(f"no {REFERENCE}")
    given = read_sheet(REFERENCE)
    assert [rule for _, rule in broken(given)] == ["schedule.several_sources"]
    counts = {
        name: read_rules(given, rows_of=name) for name in ("TT 09/2011/TT-BNV", "TT 10/2022/TT-BNV", "TT 33/2025")
    }
    assert [(len(read.rules), read.findings) for read in counts.values()] == [(274, ()), (1, ()), (8, ())]
    shown = repr(counts["TT 09/2011/TT-BNV"].rules)
    assert "'1.1'" not in shown
