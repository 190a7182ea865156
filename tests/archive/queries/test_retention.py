"""Terms of many dossiers at once, and the explanation of one: by what people confirmed and recorded, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from archive import i18n
from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.retention import HoldRow
from archive.errors import Conflict, NotFound
from archive.ids import new_id
from archive.queries.explanation import Explanation, explain
from archive.queries.retention import terms
from archive.queries.views import Message
from retention.calculate import Verdict
from tests.archive.schedules import Schedules
from tests.conftest import SetClock
from tests.factories import Factory

TODAY = date(2026, 3, 2)
Explain = Callable[[str], Explanation]
EVENT = "chấm dứt hợp đồng"


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("SXD")


@pytest.fixture
def rules(make: Factory, clock: SetClock) -> Schedules:
    return Schedules(make, clock)


def said(messages: tuple[Message, ...]) -> str:
    return "\n".join(i18n.text(message.id, **message.values) for message in messages)


def test_each_dossier_has_its_own_term_whatever_the_others_have(
    app: App, make: Factory, agency: Agency, rules: Schedules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.queries.retention.PORTION", 2)
    five, forever, after = rules.years(5), rules.permanent(), rules.event(EVENT, 10)
    ended = date(2020, 6, 30)
    plain, both, kept, waits, happened = (rules.closed(agency, ended) for _ in range(5))
    lacking, going_on = rules.closed(agency, ended), make.dossier(agency)
    for dossier, given in ((plain, [five]), (both, [five, rules.years(20)]), (kept, [five, forever])):
        rules.confirm(dossier, *given)
    for dossier in (waits, happened):
        rules.confirm(dossier, after)
    rules.happened(happened, EVENT, date(2022, 1, 1))
    rules.confirm(going_on, five)
    rules.propose(lacking, five)
    rules.propose(
        lacking, five, confirmed_at=rules.clock.now, confirmed_by=rules.person, ended_at=rules.clock.now,
        ended_by=rules.person, end_reason="nhầm",
    )  # fmt: skip
    expected = {
        plain.id: (Verdict.DUE, date(2026, 1, 1)),
        both.id: (Verdict.DUE, date(2041, 1, 1)),
        kept.id: (Verdict.PERMANENT, None),
        waits.id: (Verdict.WAITS_FOR_EVENT, None),
        happened.id: (Verdict.DUE, date(2033, 1, 1)),
        lacking.id: (Verdict.NO_RULE, None),
        going_on.id: (Verdict.WORK_NOT_ENDED, None),
    }
    with Session(app.engine) as session:
        found = terms(session, [*expected, new_id()], TODAY)
        assert terms(session, [], TODAY) == {}
    assert {each: (term.verdict, term.due_on) for each, term in found.items()} == expected


def test_the_newest_record_of_an_event_counts_unless_it_was_withdrawn(
    app: App, agency: Agency, rules: Schedules, clock: SetClock
) -> None:
    dossier = rules.closed(agency, date(2015, 6, 30))
    rules.confirm(dossier, rules.event(EVENT, 1))
    days = (date(2018, 1, 1), date(2016, 1, 1), date(2020, 1, 1))
    recorded = []
    for day in days:
        recorded.append(rules.happened(dossier, EVENT, day))
        clock.advance(minutes=1)
    with app.unit_of_work() as uow:
        uow.session.merge(recorded[-1]).withdrawn_at = clock.now
    with Session(app.engine) as session:
        assert terms(session, [dossier.id], TODAY)[dossier.id].due_on == date(2018, 1, 1)


class TestExplanation:
    @pytest.fixture
    def explained(self, app: App, make: Factory, agency: Agency) -> Explain:
        actor = make.actor(Role.OFFICIAL, agency)

        def of(reference: str) -> Explanation:
            with Session(app.engine) as session:
                return explain(session, reference, actor=actor, today=TODAY)

        return of

    def test_it_tells_rule_basis_and_arithmetic_and_what_would_change_it(
        self, explained: Explain, agency: Agency, rules: Schedules
    ) -> None:
        dossier = rules.closed(agency, date(2020, 6, 30))
        rules.confirm(dossier, rules.years(5), rules.event(EVENT, 10))
        found = explained(dossier.code)
        assert found.verdict == Verdict.WAITS_FOR_EVENT
        assert [rule.legal_basis for rule in found.rules_that_are("confirmed")] == ["Thông tư thử BTH, Điều 1"] * 2
        steps = said(found.steps)
        assert "Công việc kết thúc ngày 30/06/2020" in steps
        assert "2020 + 5 năm, giữ đến hết ngày 31/12/2025" in steps
        assert "chờ sự kiện “chấm dứt hợp đồng”" in steps
        changes = said(found.changes)
        assert "Nếu xảy ra hôm nay: giữ đến hết ngày 31/12/2036" in changes
        assert "Mở lại hồ sơ" in changes
        assert "Đặt lệnh tạm dừng" in changes
        assert found.waits_for == (EVENT,)
        assert not found.may_confirm

    def test_a_proposal_tells_what_would_follow_and_does_not_count(
        self, explained: Explain, make: Factory, agency: Agency, rules: Schedules
    ) -> None:
        closed, going_on = rules.closed(agency, date(2020, 6, 30)), make.dossier(agency)
        for dossier in (closed, going_on):
            rules.propose(dossier, rules.years(30))
        for dossier, year in ((closed, 2050), (going_on, TODAY.year + 30)):
            found = explained(dossier.code)
            assert found.verdict in (Verdict.NO_RULE, Verdict.WORK_NOT_ENDED)
            (proposal,) = found.rules_that_are("proposed")
            assert proposal.reasons == ("tiêu đề nói vậy",)
            assert proposal.if_confirmed is not None
            assert f"31/12/{year}" in said((proposal.if_confirmed,))

    def test_a_superseded_schedule_is_told_as_one(self, explained: Explain, agency: Agency, rules: Schedules) -> None:
        dossier = rules.closed(agency, date(2020, 6, 30))
        rules.confirm(dossier, rules.years(5, rules.schedule("CU", date(2010, 1, 1), date(2020, 12, 31))))
        assert "đã bị thay thế, nhưng có hiệu lực ngày 30/06/2020" in said(explained(dossier.code).steps)

    def test_without_any_schedule_in_force_it_says_so_and_is_never_due(
        self, explained: Explain, agency: Agency, rules: Schedules
    ) -> None:
        dossier = rules.closed(agency, date(2020, 6, 30))
        rules.confirm(dossier, rules.years(5, rules.schedule("CU", date(2010, 1, 1), date(2019, 12, 31))))
        found = explained(dossier.code)
        assert (found.verdict, found.due_on) == (Verdict.NO_SCHEDULE_IN_FORCE, None)
        assert "Chưa có bảng thời hạn đang áp dụng" in said((found.summary,))

    def test_a_hold_is_told_with_its_authority_and_who_lifts_it(
        self, explained: Explain, make: Factory, agency: Agency, rules: Schedules
    ) -> None:
        dossier = rules.closed(agency, date(2015, 6, 30))
        rules.confirm(dossier, rules.years(5))
        make.save(
            HoldRow(
                id=new_id(), number="TG-1", agency_id=agency.id, dossier_id=dossier.id, reason="thanh tra",
                authority="QĐ 5/QĐ-TTr", placed_by=rules.person, placed_at=rules.clock.now,
            )
        )  # fmt: skip
        found = explained(dossier.code)
        assert [hold.authority for hold in found.holds] == ["QĐ 5/QĐ-TTr"]
        assert "Người thứ hai gỡ lệnh tạm dừng" in said(found.changes)

    def test_it_is_asked_by_dossier_item_or_receipt(
        self, explained: Explain, make: Factory, agency: Agency, rules: Schedules
    ) -> None:
        dossier = rules.closed(agency, date(2015, 6, 30))
        receipt = make.receipt(make.batch(agency))
        item = make.item(agency, dossier=dossier, receipt=receipt)
        for reference in (dossier.code, str(item.code), receipt.number):
            assert explained(reference).code == dossier.code

    def test_what_may_not_be_seen_is_as_unknown_as_what_is_not_there(
        self, explained: Explain, make: Factory, rules: Schedules
    ) -> None:
        other = make.agency("KHAC")
        dossier = rules.closed(other, date(2015, 6, 30))
        item = make.item(other, dossier=dossier)
        for reference in (dossier.code, str(item.code), "KHAC.2099.0001"):
            with pytest.raises(NotFound) as hidden:
                explained(reference)
            assert str(hidden.value).replace(reference, "…") == "Không tìm thấy hồ sơ …. Hãy kiểm tra lại mã."

    def test_an_item_outside_of_any_dossier_has_no_term(
        self, explained: Explain, make: Factory, agency: Agency
    ) -> None:
        receipt = make.receipt(make.batch(agency))
        make.item(agency, receipt=receipt)
        with pytest.raises(Conflict) as refused:
            explained(receipt.number)
        assert refused.value.reason == "retention.without_dossier"


def test_a_day_later_nothing_else_has_changed(app: App, agency: Agency, rules: Schedules) -> None:
    """What is due stays due: the day itself does not depend on the day on which it is asked for."""
    dossier = rules.closed(agency, date(2020, 6, 30))
    rules.confirm(dossier, rules.years(5), rules.years(7))
    with Session(app.engine) as session:
        found = {terms(session, [dossier.id], TODAY + timedelta(days=days))[dossier.id].due_on for days in (0, 1, 5000)}
    assert found == {date(2028, 1, 1)}
