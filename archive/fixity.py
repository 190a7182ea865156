"""Do the stored bytes still match their digests, and are they locked? In small portions, longest unverified first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from archive.bootstrap import App
from archive.db.holdings import Item, Receipt, RecognitionRow, Rendition, StoredObject
from archive.errors import ObjectMissing
from archive.protection import is_short, set_again

PORTION = 100  # objects between two commits
COVERED_WITHIN = timedelta(days=90)

MASTER, RECOGNITION, RENDITION, UNHELD = "master", "recognition", "rendition", "unheld"


@dataclass(frozen=True, slots=True)
class FixityFinding:
    """rule: missing, damaged, or object_unlocked: its bytes match, but the store held it less than the catalogue says.

    can_be_made_again: from the master, whose bytes are then the ones that count.
    """

    rule: str
    digest: str
    kind: str  # master, recognition, rendition, unheld
    receipts: tuple[str, ...]
    can_be_made_again: bool


@dataclass(frozen=True, slots=True)
class FixityReport:
    verified: int
    verified_bytes: int
    objects: int
    covered: int  # objects whose bytes matched within the last COVERED_WITHIN
    findings: tuple[FixityFinding, ...]

    @property
    def coverage(self) -> float:
        return self.covered / self.objects if self.objects else 1.0


def verify_holdings(
    app: App, *, limit: int | None = None, progress: Callable[[int, int], None] | None = None
) -> FixityReport:
    """Verify up to `limit` objects (all if None), those never or longest ago verified first.

    May be interrupted and repeated: what matched is dated as it goes. No bytes are repaired or removed here; a
    lock that is missing is set again, and told once.
    Raises StoreUnavailable if the store cannot be read at all.
    """
    started = app.clock()
    total = min(count for count in (_count(app), limit) if count is not None)
    verified = size = 0
    findings: list[FixityFinding] = []
    while verified < total:
        portion = _portion(app, started, min(PORTION, total - verified), [f.digest for f in findings])
        if not portion:
            break
        good: list[str] = []
        for held in portion:
            rule = _verdict(app, held.digest)
            if rule is None:
                good.append(held.digest)
                rule = _locked_again(app, held)
            if rule is not None:
                findings.append(_finding(app, rule, held.digest))
            size += held.size_bytes
        _date(app, good)
        verified += len(portion)
        if progress is not None:
            progress(verified, total)
    return FixityReport(verified, size, _count(app), _covered(app), tuple(findings))


def _verdict(app: App, digest: str) -> str | None:
    try:
        return None if app.store.verify(digest) else "damaged"
    except ObjectMissing:
        return "missing"


def _locked_again(app: App, held: StoredObject) -> str | None:
    """What the store is still to be told of is no finding."""
    if held.protection_pending or not is_short(app, held):
        return None
    set_again(app, held)
    return "object_unlocked"


def _portion(app: App, started: datetime, size: int, done: list[str]) -> Sequence[StoredObject]:
    """Not yet looked at since `started`."""
    due = StoredObject.verified_at.is_(None) | (StoredObject.verified_at < started)
    rows = (
        select(StoredObject)
        .where(due, StoredObject.digest.not_in(done))
        .order_by(StoredObject.verified_at.nulls_first(), StoredObject.digest)
        .limit(size)
    )
    with app.unit_of_work() as uow:
        return uow.session.scalars(rows).all()


def _date(app: App, digests: list[str]) -> None:
    with app.unit_of_work() as uow:
        uow.session.execute(
            update(StoredObject).where(StoredObject.digest.in_(digests)).values(verified_at=app.clock())
        )


def _finding(app: App, rule: str, digest: str) -> FixityFinding:
    with app.unit_of_work() as uow:
        kind, receipts = _held_as(uow.session, digest)
        return FixityFinding(rule, digest, kind, receipts, kind != MASTER and _masters_intact(app, receipts))


def _held_as(session: Session, digest: str) -> tuple[str, tuple[str, ...]]:
    """As what an object is held, the weightiest first, and for which receipts."""
    numbers = select(Receipt.number).join(Item, Item.receipt_id == Receipt.id).order_by(Receipt.number).distinct()
    held = (
        (MASTER, numbers.where(Item.master_digest == digest)),
        (
            RECOGNITION,
            numbers.join(RecognitionRow, RecognitionRow.item_id == Item.id).where(RecognitionRow.digest == digest),
        ),
        (RENDITION, numbers.join(Rendition, Rendition.item_id == Item.id).where(Rendition.digest == digest)),
    )
    for kind, query in held:
        receipts = tuple(session.scalars(query))
        if receipts:
            return kind, receipts
    return UNHELD, ()


def _masters_intact(app: App, receipts: tuple[str, ...]) -> bool:
    masters = select(Item.master_digest).join(Receipt, Receipt.id == Item.receipt_id)
    with app.unit_of_work() as uow:
        digests = set(uow.session.scalars(masters.where(Receipt.number.in_(receipts))))
    return bool(digests) and all(digest is not None and _verdict(app, digest) is None for digest in digests)


def _count(app: App) -> int:
    with app.unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).select_from(StoredObject)) or 0


def _covered(app: App) -> int:
    recent = StoredObject.verified_at >= app.clock() - COVERED_WITHIN
    with app.unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).select_from(StoredObject).where(recent)) or 0
