"""Inboxes: who should know gets one notice, once; what is settled is seen; nobody reads what he has no right to."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from archive import i18n
from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions.inbox import fill_inbox, see_inbox, see_inbox_named
from archive.bootstrap import App
from archive.db.accounts import Agency, Assignment
from archive.db.doors import Mailbox, WatchedFolder
from archive.db.holdings import Item, PaperLoan, Scanner
from archive.db.retention import DispositionRow, RetentionNotice
from archive.db.reuse import ReuseAgreement
from archive.db.telling import InboxNotice, WebhookEndpoint
from archive.db.trail import AuditEvent
from archive.errors import NotFound
from archive.ids import new_id
from archive.queries.inbox import count_unseen, inbox
from archive.queries.inbox_sources import KINDS
from tests.conftest import SetClock
from tests.factories import Factory


class World:
    def __init__(self, app: App, make: Factory, clock: SetClock) -> None:
        self.app, self.make, self.clock = app, make, clock
        self.agency: Agency = make.agency("TD01")
        self.other: Agency = make.agency("TD02")

    def actor(self, role: Role, agency: Agency | None = None) -> Actor:
        return self.make.actor(role, agency or self.agency)

    def fill(self) -> int:
        return fill_inbox(self.app)

    def told(self, actor: Actor, *, only_unseen: bool = False) -> list[str]:
        with Session(self.app.engine) as session:
            lines = inbox(session, actor=actor, only_unseen=only_unseen).lines
            assert count_unseen(session, actor=actor) == sum(line.seen_at is None for line in lines)
        return [i18n.text(line.message.id, **line.message.values) for line in lines]

    def see(self, actor: Actor) -> int:
        with self.app.unit_of_work() as uow:
            return see_inbox(uow, actor=actor, now=self.clock())

    def change(self, row: type[Any], **values: Any) -> None:
        with self.app.unit_of_work() as uow:
            uow.session.execute(update(row).values(**values))

    def reviewed(self, by: Actor) -> Item:
        return self.make.item(
            self.agency, state="reviewed", reviewed_by=by.account_id, reviewed_at=self.clock(), doubtful_fields=0
        )


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> World:
    return World(app, make, clock)


def retention(world: World) -> None:
    dossier = world.make.dossier(world.agency)
    world.make.save(
        RetentionNotice(
            id=new_id(),
            agency_id=world.agency.id,
            dossier_id=dossier.id,
            due_on=date(2026, 4, 1),
            given_at=world.clock(),
        )
    )


def overdue(world: World) -> None:
    dossier = world.make.dossier(world.agency)
    world.make.save(
        PaperLoan(
            id=new_id(),
            agency_id=world.agency.id,
            dossier_id=dossier.id,
            borrower="Trần Thị Kín",
            purpose="Đối chiếu",
            due_back_on=date(2026, 3, 1),
            out_at=world.clock(),
            out_by=world.make.account().id,
        )
    )


def scanner(world: World) -> None:
    world.make.save(
        Scanner(
            id=new_id(),
            agency_id=world.agency.id,
            code="MQ-1",
            name="Máy quét",
            serial="1",
            state="cleared",
            cleared_until=date(2026, 3, 10),
            registered_at=world.clock(),
        )
    )


def disposition(world: World) -> None:
    world.make.save(
        DispositionRow(
            id=new_id(),
            number="DX-TD01-2026-00001",
            agency_id=world.agency.id,
            action="destroy",
            state="proposed",
            proposed_by=world.make.account().id,
            proposed_at=world.clock(),
        )
    )


def agreement(world: World) -> None:
    somebody = world.make.account().id
    world.make.save(
        ReuseAgreement(
            id=new_id(),
            number="TT-TD01-2026-00001",
            agency_id=world.agency.id,
            account_id=somebody,
            procedure="1.001",
            procedure_title="Cấp phép",
            papers=["giay-phep"],
            purpose="Giải quyết thủ tục",
            legal_basis="Nghị định",
            valid_from=date(2026, 1, 1),
            valid_to=date(2026, 3, 20),
            given_by=somebody,
            given_at=world.clock(),
        )
    )


def folder(world: World) -> None:
    world.make.save(
        WatchedFolder(
            id=new_id(),
            code="TM-1",
            agency_id=world.agency.id,
            task_number=1,
            path="/quet/kin",
            opened_at=world.clock(),
            problem="error.conflict",
        )
    )


def mailbox(world: World) -> None:
    world.make.save(
        Mailbox(
            id=new_id(),
            code="HT-1",
            agency_id=world.agency.id,
            task_number=1,
            host="thu.vn",
            port=993,
            login="kho",
            password=b"",
            password_key="",
            senders=[],
            opened_at=world.clock(),
            problem="error.conflict",
        )
    )


def failing_webhook(world: World) -> None:
    account = world.make.account(kind="service")
    world.make.assignment(account, Role.SERVICE, world.agency)
    world.make.save(
        WebhookEndpoint(
            id=new_id(),
            code="WH-1",
            account_id=account.id,
            url="https://motcua.vn/",
            secret=b"",
            secret_key="",
            tags=[],
            attempts=3,
            created_by=account.id,
            created_at=world.clock(),
        )
    )


SOURCES: dict[str, tuple[Role, Callable[[World], object]]] = {
    "agreement_ending": (Role.RECORDS_MANAGER, agreement),
    "disposition_proposed": (Role.RECORDS_MANAGER, disposition),
    "folder_problem": (Role.OPERATOR, folder),
    "mailbox_problem": (Role.OPERATOR, mailbox),
    "paper_overdue": (Role.CLERK, overdue),
    "publish_waiting": (Role.REVIEWER, lambda world: world.reviewed(world.actor(Role.CLERK))),
    "retention_ends": (Role.RECORDS_MANAGER, retention),
    "scanner_ending": (Role.CLERK, scanner),
    "stopped": (Role.SECURITY_OFFICER, lambda world: world.make.item(world.agency, state="stopped")),
    "webhook_problem": (Role.OPERATOR, failing_webhook),
}


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_whoever_holds_the_right_is_told_once_and_nobody_else(world: World, kind: str) -> None:
    role, happen = SOURCES[kind]
    reader, stranger = world.actor(role), world.actor(role, world.other)
    outsider = world.actor(Role.OFFICIAL)
    assert world.fill() == 0
    happen(world)
    world.fill()
    (told,) = world.told(reader)
    assert "…" not in told
    assert "Kín" not in told
    assert world.told(stranger) == []
    assert world.told(outsider) == []
    world.fill()
    assert len(world.told(reader)) == 1
    assert world.see(reader) == 1
    world.fill()
    assert len(world.told(reader)) == 1
    assert world.told(reader, only_unseen=True) == []


def test_every_kind_has_a_source_that_is_tested_here() -> None:
    assert {*SOURCES, "batch_read"} == set(KINDS)


def test_who_opened_a_batch_is_told_when_all_of_it_was_read(world: World) -> None:
    clerk, colleague = world.actor(Role.CLERK), world.actor(Role.CLERK)
    batch = world.make.batch(world.agency, opened_by=clerk.account_id, closed_at=world.clock())
    item = world.make.item(world.agency, state="received", receipt=world.make.receipt(batch))
    assert world.fill() == 0
    world.change(Item, state="described", described_at=world.clock())
    assert world.fill() == 1
    assert world.told(clerk) == [i18n.text("notice.batch_read", number=batch.number)]
    assert world.told(colleague) == []
    assert item.id is not None
    world.clock.advance(days=30)
    world.fill()
    assert len(world.told(clerk, only_unseen=True)) == 1, "an event stays until it was seen"


def test_an_open_batch_is_not_told(world: World) -> None:
    clerk = world.actor(Role.CLERK)
    batch = world.make.batch(world.agency, opened_by=clerk.account_id)
    world.make.item(world.agency, receipt=world.make.receipt(batch))
    assert world.fill() == 0


def test_who_reviewed_it_is_not_asked_to_publish_it_where_a_second_person_does(world: World) -> None:
    first, second = world.actor(Role.REVIEWER), world.actor(Role.REVIEWER)
    world.reviewed(first)
    world.reviewed(first)
    world.reviewed(second)
    world.fill()
    assert world.told(first) == ["Cơ quan TD01: 1 văn bản đã duyệt đang chờ công bố."]
    assert world.told(second) == ["Cơ quan TD01: 2 văn bản đã duyệt đang chờ công bố."]
    world.change(Agency, second_person_publishes=False)
    world.fill()
    assert world.told(first) == ["Cơ quan TD01: 3 văn bản đã duyệt đang chờ công bố."]


def test_what_is_not_seen_is_brought_up_to_date_and_what_was_seen_comes_again_with_something_new(world: World) -> None:
    officer = world.actor(Role.SECURITY_OFFICER)
    world.make.item(world.agency, state="stopped")
    world.fill()
    world.clock.advance(days=1)
    world.make.item(world.agency, state="stopped")
    assert world.fill() == 0
    assert world.told(officer) == ["Cơ quan TD01: 2 tệp bị dừng đang chờ quyết định."]
    world.see(officer)
    world.fill()
    assert len(world.told(officer)) == 2, "the newer one was stopped after the day of the first notice"
    world.see(officer)
    world.clock.advance(days=1)
    world.fill()
    assert world.told(officer, only_unseen=True) == [], "nothing new: no reminder"


def test_a_notice_is_settled_when_its_cause_has_gone(world: World) -> None:
    officer = world.actor(Role.SECURITY_OFFICER)
    world.make.item(world.agency, state="stopped")
    world.fill()
    assert len(world.told(officer, only_unseen=True)) == 1
    world.change(Item, state="received", stop_reason=None)
    world.fill()
    assert world.told(officer, only_unseen=True) == []
    assert len(world.told(officer)) == 1


def test_who_loses_the_right_finds_the_notice_no_more(world: World) -> None:
    officer = world.actor(Role.SECURITY_OFFICER)
    world.make.item(world.agency, state="stopped")
    world.fill()
    world.change(Assignment, ended_at=world.clock())
    without = Actor(officer.account_id, officer.login, officer.name)
    assert world.told(without) == []
    assert world.see(without) == 0


def test_two_workers_at_once_give_one(world: World) -> None:
    officer = world.actor(Role.SECURITY_OFFICER)
    world.make.item(world.agency, state="stopped")
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda _: world.fill(), range(4)))
    assert sum(given) == 1
    assert len(world.told(officer)) == 1


def test_a_program_sees_notices_by_their_reference_and_only_its_own(world: World) -> None:
    officer, other = world.actor(Role.SECURITY_OFFICER), world.actor(Role.SECURITY_OFFICER)
    world.make.item(world.agency, state="stopped")
    world.fill()
    with Session(world.app.engine) as session:
        (line,) = inbox(session, actor=officer).lines
    assert line.reference == "stopped:TD01:2026-03-02"
    with world.app.unit_of_work() as uow:
        assert see_inbox_named(uow, [line.reference], actor=officer, now=world.clock()) == 1
    assert len(world.told(other, only_unseen=True)) == 1
    with pytest.raises(NotFound), world.app.unit_of_work() as uow:
        see_inbox_named(uow, ["stopped:TD02:2026-03-02"], actor=officer, now=world.clock())


def test_seeing_is_in_the_trail_and_again_is_not(world: World) -> None:
    officer = world.actor(Role.SECURITY_OFFICER)
    world.make.item(world.agency, state="stopped")
    world.fill()
    assert (world.see(officer), world.see(officer)) == (1, 0)
    with Session(world.app.engine) as session:
        tags = session.scalars(select(AuditEvent.tag)).all()
        assert session.scalars(select(InboxNotice.seen_at)).one() == world.clock()
    assert tags.count("notice.seen") == 1


def test_a_scanner_long_before_its_end_and_an_agreement_without_one_are_not_told(world: World) -> None:
    world.actor(Role.RECORDS_MANAGER)
    scanner(world)
    agreement(world)
    world.change(Scanner, cleared_until=world.clock().date() + timedelta(days=60))
    world.change(ReuseAgreement, valid_to=None)
    assert world.fill() == 0
