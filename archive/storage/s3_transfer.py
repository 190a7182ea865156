"""Bytes to and from a bucket: the server checks each request's SHA-256, big files go in parts, reads are repeatable."""

from __future__ import annotations

import contextlib
import hashlib
import math
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from minio.error import S3Error
from minio.helpers import DictType, genheaders
from minio.retention import Retention

from archive.errors import ObjectDamaged, StoreUnavailable
from archive.storage.durable import BLOCK
from archive.storage.s3_client import CLIENT_ERRORS, TRIES_OF_UNREADABLE, S3Client, code_of

T = TypeVar("T")

PART_BYTES = 8 << 20  # what one upload holds in memory
MOST_PARTS = 10_000

_DIFFERS = {"XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "BadDigest"}
_ERROR_CODE = re.compile(rb"<Error>.*?<Code>(\w+)</Code>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Stored:
    """What lies under a key, as it was read."""

    digest: str
    size_bytes: int
    headers: Mapping[str, str]


def send(
    client: S3Client,
    bucket: str,
    key: str,
    source: BinaryIO,
    *,
    size_bytes: int,
    digest: str,
    metadata: Mapping[str, str] | None = None,
    retention: Retention | None = None,
    only_new: bool = False,
) -> bool:
    """Store the stream's bytes under the key. False when `only_new` and something is there: nothing was changed then.

    The server refuses bytes that do not match the checksums sent with them; read back what must be sure.
    Raises ObjectDamaged when the stream no longer gives the bytes of `digest`.
    """
    upload = _Upload(client, bucket, key, genheaders(dict(metadata or {}), None, None, retention, False), only_new)
    try:
        if size_bytes <= PART_BYTES:
            upload.whole(source.read(), digest)
        else:
            upload.in_parts(source, max(PART_BYTES, math.ceil(size_bytes / MOST_PARTS)))
    except _AlreadyThere:
        return False
    return True


def read_back(client: S3Client, bucket: str, key: str, *, missing: str, target: BinaryIO | None = None) -> Stored:
    """Read everything under the key, in blocks; into the target from its beginning, where one is given.

    missing: the digest or key that errors name. Raises ObjectMissing, and ObjectDamaged when the server itself can no
    longer read the bytes that it lists.
    """
    tries = Tries(client, bucket, key, missing)

    def read() -> Stored:
        digest, size = hashlib.sha256(), 0
        if target is not None:
            target.seek(0)
            target.truncate()
        try:
            response = client.minio.get_object(bucket, key)
            try:
                for block in response.stream(BLOCK):
                    digest.update(block)
                    size += len(block)
                    if target is not None:
                        target.write(block)
            finally:
                response.close()  # goes back to the pool if all was read
                response.release_conn()
        except CLIENT_ERRORS as error:
            tries.failed(error, size)
            raise
        return Stored(digest.hexdigest(), size, response.headers)

    return client.ask(read, missing=missing)


class Tries:
    """Tells rotten bytes from a server that is away: by what fails again and again at the same byte."""

    def __init__(self, client: S3Client, bucket: str, key: str, digest: str) -> None:
        self._client, self._bucket, self._key, self._digest = client, bucket, key, digest
        self._failures: Counter[tuple[str, int]] = Counter()

    def told(self, read: Callable[[], T], at: int = 0) -> T:
        """One try from that byte on. Raises ObjectDamaged instead of the failure when trying again is vain."""
        try:
            return read()
        except CLIENT_ERRORS as error:
            self.failed(error, at)
            raise

    def failed(self, error: Exception, at: int) -> None:
        failure = code_of(error) if isinstance(error, S3Error) else type(error).__name__, at
        self._failures[failure] += 1
        if self._failures[failure] >= TRIES_OF_UNREADABLE and self._unreadable(error):
            raise ObjectDamaged(digest=self._digest) from error

    def _unreadable(self, error: Exception) -> bool:
        """A server that is away or overworked cannot tell an object's size either; one with rotten bytes can."""
        if isinstance(error, S3Error) and "file is corrupted" in (error.message or ""):
            return True
        try:
            self._client.minio.stat_object(self._bucket, self._key)
        except CLIENT_ERRORS:
            return False
        return True


class _AlreadyThere(Exception):
    pass


@dataclass(frozen=True, slots=True)
class _Upload:
    """By the client's inner calls: its public one knows neither conditions nor checksums of parts."""

    client: S3Client
    bucket: str
    key: str
    headers: DictType
    only_new: bool

    def whole(self, data: bytes, digest: str) -> None:
        checksum = {"x-amz-checksum-sha256": b64encode(bytes.fromhex(digest)).decode()}

        def put() -> None:
            headers = {**self.headers, **checksum, **self._condition()}
            try:
                self.client.minio._put_object(self.bucket, self.key, data, headers)
            except S3Error as error:
                if code_of(error) in _DIFFERS and hashlib.sha256(data).hexdigest() != digest:
                    raise ObjectDamaged(digest=digest) from error  # the source changed under our hands
                _raise_if_there(error)
                raise

        self.client.ask(put)

    def in_parts(self, source: BinaryIO, part_bytes: int) -> None:
        """One part at a time, so that memory stays small."""
        minio, headers = self.client.minio, {**self.headers, "x-amz-checksum-algorithm": "SHA256"}
        upload_id = self.client.ask(lambda: minio._create_multipart_upload(self.bucket, self.key, {**headers}))
        try:
            parts: list[str] = []
            while data := source.read(part_bytes):
                parts.append(self._part(upload_id, len(parts) + 1, data))
            self._complete(upload_id, "".join(parts))
        except BaseException:
            with contextlib.suppress(*CLIENT_ERRORS):  # else it is left over, and swept
                minio._abort_multipart_upload(self.bucket, self.key, upload_id)
            raise

    def _part(self, upload_id: str, number: int, data: bytes) -> str:
        sent, checksum = self.client.minio._upload_part, b64encode(hashlib.sha256(data).digest()).decode()
        etag = self.client.ask(
            lambda: sent(self.bucket, self.key, data, {"x-amz-checksum-sha256": checksum}, upload_id, number)
        )
        return (
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>"
            f"<ChecksumSHA256>{checksum}</ChecksumSHA256></Part>"
        )

    def _complete(self, upload_id: str, parts: str) -> None:
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        tries = 0

        def complete() -> None:
            nonlocal tries
            tries += 1
            headers = {"Content-Type": "application/xml", **self._condition()}
            query: DictType = {"uploadId": upload_id}
            try:
                answer = self.client.minio._execute("POST", self.bucket, self.key, body, headers, query)
            except S3Error as error:
                if code_of(error) == "NoSuchUpload" and tries > 1:
                    return  # an earlier try was done and its answer lost: reading back will tell
                _raise_if_there(error)
                raise
            if failed := _ERROR_CODE.search(answer.data):  # S3 answers 200 before it has put the parts together
                raise StoreUnavailable("s3.failed", host=self.client.host, code=failed[1].decode())

        self.client.ask(complete)

    def _condition(self) -> DictType:
        return {"If-None-Match": "*"} if self.only_new else {}


def _raise_if_there(error: S3Error) -> None:
    if code_of(error) in ("PreconditionFailed", "ConditionalRequestConflict"):
        raise _AlreadyThere from error
