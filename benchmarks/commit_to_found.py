"""How long after a person's correction is committed is the item found by it?

Holdings: benchmarks/_holdings.py, 1,000 pages, in the index. The service's own background loops run in this process;
the measure is of 30 corrections, at chance moments: from the return of the commit to the first search that finds the
item by a word that was not there before, asked every 10 ms. `python -m benchmarks.commit_to_found
[--search-url http://127.0.0.1:9200]` writes results/commit-to-found.json.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy import select

from archive.bootstrap import App
from archive.db.holdings import Correction, Item
from archive.ids import new_id
from archive.indexing import rebuild
from archive.service import run_background
from benchmarks._holdings import Made, measure_indexes
from benchmarks._machine import machine
from search.query import EVERYTHING, parse

SEED = 20261122
PAGES = 1000
CHANGES = 30
ASK_EVERY_S, GIVE_UP_S, LONGEST_PAUSE_S = 0.01, 60.0, 1.0
RESULT = Path(__file__).parent / "results/commit-to-found.json"


def main() -> None:
    measure_indexes(__doc__ or "", measured, seed=SEED, pages=PAGES, unit="milliseconds", out=RESULT)


def measured(app: App, made: Made) -> dict[str, Any]:
    rebuild(app)
    chance = random.Random(f"{SEED} {type(app.index).__name__}")  # no word twice in the same holdings
    with app.unit_of_work() as uow:
        items = list(uow.session.scalars(select(Item.id).order_by(Item.id)))
    with run_background(app):
        one(app, made, chance.choice(items), f"khởi{chance.getrandbits(40):x}")  # until the loops have their locks
        taken = []
        for number in range(CHANGES):
            time.sleep(chance.uniform(0, LONGEST_PAUSE_S))
            taken.append(one(app, made, chance.choice(items), f"mới{number}x{chance.getrandbits(40):x}"))
    ordered = sorted(taken)
    return {
        "p50": round(statistics.median(ordered)),
        "p95": round(ordered[int(len(ordered) * 0.95)]),
        "longest": round(ordered[-1]),
        "load": machine().split(", ")[2],
    }


def one(app: App, made: Made, item_id: uuid.UUID, word: str) -> float:
    """Milliseconds until the item is found by what was committed."""
    with app.unit_of_work() as uow:
        uow.session.add(
            Correction(
                id=new_id(),
                item_id=item_id,
                field="subject",
                read_as={},
                value={"value": f"Về việc {word}"},
                account_id=made.account.id,
                at=app.clock(),
            )
        )
        uow.reindex(uow.session.get_one(Item, item_id), now=app.clock())
    committed = time.perf_counter()
    while str(item_id) not in {hit.id for hit in app.index.search(parse(word), EVERYTHING, limit=1).hits}:
        if time.perf_counter() - committed > GIVE_UP_S:
            sys.exit(f"not found within {GIVE_UP_S} s")
        time.sleep(ASK_EVERY_S)
    return (time.perf_counter() - committed) * 1000


if __name__ == "__main__":
    main()
