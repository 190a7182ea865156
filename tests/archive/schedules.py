"""Rules of small schedules for tests of terms, and dossiers that they are confirmed on."""

from __future__ import annotations

import itertools
import uuid
from datetime import date
from typing import Any

from archive.db.accounts import Agency
from archive.db.holdings import Dossier
from archive.db.retention import DossierRule, RuleRow, ScheduleRow, Trigger
from archive.ids import new_id
from tests.conftest import SetClock
from tests.factories import Factory


class Schedules:
    """`rules.years(5)`, `rules.permanent()`, `rules.event("chấm dứt", 10)`: rows of the schedule in force."""

    def __init__(self, make: Factory, clock: SetClock) -> None:
        self.make, self.clock = make, clock
        self.person = make.account().id
        self._ordinals = itertools.count(1)
        self.current = self.schedule("BTH", date(2020, 1, 1))

    def schedule(self, code: str, valid_from: date, valid_to: date | None = None, version: int = 1) -> ScheduleRow:
        return self.make.save(
            ScheduleRow(
                id=new_id(),
                code=code,
                version=version,
                title=f"Bảng thời hạn {code}",
                legal_basis=f"Thông tư thử {code}, Điều 1",
                valid_from=valid_from,
                valid_to=valid_to,
                source="thử",
            )
        )

    def years(self, count: int, of: ScheduleRow | None = None) -> RuleRow:
        return self._rule(of, kind="years", years=count, term=f"{count} năm", title=f"Hồ sơ {count} năm")

    def permanent(self, of: ScheduleRow | None = None) -> RuleRow:
        return self._rule(of, kind="permanent", term="Vĩnh viễn", title="Hồ sơ vĩnh viễn")

    def event(self, event: str, years: int = 0, of: ScheduleRow | None = None) -> RuleRow:
        return self._rule(of, kind="event", years=years, event=event, title=f"Hồ sơ đến khi {event}")

    def propose(self, dossier: Dossier, rule: RuleRow, **columns: Any) -> DossierRule:
        columns.setdefault("reasons", [{"kind": "words", "text": "tiêu đề nói vậy"}])
        return self.make.save(
            DossierRule(
                id=new_id(), dossier_id=dossier.id, rule_id=rule.id, proposed_at=self.clock.now, score=0.9, **columns
            )
        )

    def confirm(self, dossier: Dossier, *rules: RuleRow) -> None:
        for rule in rules:
            self.propose(dossier, rule, confirmed_at=self.clock.now, confirmed_by=self.person)

    def happened(self, dossier: Dossier, event: str, on: date) -> Trigger:
        return self.make.save(
            Trigger(
                id=new_id(),
                dossier_id=dossier.id,
                event=event,
                happened_on=on,
                document="Biên bản",
                recorded_at=self.clock.now,
                recorded_by=self.person,
            )
        )

    def closed(self, agency: Agency, ended_on: date, **columns: Any) -> Dossier:
        columns.setdefault("year", ended_on.year)
        return self.make.dossier(agency, state="closed", work_ended_on=ended_on, **columns)

    def _rule(self, of: ScheduleRow | None, **columns: Any) -> RuleRow:
        schedule_id: uuid.UUID = (of or self.current).id
        return self.make.save(RuleRow(id=new_id(), schedule_id=schedule_id, ordinal=next(self._ordinals), **columns))
