"""Locks, holds and the drill on MinIO, as the account of deploy.minio.account and as one that may do too much."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from minio.credentials.providers import StaticProvider
from minio.deleteobjects import DeleteObject
from minio.error import S3Error

from archive.access.identity import SYSTEM
from archive.actions.holds import lift_hold, place_holds
from archive.actions.protection import renew_protection
from archive.bootstrap import App
from archive.db.holdings import Item, StoredObject
from archive.drill import CANARIES, run_drill
from archive.errors import StoreRefuses
from archive.protection import set_again, tell_store
from archive.storage.s3_client import S3Client
from deploy.minio.account import make_account
from tests.conformance.object_store import emptied, key, prepared, versions
from tests.conftest import SetClock, TestDatabase
from tests.factories import Factory
from tests.servers import server_url


@pytest.fixture
def root() -> Iterator[S3Client]:
    client = prepared(server_url("MINIO"))
    yield client
    emptied(client)
    client.close()


@pytest.fixture
def now_clock(clock: SetClock) -> SetClock:
    """The server's locks end by the server's clock."""
    clock.now = datetime.now(UTC).replace(microsecond=0)
    return clock


@pytest.fixture
def on_server(app: App, root: S3Client, now_clock: SetClock) -> Iterator[Callable[[str], App]]:
    """The application over the same catalogue, with its objects on the server, as the account of the address."""
    opened = []

    def open_as(url: str) -> App:
        settings = replace(app.settings, object_store_url=url)
        opened.append(App(settings, TestDatabase(app.database_url), now_clock))
        return opened[-1]

    yield open_as
    for each in opened:
        each.close()


def prefix(client: S3Client) -> str:
    return client.objects_bucket.removesuffix("-objects")


@pytest.fixture
def own_account(root: S3Client, on_server: Callable[[str], App]) -> App:
    parts = urlsplit(server_url("MINIO"))
    host = f"{parts.hostname}:{parts.port}"
    url = f"http://svc-{secrets.token_hex(4)}:{secrets.token_hex(12)}@{host}/{prefix(root)}"
    make_account(url, None, StaticProvider(str(parts.username), str(parts.password)))
    return on_server(url)


@pytest.fixture
def root_account(root: S3Client, on_server: Callable[[str], App]) -> App:
    return on_server(f"{server_url('MINIO')}/{prefix(root)}")


def master(app: App, make: Factory, content: bytes = b"a master") -> Item:
    """Filed, and in the store as the gate leaves it."""
    agency = make.agency("SXD")
    item = make.item(agency, dossier=make.dossier(agency), receipt=make.receipt(make.batch(agency), content))
    path = Path(app.settings.data) / "master"
    path.write_bytes(content)
    app.store.put(path, retain_until=app.clock() + timedelta(days=30))
    return item


def test_nothing_gives_way_to_the_services_own_account(own_account: App) -> None:
    report = run_drill(own_account, actor=SYSTEM)
    assert report.passed
    assert {(each.attempt, each.outcome) for each in report.tried} == {
        ("delete_version", "refused"),
        ("shorten", "refused"),
        ("shorten_bypassing", "refused"),
        ("overwrite", "read_past"),
        ("delete", "refused"),
        ("delete_version_bypassing", "refused"),
    }
    assert run_drill(own_account, actor=SYSTEM).passed
    assert all(own_account.store.verify(digest) for digest in CANARIES)


def test_an_account_that_may_bypass_is_found_out_and_a_legal_hold_withstands_even_it(root_account: App) -> None:
    report = run_drill(root_account, actor=SYSTEM)
    assert not report.passed
    assert {each.attempt for each in report.gave_way} == {"shorten_bypassing", "delete_version_bypassing"}
    deleted = [each for each in report.gave_way if each.attempt == "delete_version_bypassing"]
    assert len(deleted) == 1  # the object under a legal hold was not
    assert all(root_account.store.verify(digest) for digest in CANARIES)


def test_a_hold_is_a_legal_hold_there_until_it_is_lifted(own_account: App, root: S3Client, make: Factory) -> None:
    item = master(own_account, make)
    second = make.actor("records_manager", make.agency("KHAC"))
    second = replace(second, everywhere=SYSTEM.everywhere)
    with own_account.unit_of_work() as uow:
        (hold,) = place_holds(
            uow, [str(item.code)], reason="Thanh tra", authority="QĐ 1", actor=SYSTEM, now=own_account.clock()
        )
    assert tell_store(own_account) == 1
    digest = str(item.master_digest)
    assert own_account.store.protection(digest).legal_hold
    (version,) = versions(root, digest)
    refused = list(
        root.minio.remove_objects(
            root.objects_bucket, [DeleteObject(key(digest), version.version_id)], bypass_governance_mode=True
        )
    )
    assert len(refused) == 1
    with own_account.unit_of_work() as uow:
        lift_hold(uow, hold.number, reason="Xong", actor=second, now=own_account.clock())
    assert tell_store(own_account) == 1
    assert not own_account.store.protection(digest).legal_hold


def test_a_lock_goes_there_to_the_end_of_the_term_and_what_is_lost_is_set_again(
    own_account: App, root: S3Client, make: Factory
) -> None:
    item = master(own_account, make)
    digest = str(item.master_digest)
    until = (own_account.clock() + timedelta(days=7300)).astimezone(UTC)
    with own_account.unit_of_work() as uow:
        row = uow.session.get_one(StoredObject, digest)
        row.locked_until, row.protection_pending = until, True
        assert item.dossier_id is not None
        assert renew_protection(uow, [item.dossier_id], now=own_account.clock()) == 0  # longer than what it asks for
    tell_store(own_account)
    assert own_account.store.protection(digest).retain_until == until
    (version,) = versions(root, digest)
    server = own_account.object_server
    assert server is not None
    with pytest.raises(S3Error, match=r"AccessDenied|WORM"):
        server.minio.remove_object(root.objects_bucket, key(digest), version.version_id)
    with own_account.unit_of_work() as uow:
        set_again(own_account, uow.session.get_one(StoredObject, digest))
    assert own_account.store.protection(digest).retain_until == until


def test_a_term_that_ends_in_days_is_locked_for_as_long_as_the_account_may_ask(own_account: App, make: Factory) -> None:
    item = master(own_account, make, b"due soon")
    digest = str(item.master_digest)
    soon = own_account.clock() + timedelta(days=5)
    (own_account.settings.data / "unlocked").write_bytes(b"without a lock")
    bare = own_account.store.put(own_account.settings.data / "unlocked").digest
    with pytest.raises(StoreRefuses):
        own_account.store.protect(bare, retain_until=soon)
    make.stored_object(bare, 14)
    with own_account.unit_of_work() as uow:
        row = uow.session.get_one(StoredObject, bare)
        row.locked_until, row.protection_pending = soon, True
    assert tell_store(own_account) == 1
    found = own_account.store.protection(bare).retain_until
    assert found is not None
    assert found >= soon
    assert own_account.store.verify(digest)
