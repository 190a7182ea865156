"""Is every odd, broken and hostile PDF either read and sealed, or refused with a reason, within the limits?

Files: 620 of qpdf's test suite (../shared/data/hostile/qpdf). An outcome is `read`, or the reason of the refusal; any
other exception is `unexplained`, and there must be none. `python -m benchmarks.ocr_hostile` writes
results/ocr-hostile.json.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ocr import work
from ocr.errors import OcrError

FOLDER = Path(__file__).parents[2] / "shared/data/hostile/qpdf"
RESULT = Path(__file__).parent / "results/ocr-hostile.json"
UNEXPLAINED = "unexplained"
SEED = 20260101


@dataclass(frozen=True)
class Outcome:
    name: str
    reason: str  # "read", the id of a refusal, or UNEXPLAINED
    detail: str
    seconds: float


def outcomes(files: Iterable[Path], *, engine: str = "null", jobs: int = 2) -> list[Outcome]:
    """What becomes of each file when it is looked at, recognised whole and sealed."""
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda file: outcome(file, engine), files))


def outcome(file: Path, engine: str = "null") -> Outcome:
    started, reason, detail = time.monotonic(), "read", ""
    try:
        facts = work.inspect(file)
        recognition = work.recognise(file, engine=engine, facts=facts, jobs=1)
        with tempfile.TemporaryDirectory() as folder:
            work.seal(file, recognition, Path(folder), jobs=1)
    except OcrError as error:
        reason, detail = error.reason, str(error)
    except Exception as error:
        reason, detail = UNEXPLAINED, repr(error)
    return Outcome(file.name, reason, detail, time.monotonic() - started)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path, default=FOLDER)
    options.add_argument("--engine", default="null")
    options.add_argument("--sample", type=int, help="so many files, drawn by a fixed seed, instead of all")
    options.add_argument("--out", type=Path, default=RESULT)
    given = options.parse_args()
    files = sorted(path for path in given.folder.rglob("*") if path.is_file())
    if not files:
        sys.exit(f"no files at {given.folder}")
    if given.sample:
        files = random.Random(SEED).sample(files, min(given.sample, len(files)))
    found = outcomes(files, engine=given.engine)
    counts = collections.Counter(each.reason for each in found)
    result = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "files": len(found),
        "engine": given.engine,
        "outcomes": dict(sorted(counts.items())),
        "slowest_seconds": round(max(each.seconds for each in found), 1),
        "largest_child_megabytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
        "seconds_median": round(sorted(each.seconds for each in found)[len(found) // 2], 1),
        "crashes": [f"{each.name}: {each.detail}" for each in found if each.reason.startswith("file.reader")],
        "unexplained": [f"{each.name}: {each.detail}" for each in found if each.reason == UNEXPLAINED],
    }
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=1))
    sys.exit(1 if counts[UNEXPLAINED] else 0)


if __name__ == "__main__":
    main()
