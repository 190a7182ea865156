"""Connecting to an S3 server: addresses, accounts, buckets, certificates, clocks; faults told in one sentence."""

from __future__ import annotations

import http.client
import secrets
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from minio.commonconfig import ENABLED
from minio.versioningconfig import VersioningConfig

from archive.errors import ArchiveError, StoreMisconfigured, StoreMissing, StoreRefuses, StoreUnavailable
from archive.storage import s3_client
from archive.storage.s3_client import Patience, S3Client
from tests.conformance.object_store import BRIEF, emptied, prepared
from tests.faulty_proxy import Answer, FaultyProxy, first
from tests.servers import MinioServer, free_port, programs, server_url


@pytest.fixture
def url() -> str:
    return f"{server_url('MINIO').rstrip('/')}/test-{secrets.token_hex(6)}"


@pytest.fixture
def client(url: str) -> Iterator[S3Client]:
    made = S3Client.connect(url, patience=BRIEF)
    yield made
    for bucket in (made.objects_bucket, made.quarantine_bucket):
        if made.minio.bucket_exists(bucket):
            made.minio.remove_bucket(bucket)
    made.close()


def other(url: str, *, user: str | None = None, password: str | None = None) -> str:
    parts = urlsplit(url)
    login = f"{user or parts.username}:{password or parts.password}"
    return parts._replace(netloc=f"{login}@{parts.hostname}:{parts.port}").geturl()


def told(failure: pytest.ExceptionInfo[ArchiveError], url: str) -> str:
    """The sentence, which says where and never betrays the secret."""
    sentence, parts = str(failure.value), urlsplit(url)
    assert parts.password
    assert parts.password not in sentence
    assert f"{parts.hostname}:{parts.port}" in sentence
    return sentence


@pytest.mark.parametrize(
    "address",
    [
        "",
        "127.0.0.1:9000",
        "http://127.0.0.1:9000/archive",
        "http://user@127.0.0.1:9000",
        "ftp://user:secret@127.0.0.1/archive",
        "http://user:secret@127.0.0.1:9000/Hoà sơ",
        "http://user:secret@127.0.0.1:9000/a/b",
    ],
)
def test_an_address_that_says_too_little_is_refused(address: str) -> None:
    with pytest.raises(StoreMisconfigured, match="ARCHIVE_OBJECT_STORE_URL") as failure:
        S3Client.connect(address)
    assert "secret" not in str(failure.value)


def test_the_prefix_names_the_buckets() -> None:
    named = S3Client.connect("http://user:secret@127.0.0.1:9000/hanoi")
    assert (named.objects_bucket, named.quarantine_bucket) == ("hanoi-objects", "hanoi-quarantine")
    assert S3Client.connect("http://user:secret@127.0.0.1:9000").objects_bucket == "archive-objects"


def test_buckets_are_made_once_and_by_set_up_alone(url: str, client: S3Client) -> None:
    with pytest.raises(StoreMissing, match="archive setup") as failure:
        client.prepare_buckets(create=False)
    assert client.objects_bucket in told(failure, url)
    client.prepare_buckets(create=True)
    client.prepare_buckets(create=True)
    client.prepare_buckets(create=False)
    assert client.minio.get_bucket_versioning(client.objects_bucket).status == ENABLED
    assert client.minio.get_bucket_versioning(client.quarantine_bucket).status is None


def test_who_sets_up_at_the_same_time_finds_the_buckets_there(url: str, client: S3Client) -> None:
    start, failures = threading.Barrier(4), []

    def prepare() -> None:
        start.wait()
        try:
            S3Client.connect(url).prepare_buckets(create=True)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=prepare) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    client.prepare_buckets(create=False)


def test_a_bucket_that_is_just_being_made_is_looked_at_again(url: str, client: S3Client) -> None:
    client.prepare_buckets(create=True)
    parts = urlsplit(url)
    not_yet = Answer(404, b"<Error><Code>ObjectLockConfigurationNotFoundError</Code></Error>")
    assert parts.hostname
    with FaultyProxy(parts.hostname, parts.port or 80, first(1, not_yet, "GET", "object-lock")).running() as proxy:
        S3Client.connect(url.replace(f":{parts.port}/", f":{proxy.port}/")).prepare_buckets(create=True)


@pytest.mark.parametrize("versioned", [False, True])
def test_a_bucket_without_object_lock_holds_no_records(url: str, client: S3Client, versioned: bool) -> None:
    client.minio.make_bucket(client.objects_bucket)
    if versioned:
        client.minio.set_bucket_versioning(client.objects_bucket, VersioningConfig(ENABLED))
    with pytest.raises(StoreMisconfigured, match="khoá đối tượng") as failure:
        client.prepare_buckets(create=True)
    assert client.objects_bucket in told(failure, url)


def test_a_quarantine_that_keeps_versions_is_refused(url: str, client: S3Client) -> None:
    client.minio.make_bucket(client.quarantine_bucket, object_lock=True)
    with pytest.raises(StoreMisconfigured, match="lưu phiên bản") as failure:
        client.prepare_buckets(create=True)
    assert client.quarantine_bucket in told(failure, url)


@pytest.mark.parametrize("wrong", [{"user": "nobody-here"}, {"password": "not-the-secret"}])
def test_a_wrong_account_is_told_as_such(url: str, wrong: dict[str, str]) -> None:
    address = other(url, **wrong)
    refused = S3Client.connect(address)
    with pytest.raises(StoreRefuses, match="không nhận tên tài khoản hoặc khoá") as failure:
        refused.prepare_buckets(create=True)
    told(failure, address)
    with pytest.raises(StoreRefuses):  # also where the answer has no body
        refused.ask(lambda: refused.minio.stat_object("any-bucket", "any"), missing="any")


def test_a_clock_far_off_is_told_as_such(url: str, client: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minio.time.utcnow", lambda: datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(StoreUnavailable, match="Đồng hồ") as failure:
        client.prepare_buckets(create=False)
    told(failure, url)


def test_the_servers_clock_is_read(client: S3Client) -> None:
    assert abs(client.server_time() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_server_that_is_away_is_told_at_once_and_after_patience(url: str) -> None:
    address = f"http://user:secret-key@127.0.0.1:{free_port()}/archive"
    away = S3Client.connect(address, patience=Patience(deadline_s=60, away_s=0.2))
    with pytest.raises(StoreUnavailable, match="Không kết nối được") as failure:
        away.prepare_buckets(create=False)
    told(failure, address)
    with pytest.raises(StoreUnavailable, match="Không kết nối được"):
        away.server_time()


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_client, "READ_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        address = f"http://user:secret-key@127.0.0.1:{port}/archive"
        with pytest.raises(StoreUnavailable, match="không trả lời kịp") as failure:
            S3Client.connect(address, patience=BRIEF).prepare_buckets(create=False)
        told(failure, address)


def test_a_server_that_comes_back_within_the_patience_was_never_away(url: str, client: S3Client) -> None:
    """The first tries meet a closed port, the later ones the server."""
    port, tries = free_port(), []

    def reach() -> str | None:
        tries.append(1)
        late = S3Client.connect(other(url) if len(tries) > 2 else f"http://user:secret@127.0.0.1:{port}/archive")
        return late.minio.get_bucket_versioning(client.objects_bucket).status

    client.prepare_buckets(create=True)
    patient = S3Client.connect(url, patience=Patience(away_s=60, longest_wait_s=0.01))
    assert patient.ask(reach) == ENABLED
    assert len(tries) == 3


def test_a_server_known_to_be_away_is_asked_once_until_it_answers(url: str, client: S3Client) -> None:
    tries: list[int] = []
    address = f"http://user:secret-key@127.0.0.1:{free_port()}/archive"
    away = S3Client.connect(address, patience=Patience(away_s=0.3, longest_wait_s=0.02))

    def ask() -> int:
        tries.clear()

        def knock() -> None:
            tries.append(1)
            away.minio.bucket_exists("any-bucket")

        with pytest.raises(StoreUnavailable):
            away.ask(knock)
        return len(tries)

    assert ask() > 1
    assert ask() == 1
    assert away.ask(lambda: "answered") == "answered"
    assert ask() > 1


# TLS, against a server with a certificate of an authority made for the test.


class TlsServer(MinioServer):
    def _command(self) -> list[str]:
        return [*super()._command(), "--certs-dir", str(self.directory / "certs")]

    def _answers(self) -> bool:
        asked = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=ssl._create_unverified_context())
        try:
            asked.request("GET", "/minio/health/ready")
            return asked.getresponse().status == 200
        except OSError:
            return False
        finally:
            asked.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def secure(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server's address, without https:// and prefix."""
    directory = tmp_path_factory.mktemp("minio-tls")
    server = TlsServer(directory, programs())
    certificate = authority.issue_cert("127.0.0.1")
    (directory / "certs").mkdir()
    certificate.private_key_pem.write_to_path(str(directory / "certs" / "private.key"))
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(str(directory / "certs" / "public.crt"), append=True)
    for path in (directory / "certs", *(directory / "certs").iterdir()):
        path.chmod(0o755)
    server.start()
    yield server.url.removeprefix("http://")
    server.remove()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authorities.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def test_objects_go_over_tls_when_the_authority_is_known(secure: str, ca_file: Path, tmp_path: Path) -> None:
    from archive.storage.s3_objects import S3Store

    client = prepared(f"https://{secure}", ca_file)
    source = tmp_path / "source"
    for content in (b"over TLS", b"in parts" * (2 << 20)):
        source.write_bytes(content)
        store = S3Store(client)
        digest = store.put(source, retain_until=datetime.now(UTC) + timedelta(days=1)).digest
        assert store.verify(digest)
        assert store.protection(digest).mode == "governance"
    emptied(client)
    client.close()


def test_an_unknown_authority_is_told_as_such(secure: str) -> None:
    with pytest.raises(StoreUnavailable, match="ARCHIVE_CA_FILE") as failure:
        S3Client.connect(f"https://{secure}/archive").prepare_buckets(create=False)
    told(failure, f"https://{secure}")


def test_another_name_than_the_certificates_is_told_as_such(secure: str, ca_file: Path) -> None:
    address = f"https://{secure.replace('127.0.0.1', 'localhost')}/archive"
    with pytest.raises(StoreUnavailable, match="Chứng thư TLS"):
        S3Client.connect(address, ca_file).prepare_buckets(create=False)


def test_a_plain_server_asked_by_tls_is_told_as_such(url: str) -> None:
    with pytest.raises(StoreUnavailable, match="không trả lời bằng TLS"):
        S3Client.connect(url.replace("http:", "https:")).prepare_buckets(create=False)


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_an_unreadable_file_of_authorities_stops_the_start(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "authorities.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreMisconfigured, match="ARCHIVE_CA_FILE"):
        S3Client.connect("https://user:secret@127.0.0.1:9000/archive", path)
