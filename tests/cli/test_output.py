from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

from archive.cli.output import Output, plain


@dataclass(frozen=True)
class Paper:
    title: str
    on: date
    marks: frozenset[str]


def voice(*, json_mode: bool) -> tuple[Output, io.StringIO, io.StringIO]:
    stdout, stderr = io.StringIO(), io.StringIO()
    return Output(json_mode=json_mode, stdout=stdout, stderr=stderr), stdout, stderr


def test_with_json_stdout_is_one_document_and_all_else_goes_to_stderr() -> None:
    out, stdout, stderr = voice(json_mode=True)
    out.say("đang đọc")
    out.table(["Mã"], [["X"]])
    out.note("một điều cần xem")
    with out.progress("đọc", 2) as show:
        show(1, None)
    out.document({"tên": "Hồ sơ"})
    assert json.loads(stdout.getvalue()) == {"tên": "Hồ sơ"}
    assert "đang đọc" in stderr.getvalue()
    assert "một điều cần xem" in stderr.getvalue()


def test_without_json_people_get_text_and_table_and_no_document() -> None:
    out, stdout, _ = voice(json_mode=False)
    out.say("xong")
    out.table(["Mã", "Tên"], [["A[1]", None]])
    out.document({"a": 1})
    assert "xong" in stdout.getvalue()
    assert "A[1]" in stdout.getvalue()  # brackets are text, not markup
    assert "{" not in stdout.getvalue()


def test_no_cell_is_cut_where_there_is_no_terminal() -> None:
    out, stdout, _ = voice(json_mode=False)
    long = "Quyết định về việc " * 6
    out.table(["Trích yếu"], [[long.strip()]])
    assert long.strip() in stdout.getvalue()


def test_progress_is_silent_where_there_is_no_terminal() -> None:
    out, stdout, stderr = voice(json_mode=False)
    with out.progress("đọc", 3) as show:
        show(3, None)
    assert stdout.getvalue() == stderr.getvalue() == ""


def test_values_become_json_by_their_fields_with_iso_dates_and_sets_in_order() -> None:
    paper = Paper("Tờ trình", date(2024, 2, 29), frozenset({"b", "a"}))
    assert plain([paper, datetime(2024, 1, 1, tzinfo=UTC)]) == [
        {"title": "Tờ trình", "on": "2024-02-29", "marks": ["a", "b"]},
        "2024-01-01T00:00:00+00:00",
    ]
