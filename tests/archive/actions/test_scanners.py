from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions import scanners
from archive.actions.ingest import close_batch, open_batch
from archive.actions.scanners import Done
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.digitization import Batch
from archive.db.holdings import Scanner
from archive.db.trail import AuditEvent
from archive.errors import ArchiveError, Conflict, InvalidInput, NotFound
from archive.queries import scanners as queries
from tests.conftest import SetClock
from tests.factories import Factory

TODAY, LATER = date(2026, 3, 2), date(2026, 9, 1)


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


@pytest.fixture
def keeper(make: Factory, agency: Agency) -> Actor:
    return make.actor(Role.CLERK, agency)


@pytest.fixture
def scanner(app: App, keeper: Actor) -> Scanner:
    with app.unit_of_work() as uow:
        return scanners.register_scanner(
            uow, agency_code="SXD", code="mq-01", name="Canon DR", serial="X1", actor=keeper, now=app.clock()
        )


def done(on: date = TODAY) -> Done:
    return Done(on, "Phòng PA03", "BB 12/2026")


def clear(app: App, actor: Actor, scanner: Scanner, *, on: date = TODAY, until: date = LATER) -> None:
    with app.unit_of_work() as uow:
        scanners.clear_scanner(uow, scanner.id, done(on), until=until, actor=actor, now=app.clock())


def wipe(app: App, actor: Actor, scanner: Scanner) -> None:
    with app.unit_of_work() as uow:
        scanners.wipe_scanner(uow, scanner.id, done(), actor=actor, now=app.clock())


def leave(app: App, actor: Actor, scanner: Scanner) -> None:
    with app.unit_of_work() as uow:
        scanners.let_scanner_leave(uow, scanner.id, done(), actor=actor, now=app.clock())


def deliver(app: App, actor: Actor, code: str = "MQ-01") -> Batch:
    with app.unit_of_work() as uow:
        return open_batch(uow, agency_code="SXD", task_number=1, scanner_code=code, actor=actor, now=app.clock())


def refusal(error: ArchiveError) -> str:
    return error.reason


def test_a_scanner_goes_its_way_and_its_log_tells_it(app: App, keeper: Actor, scanner: Scanner) -> None:
    clear(app, keeper, scanner)
    wipe(app, keeper, scanner)
    leave(app, keeper, scanner)
    with app.unit_of_work() as uow:
        view = queries.scanner(uow.session, "SXD", "MQ-01", actor=keeper)
        tags = uow.session.scalars(select(AuditEvent.tag).order_by(AuditEvent.at, AuditEvent.id)).all()
    assert view.line.state == "gone"
    assert [entry.kind for entry in view.log] == ["left", "wiped", "cleared"]
    assert tags == ["scanner.registered", "scanner.cleared", "scanner.wiped", "scanner.left"]


@pytest.mark.parametrize("was_cleared", [False, True])
def test_it_does_not_leave_before_it_is_wiped(app: App, keeper: Actor, scanner: Scanner, was_cleared: bool) -> None:
    if was_cleared:
        clear(app, keeper, scanner)
    with pytest.raises(Conflict) as refused:
        leave(app, keeper, scanner)
    assert refusal(refused.value) == "scanner.not_wiped"
    wipe(app, keeper, scanner)
    clear(app, keeper, scanner)
    with pytest.raises(Conflict) as used_again:
        leave(app, keeper, scanner)
    assert refusal(used_again.value) == "scanner.not_wiped", "cleared again, it may have scanned since"


def test_what_is_gone_comes_back_only_through_a_new_check(app: App, keeper: Actor, scanner: Scanner) -> None:
    wipe(app, keeper, scanner)
    leave(app, keeper, scanner)
    for act in (wipe, leave):
        with pytest.raises(Conflict) as refused:
            act(app, keeper, scanner)
        assert refusal(refused.value) == "scanner.gone"
    with pytest.raises(InvalidInput):
        deliver(app, keeper)
    clear(app, keeper, scanner)
    assert deliver(app, keeper).scanner_id == scanner.id


def test_only_a_cleared_scanner_delivers_and_only_until_its_day(
    app: App, keeper: Actor, scanner: Scanner, clock: SetClock
) -> None:
    with pytest.raises(InvalidInput) as never:
        deliver(app, keeper)
    assert refusal(never.value) == "scanner.not_cleared"
    clear(app, keeper, scanner, until=date(2026, 3, 3))
    clock.advance(days=1)
    assert deliver(app, keeper).scanner_id == scanner.id
    clock.advance(days=1)
    with pytest.raises(InvalidInput) as over:
        deliver(app, keeper)
    assert refusal(over.value) == "scanner.clearance_over"
    with app.unit_of_work() as uow:
        line = queries.scanner(uow.session, "SXD", "MQ-01", actor=keeper).line
    assert line.overdue(date(2026, 3, 4))
    assert not line.overdue(date(2026, 3, 3))


def test_a_scanner_of_another_agency_is_unknown_to_a_delivery(
    app: App, make: Factory, keeper: Actor, scanner: Scanner
) -> None:
    clear(app, keeper, scanner)
    other = make.agency("UBND")
    with pytest.raises(InvalidInput) as refused, app.unit_of_work() as uow:
        open_batch(
            uow,
            agency_code="UBND",
            task_number=1,
            scanner_code="MQ-01",
            actor=make.actor(Role.CLERK, other),
            now=app.clock(),
        )
    assert refusal(refused.value) == "scanner.unknown"


def test_it_is_not_wiped_while_a_delivery_of_it_is_open(app: App, keeper: Actor, scanner: Scanner) -> None:
    clear(app, keeper, scanner)
    batch = deliver(app, keeper)
    with pytest.raises(Conflict) as refused:
        wipe(app, keeper, scanner)
    assert refusal(refused.value) == "scanner.batches_open"
    assert batch.number in str(refused.value)
    with app.unit_of_work() as uow:
        close_batch(uow, batch.id, actor=keeper, now=app.clock())
    wipe(app, keeper, scanner)


@pytest.mark.parametrize(
    ("on", "until", "reason"),
    [
        (date(2026, 3, 3), LATER, "scanner.future"),
        (date(2026, 3, 1), LATER, "scanner.before_last"),
        (TODAY, date(2026, 3, 1), "scanner.until_before_check"),
    ],
)
def test_the_log_runs_forward_and_not_ahead(
    app: App, keeper: Actor, scanner: Scanner, on: date, until: date, reason: str
) -> None:
    clear(app, keeper, scanner)
    with pytest.raises(InvalidInput) as refused:
        clear(app, keeper, scanner, on=on, until=until)
    assert refusal(refused.value) == reason


@pytest.mark.parametrize(
    ("given", "reason"),
    [({"code": "mq 1"}, "scanner.code_invalid"), ({"code": "MQ-01"}, "scanner.code_taken"),
     ({"name": " "}, "scanner.name_missing"), ({"serial": ""}, "scanner.serial_missing")],
)  # fmt: skip
def test_a_scanner_is_named_once_and_wholly(
    app: App, keeper: Actor, scanner: Scanner, given: dict[str, str], reason: str
) -> None:
    told = {"agency_code": "SXD", "code": "MQ-02", "name": "Canon", "serial": "X2", **given}
    with pytest.raises((InvalidInput, Conflict)) as refused, app.unit_of_work() as uow:
        scanners.register_scanner(uow, **told, actor=keeper, now=app.clock())
    assert refusal(refused.value) == reason


def test_to_others_the_scanner_is_not_there(app: App, make: Factory, agency: Agency, scanner: Scanner) -> None:
    stranger = make.actor(Role.RECORDS_MANAGER, make.agency("UBND"))
    reader = make.actor(Role.OFFICIAL, agency)
    for actor in (stranger, reader):
        for act in (wipe, leave, clear):
            with pytest.raises(NotFound):
                act(app, actor, scanner)
        with app.unit_of_work() as uow:
            assert queries.scanners(uow.session, actor=actor) == ()
            with pytest.raises(NotFound):
                queries.scanner(uow.session, "SXD", "MQ-01", actor=actor)
        with pytest.raises(NotFound), app.unit_of_work() as uow:
            scanners.register_scanner(
                uow, agency_code="SXD", code="MQ-09", name="a", serial="b", actor=actor, now=app.clock()
            )
