"""What the object store on an S3 server owes beyond the common suite: attacks, big files, links."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from minio.commonconfig import GOVERNANCE
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.helpers import md5sum_hash
from minio.retention import Retention
from minio.versioningconfig import SUSPENDED, VersioningConfig
from minio.xml import getbytes

from archive.errors import ObjectDamaged, ObjectMissing
from archive.storage.s3_client import S3Client
from archive.storage.s3_objects import S3Store
from archive.storage.s3_transfer import PART_BYTES, send
from tests.conformance.object_store import Held, big, key, read, s3, versions
from tests.servers import server_url

MONTH = timedelta(days=30)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    yield from s3(tmp_path)


@pytest.fixture
def client(held: Held) -> S3Client:
    assert isinstance(held.store, S3Store)
    return held.store._client


def test_repetition_writes_no_second_version(held: Held, client: S3Client) -> None:
    digest = held.put(b"written once")
    held.put(b"written once")
    assert len(versions(client, digest)) == 1


@pytest.mark.parametrize("content", [b"wanted by two", big(1.5)], ids=["small", "in_parts"])
def test_two_writers_of_one_digest_leave_one_version(held: Held, client: S3Client, content: bytes) -> None:
    """Each has seen that nothing is there before either writes."""
    other = Held(S3Store(client), held.damage, held.source)
    store = held.store
    assert isinstance(store, S3Store)
    whole, between = store._newest, [lambda: other.put(content, "copy")]

    def seen(digest: str) -> object:
        found = whole(digest)
        if between:
            between.pop()()
        return found

    store._newest = seen  # type: ignore[method-assign,assignment]
    digest = held.put(content)
    assert len(versions(client, digest)) == 1
    assert store.verify(digest)


# What somebody with the service's own account can do, and what comes of it.


def test_a_locked_version_is_not_deleted(held: Held, client: S3Client) -> None:
    digest = held.put(b"master", retain_until=now() + MONTH)
    (version,) = versions(client, digest)
    with pytest.raises(S3Error, match="WORM"):
        client.minio.remove_object(client.objects_bucket, key(digest), version_id=version.version_id)
    assert held.store.verify(digest)


def test_a_lock_is_not_shortened(held: Held, client: S3Client) -> None:
    digest = held.put(b"master", retain_until=now() + MONTH)
    with pytest.raises(S3Error, match="WORM"):
        client.minio.set_object_retention(client.objects_bucket, key(digest), Retention(GOVERNANCE, now() + MONTH / 2))


def test_a_compliance_lock_and_a_hold_withstand_the_right_to_bypass(held: Held, client: S3Client) -> None:
    strict, disputed = held.put(b"published"), held.put(b"disputed", "other")
    held.store.protect(strict, retain_until=now() + timedelta(minutes=1), mode="compliance")
    held.store.protect(disputed, legal_hold=True)
    wanted = [DeleteObject(key(digest), versions(client, digest)[0].version_id) for digest in (strict, disputed)]
    refused = list(client.minio.remove_objects(client.objects_bucket, wanted, bypass_governance_mode=True))
    assert {error.name for error in refused} == {key(strict), key(disputed)}
    assert held.store.verify(strict)
    assert held.store.verify(disputed)


def test_a_bypassed_governance_lock_is_noticed(held: Held, client: S3Client) -> None:
    digest = held.put(b"master", retain_until=now() + MONTH)
    wanted = [DeleteObject(key(digest), versions(client, digest)[0].version_id)]
    assert list(client.minio.remove_objects(client.objects_bucket, wanted, bypass_governance_mode=True)) == []
    with pytest.raises(ObjectMissing):
        held.store.verify(digest)
    assert not held.store.contains(digest)


def test_a_lock_shortened_by_bypass_is_told_and_lengthened_again(held: Held, client: S3Client) -> None:
    """MinIO asks no right of its own for it: that it is told is what `archive fixity` relies on."""
    digest = held.put(b"master", retain_until=now() + MONTH)
    whole = held.store.protection(digest)
    body = getbytes(Retention(GOVERNANCE, now() + MONTH / 2).toxml(None))
    headers = {"Content-MD5": md5sum_hash(body), "x-amz-bypass-governance-retention": "true"}
    query = {"retention": ""}
    client.minio._execute("PUT", client.objects_bucket, key(digest), body, headers, query)  # type: ignore[arg-type]
    assert (held.store.protection(digest).retain_until or now()) < now() + MONTH / 2 + timedelta(seconds=1)
    held.store.protect(digest, retain_until=whole.retain_until)
    assert held.store.protection(digest) == whole


def test_a_lock_that_has_ended_already_locks_nothing(held: Held) -> None:
    digest = held.put(b"due long ago", retain_until=now() - MONTH)
    held.store.protect(digest, retain_until=now() - MONTH)
    assert held.store.protection(digest).retain_until is None


def test_versioning_cannot_be_suspended_under_the_locks(held: Held, client: S3Client) -> None:
    with pytest.raises(S3Error, match="versioning cannot be suspended"):
        client.minio.set_bucket_versioning(client.objects_bucket, VersioningConfig(SUSPENDED))


def test_other_bytes_laid_over_are_noticed_read_past_and_healed(held: Held, client: S3Client) -> None:
    digest = held.put(b"the true text", retain_until=now() + MONTH)
    held.damage(digest, b"a forged text")
    assert not held.store.verify(digest)
    assert held.store.protection(digest).retain_until is None
    assert read(held.store, digest) == b"the true text"
    assert held.store.size(digest) == len(b"the true text")
    held.put(b"the true text", retain_until=now() + MONTH)
    assert held.store.verify(digest)
    assert len(versions(client, digest)) == 3


def test_a_delete_marker_is_noticed_read_past_and_healed(held: Held, client: S3Client) -> None:
    digest = held.put(b"master", retain_until=now() + MONTH)
    client.minio.remove_object(client.objects_bucket, key(digest))
    assert not held.store.contains(digest)
    assert digest not in {ref.digest for ref in held.store.digests()}
    with pytest.raises(ObjectMissing):
        held.store.verify(digest)
    assert read(held.store, digest) == b"master"
    assert held.put(b"master") == digest
    assert held.store.verify(digest)


def test_forged_bytes_with_nothing_true_beneath_are_not_handed_out(held: Held, client: S3Client) -> None:
    digest = hashlib.sha256(b"the true text").hexdigest()
    forged = hashlib.sha256(b"a forged text").hexdigest()
    send(
        client,
        client.objects_bucket,
        key(digest),
        io.BytesIO(b"a forged text"),
        size_bytes=13,
        digest=forged,
    )
    assert not held.store.verify(digest)
    with pytest.raises(ObjectDamaged):
        held.store.open(digest)


def test_foreign_keys_in_the_bucket_are_no_objects(held: Held, client: S3Client) -> None:
    digest = held.put(b"ours")
    for foreign in ("readme.txt", f"00/00/{digest}", "aa/bb/" + "a" * 63):
        client.minio.put_object(client.objects_bucket, foreign, io.BytesIO(b"x"), 1)
    assert [ref.digest for ref in held.store.digests()] == [digest]


# Big files.


def test_a_big_file_goes_in_parts_that_the_server_checked(held: Held, client: S3Client) -> None:
    content = big(2.5)
    digest = held.put(content, retain_until=now() + MONTH)
    assert digest == hashlib.sha256(content).hexdigest()
    head = client.minio.stat_object(
        client.objects_bucket, key(digest), extra_headers={"x-amz-checksum-mode": "ENABLED"}
    )
    assert head.metadata is not None
    assert head.metadata["x-amz-checksum-sha256"].endswith("-3")
    assert held.store.protection(digest).mode == "governance"
    assert read(held.store, digest) == content
    assert held.store.verify(digest)
    held.put(content)
    assert len(versions(client, digest)) == 1


def test_a_big_file_needs_no_more_memory_than_a_few_parts(held: Held) -> None:
    path = held.source / "big"
    path.write_bytes(big(6))
    tracemalloc.start()
    try:
        digest = held.store.put(path).digest
        with held.store.open(digest) as stream:
            while stream.read(1 << 20):
                pass
        assert tracemalloc.get_traced_memory()[1] < 3 * PART_BYTES
    finally:
        tracemalloc.stop()


def test_a_file_that_changes_while_it_is_sent_is_not_stored(held: Held, client: S3Client) -> None:
    digest = hashlib.sha256(b"as it was").hexdigest()
    with pytest.raises(ObjectDamaged):
        send(client, client.objects_bucket, key(digest), io.BytesIO(b"as it is!"), size_bytes=9, digest=digest)
    assert not held.store.contains(digest)


def test_what_a_killed_writer_left_is_no_object_and_is_swept(client: S3Client) -> None:
    digest = hashlib.sha256(b"never finished").hexdigest()
    started = {"x-amz-checksum-algorithm": "SHA256"}
    upload = client.minio._create_multipart_upload(client.objects_bucket, key(digest), dict(started))
    patient, impatient = S3Store(client), S3Store(client, abandoned_after=timedelta(seconds=-1))
    assert patient.left_over() == []
    assert patient.sweep() == 0
    assert impatient.left_over() == [f"{key(digest)}?uploadId={upload}"]
    assert list(impatient.digests()) == []
    assert impatient.sweep() == 1
    assert impatient.left_over() == []


def test_a_failed_upload_of_parts_is_taken_back(held: Held, client: S3Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = client.minio._upload_part

    def second_fails(*arguments: object) -> str:
        if arguments[-1] == 2:
            raise OSError(5, "the source's disk")
        return whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(client.minio, "_upload_part", second_fails)
    with pytest.raises(OSError, match="source"):
        held.put(big(2.5))
    assert S3Store(client, abandoned_after=timedelta(seconds=-1)).left_over() == []


# Links for browsers.


def test_a_link_saves_the_bytes_under_their_name(held: Held, client: S3Client) -> None:
    digest = held.put(b"%PDF-", retain_until=now() + MONTH)
    parts = urlsplit(server_url("MINIO"))
    store = S3Store(client, f"http://127.0.0.1:{parts.port}")
    name = "Quyết định 15/QĐ.pdf"
    link = store.link(digest, file_name=name, media_type="application/pdf", expires=timedelta(minutes=5))
    assert link is not None
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"%PDF-"
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote(name)}"
    with pytest.raises(urllib.request.HTTPError, match="403"):
        urllib.request.urlopen(link.replace("Expires=300", "Expires=3000"))


def test_a_link_leads_to_the_true_bytes_beneath_forged_ones(held: Held, client: S3Client) -> None:
    digest = held.put(b"the true text", retain_until=now() + MONTH)
    held.damage(digest, b"a forged text")
    store = S3Store(client, f"http://127.0.0.1:{urlsplit(server_url('MINIO')).port}")
    link = store.link(digest, file_name="a.txt", media_type="text/plain", expires=timedelta(minutes=5))
    assert link is not None
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"the true text"


def test_without_an_address_for_browsers_there_are_no_links(held: Held) -> None:
    digest = held.put(b"streamed")
    assert held.store.link(digest, file_name="a", media_type="text/plain", expires=timedelta(minutes=5)) is None
