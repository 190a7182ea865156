"""Each figure counts exactly the records of its list, for whoever asks, held against a naive count."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import OFFICE_HOURS, SYSTEM, Actor
from archive.access.permissions import Permission, Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import Task, TaskPlan
from archive.db.holdings import Correction, Item, Page, Rendition
from archive.db.reuse import ReuseEvent
from archive.db.states import READABLE, ItemState
from archive.errors import InvalidInput
from archive.ids import new_id
from archive.queries.figures import DEFECTS, STAGES, Figure, Measure, Period, Selection
from archive.queries.programme import programme
from archive.queries.quality import quality
from archive.queries.records import DossierRecord, RecordLine, records
from tests.factories import Factory

TODAY = date(2026, 3, 2)
FIRST = datetime(2026, 1, 26, 17, 0, tzinfo=UTC)  # midnight of a Tuesday in Hà Nội
GONE = {ItemState.WITHDRAWN, ItemState.REPLACED, ItemState.DESTROYED}


@dataclass
class Made:
    """An item with all that its figures look at; what is None is not there."""

    state: ItemState
    agency: int
    task: int
    dossier: int | None
    received_h: int
    published_h: int
    pages: int
    dpi: int | None
    confidence: float
    copy: str | None  # good, bad
    master: bool
    corrected: str | None  # other, same, back
    reused: bool
    id: uuid.UUID = field(default_factory=new_id)

    @property
    def received_at(self) -> datetime:
        return FIRST + timedelta(hours=self.received_h)

    @property
    def published_at(self) -> datetime:
        return FIRST + timedelta(hours=self.published_h)


made_items = st.builds(
    Made,
    state=st.sampled_from(ItemState),
    agency=st.integers(0, 2),
    task=st.integers(1, 2),
    dossier=st.sampled_from([None, 0, 1]),
    received_h=st.integers(0, 900),
    published_h=st.integers(0, 900),
    pages=st.integers(0, 3),
    dpi=st.sampled_from([None, 150, 200, 300]),
    confidence=st.sampled_from([0.2, 0.9]),
    copy=st.sampled_from([None, "good", "bad"]),
    master=st.booleans(),
    corrected=st.sampled_from([None, "other", "same", "back"]),
    reused=st.booleans(),
    id=st.builds(new_id),
)
periods = st.none() | st.builds(
    lambda first, days: Period(first, first + timedelta(days=days)),
    st.dates(date(2026, 1, 20), date(2026, 3, 10)),
    st.integers(0, 40),
)
ROLES = (Role.CLERK, Role.RECORDS_MANAGER, Role.LEADER, Role.OFFICIAL, Role.AUDITOR, Role.OPERATOR)


class World:
    """Three agencies with two dossiers each; the third stands below the first."""

    def __init__(self, app: App, make: Factory) -> None:
        self.app, self.make = app, make
        first, second = make.agency("A"), make.agency("B")
        self.agencies = [first, second, make.agency("A-1", parent=first)]
        self.dossiers = [[make.dossier(agency) for _ in range(2)] for agency in self.agencies]
        self.actors = {(role, n): make.actor(role, self.agencies[n]) for role in ROLES for n in (0, 1)}
        self.writer = make.account("writer").id

    def fill(self, session: Session, items: list[Made]) -> None:
        """In a transaction that is never committed: the next example begins anew."""
        session.rollback()
        for number, made in enumerate(items):
            self._item(session, made, number)
        session.flush()

    def _item(self, session: Session, made: Made, number: int) -> None:
        agency = self.agencies[made.agency]
        receipt = self._receipts()[number][made.agency]
        dossier = None if made.dossier is None else self.dossiers[made.agency][made.dossier]
        described = made.state in READABLE | GONE
        item = Item(
            id=made.id,
            receipt_id=receipt,
            agency_id=agency.id,
            task_number=made.task,
            state=str(made.state),
            dossier_id=dossier.id if dossier else None,
            fond_id=dossier.fond_id if dossier else None,
            code=f"{dossier.code}.{number:07}" if dossier else None,
            stop_reason="gate.secret" if made.state is ItemState.STOPPED else None,
            master_digest=self._master() if made.master else None,
            page_count=made.pages if described else None,
            received_at=made.received_at,
            described_at=made.received_at if described else None,
            published_at=made.published_at if made.state is ItemState.PUBLISHED else None,
        )
        session.add(item)
        session.flush()
        for page in range(made.pages):
            session.add(self._page(made, page + 1))
        if made.copy:
            name = f"{item.code}.pdf" if made.copy == "good" else "BN-1.pdf"
            session.add(self._copy(made, name))
        for step, value in enumerate(
            {"other": ["x"], "same": ["đọc"], "back": ["x", "đọc"]}.get(made.corrected or "", [])
        ):
            session.add(self._correction(made, value, step))
        if made.reused:
            session.add(self._reuse(made, agency))

    def _receipts(self) -> list[list[uuid.UUID]]:
        if not hasattr(self, "_kept_receipts"):
            batches = [self.make.batch(agency) for agency in self.agencies]
            self._kept_receipts = [[self.make.receipt(batch).id for batch in batches] for _ in range(MOST)]
        return self._kept_receipts

    def _master(self) -> str:
        if not hasattr(self, "_kept_master"):
            self._kept_master = self.make.stored_object("a" * 64, 1).digest
        return self._kept_master

    def _page(self, made: Made, number: int) -> Page:
        figures = {"width": 1, "height": 1, "rotation": 0, "skew_degrees": 0.0, "blank": False, "source": "recognised"}
        return Page(item_id=made.id, number=number, dpi=made.dpi, confidence=made.confidence, **figures)

    def _copy(self, made: Made, name: str) -> Rendition:
        kept = {"digest": self._master(), "media_type": "application/pdf", "made_from": {}, "at": FIRST}
        return Rendition(id=new_id(), item_id=made.id, kind="access_pdf", version=1, file_name=name, **kept)

    def _correction(self, made: Made, value: str, step: int) -> Correction:
        return Correction(
            id=new_id(),
            item_id=made.id,
            field="subject",
            read_as={"value": "đọc"},
            value={"value": value},
            account_id=self.writer,
            at=FIRST + timedelta(minutes=step),
        )

    def _reuse(self, made: Made, agency: Agency) -> ReuseEvent:
        told = {"procedure": "1.0", "purpose": "x", "dossier_reference": "y", "how": "eform", "at": FIRST}
        return ReuseEvent(id=new_id(), agency_id=agency.id, item_id=made.id, account_id=self.writer, **told)


MOST = 8


@pytest.fixture
def world(app: App, make: Factory) -> World:
    return World(app, make)


@pytest.fixture
def session(app: App) -> Iterator[Session]:
    with Session(app.engine) as opened:
        yield opened


def counts(made: Made, figure: Figure) -> bool:
    """What the words of docs/programme.md say, in Python."""
    readable, published = made.state in READABLE, made.state is ItemState.PUBLISHED
    defects = {
        Figure.COARSE: made.pages > 0 and made.dpi == 150,
        Figure.UNSEALED: made.copy is None,
        Figure.UNNAMED: made.dossier is None or made.copy == "bad",
        Figure.UNLINKED: not made.master,
    }
    told = {
        Figure.RECEIVED: made.state not in GONE,
        Figure.RECOGNISED: readable,
        Figure.REVIEWED: made.state in (ItemState.REVIEWED, ItemState.PUBLISHED),
        Figure.PUBLISHED: published,
        Figure.REUSED: published and made.reused,
        Figure.STOPPED: made.state is ItemState.STOPPED,
        Figure.UNCLEAR: readable and made.pages > 0 and made.confidence < 0.5,
        Figure.CORRECTED: readable and made.corrected == "other",
        Figure.FAULTY: readable and any(defects.values()),
    }
    return told[figure] if figure in told else readable and defects[figure]


def within(made: Made, selection: Selection) -> bool:
    if selection.period is None:
        return True
    moments = {Figure.RECEIVED: made.received_at, Figure.PUBLISHED: made.published_at}
    if selection.figure not in moments:
        return False
    return selection.period.first <= moments[selection.figure].astimezone(OFFICE_HOURS).date() <= selection.period.last


def chosen(world: World, items: list[Made], selection: Selection, actor: Actor) -> list[Made]:
    return [
        made
        for made in items
        if counts(made, selection.figure)
        and within(made, selection)
        and selection.task in (None, made.task)
        and selection.agency in (None, world.agencies[made.agency].code)
        and policy.may(actor, Permission.PROGRESS_READ, world.agencies[made.agency].id)
    ]


def may_see(world: World, made: Made, actor: Actor) -> bool:
    agency_id = world.agencies[made.agency].id
    under_way = made.state in (ItemState.RECEIVED, ItemState.STOPPED)
    record = policy.RecordAccess(agency_id, made.state, "conditional")
    return policy.allows(actor, Permission.ITEM_READ, record) or (
        under_way and policy.may(actor, Permission.BATCH_READ, agency_id)
    )


def walked(session: Session, selection: Selection, actor: Actor) -> tuple[int, int, list[RecordLine | DossierRecord]]:
    """Page by page; every page tells the same count."""
    lines: list[RecordLine | DossierRecord] = []
    cursor, told = None, set()
    while True:
        found = records(session, selection, actor=actor, cursor=cursor, limit=2)
        told.add((found.counted, found.hidden))
        lines += found.lines
        cursor = found.lines.following
        if cursor is None:
            ((counted, hidden),) = told
            return counted, hidden, lines


unlimited = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)


@unlimited
@given(
    st.lists(made_items, max_size=MOST),
    st.sampled_from(Figure),
    st.sampled_from(ROLES),
    st.integers(0, 1),
    st.sampled_from([None, 1]),
    st.sampled_from([None, "A", "A-1"]),
    periods,
)
def test_a_figure_counts_the_records_of_its_list(
    world: World,
    session: Session,
    items: list[Made],
    figure: Figure,
    role: Role,
    over: int,
    task: int | None,
    agency: str | None,
    period: Period | None,
) -> None:
    actor = world.actors[role, over]
    selection = Selection(figure, task=task, agency=agency, period=period)
    world.fill(session, items)
    expected = chosen(world, items, selection, actor)
    counted, hidden, lines = walked(session, selection, actor)
    assert counted == len(expected)
    assert len(lines) == counted - hidden == len([made for made in expected if may_see(world, made, actor)])
    if role in (Role.CLERK, Role.RECORDS_MANAGER):
        assert hidden == 0, "who works on the records sees all that is counted"
    for line in lines:
        assert isinstance(line, RecordLine)
        assert (line.item is None) == (line.state in (ItemState.RECEIVED, ItemState.STOPPED))


@unlimited
@given(st.lists(made_items, max_size=MOST), st.sampled_from(ROLES[:5]), st.integers(0, 1))
def test_the_table_says_what_its_lists_hold(
    world: World, session: Session, items: list[Made], role: Role, over: int
) -> None:
    actor = world.actors[role, over]
    world.fill(session, items)
    for task, unit in ((1, "hồ sơ"), (2, "trang")):
        row = session.get_one(Task, task)
        row.planned_quantity, row.unit = Decimal(10), unit
    session.add(
        TaskPlan(id=new_id(), task_number=2, agency_id=world.agencies[0].id, planned_quantity=Decimal(4), unit="hồ sơ")
    )
    session.flush()
    told = programme(session, actor=actor, today=TODAY)
    for line in told.tasks[:2]:
        for progress in (line.progress, *(part.progress for part in line.agencies)):
            for stage in STAGES:
                listed = records(session, progress.selection(stage), actor=actor)
                assert progress.items[stage] == listed.counted
                if progress.measured is not None:
                    listed = records(session, progress.selection(stage, measured=True), actor=actor)
                    amount = listed.pages if progress.plan.measure is Measure.PAGES else listed.counted
                    assert progress.measured[stage] == amount
            for stage, amount in (
                (Figure.RECEIVED, progress.pace.received),
                (Figure.PUBLISHED, progress.pace.published),
            ):
                listed = records(session, progress.selection(stage, measured=True, period=told.period), actor=actor)
                assert amount == (listed.pages if progress.plan.measure is Measure.PAGES else listed.counted)
    for cell in quality(session, actor=actor).lines:
        for figure in (*DEFECTS, Figure.FAULTY, Figure.UNCLEAR, Figure.STOPPED, Figure.CORRECTED, Figure.RECOGNISED):
            assert cell.counts[figure] == records(session, cell.selection(figure), actor=actor).counted


def test_a_dossier_has_come_as_far_as_its_last_document(session: Session, world: World) -> None:
    def made(state: ItemState, hour: int) -> Made:
        return Made(state, 0, 1, 0, 0, hour, 1, 300, 0.9, "good", True, None, False)

    actor = world.actors[Role.LEADER, 0]
    whole = Selection(Figure.PUBLISHED, task=1, measure=Measure.DOSSIERS)
    week = Period(date(2026, 2, 2), date(2026, 2, 8))
    world.fill(session, [made(ItemState.PUBLISHED, 0), made(ItemState.PUBLISHED, 170), made(ItemState.WITHDRAWN, 0)])
    (line,) = records(session, whole, actor=actor).lines
    assert isinstance(line, DossierRecord)
    assert line.code == world.dossiers[0][0].code
    assert (
        records(
            session, Selection(Figure.PUBLISHED, task=1, measure=Measure.DOSSIERS, period=week), actor=actor
        ).counted
        == 1
    )
    late = made(ItemState.REVIEWED, 0)
    world._item(session, late, 5)
    session.flush()
    assert records(session, whole, actor=actor).counted == 0
    assert records(session, Selection(Figure.REVIEWED, task=1, measure=Measure.DOSSIERS), actor=actor).counted == 1


def test_a_title_of_a_record_under_way_is_shown_to_nobody(app: App, make: Factory, world: World) -> None:
    make.item(world.agencies[0], state=ItemState.STOPPED, title="lộ")
    for role in ROLES:
        with Session(app.engine) as session:
            lines = records(session, Selection(Figure.STOPPED), actor=world.actors[role, 0]).lines
        assert all(isinstance(line, RecordLine) and line.item is None for line in lines)
        assert len(lines) == (1 if role in (Role.CLERK, Role.RECORDS_MANAGER, Role.LEADER) else 0)


def test_dossiers_are_not_counted_by_what_is_no_stage(session: Session, world: World) -> None:
    with pytest.raises(InvalidInput):
        records(session, Selection(Figure.UNNAMED, measure=Measure.DOSSIERS), actor=SYSTEM)
