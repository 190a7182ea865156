"""Every way in which an account of an S3 server removes a version, lays something over it, or loosens its lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

from minio.commonconfig import GOVERNANCE
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.helpers import DictType, md5sum_hash
from minio.retention import Retention
from minio.xml import getbytes

from archive.errors import StoreUnavailable
from archive.storage.interface import Attempt
from archive.storage.s3_client import S3Client, code_of

SOON = timedelta(minutes=1)  # a lock that could be shortened to this long is none
_REFUSALS = {"AccessDenied", "InvalidRequest", "MethodNotAllowed", "ObjectLocked"}
_BYPASSING: DictType = {"x-amz-bypass-governance-retention": "true"}


def attempts_on(client: S3Client, bucket: str, key: str, version_id: str) -> Iterator[Attempt]:
    minio = client.minio
    acts: tuple[tuple[str, Callable[[], object], bool], ...] = (
        ("delete_version", lambda: minio.remove_object(bucket, key, version_id), False),
        ("shorten", lambda: _shorten(client, bucket, key, version_id, {}), False),
        ("shorten_bypassing", lambda: _shorten(client, bucket, key, version_id, _BYPASSING), False),
        ("overwrite", lambda: minio._put_object(bucket, key, b"other bytes", {}), True),
        ("delete", lambda: minio.remove_object(bucket, key), True),
        ("delete_version_bypassing", lambda: _delete_bypassing(client, bucket, key, version_id), False),
    )
    for name, act, lays_over in acts:
        yield Attempt(name, lambda act=act: _refused(client, act), lays_over)  # type: ignore[misc]


def _shorten(client: S3Client, bucket: str, key: str, version_id: str, headers: DictType) -> None:
    """To a moment that is near, as whoever wants to remove it would."""
    body = getbytes(Retention(GOVERNANCE, datetime.now(UTC) + SOON).toxml(None))
    query: DictType = {"retention": "", "versionId": version_id}
    signed: DictType = {**headers, "Content-MD5": cast(str, md5sum_hash(body))}
    client.minio._execute("PUT", bucket, key, body=body, headers=signed, query_params=query)


def _delete_bypassing(client: S3Client, bucket: str, key: str, version_id: str) -> None:
    for error in client.minio.remove_objects(bucket, [DeleteObject(key, version_id)], bypass_governance_mode=True):
        raise _Refused(error.code)


class _Refused(Exception):
    pass


def _refused(client: S3Client, act: Callable[[], object]) -> bool:
    """Not tried again: what was done may not be doable twice. Raises StoreUnavailable where it is not known."""
    with client.translated():
        try:
            act()
        except _Refused as refused:
            if str(refused) in _REFUSALS:
                return True
            raise StoreUnavailable("s3.failed", host=client.host, code=str(refused)) from refused
        except S3Error as error:
            if code_of(error) == "NoSuchVersion":
                return False  # an earlier attempt has removed it
            if code_of(error) not in _REFUSALS:
                raise
            return True
        return False
