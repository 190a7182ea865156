"""What lies in an entry of the quarantine bucket: the bytes, their names and what is kept of their recognition."""

from __future__ import annotations

import hashlib
import io
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from minio.datatypes import Object

from archive.errors import ObjectDamaged, ObjectMissing
from archive.storage.durable import digest_of, translated
from archive.storage.interface import HeldFile
from archive.storage.keys import entry_name
from archive.storage.local_copies import LocalCopies
from archive.storage.s3_client import S3Client
from archive.storage.s3_transfer import read_back, send

MASTER, NAMES, KEPT = "master", "names", "kept"
DIGEST, NAME = "x-amz-meta-digest", "x-amz-meta-name"


class S3Entries:
    """`local`: where this process keeps copies of what it works on."""

    def __init__(self, client: S3Client, local: LocalCopies) -> None:
        self._client, self._bucket, self._local = client, client.quarantine_bucket, local

    def held(self, key: str) -> HeldFile:
        found = self._stat(master_of(key), key)
        return HeldFile(_told(found, DIGEST), found.size or 0, _from_ascii(_told(found, NAME)))

    def path(self, key: str) -> Path:
        return self._copy(key, master_of(key))

    def keep(self, key: str, name: str, source: Path) -> None:
        self._stat(master_of(key), key)
        with translated(), source.open("rb") as stream:
            digest, size = digest_of(stream)
            stream.seek(0)
            self._send(_kept(key, name), stream, digest, size)

    def kept(self, key: str, name: str) -> Path | None:
        try:
            return self._copy(key, _kept(key, name))
        except ObjectMissing:
            return None

    def discard(self, key: str, name: str) -> None:
        self._delete(_kept(key, name))

    def add_name(self, key: str, entry_id: str, name: str) -> None:
        self._stat(master_of(key), key)
        content = name.encode("utf-8")
        digest = hashlib.sha256(content).hexdigest()
        place = f"{entry_name(key)}/{NAMES}/{entry_name(entry_id)}"
        self._send(place, io.BytesIO(content), digest, len(content))

    def names(self, key: str) -> dict[str, str]:
        found = {}
        for each in self._listed(f"{entry_name(key)}/{NAMES}/"):
            place = str(each.object_name)
            content = io.BytesIO()
            read_back(self._client, self._bucket, place, missing=key, target=content)
            found[place.rpartition("/")[2]] = content.getvalue().decode("utf-8")
        return found

    def _copy(self, key: str, place: str) -> Path:
        """The object as a file of this machine, fetched once."""
        digest = _told(self._stat(place, key), DIGEST)

        def fetch(target: BinaryIO) -> None:
            if read_back(self._client, self._bucket, place, missing=key, target=target).digest != digest:
                raise ObjectDamaged(digest=digest)

        return self._local.find(key, digest) or self._local.add(key, digest, fetch)

    def _send(
        self, place: str, source: BinaryIO, digest: str, size: int, metadata: Mapping[str, str] | None = None
    ) -> None:
        told = {DIGEST: digest, **(metadata or {})}
        send(self._client, self._bucket, place, source, size_bytes=size, digest=digest, metadata=told)

    def _stat(self, place: str, key: str) -> Object:
        return self._client.ask(lambda: self._client.minio.stat_object(self._bucket, place), missing=key)

    def _delete(self, place: str) -> None:
        """Also what is not there."""
        self._client.ask(lambda: self._client.minio.remove_object(self._bucket, place))

    def _listed(self, prefix: str = "") -> Iterator[Object]:
        return self._client.listed(self._bucket, prefix)


def master_of(key: str) -> str:
    return f"{entry_name(key)}/{MASTER}"


def _kept(key: str, name: str) -> str:
    return f"{entry_name(key)}/{KEPT}/{entry_name(name)}"


def _told(found: Object, header: str) -> str:
    """Raises ObjectDamaged for an object that was not put there by us."""
    told = (found.metadata or {}).get(header)
    if told is None:
        raise ObjectDamaged(digest=str(found.object_name))
    return str(told)


def in_ascii(name: str) -> str:
    return urlsafe_b64encode(name.encode("utf-8")).decode()


def _from_ascii(told: str) -> str:
    return urlsafe_b64decode(told).decode("utf-8")
