"""Uploads that resume: what is on its way, and what became of it. The bytes themselves come by tus 1.0 to /tus/."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from archive.queries.references import batch_id
from archive.queries.uploads import own_uploads, upload
from archive.web.api.calls import Cursor, Limit, Reader, Reference
from archive.web.api.models.common import Page, page_of
from archive.web.api.models.uploads import Upload

router = APIRouter(prefix="/api/v1", tags=["uploads"])
UploadKey = Annotated[str, Path(min_length=1, max_length=200, description="the last part of the address that tus gave")]


@router.get("/batches/{number}/uploads")
def list_uploads(visit: Reader, number: Reference, cursor: Cursor = None, limit: Limit = 50) -> Page[Upload]:
    """List the files that you began to upload into a delivery and that are not finished, the oldest first."""
    with visit.unit_of_work() as uow:
        found = batch_id(uow.session, number, actor=visit.actor)
        return page_of(
            Upload, own_uploads(visit.app, uow.session, found, actor=visit.actor, cursor=cursor, limit=limit)
        )


@router.get("/uploads/{upload_key}")
def get_upload(visit: Reader, upload_key: UploadKey) -> Upload:
    """One of your uploads: how much is here, and once it is whole what became of it, with its receipt or the reason."""
    with visit.unit_of_work() as uow:
        return Upload.model_validate(upload(visit.app, uow.session, upload_key, actor=visit.actor))
