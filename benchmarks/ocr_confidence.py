"""Of words stated to be right with 95 %, are 95 % right? For documents that were not learned from.

Pages: the development scans with a truth, real and synthetic (../shared/data), read as the service reads them, each
word judged by scripts/word_truth.py. The documents are parted into folds, a document whole in one of them; the words of
each fold get their confidence from weights and curve made of the other folds (scripts/confidence_model.py); nothing
else of them is used. `before` is the engine's own confidence of the same words. ece: mean distance of stated and
observed share over ten bins, weighted by their words; brier: mean square error; auc: how often a right word is surer
than a wrong one. `python -m benchmarks.ocr_confidence` prints the table and writes results/ocr-confidence.json; it ends
with 1 where that is not as promised.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ocr_accuracy import SHARED, machine
from ocr import confidence
from scripts.confidence_fit import Examples, Floats, fitted, folds_of
from scripts.confidence_model import FOLDS, RISING, ReadWords, pages_of, words_of

RESULT = Path(__file__).parent / "results/ocr-confidence.json"
PROMISED = 0.03
EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
UPPER = (0.9, 0.95, 0.98, 0.99, 1.0)  # most words lie there: once more, finer
TIMED = 20  # pages


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shared", type=Path, default=SHARED)
    options.add_argument("--out", type=Path, default=RESULT)
    given = options.parse_args()
    if not (given.shared / "data").is_dir():
        sys.exit(f"no corpus at {given.shared}")
    pages = list(pages_of(given.shared / "data"))
    words = words_of(pages)
    stated = held_out(words.examples)
    result = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "calibration": confidence.calibration_version(),
        "folds": f"{FOLDS}, by document; {len(set(words.examples.documents))} documents, {len(pages)} pages",
        "seed": "none: nothing is drawn by chance",
        "machine": machine(1),
        "cpu_ms_a_page": cost_ms([lines for _, lines in pages[:TIMED]]),
        "words": {name: both(words, stated, rows) for name, rows in parts_of(words).items()},
    }
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print_tables(result["words"])
    return 0 if all(holds(part) for part in result["words"].values()) else 1


def holds(part: dict[str, Any]) -> bool:
    """What is promised: stated shares are met, and right is told from wrong no worse than by the engine's own word."""
    before, after = part["before"], part["after"]
    return bool(after["ece"] <= PROMISED and after["auc"] >= before["auc"])


def held_out(examples: Examples) -> Floats:
    shares = np.zeros(len(examples.right))
    for inside in folds_of(examples, FOLDS):
        fit = fitted(examples.where(~inside), RISING, FOLDS - 1)
        shares[inside] = fit.shares(examples.features[inside])
    return shares


def parts_of(words: ReadWords) -> dict[str, Any]:
    tiers = np.array(words.tiers)
    law = np.char.startswith(np.array(words.examples.documents), "luat")
    real = tiers == "real"
    return {"real": real, "real, scanned law": real & law, "real, first pages": real & ~law, "synthetic": ~real}


def both(words: ReadWords, stated: Floats, rows: Any) -> dict[str, Any]:
    right = words.examples.right[rows]
    return {"before": reliability(words.stated[rows], right), "after": reliability(stated[rows], right)}


def reliability(stated: Floats, right: Floats) -> dict[str, Any]:
    bins = table(stated, right, EDGES)
    return {
        "words": len(right),
        "wrong": int((1 - right).sum()),
        "ece": round(expected_error(stated, right), 4),
        "brier": round(float(np.mean((stated - right) ** 2)), 4),
        "auc": round(auc(stated, right), 4),
        "bins": bins,
        "upper": table(stated, right, UPPER),
    }


def table(stated: Floats, right: Floats, edges: tuple[float, ...]) -> list[dict[str, float]]:
    told = []
    for low, high in pairwise(edges):
        inside = (stated >= low) & ((stated < high) | ((high == edges[-1]) & (stated <= high)))
        if inside.any():
            mean, share = float(stated[inside].mean()), float(right[inside].mean())
            row = {"from": low, "to": high, "stated": round(mean, 3), "observed": round(share, 3)}
            told.append(row | {"number": int(inside.sum())})
    return told


def expected_error(stated: Floats, right: Floats) -> float:
    bins = np.minimum(len(EDGES) - 2, (stated * (len(EDGES) - 1)).astype(int))
    away = (abs(float((stated - right)[bins == each].sum())) for each in range(len(EDGES) - 1))
    return sum(away) / max(1, len(right))


def auc(stated: Floats, right: Floats) -> float:
    """By the ranks of the right ones; equals share theirs."""
    _, place, counts = np.unique(stated, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    good = float(right.sum())
    pairs = good * (len(right) - good)
    return float((ranks[right == 1].sum() - good * (good + 1) / 2) / pairs) if pairs else 1.0


def cost_ms(pages: list[Any]) -> float:
    confidence.calibrated(pages[0])
    started = time.process_time()
    for lines in pages:
        confidence.calibrated(lines)
    return round(1000 * (time.process_time() - started) / len(pages), 1)


def print_tables(parts: dict[str, Any]) -> None:
    print("| words | number | wrong | ECE before | after | Brier before | after | AUC before | after |")
    print("| --- |" + " --- |" * 8)
    for name, part in parts.items():
        before, after = part["before"], part["after"]
        pairs = (f"{before[rate]:.3f} | {after[rate]:.3f}" for rate in ("ece", "brier", "auc"))
        print(f"| {name} | {after['words']} | {after['wrong']} | " + " | ".join(pairs) + " |")
    for name in ("real", "synthetic"):
        print(f"\n| stated, {name} | mean | right | words |\n| --- | --- | --- | --- |")
        rows = [row for row in parts[name]["after"]["bins"] if row["from"] < UPPER[0]] + parts[name]["after"]["upper"]
        for row in rows:
            edges = f"{100 * row['from']:.0f} to {100 * row['to']:.0f} %"
            print(f"| {edges} | {100 * row['stated']:.1f} % | {100 * row['observed']:.1f} % | {row['number']} |")


if __name__ == "__main__":
    sys.exit(main())
