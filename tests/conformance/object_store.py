"""The object stores under test, and the ways to hurt them."""

from __future__ import annotations

import io
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from minio.datatypes import Object
from minio.deleteobjects import DeleteObject
from minio.error import S3Error

from archive.storage.filesystem import FilesystemStore
from archive.storage.interface import ObjectStore
from archive.storage.keys import object_path
from archive.storage.memory import MemoryStore
from archive.storage.s3_client import Patience, S3Client
from archive.storage.s3_objects import S3Store
from archive.storage.s3_transfer import PART_BYTES
from tests.servers import server_url

BRIEF = Patience(deadline_s=0.5, away_s=0.2)  # for calls that shall fail
STEADY = Patience(
    deadline_s=120, away_s=0.2, longest_wait_s=0.05
)  # for calls that shall come through on a busy machine


@dataclass
class Held:
    """damage: what lies under the digest is other bytes from now on."""

    store: ObjectStore
    damage: Callable[[str, bytes], None]
    source: Path

    def put(self, content: bytes, name: str = "source", retain_until: datetime | None = None) -> str:
        path = self.source / name
        path.write_bytes(content)
        return self.store.put(path, retain_until=retain_until).digest


def memory(tmp_path: Path) -> Iterator[Held]:
    store = MemoryStore()

    def damage(digest: str, content: bytes) -> None:
        store._objects[digest] = content

    yield Held(store, damage, tmp_path)


def filesystem(tmp_path: Path) -> Iterator[Held]:
    root = tmp_path / "objects"

    def damage(digest: str, content: bytes) -> None:
        path = root / object_path(digest)
        path.chmod(0o600)
        path.write_bytes(content)

    yield Held(FilesystemStore.create(root), damage, tmp_path)


def s3(tmp_path: Path) -> Iterator[Held]:
    """On the run's own server. Damage is what somebody with the service's account can do: other bytes laid over."""
    client = prepared(server_url("MINIO"))

    def damage(digest: str, content: bytes) -> None:
        key = str(object_path(digest))
        client.minio.put_object(client.objects_bucket, key, io.BytesIO(content), len(content))

    try:
        yield Held(S3Store(client), damage, tmp_path)
    finally:
        emptied(client)
        client.close()


def prepared(url: str, ca_file: Path | None = None) -> S3Client:
    """Buckets of its own on the server."""
    client = S3Client.connect(f"{url.rstrip('/')}/test-{secrets.token_hex(6)}", ca_file)
    client.prepare_buckets(create=True)
    return client


def emptied(client: S3Client) -> None:
    """Remove all that the locks let go; a bucket with a compliance lock in it stays until the lock ends."""
    for bucket in (client.objects_bucket, client.quarantine_bucket):
        versions = list(client.minio.list_objects(bucket, recursive=True, include_version=True))
        for held in versions:
            if not held.is_delete_marker and bucket == client.objects_bucket:
                client.minio.disable_object_legal_hold(bucket, held.object_name, version_id=held.version_id)
        going = [DeleteObject(held.object_name, held.version_id) for held in versions]
        locked = list(client.minio.remove_objects(bucket, going, bypass_governance_mode=True))
        try:
            client.minio.remove_bucket(bucket)
        except S3Error as error:
            if error.code != "BucketNotEmpty" or not locked:
                raise


def read(store: ObjectStore, digest: str) -> bytes:
    with store.open(digest) as stream:
        return stream.read()


def key(digest: str) -> str:
    return str(object_path(digest))


def versions(client: S3Client, digest: str) -> list[Object]:
    """Newest first."""
    return list(client.minio.list_objects(client.objects_bucket, prefix=key(digest), include_version=True))


def big(parts: float) -> bytes:
    """So many parts of an upload."""
    return random.Random(3).randbytes(int(parts * PART_BYTES))


ADAPTERS = {"memory": memory, "filesystem": filesystem, "s3": s3}
