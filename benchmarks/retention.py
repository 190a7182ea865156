"""How long does it take to evaluate the terms of 100,000 dossiers, from the rows in PostgreSQL to each one's verdict?

Corpus, made with a seed: 100,000 dossiers of 20 agencies, of which 90 % are closed, on any day from 1975 to 2026; two
schedules of 280 rules each (one superseded); 1 to 3 confirmed rules a dossier, 12 % of them permanent and 10 % waiting
for an event, of which half happened (recorded up to three times). Few dossiers share rules and days. Everything is
embedded: PostgreSQL on the same machine. One run warms the database, then five; the median counts.
`terms`: the verdict and every step of the arithmetic of each dossier. `due`: the list of what is due within a year, as
`archive retention due` and the page ask for it, its first 50 lines with holds, notices and proposals.
`python -m benchmarks.retention` writes results/retention.json.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from archive.access.identity import SYSTEM, local_date
from archive.bootstrap import App, open_app
from archive.db.accounts import Account, Agency
from archive.db.base import Row
from archive.db.holdings import Dossier, Fond
from archive.db.retention import DossierRule, RuleRow, ScheduleRow, Trigger
from archive.ids import new_id
from archive.queries.due import due
from archive.queries.retention import terms
from archive.settings import Settings
from benchmarks._machine import machine

SEED = 20261122
DOSSIERS, AGENCIES, RULES = 100_000, 20, 280
RUNS = 5
LIMIT_S = 5.0
FIRST_DAY, DAYS = date(1975, 1, 1), 365 * 51
RESULT = Path(__file__).parent / "results/retention.json"


class Made:
    """Writes the rows of the corpus."""

    def __init__(self, app: App, dossiers: int) -> None:
        self._chance = random.Random(SEED)
        self._now = app.clock()
        with app.unit_of_work() as uow:
            self._session = uow.session
            self._account = Account(id=new_id(), login="do-luong", name="Người đo", created_at=self._now)
            self._session.add(self._account)
            fonds = [self._fond(number) for number in range(AGENCIES)]
            rules = [rule for superseded in (True, False) for rule in self._rules(superseded)]
            self._write(Dossier, (self._dossier(number, *self._chance.choice(fonds)) for number in range(dossiers)))
            ids = self._session.scalars(select(Dossier.id).order_by(Dossier.id)).all()
            given = [(dossier_id, rule) for dossier_id in ids for rule in self._chosen(rules)]
            self._write(DossierRule, (self._confirmed(*each) for each in given))
            self._write(Trigger, (row for each in given for row in self._happened(*each)))
            self.rules = len(given)

    def _write(self, kind: type[Row], rows: Iterable[dict[str, Any]]) -> None:
        self._session.flush()
        self._session.execute(insert(cast(Table, kind.__table__)), list(rows))

    def _fond(self, number: int) -> tuple[uuid.UUID, uuid.UUID]:
        agency = Agency(id=new_id(), code=f"DL{number:02}", name=f"Cơ quan đo lường {number}")
        self._session.add(agency)
        self._session.flush()
        fond = Fond(id=new_id(), code=f"F{number}", title="Phông", creator_id=agency.id, agency_id=agency.id)
        self._session.add(fond)
        return fond.id, agency.id

    def _rules(self, superseded: bool) -> list[RuleRow]:
        schedule = ScheduleRow(
            id=new_id(), code="BTH", version=1 if superseded else 2, title="Bảng", legal_basis="Thông tư", source="đo",
            valid_from=date(1970, 1, 1) if superseded else date(2015, 1, 1),
            valid_to=date(2014, 12, 31) if superseded else None,
        )  # fmt: skip
        self._session.add(schedule)
        self._session.flush()
        made = []
        for ordinal in range(1, RULES + 1):
            kind = self._chance.choices(("permanent", "event", "years"), (12, 10, 78))[0]
            years = {"permanent": None, "event": 5}.get(kind, self._chance.choice((5, 10, 20, 30, 50, 70)))
            event = f"sự kiện {ordinal}" if kind == "event" else None
            made.append(
                RuleRow(id=new_id(), schedule_id=schedule.id, ordinal=ordinal, title=f"Hồ sơ nhóm {ordinal}", kind=kind,
                        years=years, event=event)
            )  # fmt: skip
        self._session.add_all(made)
        return made

    def _dossier(self, number: int, fond_id: uuid.UUID, agency_id: uuid.UUID) -> dict[str, Any]:
        ended = FIRST_DAY + timedelta(days=self._chance.randrange(DAYS)) if self._chance.random() < 0.9 else None
        return {
            "id": new_id(), "code": f"DL.{number:07}", "title": f"Hồ sơ đo lường {number}", "agency_id": agency_id,
            "fond_id": fond_id, "year": (ended or FIRST_DAY).year, "state": "closed" if ended else "open",
            "opened_at": self._now, "work_ended_on": ended, "level": "conditional", "last_ordinal": 0,
        }  # fmt: skip

    def _chosen(self, rules: Sequence[RuleRow]) -> list[RuleRow]:
        return self._chance.sample(rules, self._chance.choices((1, 2, 3), (75, 18, 7))[0])

    def _confirmed(self, dossier_id: uuid.UUID, rule: RuleRow) -> dict[str, Any]:
        return {
            "id": new_id(), "dossier_id": dossier_id, "rule_id": rule.id, "reasons": [], "proposed_at": self._now,
            "confirmed_at": self._now, "confirmed_by": self._account.id,
        }  # fmt: skip

    def _happened(self, dossier_id: uuid.UUID, rule: RuleRow) -> Iterable[dict[str, Any]]:
        if rule.event and self._chance.random() < 0.5:
            for _ in range(self._chance.randint(1, 3)):
                day = FIRST_DAY + timedelta(days=self._chance.randrange(DAYS))
                yield {
                    "id": new_id(), "dossier_id": dossier_id, "event": rule.event, "happened_on": day,
                    "document": "Biên bản", "recorded_at": self._now, "recorded_by": self._account.id,
                }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dossiers", type=int, default=DOSSIERS)
    parser.add_argument("--out", type=Path, default=RESULT)
    args = parser.parse_args()
    with ExitStack() as parts:
        directory = parts.enter_context(tempfile.TemporaryDirectory(prefix="archive-measured-"))
        app = parts.enter_context(open_app(Settings(data=Path(directory) / "data"), create=True))
        figures = measured(app, args.dossiers)
    args.out.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2, ensure_ascii=False))


def measured(app: App, dossiers: int) -> dict[str, Any]:
    made = Made(app, dossiers)
    today = local_date(app.clock())

    def all_terms() -> Counter[str]:
        with Session(app.engine) as session:
            ids = session.scalars(select(Dossier.id)).all()
            return Counter(str(found.verdict) for found in terms(session, ids, today).values())

    def due_list() -> int:
        with Session(app.engine) as session:
            page = due(session, actor=SYSTEM, until=today + timedelta(days=365), today=today, limit=50)
            return page.total

    verdicts = all_terms()
    assert sum(verdicts.values()) == dossiers
    return {
        "question": (__doc__ or "").splitlines()[0],
        "seed": SEED,
        "machine": machine(),
        "unit": "seconds, median of the runs",
        "corpus": f"{dossiers} dossiers, {made.rules} confirmed rules",
        "limit_s": LIMIT_S,
        "terms": {**timed(all_terms), "verdicts": dict(sorted(verdicts.items()))},
        "due": {**timed(due_list), "due": due_list()},
    }


def timed(work: Callable[[], object]) -> dict[str, Any]:
    """By the clock, and the processor time of this process, which others on the machine do not lengthen."""
    work()
    runs = []
    for _ in range(RUNS):
        began, worked = time.perf_counter(), time.process_time()
        work()
        runs.append((time.perf_counter() - began, time.process_time() - worked))
    return {
        "seconds": round(statistics.median(run[0] for run in runs), 2),
        "runs": [round(run[0], 2) for run in runs],
        "cpu_s_of_this_process": round(statistics.median(run[1] for run in runs), 2),
    }


if __name__ == "__main__":
    main()
