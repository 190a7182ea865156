"""archive retention due|run|explain and archive dispose, over a catalogue, as a records manager gives them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.cli import dispose, terms
from archive.cli.main import main
from archive.db.accounts import Agency
from archive.db.holdings import Dossier
from tests.archive.schedules import Schedules
from tests.conftest import SetClock
from tests.factories import Factory


@dataclass
class Ran:
    code: int
    document: Any
    told: str


Run = Callable[..., Ran]


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


@pytest.fixture
def rules(make: Factory, clock: SetClock) -> Schedules:
    return Schedules(make, clock)


@pytest.fixture
def dossier(rules: Schedules, agency: Agency) -> Dossier:
    found = rules.closed(agency, date(2015, 6, 30), title="Hồ sơ thanh tra")
    rules.confirm(found, rules.years(5))
    return found


@pytest.fixture
def run(
    app: App, make: Factory, agency: Agency, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """A command over the test's catalogue, with --json; its document and what it says beside it."""
    manager = make.actor(Role.RECORDS_MANAGER, agency)

    @contextmanager
    def opened() -> Iterator[App]:
        yield app

    for module in (terms, dispose):
        monkeypatch.setattr(module, "opened", opened)
        monkeypatch.setattr(module, "caller", lambda *_: manager)

    def run(*words: str) -> Ran:
        code = main([*words, "--json"])
        captured = capsys.readouterr()
        return Ran(code, json.loads(captured.out), captured.err)

    return run


def test_explain_tells_rule_basis_arithmetic_and_what_would_change_it(run: Run, dossier: Dossier) -> None:
    done = run("retention", "explain", dossier.code)
    assert (done.code, done.document["verdict"], done.document["due_on"]) == (0, "due", "2021-01-01")
    assert "“Hồ sơ 5 năm”: 2015 + 5 năm, giữ đến hết ngày 31/12/2020." in done.document["steps"]
    (rule,) = done.document["rules"]
    assert (rule["legal_basis"], rule["valid_from"], rule["state"]) == (
        "Thông tư thử BTH, Điều 1",
        "2020-01-01",
        "confirmed",
    )
    assert not {"id", "rule_id", "dossier_id"} & (rule.keys() | done.document.keys()), "ids are not for people"
    for words in ("Căn cứ: Thông tư thử BTH, Điều 1", "Cách tính:", "Điều gì làm thay đổi:", "Mở lại hồ sơ"):
        assert words in done.told


def test_explain_of_what_is_not_there_ends_with_one(run: Run) -> None:
    done = run("retention", "explain", "KHONG.2025.0001")
    assert (done.code, done.document["error"]["reason"]) == (1, "error.not_found")


def test_due_lists_by_day_and_agency(run: Run, dossier: Dossier) -> None:
    done = run("retention", "due", "--until", "2021-01-01")
    assert [(line["dossier"], line["due_on"], line["state"]) for line in done.document["dossiers"]] == [
        (dossier.code, "2021-01-01", "not_noticed")
    ]
    assert run("retention", "due", "--until", "2020-12-31").document["total"] == 0
    assert run("retention", "due", "--agency", "KHAC").document["total"] == 0


def test_a_day_that_is_none_is_a_wrong_command_line(run: Run) -> None:
    with pytest.raises(SystemExit) as ended:
        run("retention", "due", "--until", "mai")
    assert ended.value.code == 2


def test_run_gives_notices_and_after_thirty_days_makes_a_list_and_destroys_nothing(
    run: Run, dossier: Dossier, clock: SetClock
) -> None:
    first = run("retention", "run")
    assert [line["dossier"] for line in first.document["notices"]] == [dossier.code]
    assert (first.document["proposed"], first.document["due"]) == ([], {"noticed": 1})
    clock.advance(days=30)
    second = run("retention", "run")
    number = "DX-SXD-2026-00001"
    assert second.document["notices"] == []
    assert second.document["proposed"] == [{"disposition": number, "agency": "SXD"}]
    assert "Không có gì bị hủy" in second.told
    third = run("retention", "run")
    assert (third.document["proposed"], third.document["due"]) == ([], {"proposed": 1})
    assert [line["number"] for line in run("dispose", "list").document["dispositions"]] == [number]
    (entry,) = run("dispose", "list", number).document["entries"]
    assert (entry["code"], entry["keeps"]) == (dossier.code, None)
    assert run("dispose", "withdraw", number, "--reason", "còn dùng").document["state"] == "refused"
    assert run("dispose", "propose", "--agency", "SXD").code == 1
    assert run("dispose", "propose", "--agency", "SXD", "--dossier", dossier.code).code == 0


@pytest.mark.parametrize("act", dispose.LATER)
def test_the_steps_that_follow_say_which_part_is_missing_and_end_with_three(run: Run, act: str) -> None:
    done = run("dispose", act)
    assert (done.code, done.document["error"]["reason"]) == (3, "cli.not_yet")
    assert f"archive dispose {act}" in done.told
