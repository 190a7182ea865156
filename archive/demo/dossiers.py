"""The sample dossiers through the real actions: created, delivered, reviewed by one person, published by another."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy import func, select

from archive.access.identity import Actor, actor_named
from archive.actions.deliver import OnFile, deliver_paths
from archive.actions.dossiers import create_dossier
from archive.actions.review import publish_item, review_item
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Dossier, Item, Receipt
from archive.db.states import ItemState
from archive.demo.people import APPROVER, CLERK
from archive.demo.samples import SampleDossier, Samples
from archive.queries.dossiers import dossier as view_dossier
from archive.queries.views import DossierView

PUBLISHED_A_DOSSIER = 2  # the rest waits, so that a visitor finds something to do


def person(app: App, login: str) -> Actor:
    with app.unit_of_work() as uow:
        return actor_named(uow.session, login, app.clock())


def make_dossiers(app: App, samples: Samples) -> None:
    """Those that are not there yet."""
    clerk = person(app, CLERK.login)
    with app.unit_of_work() as uow:
        known = set(uow.session.scalars(select(Dossier.code)))
        for wanted in samples.dossiers:
            if wanted.code not in known:
                create_dossier(
                    uow,
                    code=wanted.code,
                    title=wanted.title,
                    agency_code=wanted.agency_code,
                    year=wanted.year,
                    task_number=wanted.task_number,
                    actor=clerk,
                    now=app.clock(),
                )


def undelivered(app: App, dossier: SampleDossier) -> list[Path]:
    """Its scans whose bytes this agency has no receipt for."""
    digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in dossier.files}
    with app.unit_of_work() as uow:
        held = set(
            uow.session.scalars(
                select(Receipt.digest)
                .join(Agency, Agency.id == Receipt.agency_id)
                .where(Agency.code == dossier.agency_code, Receipt.digest.in_(digests.values()))
            )
        )
    return [path for path, digest in digests.items() if digest not in held]


def deliver(app: App, dossier: SampleDossier, files: list[Path], on_file: OnFile) -> str:
    """Returns the number of the batch."""
    return deliver_paths(
        app,
        files,
        agency_code=dossier.agency_code,
        task_number=dossier.task_number,
        dossier_code=dossier.code,
        source="demo",
        actor=person(app, CLERK.login),
        on_file=on_file,
    )


def under_way(app: App) -> int:
    """Items that were received and are neither described nor stopped yet."""
    with app.unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).where(Item.state == ItemState.RECEIVED)) or 0


def stopped(app: App) -> dict[str, int]:
    """Message id of the reason -> how many items."""
    with app.unit_of_work() as uow:
        counted = (
            select(Item.stop_reason, func.count()).where(Item.state == ItemState.STOPPED).group_by(Item.stop_reason)
        )
        return {str(reason): count for reason, count in uow.session.execute(counted)}


def review_and_publish(app: App, samples: Samples) -> None:
    """In each dossier where nothing was reviewed yet, the items that were read with most certainty."""
    clerk, approver = person(app, CLERK.login), person(app, APPROVER.login)
    for sample in samples.dossiers:
        lines = view(app, sample.code).items
        if any(line.state in (ItemState.REVIEWED, ItemState.PUBLISHED) for line in lines):
            continue
        certain = [line for line in lines if line.state == ItemState.DESCRIBED and not line.doubtful_fields]
        certain.sort(key=lambda line: -(line.confidence or 0))
        for line in certain[:PUBLISHED_A_DOSSIER]:
            with app.unit_of_work() as uow:
                review_item(uow, line.id, actor=clerk, now=app.clock())
            with app.unit_of_work() as uow:
                publish_item(uow, line.id, actor=approver, now=app.clock())


def view(app: App, code: str) -> DossierView:
    """As the records manager sees it."""
    approver = person(app, APPROVER.login)
    with app.unit_of_work() as uow:
        return view_dossier(uow.session, code, actor=approver)
