"""How many pages a second does `archive reindex` put into the index, from the holdings to the index in use?

Corpus: benchmarks/_holdings.py, 6,000 pages. One run builds the index once to warm the machine, then three times; the
middle one counts. On a machine that others use at the same time the clock measures them as well: the processor time a
page says what the work itself takes. The one-machine index: everything embedded, objects in a directory. Elasticsearch:
the same holdings, the server beside it on the same machine with a heap of 512 MB. `python -m benchmarks.index_rebuild
[--search-url http://127.0.0.1:9200]` writes results/index-rebuild.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from archive.bootstrap import App, open_app
from archive.indexing import rebuild
from archive.settings import Settings
from benchmarks._holdings import DATA, Made, on_server
from benchmarks._machine import machine

SEED = 20261122
PAGES = 6_000
RUNS = 3
RESULT = Path(__file__).parent / "results/index-rebuild.json"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument("--pages", type=int, default=PAGES)
    options.add_argument("--search-url", default=os.environ.get("TEST_SEARCH_URL"), help="an Elasticsearch as well")
    options.add_argument("--out", type=Path, default=RESULT)
    given = options.parse_args()
    if not given.data.is_dir():
        sys.exit(f"no corpus at {given.data}")
    result: dict[str, Any] = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "seed": SEED,
        "machine": machine(),
        "unit": "pages a second, median of the runs",
    }
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        settings = Settings(data=Path(directory) / "data")
        with open_app(settings, create=True) as app:
            made = Made(app, SEED, given.data)
            made.add(given.pages, lambda pages: print(f"\r{pages} pages made", end="", file=sys.stderr))
            result["corpus"] = f"{made.items} items, {made.pages} pages"
            result["tantivy"] = measured(app, made.pages)
            if given.search_url:
                with on_server(app, given.search_url):
                    result["elasticsearch"] = measured(app, made.pages)
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=2))


def measured(app: App, pages: int) -> dict[str, Any]:
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
