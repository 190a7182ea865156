"""What is each step of the reading worth: the characters read wrongly without it, and the CPU time it takes?

Pages: every third of the development pages with a truth (../shared/data/scans-real, ../shared/data/scans-synthetic),
in the order of their names; --every 1 takes all. Scored by ../shared/tools/score_ocr.py: `cer` of each tier, lines in
any order; stamps count as text. Each step is taken out of ocr/pipeline.py in turn, all others stay. A picture that was
read is not read again: its words and CPU seconds are kept (_readings.py), and count each time. One process, one thread.

`python -m benchmarks.ocr_ablation` prints the table and writes results/ocr-ablation.json.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks._machine import machine
from benchmarks._readings import KeptEngine
from benchmarks.ocr_accuracy import CORPORA, SHARED
from ocr import pipeline, report
from ocr.ink import gray_of

RESULT = Path(__file__).parent / "results/ocr-ablation.json"
EVERY = 3

# step -> names of ocr.pipeline, and what stands in their place
WITHOUT: dict[str, dict[str, Any]] = {
    "none": {},
    "colour ink": {"without_coloured_ink": gray_of},
    "orientation": {"quarter_turn": lambda *_: 0},
    "deskew": {"skew_of": lambda _: 0.0},
    "folds": {"without_folds": lambda gray: gray},
    "gray seals": {"without_gray_seals": lambda gray, _: gray},
    "stamps apart": {"read_stamps": lambda *_: ()},
    "junk lines": {"LINE_COUNTS": 0.0},
    "second look": {"with_leftover": lambda lines, *_: lines},
    "halves": {"with_halves": lambda lines, *_: lines},
    "columns": {"in_columns": lambda lines, *_: lines},
    "marks": {"mended_marks": lambda lines: lines},
    "codes": {"mended_codes": tuple},
    "sequence": {"in_sequence": tuple},
    "correction": {"corrected": tuple},
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shared", type=Path, default=SHARED)
    options.add_argument("--every", type=int, default=EVERY)
    options.add_argument("--out", type=Path, default=RESULT)
    given = options.parse_args()
    scorer = scorer_of(given.shared)
    started = machine()
    rows: dict[str, dict[str, list[Any]]] = {step: {} for step in WITHOUT}
    cpu_s = dict.fromkeys(WITHOUT, 0.0)
    pages = list(with_truth(given.shared, scorer))[:: given.every]
    for tier, file, number, truth in pages:
        engine = KeptEngine()
        for step in WITHOUT:
            with without(step):
                text, cost = read(file, number, engine)
            rows[step].setdefault(tier, []).append(scorer.score(truth, text))
            cpu_s[step] += cost
        print(file.name, number, flush=True)
    result = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "engine": engine.info.version,
        "pages": {tier: len(told) for tier, told in rows["none"].items()},
        "machine": started,
        "without": {
            step: {
                "cer": {tier: round(scorer.rates(told)["cer"], 4) for tier, told in tiers.items()},
                "cpu_seconds_a_page": round(cpu_s[step] / len(pages), 2),
            }
            for step, tiers in rows.items()
        },
    }
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print_table(result)


def scorer_of(shared: Path) -> Any:
    path = shared / "tools/score_ocr.py"
    spec = importlib.util.spec_from_file_location("score_ocr", path)
    if not path.exists() or spec is None or spec.loader is None:
        sys.exit(f"no scorer at {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def with_truth(shared: Path, scorer: Any) -> Iterator[tuple[str, Path, int, list[str]]]:
    """Tier, file, page number, lines of the truth."""
    for corpus in CORPORA:
        folder = shared / "data" / corpus
        for name, number, tier, lines in scorer.truth_pages(folder):
            yield tier, next(folder.rglob(f"{name}.pdf")), number, lines


@contextmanager
def without(step: str) -> Iterator[None]:
    """The pipeline without a step, while this lasts."""
    with ExitStack() as patches:
        for name, instead in WITHOUT[step].items():
            patches.enter_context(mock.patch.object(pipeline, name, instead))
        yield


def read(file: Path, number: int, engine: KeptEngine) -> tuple[str, float]:
    """Text of a page, and CPU seconds: this process's own and those of the engine."""
    own, engine.cpu_s = time.process_time(), 0.0
    [page] = pipeline._read(file, "pdf", [number], engine)
    return report.page_to_json(page)["text"], time.process_time() - own + engine.cpu_s


def print_table(result: dict[str, Any]) -> None:
    tiers = list(result["pages"])
    print("| without | " + " | ".join(f"{tier} ({n})" for tier, n in result["pages"].items()) + " | CPU s a page |")
    print("| --- |" + " --- |" * (len(tiers) + 1))
    for step, told in result["without"].items():
        cells = " | ".join(f"{told['cer'][tier]:.2%}" for tier in tiers)
        print(f"| {step} | {cells} | {told['cpu_seconds_a_page']} |")


if __name__ == "__main__":
    main()
