"""archive hold and archive retention drill, over holdings that are open already."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.bootstrap import App
from archive.cli import drill as drill_command
from archive.cli import hold as hold_command
from archive.cli.main import main
from archive.db.holdings import Dossier
from archive.storage import guards
from tests.factories import Factory

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run(actor, "hold", "list")`: exit code and the JSON document."""

    @contextmanager
    def opened(**_: object) -> Iterator[App]:
        yield app

    def run_as(actor: Actor, *words: str) -> tuple[int, Any]:
        for module in (hold_command, drill_command):
            monkeypatch.setattr(module, "opened", opened)
            monkeypatch.setattr(module, "caller", lambda *_: actor)
        capsys.readouterr()
        code = main([*words, "--json"])
        return code, json.loads(capsys.readouterr().out or "null")

    return run_as


@pytest.fixture
def dossier(app: App, make: Factory) -> Dossier:
    agency = make.agency("SXD")
    dossier = make.dossier(agency)
    path = app.settings.data / "master"
    path.write_bytes(b"a master")
    app.store.put(path)
    make.item(agency, dossier=dossier, receipt=make.receipt(make.batch(agency), b"a master"))
    return dossier


def test_a_hold_is_placed_told_to_the_store_listed_and_lifted_by_another(
    run: Run, app: App, make: Factory, dossier: Dossier
) -> None:
    with app.unit_of_work() as uow:
        agency = uow.session.get_one(type(make.agency("KHAC")), dossier.agency_id)
    first, second = (make.actor(Role.RECORDS_MANAGER, agency) for _ in range(2))
    why = ("--reason", "Thanh tra", "--authority", "QĐ 1")
    code, told = run(first, "hold", "place", dossier.code, *why)
    assert code == 0
    (held,) = told["holds"]
    assert (held["number"], held["state"], held["code"]) == ("TD-SXD-2026-00001", "active", dossier.code)
    assert held["in_store"]
    (ref,) = list(app.store.digests())
    assert app.store.protection(ref.digest).legal_hold
    assert run(first, "hold", "place", dossier.code, *why)[0] == 1
    assert run(first, "hold", "place", "KHÔNG-CÓ", *why)[0] == 1
    code, told = run(first, "hold", "lift", held["number"], "--reason", "Xong")
    assert (code, told["error"]["reason"]) == (1, "retention.hold_second_person")
    assert [each["number"] for each in run(second, "hold", "list")[1]["holds"]] == [held["number"]]
    assert run(second, "hold", "lift", held["number"], "--reason", "Xong")[0] == 0
    assert not app.store.protection(ref.digest).legal_hold
    assert run(second, "hold", "list")[1]["holds"] == []
    assert len(run(second, "hold", "list", "--all")[1]["holds"]) == 1
    assert run(make.actor(Role.CLERK, agency), "hold", "list")[0] == 1


def test_the_drill_ends_with_1_and_what_to_do_where_something_gives_way(
    run: Run, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor = make.actor(Role.AUDITOR, make.agency())
    monkeypatch.setattr(guards, "make_immutable", lambda path: False)
    monkeypatch.setattr(guards, "CLOSED", 0o700)
    monkeypatch.setattr(guards, "OBJECT_MODE", 0o600)
    monkeypatch.setattr("archive.storage.filesystem.OBJECT_MODE", 0o600)
    code, told = run(auditor, "retention", "drill")
    assert (code, told["passed"]) == (1, False)
    assert {each["outcome"] for each in told["tried"]} == {"gave_way"}
    assert run(make.actor(Role.CLERK, make.agency()), "retention", "drill")[0] == 1
