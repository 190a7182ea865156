"""What is wrong with a part stops the start in one sentence, and nothing stays begun."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from elasticsearch import Elasticsearch
from minio import Minio
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig
from sqlalchemy import text

from archive.access.keys import Keys
from archive.bootstrap import open_app, utc_now
from archive.errors import (
    ClockOff,
    DatabaseNewer,
    DatabaseRefuses,
    DatabaseUnavailable,
    DiskFull,
    KeysDiffer,
    StoreMisconfigured,
    StoreMissing,
    StoreRefuses,
)
from archive.preflight import check_object_store, open_for_work
from archive.settings import Settings
from search.errors import IndexForeign, IndexUnavailable, SearchError
from tests.conftest import DatabaseServer
from tests.servers import server_url


@dataclass
class Installation:
    """Settings of a catalogue that is there; `attached` counts who is connected to it."""

    settings: Settings
    server: DatabaseServer
    database: str

    @property
    def attached(self) -> int:
        with psycopg.connect(self.server.maintenance_url, autocommit=True) as connection:
            count = connection.execute("select count(*) from pg_stat_activity where datname = %s", [self.database])
            row = count.fetchone()
            assert row is not None
            return int(row[0])

    def refuses(self, kind: type[Exception], **how: object) -> str:
        """Why it does not start. Nobody stays connected, no thread stays, nothing that it said has two lines."""
        threads = set(threading.enumerate())
        clock: Callable[[], datetime] = how.get("clock", utc_now)  # type: ignore[assignment]
        with pytest.raises(kind) as stopped:
            open_for_work(self.settings, create=bool(how.get("create")), clock=clock).close()
        assert self.attached == 0
        assert set(threading.enumerate()) <= threads
        assert "\n" not in str(stopped.value)
        return str(stopped.value)


@pytest.fixture
def installation(database_server: DatabaseServer, tmp_path: Path) -> Iterator[Installation]:
    name = database_server.create()
    settings = Settings(data=tmp_path / "data", database_url=database_server.url(name))
    open_app(settings, create=True).close()
    yield Installation(settings, database_server, name)
    database_server.drop(name)


def test_where_all_is_right_it_starts(installation: Installation) -> None:
    with open_for_work(installation.settings) as app, app.unit_of_work() as uow:
        assert uow.session.scalar(text("select 1")) == 1
    assert installation.attached == 0


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_clock_five_minutes_off_is_refused_and_one_minute_is_not(installation: Installation, minutes: int) -> None:
    told = installation.refuses(ClockOff, clock=lambda: utc_now() + timedelta(minutes=minutes))
    assert "lệch 5 phút so với PostgreSQL" in told
    assert "Hãy chỉnh giờ" in told
    open_for_work(installation.settings, clock=lambda: utc_now() + timedelta(minutes=1)).close()


def test_other_keys_are_refused(installation: Installation, tmp_path: Path) -> None:
    other = Keys(tmp_path / "other")
    for purpose in ("columns", "lookup"):
        other.current(purpose)
    installation.settings = replace(installation.settings, keys=other.directory)
    assert "không phải khoá của kho này" in installation.refuses(KeysDiffer)


def test_a_database_of_a_newer_version_is_refused(installation: Installation) -> None:
    with open_app(installation.settings) as app, app.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    told = installation.refuses(DatabaseNewer)
    assert installation.database in told
    assert "Hãy cài lại phiên bản mới" in told


def test_a_full_disk_is_told_before_anything_is_written(installation: Installation, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a file system of its own can be mounted by root alone")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        installation.settings = replace(installation.settings, data=small / "data")
        told = installation.refuses(DiskFull, create=True)
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)
    assert str(small / "data") in told
    assert "Hãy dọn đĩa" in told


def test_postgresql_that_is_away_or_takes_nobody_in_is_told(tmp_path: Path) -> None:
    url = server_url("POSTGRES")
    account = urlsplit(url)
    assert account.password is not None
    for wrong, kind, words in (
        (url.replace(account.password, "bi-mat-sai"), DatabaseRefuses, "mật khẩu không đúng"),
        (url.rpartition("/")[0] + "/khong_co_kho_nay", DatabaseRefuses, "“khong_co_kho_nay”"),
        (url.replace(f":{account.port}", ":1"), DatabaseUnavailable, "127.0.0.1:1"),
    ):
        with pytest.raises(kind, match=words) as stopped:
            open_for_work(Settings(data=tmp_path / "data", database_url=wrong), create=True)
        assert account.password not in str(stopped.value)
        assert "bi-mat-sai" not in str(stopped.value)
        assert "Hãy" in str(stopped.value)


class Buckets:
    """The real server, with a prefix of this test's own."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.username
        assert parts.password
        self._prefix = f"t{uuid.uuid4().hex[:12]}"
        self.client = Minio(
            f"{parts.hostname}:{parts.port}", parts.username, parts.password, secure=parts.scheme == "https"
        )
        self.url = f"{url}/{self._prefix}"

    def make(self, *, lock: bool = True, versioned_quarantine: bool = False) -> None:
        self.client.make_bucket(f"{self._prefix}-objects", object_lock=lock)
        self.client.make_bucket(f"{self._prefix}-quarantine")
        if versioned_quarantine:
            self.client.set_bucket_versioning(f"{self._prefix}-quarantine", VersioningConfig(ENABLED))

    @property
    def made(self) -> list[str]:
        return [bucket.name for bucket in self.client.list_buckets() if bucket.name.startswith(self._prefix)]


@pytest.fixture
def buckets(installation: Installation) -> Iterator[Buckets]:
    held = Buckets(server_url("MINIO"))
    installation.settings = replace(installation.settings, object_store_url=held.url)
    yield held
    for bucket in held.made:
        with suppress(Exception):  # one with locked objects stays: it goes with its server
            held.client.remove_bucket(bucket)


def test_buckets_that_are_not_there_are_made_by_setting_up_alone(installation: Installation, buckets: Buckets) -> None:
    assert "archive setup" in installation.refuses(StoreMissing)
    assert buckets.made == []
    open_for_work(installation.settings, create=True).close()
    assert len(buckets.made) == 2
    with open_for_work(installation.settings) as app:
        assert list(app.store.digests()) == []


@pytest.mark.parametrize("wrong", [{"lock": False}, {"versioned_quarantine": True}], ids=["no-lock", "versions"])
def test_a_bucket_that_is_not_as_it_must_be_is_refused(
    installation: Installation, buckets: Buckets, wrong: dict[str, bool]
) -> None:
    buckets.make(**wrong)
    for create in (False, True):
        told = installation.refuses(StoreMisconfigured, create=create)
        assert ("objects" if "lock" in wrong else "quarantine") in told
        assert "Hãy" in told


def test_a_wrong_key_of_the_object_store_is_refused_and_not_told(installation: Installation, buckets: Buckets) -> None:
    secret = urlsplit(buckets.url).password
    assert secret is not None
    url = buckets.url.replace(secret, "khoa-sai-hoan-toan")
    installation.settings = replace(installation.settings, object_store_url=url)
    told = installation.refuses(StoreRefuses)
    assert "khoa-sai" not in told
    assert "ARCHIVE_OBJECT_STORE_URL" in told


def test_the_object_stores_clock_counts_too(installation: Installation, buckets: Buckets) -> None:
    buckets.make()
    with open_for_work(installation.settings) as app:
        app.clock = lambda: utc_now() - timedelta(minutes=5)
        with pytest.raises(ClockOff, match="lệch 5 phút so với MinIO/S3"):
            check_object_store(app)


def test_an_object_store_that_is_away_stops_no_start_but_that_of_setting_up(installation: Installation) -> None:
    away = "http://u:bi-mat-gi-do@127.0.0.1:1/kho"
    installation.settings = replace(installation.settings, object_store_url=away)
    open_for_work(installation.settings).close()
    with pytest.raises(Exception, match=r"127\.0\.0\.1:1"):
        open_for_work(installation.settings, create=True)
    assert installation.attached == 0


def test_an_index_of_a_foreign_mapping_is_refused_and_left_as_it_is(installation: Installation) -> None:
    server = server_url("SEARCH")
    name = f"t{uuid.uuid4().hex[:12]}"
    client = Elasticsearch(server)
    client.indices.create(index=name, mappings={"properties": {"price": {"type": "long"}}})
    try:
        client.index(index=name, id="1", document={"price": 7}, refresh=True)
        installation.settings = replace(installation.settings, search_url=f"{server}/{name}")
        told = installation.refuses(IndexForeign)
        assert client.get(index=name, id="1")["_source"] == {"price": 7}
    finally:
        client.indices.delete(index=name)
        client.close()
    assert told


class _Unauthorised(BaseHTTPRequestHandler):
    def answer(self) -> None:
        body = b'{"error": {"type": "security_exception"}, "status": 401}'
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body if self.command != "HEAD" else b"")

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing."""


def test_a_search_server_that_takes_nobody_in_is_refused_and_one_that_is_away_is_waited_for(
    installation: Installation,
) -> None:
    own = installation.settings
    with ThreadingHTTPServer(("127.0.0.1", 0), _Unauthorised) as server:
        answering = threading.Thread(target=server.serve_forever)
        answering.start()
        try:
            address = f"http://u:bi-mat@127.0.0.1:{server.server_port}/kho"
            installation.settings = replace(own, search_url=address)
            with pytest.raises(IndexUnavailable) as refused:
                open_for_work(installation.settings)
            assert not refused.value.retry
            assert "bi-mat" not in str(refused.value)
        finally:
            server.shutdown()
            answering.join()
    assert installation.attached == 0
    with open_for_work(replace(own, search_url="http://127.0.0.1:1/kho")) as app, pytest.raises(SearchError):
        app.index.is_current()
