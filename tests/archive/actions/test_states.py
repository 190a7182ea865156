"""An item's life as a machine of states: whatever is tried in whatever order, only lawful steps are taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions import describe, filing, review
from archive.bootstrap import App
from archive.db.holdings import Dossier, Item
from archive.db.states import NEXT, READABLE, ItemState
from archive.errors import ArchiveError, NotFound
from archive.queries.items import item as item_view
from tests.archive.queries import records
from tests.factories import Factory

WHY = "Theo quy định"
DESCRIBED, REVIEWED, PUBLISHED = ItemState.DESCRIBED, ItemState.REVIEWED, ItemState.PUBLISHED
WITHDRAWN, REPLACED = ItemState.WITHDRAWN, ItemState.REPLACED


@dataclass
class Expected:
    """What the item must be, told apart from how it is done."""

    state: ItemState = DESCRIBED
    dossier: int | None = None
    reviewer: Actor | None = None
    codes: list[str] = field(default_factory=list)
    subject: str = "Về đất"
    by_person: bool = False


class ItemLife(RuleBasedStateMachine):
    def __init__(self, app: App, make: Factory) -> None:
        super().__init__()
        self.app, self.make = app, make
        agency = make.agency()
        self.item: Item = make.item(agency)
        records.describe(app, make, self.item, {"subject": records.read("Về đất")})
        self.dossiers: list[Dossier] = [make.dossier(agency) for _ in range(2)]
        self.people = [make.actor(Role.RECORDS_MANAGER, agency) for _ in range(2)]
        self.agency = agency
        self.expected = Expected()

    def attempt(self, lawful: bool, act: Callable[..., object], *arguments: object, by: int, **how: object) -> bool:
        before = records.current(self.app, self.item)
        events = len(records.tags(self.app, self.item))
        try:
            with self.app.unit_of_work() as uow:
                act(uow, self.item.id, *arguments, actor=self.people[by], now=self.app.clock(), **how)
        except ArchiveError:
            assert not lawful
            after = records.current(self.app, self.item)
            assert (after.state, after.code, after.revision) == (before.state, before.code, before.revision)
            assert len(records.tags(self.app, self.item)) == events
            return False
        assert lawful
        after = records.current(self.app, self.item)
        assert after.state == before.state or after.state in NEXT[ItemState(before.state)]
        return True

    @rule(by=st.integers(0, 1))
    def review_it(self, by: int) -> None:
        if self.attempt(self.expected.state is DESCRIBED, review.review_item, by=by):
            self.expected.state, self.expected.reviewer = REVIEWED, self.people[by]

    @rule(by=st.integers(0, 1))
    def return_it(self, by: int) -> None:
        if self.attempt(self.expected.state is REVIEWED, review.return_item, by=by, reason=WHY):
            self.expected.state = DESCRIBED

    @rule(by=st.integers(0, 1))
    def publish_it(self, by: int) -> None:
        second = self.expected.reviewer is not self.people[by]
        lawful = self.expected.state is REVIEWED and second and self.expected.dossier is not None
        if self.attempt(lawful, review.publish_item, by=by):
            self.expected.state = PUBLISHED

    @rule(by=st.integers(0, 1), subject=st.sampled_from(["Về nhà", "Về rừng"]))
    def correct_it(self, by: int, subject: str) -> None:
        same = self.expected.by_person and subject == self.expected.subject
        if self.attempt(self.expected.state in READABLE, describe.correct_field, "subject", subject, by=by):
            self.expected.subject, self.expected.by_person = subject, True
            if self.expected.state is REVIEWED and not same:
                self.expected.state = DESCRIBED

    @rule(place=st.integers(0, 1), by=st.integers(0, 1))
    def file_it(self, place: int, by: int) -> None:
        lawful = self.expected.state in READABLE and self.expected.dossier is None
        self.filed(lawful, filing.file_item, place, by)

    @rule(place=st.integers(0, 1), by=st.integers(0, 1))
    def move_it(self, place: int, by: int) -> None:
        lawful = self.expected.state in READABLE and self.expected.dossier not in {None, place}
        self.filed(lawful, filing.move_item, place, by)

    def filed(self, lawful: bool, act: Callable[..., object], place: int, by: int) -> None:
        if self.attempt(lawful, act, self.dossiers[place].code, by=by, reason=WHY):
            self.expected.dossier = place
            self.expected.codes.append(records.current(self.app, self.item).code or "")

    @rule(by=st.integers(0, 1))
    def withdraw_it(self, by: int) -> None:
        if self.attempt(self.expected.state in READABLE, filing.withdraw_item, by=by, reason=WHY):
            self.expected.state = WITHDRAWN

    @rule(by=st.integers(0, 1))
    def restore_it(self, by: int) -> None:
        if self.attempt(self.expected.state is WITHDRAWN, filing.restore_item, by=by, reason=WHY):
            self.expected.state = DESCRIBED

    @rule(by=st.integers(0, 1))
    def replace_it(self, by: int) -> None:
        better = self.make.item(self.agency)
        if self.attempt(self.expected.state in READABLE, filing.replace_item, better.id, by=by, reason=WHY):
            self.expected.state = REPLACED

    @rule()
    def read_it_again(self) -> None:
        records.describe(self.app, self.make, self.item, {"subject": records.read("Về biển")})
        if not self.expected.by_person:
            self.expected.subject = "Về biển"

    @invariant()
    def it_is_as_expected(self) -> None:
        kept = records.current(self.app, self.item)
        assert kept.state == self.expected.state
        assert (kept.master_digest, kept.receipt_id) == (self.item.master_digest, self.item.receipt_id)
        assert kept.title == self.expected.subject
        assert len(set(self.expected.codes)) == len(self.expected.codes)
        with Session(self.app.engine) as session:
            for code in self.expected.codes:
                try:
                    found = item_view(session, code, actor=self.people[0]).id
                except NotFound:
                    assert self.expected.state not in READABLE
                else:
                    assert (found, self.expected.state in READABLE) == (self.item.id, True)


def test_an_item_takes_only_lawful_steps(app: App, make: Factory) -> None:
    run_state_machine_as_test(
        partial(ItemLife, app, make),
        settings=settings(
            max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
