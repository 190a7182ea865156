"""How many pages a second does `archive reindex` put into the index, from the holdings to the index in use?

Corpus: benchmarks/_holdings.py, 6,000 pages. One run builds the index once to warm the machine, then three times; the
middle one counts. On a machine that others use at the same time the clock measures them as well: the processor time a
page says what the work itself takes. The one-machine index: everything embedded, objects in a directory. Elasticsearch:
the same holdings, the server beside it on the same machine with a heap of 512 MB. `python -m benchmarks.index_rebuild
[--search-url http://127.0.0.1:9200]` writes results/index-rebuild.json.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

from archive.bootstrap import App
from archive.indexing import rebuild
from benchmarks._holdings import Made, measure_indexes
from benchmarks._machine import machine

SEED = 20261122
PAGES = 6_000
RUNS = 3
RESULT = Path(__file__).parent / "results/index-rebuild.json"


def main() -> None:
    measure_indexes(
        __doc__ or "", measured, seed=SEED, pages=PAGES, unit="pages a second, median of the runs", out=RESULT
    )


def measured(app: App, made: Made) -> dict[str, Any]:
    pages = made.pages
    rebuild(app)
    runs = [timed(app, pages) for _ in range(RUNS)]
    return {
        "pages_per_second": round(statistics.median(rate for rate, _ in runs)),
        "runs": [round(rate) for rate, _ in runs],
        "cpu_ms_a_page_of_this_process": round(statistics.median(cpu for _, cpu in runs), 3),
        "load": machine().split(", ")[2],
    }


def timed(app: App, pages: int) -> tuple[float, float]:
    """Pages a second by the clock, and milliseconds of all of this process's threads a page."""
    started, worked = time.perf_counter(), time.process_time()
    rebuilt = rebuild(app)
    assert not rebuilt.failed
    return pages / (time.perf_counter() - started), (time.process_time() - worked) / pages * 1000


if __name__ == "__main__":
    main()
