"""Make what turns the confidence of fields into shares of right values: metadata/field_confidence.json, its card too.

    python -m scripts.field_confidence_model SHARED

SHARED: folder with data (scans-real with fields.jsonl, scans-synthetic) and tools/score_fields.py, whose notion of
right counts. Documents are read and described as the service does it. The same documents give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from benchmarks.fields import Claim, claims_of, describe_all
from metadata import extract, field_confidence
from metadata.evidence import PARTLY_READ
from scripts.confidence_fit import Examples, regression

_DRAWN = 0.5  # the odds of hardly a kind lie more than e^3 apart from the others'
_STAMPED = {"secrecy", "urgency"}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("shared", type=Path)
    options.add_argument("--out", type=Path, default=field_confidence.CALIBRATION)
    given = options.parse_args()
    told = card(claims(given.shared))
    given.out.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def claims(shared: Path) -> list[tuple[bool, Claim]]:
    """(of a real document, field) of every document with known fields, as rules and words alone give it."""
    found = []
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(extract, "calibrated", _as_it_is):
        describe_all(shared / "data", Path(folder))
        for real, truth in ((False, "scans-synthetic"), (True, "scans-real/fields.jsonl")):
            told = claims_of(shared / "tools/score_fields.py", shared / "data" / truth, Path(folder))
            found += [(real, claim) for claim in told]
    return found


def card(found: list[tuple[bool, Claim]]) -> dict[str, Any]:
    learned = [claim for _, claim in found if takes_part(claim)]
    fit = calibration_of(learned)
    return {
        "what": "share of right fields by what words and rules say of them, and by their kind",
        "made_by": "scripts/field_confidence_model.py; no random numbers",
        "from": "21 real and 24 synthetic development documents with known fields",
        "fields": len(learned),
        "wrong": sum(not claim.right for claim in learned),
        "constant": fit.constant,
        "slope": fit.slope,
        "kinds": fit.kinds,
    }


def takes_part(claim: Claim) -> bool:
    return claim.field not in _STAMPED and claim.confidence != PARTLY_READ


def calibration_of(learned: list[Claim]) -> field_confidence.FieldCalibration:
    kinds = sorted({claim.field for claim in learned})
    rows = [
        [field_confidence.log_odds(claim.confidence), *(float(claim.field == kind) for kind in kinds)]
        for claim in learned
    ]
    right = np.array([float(claim.right) for claim in learned])
    documents = tuple(claim.document for claim in learned)
    examples = Examples(np.array(rows), right, np.ones(len(right)), documents)
    constant, (slope, *weights) = regression(examples, [True, *(False for _ in kinds)], scaled=False, drawn=_DRAWN)
    by_kind = {kind: round(float(weight), 3) for kind, weight in zip(kinds, weights, strict=True)}
    return field_confidence.FieldCalibration(round(constant, 3), round(float(slope), 3), by_kind)


def _as_it_is(name: object, field: Any) -> Any:
    return field


if __name__ == "__main__":
    main()
