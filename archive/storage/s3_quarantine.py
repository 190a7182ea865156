"""The quarantine as a bucket without versions and locks, so that removed bytes are gone.

    <key>/master          the bytes; digest and name are its metadata, so that an entry is there at once and whole
    <key>/names/<entry>   names under which the same bytes came again
    <key>/kept/<name>     what was derived before the gate

No lock tells that a receiver lives. An entry that is older than `claim_s` by the server's own clock and has no receipt
was given up; a receiver that is not sure to commit before that time commits nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO

from minio.datatypes import Object

from archive import i18n
from archive.errors import ObjectDamaged, ObjectMissing, StoreUnavailable
from archive.storage.durable import digest_of, pass_digesting, translated
from archive.storage.interface import HeldFile
from archive.storage.keys import entry_name
from archive.storage.local_copies import LocalCopies
from archive.storage.s3_client import S3Client
from archive.storage.s3_transfer import read_back, send
from archive.storage.s3_uploads import Uploads

CLAIM_S = 3600.0
LISTED_AT_ONCE = 1000
MASTER, NAMES, KEPT = "master", "names", "kept"
DIGEST, NAME = "x-amz-meta-digest", "x-amz-meta-name"


class S3Quarantine:
    """See archive.storage.interface.Quarantine. `directory` is this machine's, for copies of what is worked on."""

    def __init__(self, client: S3Client, directory: Path, *, claim_s: float = CLAIM_S) -> None:
        self._client, self._bucket = client, client.quarantine_bucket
        self._local = LocalCopies(directory)
        self._uploads = Uploads(client, self._bucket, timedelta(seconds=claim_s))
        self._claim_s = claim_s
        self._claims: dict[str, float] = {}
        self._guard = threading.Lock()

    def receive(self, key: str, source: BinaryIO, name: str, *, limit_bytes: int) -> HeldFile:
        place, begun = _master(key), _now_s()
        with self._local.passing() as arriving:
            with translated():
                digest, size = pass_digesting(source, arriving.write, limit_bytes)
                arriving.seek(0)
            try:
                self._send(place, arriving, digest, size, {NAME: _in_ascii(name)})
                back = read_back(self._client, self._bucket, place, missing=key)
                if (back.digest, back.size_bytes) != (digest, size):
                    raise StoreUnavailable(detail=i18n.text("store.read_back_differs"))
            except BaseException:
                with contextlib.suppress(StoreUnavailable):  # else it is found without a receipt later
                    self.remove(key)
                raise
        with self._guard:
            self._claims[key] = begun
        return HeldFile(digest, size, name)

    def release(self, key: str) -> None:
        with self._guard:
            self._claims.pop(key, None)

    def claimed(self, key: str) -> bool:
        """The second half of the time is left to the commit."""
        with self._guard:
            begun = self._claims.get(key)
        return begun is not None and _now_s() - begun < self._claim_s / 2

    def held(self, key: str) -> HeldFile:
        found = self._stat(_master(key), key)
        return HeldFile(_told(found, DIGEST), found.size or 0, _from_ascii(_told(found, NAME)))

    def path(self, key: str) -> Path:
        return self._copy(key, _master(key))

    def keep(self, key: str, name: str, source: Path) -> None:
        self._stat(_master(key), key)
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

    def working(self, key: str) -> contextlib.AbstractContextManager[Path]:
        return self._local.workspace(entry_name(key))

    def workspace(self) -> contextlib.AbstractContextManager[Path]:
        return self._local.workspace("work")

    def add_name(self, key: str, entry_id: str, name: str) -> None:
        self._stat(_master(key), key)
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

    def keys(self) -> Iterator[str]:
        for key, objects in self._entries():
            if MASTER in objects:
                yield key

    def unclaimed(self) -> Iterator[str]:
        """Those given up by the server's clock; a living process's entry is younger, or it commits nothing."""
        given_up = self._given_up_before()
        for key, objects in self._entries():
            if MASTER in objects and objects[MASTER] < given_up:
                yield key

    def left_over(self) -> list[str]:
        """Of this machine's disk, and in the bucket what came to an entry when it was just being removed."""
        return [*self._local.left_over(), *self._uploads.left_over(), *self._strays()]

    def sweep(self) -> int:
        removed = self._local.sweep() + self._uploads.sweep()
        for place in list(self._strays()):
            self._delete(place)
            removed += 1
        for key in self._local.held():
            if not self._holds(key):  # another process removed it: its copy here goes too
                self._local.forget(key)
        return removed

    def remove(self, key: str) -> None:
        """The bytes last: a removal that was cut short is seen, and is done again."""
        for each in self._listed(f"{entry_name(key)}/"):
            if each.object_name != _master(key):
                self._delete(str(each.object_name))
        self._delete(_master(key))
        self._local.forget(key)
        self.release(key)

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

    def _holds(self, key: str) -> bool:
        try:
            self._stat(_master(key), key)
        except ObjectMissing:
            return False
        return True

    def _delete(self, place: str) -> None:
        """Also what is not there."""
        self._client.ask(lambda: self._client.minio.remove_object(self._bucket, place))

    def _listed(self, prefix: str = "") -> Iterator[Object]:
        after: str | None = None
        while page := self._client.ask(lambda after=after: self._page(prefix, after)):  # type: ignore[misc]
            yield from page
            if len(page) < LISTED_AT_ONCE:
                return
            after = page[-1].object_name

    def _page(self, prefix: str, after: str | None) -> list[Object]:
        minio = self._client.minio
        listed = minio.list_objects(self._bucket, prefix=prefix, recursive=True, start_after=after)
        return list(islice(listed, LISTED_AT_ONCE))

    def _entries(self) -> Iterator[tuple[str, dict[str, datetime]]]:
        """Key by key, what lies below it and since when."""
        for key, objects in groupby(self._listed(), lambda each: str(each.object_name).partition("/")[0]):
            yield key, {str(each.object_name).partition("/")[2]: _since(each) for each in objects}

    def _strays(self) -> Iterator[str]:
        """Of entries without their bytes: what was added in the instant of a removal, and is not just being removed."""
        given_up = self._given_up_before()
        for key, objects in self._entries():
            if MASTER not in objects:
                yield from (f"{key}/{name}" for name, since in objects.items() if since < given_up)

    def _given_up_before(self) -> datetime:
        return self._client.server_time() - timedelta(seconds=self._claim_s)


def _master(key: str) -> str:
    return f"{entry_name(key)}/{MASTER}"


def _kept(key: str, name: str) -> str:
    return f"{entry_name(key)}/{KEPT}/{entry_name(name)}"


def _since(found: Object) -> datetime:
    assert found.last_modified is not None
    return found.last_modified


def _told(found: Object, header: str) -> str:
    """Raises ObjectDamaged for an object that was not put there by us."""
    told = (found.metadata or {}).get(header)
    if told is None:
        raise ObjectDamaged(digest=str(found.object_name))
    return str(told)


def _in_ascii(name: str) -> str:
    return urlsafe_b64encode(name.encode("utf-8")).decode()


def _from_ascii(told: str) -> str:
    return urlsafe_b64decode(told).decode("utf-8")


def _now_s() -> float:
    """Goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
