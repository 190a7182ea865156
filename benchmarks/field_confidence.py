"""Of fields stated to be right with 95 %, are 95 % right, and which wrong ones does the review queue catch?

Documents: 21 real and 24 synthetic ones with known fields (../shared/data), right as ../shared/tools/score_fields.py
says. The documents are parted into folds; the fields of each fold get their confidence from what the other folds
taught (scripts/field_confidence_model.py). `before` is what words and rules alone say. The words' own confidences
(ocr/confidence.json) were learned from some of these pages, so that they are surer here than on others; and the
numbers are small. `python -m benchmarks.field_confidence` prints the tables and writes results/field-confidence.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fields import Claim
from benchmarks.ocr_accuracy import SHARED
from benchmarks.ocr_confidence import auc, expected_error, table
from metadata.field_confidence import FieldCalibration
from metadata.model import DOUBTFUL_BELOW
from scripts.confidence_fit import Examples, Floats, folds_of
from scripts.field_confidence_model import calibration_of, claims, takes_part

RESULT = Path(__file__).parent / "results/field-confidence.json"
FOLDS = 9
EDGES = (0.0, 0.2, 0.5, 0.8, 0.9, 0.95, 1.0)
THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shared", type=Path, default=SHARED)
    options.add_argument("--out", type=Path, default=RESULT)
    given = options.parse_args()
    if not (given.shared / "data").is_dir():
        sys.exit(f"no corpus at {given.shared}")
    found = claims(given.shared)
    every = [claim for _, claim in found]
    before, after = np.array([claim.confidence for claim in every]), held_out(every)
    right, real = np.array([float(claim.right) for claim in every]), np.array([real for real, _ in found])
    kinds = np.array([claim.field for claim in every])
    parts = {"all": real | True, "real": real, "synthetic": ~real} | {kind: kinds == kind for kind in np.unique(kinds)}
    result = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "corpus": "21 real and 24 synthetic documents with known fields",
        "folds": f"{FOLDS}, by document",
        "seed": "none: nothing is drawn by chance",
        "fields": {
            str(name): {
                "before": reliability(before[rows], right[rows]),
                "after": reliability(after[rows], right[rows]),
            }
            for name, rows in parts.items()
        },
        "doubtful_below": DOUBTFUL_BELOW,
        "queue": queue(after, right),
    }
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print_tables(result)


def held_out(every: list[Claim]) -> Floats:
    """Fields that take no part keep what they have."""
    shares = np.array([claim.confidence for claim in every])
    nothing = np.zeros((len(every), 0))
    folds = folds_of(Examples(nothing, shares, shares, tuple(claim.document for claim in every)), FOLDS)
    for inside in folds:
        others = [claim for claim, hidden in zip(every, inside, strict=True) if not hidden and takes_part(claim)]
        calibration = calibration_of(others)
        for at in np.flatnonzero(inside):
            if takes_part(every[at]):
                shares[at] = share_of(every[at], calibration)
    return shares


def share_of(claim: Claim, calibration: FieldCalibration) -> float:
    known = calibration.kinds.get(claim.field)
    return claim.confidence if known is None else calibration.share(claim.field, claim.confidence)


def reliability(stated: Floats, right: Floats) -> dict[str, Any]:
    return {
        "fields": len(right),
        "wrong": int((1 - right).sum()),
        "stated": round(float(stated.mean()), 3),
        "observed": round(float(right.mean()), 3),
        "ece": round(expected_error(stated, right), 4),
        "brier": round(float(np.mean((stated - right) ** 2)), 4),
        "auc": round(auc(stated, right), 4) if 0 < right.sum() < len(right) else None,
        "bins": table(stated, right, EDGES),
    }


def queue(stated: Floats, right: Floats) -> list[dict[str, float]]:
    """caught: of the wrong fields, how many wait for a person; asked: of the right ones, how many do too."""
    told = []
    for threshold in THRESHOLDS:
        waits = stated < threshold
        caught, asked = float(waits[right == 0].mean()), float(waits[right == 1].mean())
        told.append({"below": threshold, "caught": round(caught, 3), "asked": round(asked, 3)})
    return told


def print_tables(result: dict[str, Any]) -> None:
    print("| fields | number | wrong | stated before | after | right | Brier before | after | AUC before | after |")
    print("| --- |" + " --- |" * 9)
    for name, part in result["fields"].items():
        before, after = part["before"], part["after"]
        shares = " | ".join(f"{100 * share:.1f} %" for share in (before["stated"], after["stated"], after["observed"]))
        aucs = " | ".join("" if each["auc"] is None else f"{each['auc']:.3f}" for each in (before, after))
        briers = f"{before['brier']:.3f} | {after['brier']:.3f}"
        print(f"| {name} | {after['fields']} | {after['wrong']} | {shares} | {briers} | {aucs} |")
    print("\n| stated, all | mean | right | fields |\n| --- | --- | --- | --- |")
    for row in result["fields"]["all"]["after"]["bins"]:
        edges = f"{100 * row['from']:.0f} to {100 * row['to']:.0f} %"
        print(f"| {edges} | {100 * row['stated']:.1f} % | {100 * row['observed']:.1f} % | {row['number']} |")
    print("\n| shown as doubtful below | wrong fields caught | right fields asked about |\n| --- | --- | --- |")
    for row in result["queue"]:
        print(f"| {100 * row['below']:.0f} % | {100 * row['caught']:.0f} % | {100 * row['asked']:.1f} % |")


if __name__ == "__main__":
    main()
