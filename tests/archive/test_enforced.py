"""Before its date or under a hold nothing removes a record: no action, no page or interface, no verb of a store.

Everything there is is called, by listing it: what is added later is asked the same questions.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.routing import Route

from archive.access.identity import SYSTEM
from archive.actions.holds import place_holds
from archive.actions.stopped import remove_bytes, remove_stopped
from archive.bootstrap import App
from archive.db.holdings import Item, Receipt, StoredObject
from archive.db.states import NEXT, ItemState
from archive.drill import run_drill
from archive.errors import ArchiveError, Conflict
from archive.periodic import JOBS
from archive.protection import is_short, tell_store
from archive.service import sweep_left_overs
from archive.storage.interface import ObjectStore
from archive.web.app import create_app
from retention.errors import RetentionError
from tests.archive.actions.test_permissions import ACTIONS, World
from tests.conformance.object_store import ADAPTERS, Held, read
from tests.factories import Factory

SOURCES = Path(__file__).parents[2] / "archive"
REMOVING = {"remove", "delete", "destroy", "purge", "discard", "erase", "overwrite", "truncate", "unlink"}


@pytest.fixture(params=list(ADAPTERS.values()), ids=list(ADAPTERS))
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Held]:
    yield from request.param(tmp_path)


def given(digest: str, tmp_path: Path) -> Mapping[str, Any]:
    """What each parameter of a store's verbs is given, so that it would hurt most."""
    other = tmp_path / "other"
    other.write_bytes(b"other bytes")
    return {
        "digest": digest,
        "source": other,
        "retain_until": datetime.now(UTC) - timedelta(days=1),
        "legal_hold": None,
        "mode": "governance",
        "file_name": "a.pdf",
        "media_type": "application/pdf",
        "expires": timedelta(minutes=1),
        "root": tmp_path / "another",
    }


def test_no_verb_of_a_store_removes_or_loosens_what_is_locked(held: Held, tmp_path: Path) -> None:
    until = datetime.now(UTC) + timedelta(days=30)
    digest = held.put(b"a record", retain_until=until)
    held.store.protect(digest, legal_hold=True)
    before = held.store.protection(digest)
    arguments = given(digest, tmp_path)
    for name, verb in inspect.getmembers(held.store, callable):
        if name.startswith("_"):
            continue
        wanted = {each: arguments[each] for each in inspect.signature(verb).parameters}
        result = verb(**wanted)
        if inspect.isgenerator(result):
            list(result)
    assert read(held.store, digest) == b"a record"
    assert held.store.verify(digest)
    assert held.store.protection(digest) == before


def test_the_contract_of_stores_has_no_verb_that_removes() -> None:
    verbs = {name for name in dir(ObjectStore) if not name.startswith("_")}
    assert not {verb for verb in verbs if set(verb.split("_")) & REMOVING}


@pytest.fixture
def world(app: App, make: Factory) -> World:
    """Its records lie in the store, locked for years and under a hold."""
    world = World(app, make)
    wanted = {row.digest for row in stored(app)}
    for number in range(1, 100):
        path = app.settings.data / "master"
        path.write_bytes(f"tệp {number}".encode())
        if _digest(path) in wanted:
            app.store.put(path)
    with app.unit_of_work() as uow:
        for row in uow.session.scalars(select(StoredObject)):
            row.locked_until, row.protection_pending = app.clock() + timedelta(days=3650), True
        codes = [world.dossier.code, world.other.code]
        place_holds(uow, codes, reason="Thanh tra", authority="QĐ 1", actor=SYSTEM, now=app.clock())
    tell_store(app)
    return world


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def stored(app: App) -> list[StoredObject]:
    with Session(app.engine) as session:
        return list(session.scalars(select(StoredObject).order_by(StoredObject.digest)))


def whole(app: App, before: list[StoredObject]) -> None:
    """Every object of before is in the catalogue and in the store, and held no less."""
    now = {row.digest: row for row in stored(app)}
    for row in before:
        kept = now[row.digest]
        assert kept.locked_until is not None
        assert row.locked_until is not None
        assert kept.locked_until >= row.locked_until
        assert kept.legal_hold >= row.legal_hold
        assert app.store.verify(row.digest)
        assert not is_short(app, kept)


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_no_action_takes_a_held_record_away(app: App, make: Factory, world: World, name: str) -> None:
    before = stored(app)
    assert any(row.legal_hold for row in before)
    roles, act = ACTIONS[name]
    for role in sorted(roles):
        actor = make.actor(role, world.agency)
        with suppress(ArchiveError, RetentionError), app.unit_of_work() as uow:
            act(world, uow, actor)
    _all_that_is_periodic(app)
    whole(app, before)
    with Session(app.engine) as session:
        destroyed = session.scalars(select(Item).where(Item.state == ItemState.DESTROYED)).all()
    assert all(item.master_digest is None for item in destroyed)


def _all_that_is_periodic(app: App) -> None:
    for job in JOBS:
        job.run(app)
    sweep_left_overs(app)
    run_drill(app, actor=SYSTEM)


def test_what_was_stopped_past_the_gate_is_a_record_and_stays(app: App, make: Factory) -> None:
    item = make.item(state=ItemState.STOPPED)
    path = app.settings.data / "master"
    path.write_bytes(b"past the gate")
    digest = app.store.put(path).digest
    make.stored_object(digest, 13)
    with app.unit_of_work() as uow:
        uow.session.get_one(Item, item.id).master_digest = digest
        receipt = uow.session.get_one(Receipt, item.receipt_id).number
    with pytest.raises(Conflict) as refused, app.unit_of_work() as uow:
        remove_stopped(uow, receipt, decision="Xoá", actor=SYSTEM, now=app.clock())
    assert refused.value.reason == "item.past_the_gate"
    assert remove_bytes(app) == 0
    assert app.store.verify(digest)


def test_of_records_nothing_leads_to_destroyed() -> None:
    leading = {state for state, following in NEXT.items() if ItemState.DESTROYED in following}
    assert leading == {ItemState.STOPPED}


def test_no_page_and_no_interface_deletes(app: App) -> None:
    for route in create_app(app).routes:
        if isinstance(route, Route):
            assert "DELETE" not in (route.methods or ()), route.path


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


RECORDS = {"StoredObject", "Item", "Receipt", "Dossier", "Fond", "Series", "HoldRow", "Filing", "Correction", "Custody"}


def test_no_row_of_a_record_is_ever_deleted() -> None:
    """Nor of what is told of it: a hold that was lifted stays told."""
    wrong = []
    for path in sorted(SOURCES.rglob("*.py")):
        for call in calls(ast.parse(path.read_text(encoding="utf-8"))):
            named = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            about = {name.id for argument in call.args for name in ast.walk(argument) if isinstance(name, ast.Name)}
            if named == "delete" and about & RECORDS:
                wrong.append(f"{path.name}:{call.lineno}")
    assert not wrong


CALLS_OF_SERVERS = {
    "remove_object",
    "remove_objects",
    "remove_bucket",
    "delete_bucket_lifecycle",
    "set_bucket_lifecycle",
}


def test_only_the_quarantine_and_the_drill_ask_a_server_to_remove() -> None:
    found = {
        path.relative_to(SOURCES).as_posix()
        for path in sorted(SOURCES.rglob("*.py"))
        for call in calls(ast.parse(path.read_text(encoding="utf-8")))
        if getattr(call.func, "attr", "") in CALLS_OF_SERVERS
    }
    assert found <= {"storage/s3_quarantine.py", "storage/s3_entries.py", "storage/s3_drill.py"}
