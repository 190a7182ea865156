"""Manifests: what a delivery will hold, told before it comes, and compared with what came."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from archive import i18n
from archive.access.permissions import Permission
from archive.actions.manifests import ManifestPlan, give_manifest, plan_manifest
from archive.db.unit_of_work import UnitOfWork
from archive.errors import NotFound
from archive.queries import manifests as queries
from archive.web.api.calls import Key, Reader, Reference, Writer, once
from archive.web.api.models.manifests import Manifest, ManifestImport
from archive.web.api.models.sheets import SheetFinding
from archive.web.api.sheet_body import SHEET_BODY, DryRun, SheetBody, holding, sheet_for

router = APIRouter(prefix="/api/v1/batches/{number}/manifest", tags=["batches"])
ManifestSheet = Annotated[SheetBody, sheet_for(holding(Permission.BATCH_INGEST))]


@router.get("")
def get_manifest(visit: Reader, number: Reference) -> Manifest:
    """What was announced, line by line, with what came of it; what came and was not announced."""
    with visit.unit_of_work() as uow:
        found = queries.manifest(uow.session, number, actor=visit.actor)
        if found is None:
            raise NotFound(what=i18n.text("noun.manifest", number=number))
        return Manifest.model_validate(found)


@router.put("", openapi_extra=SHEET_BODY)
def import_manifest(
    visit: Writer, number: Reference, body: ManifestSheet, dry_run: DryRun = False, key: Key = None
) -> ManifestImport:
    """Give an open delivery its manifest, in place of an earlier one: all of it or nothing."""

    def act(uow: UnitOfWork) -> ManifestImport:
        return _told(give_manifest(uow, number, body.sheet, actor=visit.actor, now=visit.now), taken=True)

    if not dry_run:
        return once(visit, key, body.digest, act)
    with visit.unit_of_work() as uow:
        return _told(plan_manifest(uow.session, number, body.sheet, actor=visit.actor), taken=False)


def _told(plan: ManifestPlan, *, taken: bool) -> ManifestImport:
    return ManifestImport(
        taken=taken,
        findings=[SheetFinding.model_validate(finding) for finding in plan.findings],
        lines=plan.lines,
        pages=plan.pages,
        dossiers=plan.dossiers,
        replaces=plan.replaces,
    )
