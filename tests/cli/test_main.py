from __future__ import annotations

import json
from pathlib import Path

import pytest

from archive.cli.errors import EXIT_CODES, report
from archive.cli.later import PARTS
from archive.cli.main import COMMANDS, main
from archive.cli.output import Output
from archive.errors import DatabaseNewer, FileTooBig, InvalidInput, NoHoldings, NotAllowed, NotFound
from ocr.errors import EngineMissing, FileRefused

CONTRACT = (
    *("ocr", "extract", "pdf", "ingest", "batch", "search", "show", "agency", "programme", "export"),
    *("retention", "hold", "dispose", "fixity", "audit", "reindex", "reconcile", "backup", "restore"),
    *("serve", "worker", "setup", "doctor", "demo"),
)


@pytest.fixture(autouse=True)
def no_holdings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARCHIVE_DATA", str(tmp_path / "none"))
    return tmp_path / "none"


def test_every_command_of_the_contract_is_there() -> None:
    assert tuple(command.name for command in COMMANDS) == CONTRACT


@pytest.mark.parametrize("name", CONTRACT)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_command_of_a_later_part_says_which_part_and_ends_with_three(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, "gì", "--đó", "--json"]) == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]["reason"] == "cli.not_yet"
    assert f"archive {name}" in captured.err


WRONG_USES = {
    "search": "thiếu QUERY",
    "serach": "LỆNH: không có 'serach' (hãy chọn: 'ocr', 'extract', ",
    "search a --limit nhiều": "--limit: giá trị 'nhiều' không đúng",
    "search a --limit": "--limit: cần một giá trị",
    "search a --lim 1 --li": "--limit: cần một giá trị",
    "search a b": "không có tham số b",
    "search a --wait=1": "không có tham số --wait=1",
    "batch --json=1": "--json: không nhận giá trị, nhưng có '1'",
    "ingest --agency TD01 --task 1": "thiếu PATH",
}


@pytest.mark.parametrize("words", sorted(WRONG_USES))
def test_what_is_wrong_with_a_command_line_is_said_in_vietnamese(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    said = capsys.readouterr().err
    assert (ended.value.code, said.startswith("cách dùng: archive")) == (2, True)
    assert f"Lệnh chưa đúng: {WRONG_USES[words]}" in said


@pytest.mark.parametrize("words", [[], ["search"], ["agency", "import"]])
def test_help_has_no_english_headings(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*words, "--help"])
    said = capsys.readouterr().out
    assert "tuỳ chọn:" in said
    assert not any(english in said for english in ("usage", "options", "arguments", "show this"))


NEED_HOLDINGS = {
    "batch": [],
    "search": ["quyết định"],
    "show": ["BN-X-2026-0000001"],
    "fixity": [],
    "audit": ["verify"],
    "reindex": [],
    "reconcile": [],
    "serve": [],
    "worker": [],
}


@pytest.mark.parametrize("name", sorted(NEED_HOLDINGS))
def test_without_holdings_a_command_makes_none_names_the_directory_and_ends_with_three(
    name: str, no_holdings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, *NEED_HOLDINGS[name], "--json"]) == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]["reason"] == "error.no_holdings"
    assert str(no_holdings) in captured.err
    assert not no_holdings.exists()


def test_ingest_without_holdings_takes_nothing(no_holdings: Path, tmp_path: Path) -> None:
    scan = tmp_path / "a.pdf"
    scan.write_bytes(b"%PDF-1.7")
    assert main(["ingest", str(scan), "--agency", "TD01", "--task", "1"]) == 3
    assert not no_holdings.exists()


def test_doctor_without_holdings_says_what_to_do(no_holdings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["state"] == "missing"
    data = next(check for check in document["checks"] if check["name"] == "data")
    assert str(no_holdings) in data["found"]
    assert "make run" in data["advice"]


def test_an_unknown_setting_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARCHIVE_DATTA", "x")
    assert main(["search", "x"]) == 2
    assert "ARCHIVE_DATTA" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["no-such-command"], ["search"], ["show", "X", "--no-such-option"]])
def test_a_wrong_command_line_ends_with_two_and_says_how(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "--help" in capsys.readouterr().err


def test_no_command_at_all_shows_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "reconcile" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoHoldings(directory="/x"), 3),
        (DatabaseNewer(place="/x", found="9", backups="/y"), 3),
        (EngineMissing("engine.missing"), 3),
        (FileTooBig(limit_bytes=1), 1),
        (FileRefused("file.empty"), 1),
        (NotFound(what="x"), 1),
        (NotAllowed(), 1),
        (InvalidInput(field="x"), 2),
        (FileNotFoundError(2, "no", "/x.pdf"), 2),
    ],
)
def test_each_error_has_its_exit_code_and_a_sentence(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(error, Output(json_mode=True)) == code
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]["message"] == captured.err.strip() != ""


def test_the_table_of_errors_asks_the_narrow_class_before_the_wide_one() -> None:
    for place, (cls, _) in enumerate(EXIT_CODES):
        assert not any(issubclass(cls, earlier) for earlier, _ in EXIT_CODES[:place])


def test_an_error_that_nobody_expected_is_told_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(ZeroDivisionError("x"), Output(json_mode=True)) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]["reason"] == "error.unexpected"
    assert "ZeroDivisionError" in captured.err
