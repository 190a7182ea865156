"""What the servers of docker-compose.yml let whom do: the service what it needs, and nobody more."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from minio.commonconfig import GOVERNANCE
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.retention import Retention

from tests.composed.stack import Stack

pytestmark = pytest.mark.slow
BUCKETS = ("archive-objects", "archive-quarantine")


def test_the_service_stands_and_every_health_check_says_so(stack: Stack) -> None:
    assert stack.operator["password"]
    assert stack.operator["token"]
    assert all(server.running and server._answers() for server in stack.servers.values())
    assert all(stack.healthy(service) for service in ("web", "worker"))


def test_setting_up_again_changes_nothing_and_tells_no_secret(stack: Stack) -> None:
    stack.run("object-store-account")
    again = stack.run("setup", "--json")
    assert stack.operator["password"] not in again
    assert stack.operator["token"] not in again
    assert '"created": false' in again


def test_commands_act_by_the_operators_token(stack: Stack) -> None:
    stack.inside.secrets.joinpath("archive-token").write_text(stack.operator["token"] + "\n")
    assert "PostgreSQL" in stack.run("archive")  # archive doctor


def test_postgresql_is_spoken_to_in_tls_by_whoever_knows_its_certificate(stack: Stack) -> None:
    url = stack.servers["postgres"].url
    with psycopg.connect(url) as connection:
        assert connection.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()").fetchone() == (True,)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.replace(stack.inside.secret("postgres-password"), "archive"))
    with pytest.raises(psycopg.OperationalError, match="certificate"):
        psycopg.connect(url.replace("ca.pem", "proxy.pem"))


def test_the_services_account_on_minio_removes_no_record(stack: Stack, tmp_path: Path) -> None:
    server = stack.app.object_server
    assert server is not None
    until = datetime.now(UTC) + timedelta(days=30)
    (tmp_path / "record").write_bytes(b"a record")
    digest = stack.app.store.put(tmp_path / "record", retain_until=until).digest
    [record] = [
        held
        for held in server.minio.list_objects(BUCKETS[0], recursive=True, include_version=True)
        if digest in str(held.object_name)
    ]
    name, version = str(record.object_name), record.version_id
    for attempt in (
        lambda: server.minio.remove_object(BUCKETS[0], name, version),
        lambda: server.minio.remove_object(BUCKETS[0], name),
        lambda: server.minio.set_object_retention(
            BUCKETS[0], name, Retention(GOVERNANCE, datetime.now(UTC) + timedelta(minutes=1)), version
        ),
        lambda: server.minio.remove_bucket(BUCKETS[0]),
        lambda: server.minio.delete_bucket_lifecycle(BUCKETS[0]),
        lambda: server.minio.make_bucket("another-bucket"),
        lambda: list(server.minio.list_objects("another-bucket")),
    ):
        with pytest.raises(S3Error, match=r"AccessDenied|WORM protected"):
            attempt()
    bypassing = server.minio.remove_objects(BUCKETS[0], [DeleteObject(name, version)], bypass_governance_mode=True)
    assert [error.code for error in bypassing] == ["AccessDenied"]
    assert stack.app.store.verify(digest)


def test_minio_has_no_password_that_is_known_and_speaks_tls_alone(stack: Stack, trusting: ssl.SSLContext) -> None:
    address = stack.inside.at["minio:9000"]
    assert httpx.get(f"https://{address}/archive-objects/", verify=trusting).status_code == 403
    assert httpx.get(f"http://{address}/minio/health/live").status_code == 400
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"https://{address}/minio/health/live")


def test_elasticsearch_knows_one_account_which_sees_its_own_indices(stack: Stack, trusting: ssl.SSLContext) -> None:
    with httpx.Client(base_url=f"https://{stack.inside.at['elasticsearch:9200']}", verify=trusting) as server:
        assert server.get("/_cluster/health").status_code == 401
        assert server.get("/_cluster/health", auth=("elastic", "changeme")).status_code == 401
        own = ("archive", stack.inside.secret("elasticsearch-password"))
        assert server.get("/_cluster/health", auth=own).json()["status"] in {"green", "yellow"}
        assert server.get("/archive", auth=own).status_code == 200
        assert server.put("/another", auth=own).status_code == 403
        assert (
            server.put(
                "/_cluster/settings", auth=own, json={"persistent": {"cluster.max_shards_per_node": "500"}}
            ).status_code
            == 403
        )
