"""How many characters and words are read wrongly, and how much CPU time does a page take to read and to seal?

Pages: the development scans, real and synthetic (../shared/data/scans-real, ../shared/data/scans-synthetic), scored by
../shared/tools/score_ocr.py: `cer` is the share of characters read wrongly, lines in any order; `bare` the same without
diacritics; recall, precision and f1 are of words. CPU seconds are those of all child processes, start-up included.
`python -m benchmarks.ocr_accuracy` writes results/ocr-accuracy.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ocr import report, work

SHARED = Path(__file__).parents[2] / "shared"
RESULT = Path(__file__).parent / "results/ocr-accuracy.json"
CORPORA = ("scans-real", "scans-synthetic")


@dataclass
class Cost:
    """Of one step over all pages."""

    pages: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    started: tuple[float, float] = field(default=(0.0, 0.0))

    def start(self) -> None:
        self.started = (_children_cpu_s(), time.monotonic())

    def stop(self, pages: int) -> None:
        self.pages += pages
        self.cpu_s += _children_cpu_s() - self.started[0]
        self.wall_s += time.monotonic() - self.started[1]

    def told(self) -> dict[str, float]:
        return {
            "pages": self.pages,
            "cpu_seconds_a_page": round(self.cpu_s / max(1, self.pages), 2),
            "pages_a_minute": round(60 * self.pages / max(0.001, self.wall_s), 1),
        }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shared", type=Path, default=SHARED)
    options.add_argument("--out", type=Path, default=RESULT)
    options.add_argument("--jobs", type=int, default=work.JOBS)
    options.add_argument("--seal", action="store_true", help="make the access copies too, for their cost")
    given = options.parse_args()
    scorer = given.shared / "tools/score_ocr.py"
    if not scorer.exists():
        sys.exit(f"no scorer at {scorer}")
    reading, sealing = Cost(), Cost()
    scores: dict[str, Any] = {}
    engine = ""
    with tempfile.TemporaryDirectory() as scratch:
        for corpus in CORPORA:
            truth, read = given.shared / "data" / corpus, Path(scratch) / corpus
            read.mkdir()
            for file in sorted(truth.rglob("*.pdf")):
                if has_truth(file):
                    engine = read_file(file, read, given.jobs, reading, sealing if given.seal else None)
            scores[corpus] = score(scorer, truth, read)
    result = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "engine": engine,
        "machine": machine(given.jobs),
        "reading": reading.told(),
        "sealing": sealing.told() if given.seal else None,
        "scores": scores,
    }
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=1))


def has_truth(file: Path) -> bool:
    beside = (file.with_name(file.stem + ".gt.txt"), file.with_suffix(".json"))
    return any(path.exists() for path in beside) or any(file.parent.glob("p*.gt.txt"))


def read_file(file: Path, out: Path, jobs: int, reading: Cost, sealing: Cost | None) -> str:
    """Only the first page where only that has a truth; returns engine and version."""
    facts = work.inspect(file)
    only_first = file.with_name(file.stem + ".gt.txt").exists()
    pages = range(1, 2 if only_first else facts.pages + 1)
    reading.start()
    recognition = work.recognise(file, pages=pages, jobs=jobs, facts=facts)
    reading.stop(len(recognition.pages))
    (out / f"{file.stem}.json").write_text(json.dumps(report.to_json(recognition, file), ensure_ascii=False))
    if sealing is not None and len(recognition.pages) == facts.pages:
        with tempfile.TemporaryDirectory() as folder:
            sealing.start()
            work.seal(file, recognition, Path(folder), jobs=jobs)
            sealing.stop(facts.pages)
    return f"{recognition.engine.name} {recognition.engine.version}"


def score(scorer: Path, truth: Path, read: Path) -> dict[str, Any]:
    told = read / "scores.txt"
    subprocess.run([sys.executable, scorer, truth, read, "--json", told], check=True, stdout=subprocess.DEVNULL)
    tiers: dict[str, dict[str, float]] = json.loads(told.read_text())
    return {tier: {name: round(value, 4) for name, value in rates.items()} for tier, rates in tiers.items()}


def machine(jobs: int) -> str:
    load = os.getloadavg()[0]
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, {jobs} pages side by side, "
        f"Python {platform.python_version()}"
    )


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
