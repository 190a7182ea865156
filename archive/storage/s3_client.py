"""A connection to an S3 server with object lock: buckets, patience, and the client's exceptions told as ours."""

from __future__ import annotations

import contextlib
import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit
from xml.etree.ElementTree import ParseError

import tenacity
import urllib3
from minio import Minio
from minio.commonconfig import ENABLED
from minio.credentials.credentials import Credentials
from minio.datatypes import Object
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from minio.helpers import DictType
from urllib3.exceptions import HTTPError

from archive.errors import (
    ArchiveError,
    ObjectMissing,
    StoreMisconfigured,
    StoreMissing,
    StoreRefuses,
    StoreUnavailable,
)

T = TypeVar("T")
Traits = tuple[str | None, bool]  # of a bucket: versioning, whether its objects can be locked

CLIENT_ERRORS = (MinioException, HTTPError, ParseError)  # the last: an answer that calls itself XML and is none
CONNECTIONS = 32  # kept open, for all threads of the process
CONNECT_S, READ_S = 2.0, 10.0
KNOWN_AWAY_S = 30.0
LISTED_AT_ONCE = 1000  # keys an answer
REGION = "us-east-1"  # given, so that no call asks for it; an address may name another one by ?region=
PREFIX = "archive"
UNREADABLE, TRIES_OF_UNREADABLE = "SlowDownRead", 3  # MinIO's word for bytes that too few of its disks still have

_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]{1,50}")
_MISSING = {"NoSuchKey", "NoSuchVersion"}
_FULL = {"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage"}
_REFUSED = {
    "InvalidAccessKeyId": "s3.credentials",
    "SignatureDoesNotMatch": "s3.credentials",
    "AccessDenied": "s3.access_denied",
}
_TOLD = {"RequestTimeTooSkewed": "s3.clock", "NoSuchBucket": "s3.no_bucket", **dict.fromkeys(_FULL, "s3.full")}
_PASSING = {"RequestTimeout", "SlowDown", "OperationAborted"}  # with a status below 500, yet gone a moment later


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call is tried again. away_s: while nobody answers at the address; else deadline_s."""

    deadline_s: float = 20.0
    away_s: float = 5.0
    longest_wait_s: float = 3.0


class S3Client:
    """One a process; any number of threads. Making it asks the server nothing."""

    def __init__(self, minio: Minio, pool: urllib3.PoolManager, url: SplitResult, patience: Patience) -> None:
        self.minio = minio
        self.host = _host(url)
        self.objects_bucket, self.quarantine_bucket = (f"{_prefix(url)}-{name}" for name in ("objects", "quarantine"))
        self._pool, self._url, self._patience = pool, url, patience
        self._found_away_s: float | None = None  # when; None once somebody has answered
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passes),
            stop=self._given_up,
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=patience.longest_wait_s),
            reraise=True,
        )

    @classmethod
    def connect(cls, url: str, ca_file: Path | None = None, *, patience: Patience | None = None) -> S3Client:
        """http(s)://ACCESS:SECRET@HOST:PORT/PREFIX. Raises StoreMisconfigured for an address that says too little."""
        parts = urlsplit(url)
        if (
            parts.scheme not in ("http", "https")
            or not (parts.hostname and parts.username and parts.password)
            or _PREFIX.fullmatch(_prefix(parts)) is None
        ):
            raise StoreMisconfigured("s3.address")
        pool = urllib3.PoolManager(
            maxsize=CONNECTIONS,
            retries=False,  # ours, with jitter and a deadline
            timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S),
            ssl_context=_authorities(ca_file),
        )
        return cls(_minio(parts, parts, pool), pool, parts, patience or Patience())

    def at(self, public_url: str) -> Minio:
        """Signs for browsers that reach the server under another address; never asked anything itself."""
        return _minio(urlsplit(public_url), self._url, self._pool)

    def ask(self, call: Callable[[], T], *, missing: str | None = None) -> T:
        """The call's answer: tried again while the failure is passing, then told as ours. It must be safe to repeat."""
        with self.translated(missing):
            return self.retrying(call)

    def retrying(self, call: Callable[[], T]) -> T:
        """Whoever comes while the server is known to be away tries once: nobody else's page waits for it."""
        try:
            answer: T = self._retrying(call)
        except Exception as error:
            self._found_away_s = time.monotonic() if _unconnected(error) else None
            raise
        self._found_away_s = None
        return answer

    @contextlib.contextmanager
    def translated(self, missing: str | None = None) -> Iterator[None]:
        """missing: the digest or key that is told as missing when the server does not know it."""
        try:
            yield
        except CLIENT_ERRORS as error:
            raise self._ours(error, missing) from error

    def prepare_buckets(self, *, create: bool) -> None:
        """Objects: versioned and lockable; quarantine: neither, so that removed bytes are gone.

        Raises StoreMisconfigured when one is otherwise, or is absent and shall not be made.
        """
        with self.translated():
            for bucket, lock in ((self.objects_bucket, True), (self.quarantine_bucket, False)):
                as_wanted = (ENABLED, True) if lock else (None, False)
                if self._settled(bucket, lock, create, as_wanted) != as_wanted:
                    raise StoreMisconfigured("s3.no_lock" if lock else "s3.versioned", bucket=bucket, host=self.host)

    def listed(self, bucket: str, prefix: str = "") -> Iterator[Object]:
        """Every object below the prefix by its key, answer by answer: one that fails is asked for again, alone."""
        after: str | None = None
        while page := self.ask(lambda after=after: self._page(bucket, prefix, after)):  # type: ignore[misc]
            yield from page
            if len(page) < LISTED_AT_ONCE:
                return
            after = page[-1].object_name

    def server_time(self) -> datetime:
        """The server's clock, to the second. Asked once, without patience: so also whether it is there."""
        with self.translated():
            answer = self._pool.request("HEAD", f"{self._url.scheme}://{self.host}/")
            try:
                return parsedate_to_datetime(answer.headers["date"]).astimezone(UTC)
            except (KeyError, ValueError) as error:
                raise StoreUnavailable("s3.no_s3", host=self.host) from error

    def close(self) -> None:
        self._pool.clear()

    def _given_up(self, state: tenacity.RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, S3Error) and code_of(error) == UNREADABLE and state.attempt_number >= TRIES_OF_UNREADABLE:
            return True
        limit_s = self._patience.deadline_s
        if error is not None and _unconnected(error):
            known = self._found_away_s is not None and time.monotonic() - self._found_away_s < KNOWN_AWAY_S
            limit_s = 0.0 if known else self._patience.away_s
        return (state.seconds_since_start or 0.0) + state.upcoming_sleep >= limit_s

    def _settled(self, bucket: str, lock: bool, create: bool, wanted: Traits) -> Traits:
        """Looked at again for a second if it is not as wanted: somebody beside us may be in the middle of making it."""
        patiently = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda found: found != wanted),
            stop=tenacity.stop_after_delay(1.0),
            wait=tenacity.wait_fixed(0.1),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        found: Traits = patiently(lambda: self._looked_at(bucket) or self._made(bucket, lock, create))
        return found

    def _page(self, bucket: str, prefix: str, after: str | None) -> list[Object]:
        found = self.minio.list_objects(bucket, prefix=prefix, recursive=True, start_after=after)
        return list(islice(found, LISTED_AT_ONCE))

    def _looked_at(self, bucket: str) -> Traits | None:
        """None where there is no such bucket."""
        try:
            versioning = self.retrying(lambda: self.minio.get_bucket_versioning(bucket)).status
            self.retrying(lambda: self.minio.get_object_lock_config(bucket))
        except S3Error as error:
            if error.code == "NoSuchBucket":
                return None
            if error.code != "ObjectLockConfigurationNotFoundError":
                raise
            return versioning, False
        return versioning, True

    def _made(self, bucket: str, lock: bool, create: bool) -> Traits:
        if not create:
            raise StoreMissing("s3.no_bucket", bucket=bucket, host=self.host)
        try:
            self.retrying(lambda: self.minio.make_bucket(bucket, object_lock=lock))
        except S3Error as error:
            if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):  # somebody sets up beside us
                raise
        return self._looked_at(bucket) or (None, False)

    def _ours(self, error: Exception, missing: str | None = None) -> ArchiveError:
        if isinstance(error, S3Error):
            code = code_of(error)
            if code in _MISSING and missing is not None:
                return ObjectMissing(digest=missing)
            if code in _REFUSED:
                return StoreRefuses(_REFUSED[code], host=self.host)
            bucket = error.bucket_name or ""
            return StoreUnavailable(_TOLD.get(code, "s3.failed"), host=self.host, bucket=bucket, code=code)
        if isinstance(error, ServerError | InvalidResponseError):
            return StoreUnavailable("s3.failed", host=self.host, code=f"HTTP {_status(error)}")
        if isinstance(error, ParseError):
            return StoreUnavailable("s3.no_s3", host=self.host)
        told = _tls_fault(error) or ("s3.away" if _unconnected(error) else "s3.broken_off")
        return StoreUnavailable(told, host=self.host)


def code_of(error: S3Error) -> str:
    """The server's code, also where the answer has no body."""
    return str(error.response.headers.get("x-minio-error-code") or error.code)


class _Minio(Minio):
    """Bytes that go with their checksum are hashed once: the checksum is signed, and the server holds them to it."""

    def _build_headers(
        self,
        host: str,
        headers: DictType | None = None,
        body: bytes | None = None,
        creds: Credentials | None = None,
    ) -> tuple[DictType, datetime]:
        if "x-amz-checksum-sha256" not in (headers or {}):
            return super()._build_headers(host, headers, body, creds)
        signed, date = super()._build_headers(host, headers, None, creds)
        signed["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
        return signed, date


def _minio(endpoint: SplitResult, login: SplitResult, pool: urllib3.PoolManager) -> Minio:
    return _Minio(
        _host(endpoint),
        access_key=unquote(login.username or ""),
        secret_key=unquote(login.password or ""),
        secure=endpoint.scheme == "https",
        region=parse_qs(login.query).get("region", [REGION])[0],
        http_client=pool,
    )


def _host(url: SplitResult) -> str:
    return url.netloc.rpartition("@")[2]


def _prefix(url: SplitResult) -> str:
    return url.path.strip("/") or PREFIX


def _authorities(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise StoreMisconfigured("s3.ca_file", path=ca_file) from error
    return context


def _passes(error: BaseException) -> bool:
    """Whether the same call may succeed in a moment."""
    if isinstance(error, S3Error):
        code = code_of(error)
        return code in _PASSING or (error.response.status >= 500 and code not in _FULL and code != "NotImplemented")
    if isinstance(error, ServerError | InvalidResponseError):
        return _status(error) in (408, 429) or _status(error) >= 500
    return isinstance(error, HTTPError | ParseError) and _tls_fault(error) is None


def _unconnected(error: BaseException) -> bool:
    return isinstance(error, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError)


def _tls_fault(error: BaseException) -> str | None:
    """What must be set right by a person; a connection that only breaks off within TLS is an SSLError too."""
    causes = [cause for cause in (*error.args, error.__cause__, error.__context__) if isinstance(cause, ssl.SSLError)]
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return "s3.certificate"
    return "s3.no_tls" if any(cause.reason == "WRONG_VERSION_NUMBER" for cause in causes) else None


def _status(error: ServerError | InvalidResponseError) -> int:
    return int(error.status_code if isinstance(error, ServerError) else error._code)
