"""The quarantines under test, and the ways to hurt them."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minio import Minio

from archive.storage.interface import Quarantine
from archive.storage.quarantine import FilesystemQuarantine
from archive.storage.s3_client import S3Client
from archive.storage.s3_quarantine import S3Quarantine
from tests.servers import server_url

LIMIT = 20 << 20
NAME = "Tờ trình số 12/TTr-UBND.pdf"


@dataclass
class Place:
    """A quarantine under test: as this process sees it, as others do, and what lies where it is kept."""

    quarantine: Quarantine
    elsewhere: Quarantine  # another process of another machine
    later: Quarantine  # another process, when every claim that is not renewed has run out
    lying: Callable[[], list[str]]  # names of everything there is, versions and halves included
    damage: Callable[[str, bytes], None]
    leave_half: Callable[[], str]  # what a killed process leaves; returns its name
    source: Path

    def receive(self, key: str = "k", content: bytes = b"scan", name: str = NAME) -> str:
        return self.quarantine.receive(key, io.BytesIO(content), name, limit_bytes=LIMIT).digest

    def keep(self, content: bytes, key: str = "k", name: str = "recognition.gz") -> None:
        path = self.source / "made"
        path.write_bytes(content)
        self.quarantine.keep(key, name, path)
        path.unlink()


def in_directory(tmp_path: Path) -> Place:
    root = tmp_path / "quarantine"

    def lying() -> list[str]:
        return sorted(str(path.relative_to(root)) for path in root.rglob("*"))

    def damage(key: str, content: bytes) -> None:
        (root / key / "master").write_bytes(content)

    def leave_half() -> str:
        half = root / "killed.part"
        half.mkdir()
        (half / "master").write_bytes(b"half")
        return half.name

    return Place(
        quarantine=FilesystemQuarantine.create(root),
        elsewhere=FilesystemQuarantine.create(root),
        later=FilesystemQuarantine.create(root),
        lying=lying,
        damage=damage,
        leave_half=leave_half,
        source=tmp_path,
    )


@dataclass
class Bucket:
    client: S3Client

    @property
    def minio(self) -> Minio:
        return self.client.minio

    @property
    def name(self) -> str:
        return self.client.quarantine_bucket

    def lying(self) -> list[str]:
        found = self.minio.list_objects(self.name, recursive=True, include_version=True)
        begun = self.minio._list_multipart_uploads(self.name).uploads
        return sorted(str(each.object_name) for each in [*found, *begun])

    def damage(self, key: str, content: bytes) -> None:
        told = self.minio.stat_object(self.name, f"{key}/master").metadata or {}
        metadata = {name: told[name] for name in ("x-amz-meta-digest", "x-amz-meta-name")}
        self.minio.put_object(self.name, f"{key}/master", io.BytesIO(content), len(content), metadata=dict(metadata))

    def leave_half(self) -> str:
        name = "killed/names/entry"
        self.minio.put_object(self.name, name, io.BytesIO(b"x"), 1)
        return name


def in_s3(tmp_path: Path) -> Place:
    bucket = Bucket(S3Client.connect(f"{server_url('MINIO')}/t{uuid.uuid4().hex[:16]}"))
    bucket.client.prepare_buckets(create=True)
    return Place(
        quarantine=S3Quarantine(bucket.client, tmp_path / "here"),
        elsewhere=S3Quarantine(bucket.client, tmp_path / "there"),
        later=S3Quarantine(bucket.client, tmp_path / "later", claim_s=-60.0),
        lying=bucket.lying,
        damage=bucket.damage,
        leave_half=bucket.leave_half,
        source=tmp_path,
    )
