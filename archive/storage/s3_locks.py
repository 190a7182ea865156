"""Object locks and legal holds of one key's newest version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from minio.commonconfig import COMPLIANCE, GOVERNANCE
from minio.error import S3Error
from minio.helpers import DictType, md5sum_hash
from minio.retention import Retention
from minio.time import from_iso8601utc
from minio.xml import getbytes

from archive.storage.interface import Mode, Protection
from archive.storage.locks import lengthened, whole_second
from archive.storage.s3_client import S3Client

_MODES: dict[str, Mode] = {GOVERNANCE: "governance", COMPLIANCE: "compliance"}


def retention(retain_until: datetime | None) -> Retention | None:
    """The governance lock that goes with a new object."""
    ahead = _ahead(retain_until)
    return None if ahead is None else Retention(GOVERNANCE, ahead)


def protection(headers: Mapping[str, str]) -> Protection:
    """As an answer to GET or HEAD tells it."""
    until = from_iso8601utc(headers.get("x-amz-object-lock-retain-until-date"))
    return Protection(
        retain_until=until,
        mode=None if until is None else _MODES[headers["x-amz-object-lock-mode"]],
        legal_hold=headers.get("x-amz-object-lock-legal-hold") == "ON",
    )


def protect(
    client: S3Client,
    bucket: str,
    key: str,
    *,
    digest: str,
    retain_until: datetime | None,
    legal_hold: bool | None,
    mode: Mode,
) -> None:
    """See ObjectStore.protect. The server too refuses a shorter lock: who comes second beside another looks again."""

    def change() -> None:
        head = client.minio.stat_object(bucket, key)
        held = protection(cast("Mapping[str, str]", head.metadata))
        wanted = lengthened(held, _ahead(retain_until), legal_hold, mode)
        if (wanted.retain_until, wanted.mode) != (held.retain_until, held.mode):
            strictness = COMPLIANCE if wanted.mode == "compliance" else GOVERNANCE
            body = getbytes(Retention(strictness, cast(datetime, wanted.retain_until)).toxml(None))
            headers: DictType = {"Content-MD5": cast(str, md5sum_hash(body))}
            if held.mode == "governance" and wanted.mode == "compliance":
                headers["x-amz-bypass-governance-retention"] = "true"  # S3 wants it for any change of mode
            query: DictType = {"retention": "", "versionId": cast(str, head.version_id)}
            client.minio._execute("PUT", bucket, key, body=body, headers=headers, query_params=query)
        if wanted.legal_hold != held.legal_hold:
            switch = client.minio.enable_object_legal_hold if legal_hold else client.minio.disable_object_legal_hold
            switch(bucket, key, version_id=head.version_id)

    def change_beside_others() -> None:
        try:
            change()
        except S3Error as error:
            if error.code not in ("InvalidRequest", "AccessDenied"):
                raise
            change()

    client.ask(change_beside_others, missing=digest)


def _ahead(moment: datetime | None) -> datetime | None:
    """A lock that would have ended already locks nothing, and S3 takes none."""
    end = None if moment is None else whole_second(moment)
    return None if end is None or end <= datetime.now(UTC) else end
