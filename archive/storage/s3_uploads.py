"""Uploads in parts that were begun and abandoned: their parts lie on the server, unseen by any listing of objects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from minio.error import S3Error

from archive.storage.s3_client import S3Client


class Uploads:
    """See archive.storage.interface.Sweepable. No lock tells whether an uploader lives: its upload's age does.

    MinIO tells of all uploads of a bucket only until it is started anew, and then removes them itself after a day.
    """

    def __init__(self, client: S3Client, bucket: str, abandoned_after: timedelta) -> None:
        self._client, self._bucket, self._abandoned_after = client, bucket, abandoned_after

    def left_over(self) -> list[str]:
        return [f"{upload.object_name}?uploadId={upload.upload_id}" for upload in self._abandoned()]

    def sweep(self) -> int:
        removed = 0
        for upload in self._abandoned():
            removed += self._client.ask(lambda upload=upload: self._abort(upload))  # type: ignore[misc]
        return removed

    def _abandoned(self) -> Iterator[Any]:
        minio, marker = self._client.minio, None
        latest = self._client.server_time() - self._abandoned_after
        while True:
            page = self._client.ask(
                lambda marker=marker: minio._list_multipart_uploads(  # type: ignore[misc]
                    self._bucket, key_marker=marker and marker[0], upload_id_marker=marker and marker[1]
                )
            )
            yield from (upload for upload in page.uploads if cast(datetime, upload.initiated_time) <= latest)
            if not page.is_truncated:
                return
            marker = (cast(str, page.next_key_marker), cast(str, page.next_upload_id_marker))

    def _abort(self, upload: Any) -> int:
        try:
            self._client.minio._abort_multipart_upload(self._bucket, upload.object_name, upload.upload_id)
        except S3Error as error:
            if error.code != "NoSuchUpload":  # finished or aborted meanwhile
                raise
            return 0
        return 1
