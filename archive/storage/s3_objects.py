"""The object store on an S3 server: one key a digest in a versioned bucket with object lock."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import quote

from minio.helpers import DictType
from urllib3 import BaseHTTPResponse

from archive import i18n
from archive.errors import ObjectDamaged, ObjectMissing, StoreUnavailable
from archive.storage.durable import digest_of
from archive.storage.interface import Attempt, Mode, Protection, StoredObjectRef
from archive.storage.keys import is_digest, object_path
from archive.storage.locks import lengthened
from archive.storage.s3_client import S3Client
from archive.storage.s3_drill import attempts_on
from archive.storage.s3_locks import protect, protection, retention
from archive.storage.s3_stream import BUFFER_BYTES, ObjectStream
from archive.storage.s3_transfer import Stored, Tries, read_back, send
from archive.storage.s3_uploads import Uploads

ABANDONED_AFTER = timedelta(hours=6)
SMALL_BYTES = 1 << 20  # read at once by `open`
UNREADABLE = Stored(digest="", size_bytes=0, headers={})


@dataclass(frozen=True, slots=True)
class _Version:
    id: str
    size_bytes: int
    stored_at: datetime
    checksum: str | None  # as the server took it, base64; of parts where it ends in -N

    def bears(self, digest: str) -> bool:
        """Whether it was stored as this digest; whether its bytes still match is for `verify` to tell."""
        if self.checksum is None:
            return False
        return "-" in self.checksum or self.checksum == b64encode(bytes.fromhex(digest)).decode()


class S3Store(Uploads):
    """See archive.storage.interface.ObjectStore.

    The newest version of a key is the one that `contains`, `verify`, `digests`, `protection` and `put` speak of: so
    other bytes or a delete marker laid over it are found out. Reading goes on with the version beneath until `put`
    has healed it.
    """

    def __init__(
        self, client: S3Client, public_url: str | None = None, *, abandoned_after: timedelta = ABANDONED_AFTER
    ) -> None:
        """public_url: where browsers reach the server; abandoned_after: the age of an upload that nobody finishes."""
        super().__init__(client, client.objects_bucket, abandoned_after)
        self._public = None if public_url is None else client.at(public_url)

    def put(self, source: Path, *, retain_until: datetime | None = None) -> StoredObjectRef:
        with source.open("rb") as stream:
            digest, size = digest_of(stream)
        held = self._newest(digest)
        if held is None or held.digest != digest:
            with source.open("rb") as stream:
                send(
                    self._client,
                    self._bucket,
                    _key(digest),
                    stream,
                    size_bytes=size,
                    digest=digest,
                    retention=retention(retain_until),
                    only_new=held is None,  # of two writers one writes; over damaged bytes goes a new version
                )
            held = self._newest(digest)
            if held is None or held.digest != digest:
                raise StoreUnavailable(detail=i18n.text("store.read_back_differs"))
        if lengthened(found := protection(held.headers), retain_until, None, "governance") != found:
            self.protect(digest, retain_until=retain_until)
        return StoredObjectRef(digest, size)

    def open(self, digest: str) -> BinaryIO:
        tries = Tries(self._client, self._bucket, _key(digest), digest)
        newest, response = None, None
        try:
            response = self._client.ask(lambda: tries.told(lambda: self._get(digest, None, 0)), missing=digest)
            newest = _version(response.headers)
        except ObjectMissing:
            pass
        if newest is None or not newest.bears(digest):
            if response is not None:
                response.close()
            newest, response = self._beneath(digest, newest), None
        version = newest

        def ask(read: Callable[[], int], at: int) -> int:
            return self._client.ask(lambda: tries.told(read, at), missing=digest)

        stream = ObjectStream(lambda at: self._get(digest, version.id, at), ask, version.size_bytes, response)
        if version.size_bytes > SMALL_BYTES:
            return io.BufferedReader(stream, BUFFER_BYTES)
        with stream:  # the connection is free again at once
            return io.BytesIO(stream.readall())

    def path(self, digest: str) -> Path | None:
        if not self.contains(digest):
            raise ObjectMissing(digest=digest)
        return None

    def link(self, digest: str, *, file_name: str, media_type: str, expires: timedelta) -> str | None:
        if self._public is None:
            return None
        asked: DictType = {
            "response-content-disposition": f"attachment; filename*=UTF-8''{quote(file_name)}",
            "response-content-type": media_type,
        }
        return self._public.get_presigned_url(
            "GET",
            self._bucket,
            _key(digest),
            expires=expires,
            response_headers=asked,
            version_id=self._found(digest).id,
        )

    def size(self, digest: str) -> int:
        return self._found(digest).size_bytes

    def stored_at(self, digest: str) -> datetime:
        return self._found(digest).stored_at

    def contains(self, digest: str) -> bool:
        try:
            self._head(digest)
        except ObjectMissing:
            return False
        return True

    def verify(self, digest: str) -> bool:
        held = self._newest(digest)
        if held is None:
            raise ObjectMissing(digest=digest)
        return held.digest == digest

    def digests(self) -> Iterator[StoredObjectRef]:
        for held in self._client.listed(self._bucket):
            digest = cast(str, held.object_name).rpartition("/")[2]
            if is_digest(digest) and held.object_name == _key(digest):
                yield StoredObjectRef(digest, cast(int, held.size))

    def protect(
        self,
        digest: str,
        *,
        retain_until: datetime | None = None,
        legal_hold: bool | None = None,
        mode: Mode = "governance",
    ) -> None:
        protect(
            self._client,
            self._bucket,
            _key(digest),
            digest=digest,
            retain_until=retain_until,
            legal_hold=legal_hold,
            mode=mode,
        )

    def protection(self, digest: str) -> Protection:
        return protection(self._head(digest))

    def attempts(self, digest: str) -> Iterator[Attempt]:
        yield from attempts_on(self._client, self._bucket, _key(digest), self._found(digest).id)

    def _newest(self, digest: str) -> Stored | None:
        """Read whole; None where nothing or a delete marker lies."""
        try:
            return read_back(self._client, self._bucket, _key(digest), missing=digest)
        except ObjectMissing:
            return None
        except ObjectDamaged:
            return UNREADABLE

    def _head(self, digest: str, version_id: str | None = None) -> Mapping[str, str]:
        minio, key = self._client.minio, _key(digest)
        head = self._client.ask(
            lambda: minio.stat_object(self._bucket, key, version_id=version_id, extra_headers=_with_checksum()),
            missing=digest,
        )
        return cast("Mapping[str, str]", head.metadata)

    def _get(self, digest: str, version_id: str | None, offset: int) -> BaseHTTPResponse:
        return self._client.minio.get_object(
            self._bucket, _key(digest), offset=offset, request_headers=_with_checksum(), version_id=version_id
        )

    def _found(self, digest: str) -> _Version:
        try:
            newest = _version(self._head(digest))
        except ObjectMissing:
            newest = None
        return newest if newest is not None and newest.bears(digest) else self._beneath(digest, newest)

    def _beneath(self, digest: str, newest: _Version | None) -> _Version:
        """The newest version that bears the digest. One without any checksum is taken where there is no better."""
        minio, key = self._client.minio, _key(digest)
        versions = self._client.ask(lambda: list(minio.list_objects(self._bucket, prefix=key, include_version=True)))
        for held in versions:
            if not held.is_delete_marker:
                version = _version(self._head(digest, held.version_id))
                if version.bears(digest):
                    return version
        if newest is None:
            raise ObjectMissing(digest=digest)
        if newest.checksum is not None:
            raise ObjectDamaged(digest=digest)
        return newest


def _key(digest: str) -> str:
    return str(object_path(digest))


def _version(headers: Mapping[str, str]) -> _Version:
    return _Version(
        id=headers["x-amz-version-id"],
        size_bytes=int(headers["content-length"]),
        stored_at=parsedate_to_datetime(headers["last-modified"]).astimezone(UTC),
        checksum=headers.get("x-amz-checksum-sha256"),
    )


def _with_checksum() -> DictType:
    return {"x-amz-checksum-mode": "ENABLED"}  # a new one a call: the client adds to it
