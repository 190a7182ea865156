"""How many fields are read right, does a field's confidence tell right from wrong, and what does the gate stop?

Corpus: 24 synthetic documents and 21 real ones with transcribed fields (../shared/data), both scored by
../shared/tools/score_fields.py; the gate on all of them. What this reader read before is not read again
(_readings.py). `python -m benchmarks.fields` writes results/fields.json.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks._readings import recognised
from metadata.extract import RULES_VERSION, describe
from metadata.gate import find_marks
from metadata.model import DOUBTFUL_BELOW
from metadata.report import to_json

SHARED = Path(__file__).parents[2] / "shared"
RESULT = Path(__file__).parent / "results/fields.json"
CLASSES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True)
class Claim:
    """A field with a value, beside the truth."""

    document: str
    field: str
    confidence: float
    right: bool


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shared", type=Path, default=SHARED)
    options.add_argument("--out", type=Path, default=RESULT)
    given = options.parse_args()
    if not (given.shared / "data").is_dir():
        sys.exit(f"no corpus at {given.shared}")
    truths = {
        "synthetic": given.shared / "data/scans-synthetic",
        "real": given.shared / "data/scans-real/fields.jsonl",
    }
    result: dict[str, Any] = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "corpus": "24 synthetic and 21 real documents with known fields; gate: all 47",
        "machine": f"{os.cpu_count()} x {platform.machine()}",
        "rules_version": RULES_VERSION,
    }
    with tempfile.TemporaryDirectory() as directory:
        described = Path(directory)
        result["gate"] = describe_all(given.shared / "data", described)
        scorer = given.shared / "tools/score_fields.py"
        claims: list[Claim] = []
        for name, truth in truths.items():
            result[name] = score(scorer, truth, described)
            claims += claims_of(scorer, truth, described)
    result["confidence"] = calibration(claims)
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: value for name, value in result.items() if name != "corpus"}, ensure_ascii=False, indent=1))


def describe_all(data: Path, described: Path) -> dict[str, Any]:
    """Write what was described, one file a document; returns which documents the gate stops."""
    stopped, scans = {}, scans_of(data)
    for scan in scans:
        recognition = recognised(scan)
        marks = find_marks(recognition)
        if marks:
            stopped[scan.stem] = [f"{mark.level} on page {mark.page}" for mark in marks]
        documents = {"documents": to_json(describe(recognition))}
        (described / f"{scan.stem}.json").write_text(json.dumps(documents, ensure_ascii=False), encoding="utf-8")
    marked = sorted(
        truth.stem
        for truth in (data / "scans-synthetic").glob("*.json")
        if json.loads(truth.read_text(encoding="utf-8"))["metadata"].get("do_mat")
    )
    return {
        "documents": len(scans),
        "stopped": stopped,
        "missed": sorted(set(marked) - set(stopped)),
        "stopped wrongly": sorted(set(stopped) - set(marked)),
    }


def scans_of(data: Path) -> list[Path]:
    return sorted([*data.glob("scans-synthetic/*.pdf"), *data.glob("scans-real/**/*.pdf")], key=lambda path: path.stem)


def score(scorer: Path, truth: Path, described: Path) -> dict[str, Any]:
    out = described / "score.out"
    command = [sys.executable, str(scorer), str(truth), str(described), "--json", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return result


def claims_of(scorer: Path, truth: Path, described: Path) -> Iterator[Claim]:
    """Every field with a value that the truth speaks of, whatever its confidence, judged by the scorer's own rule."""
    spec = importlib.util.spec_from_file_location("score_fields", scorer)
    assert spec is not None
    assert spec.loader is not None
    rules: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    for name, known, real in rules.truths(truth):
        fields = json.loads((described / f"{name}.json").read_text(encoding="utf-8"))["documents"][0]["fields"]
        beside = [fields[other]["value"] for other in ("parent_organ_name", "signing_authority") if other in fields]
        for field, keys in rules.NAMES.items():
            wanted = next((known[key] for key in keys if known.get(key)), None)
            if field == "type_name" and not wanted and known.get("kind") == "cong_van":
                wanted = "Công văn"
            unknown = real and wanted is None and field in rules.OPTIONAL_IN_REAL
            if unknown or (real and known.get("page1_only") and field.startswith("signer")):
                continue
            got = fields.get(field)
            if got and got["value"] not in ("", []):
                right = bool(wanted) and rules.same(field, wanted, got["value"], beside)
                yield Claim(name, field, got["confidence"], bool(right))


def calibration(claims: list[Claim]) -> dict[str, Any]:
    """auc: how often a right field is surer than a wrong one; table: share of right ones by confidence."""
    right = [claim.confidence for claim in claims if claim.right]
    wrong = [claim.confidence for claim in claims if not claim.right]
    above = sum((a > b) + 0.5 * (a == b) for a in right for b in wrong)
    table = []
    for low, high in pairwise(CLASSES):
        inside = [claim for claim in claims if low <= claim.confidence < high]
        if inside:
            mean = sum(claim.confidence for claim in inside) / len(inside)
            share = sum(claim.right for claim in inside) / len(inside)
            table.append(
                {"from": low, "to": high, "fields": len(inside), "confidence": round(mean, 3), "right": round(share, 3)}
            )
    sure = [claim for claim in claims if claim.confidence >= DOUBTFUL_BELOW]
    return {
        "fields": len(claims),
        "wrong": len(wrong),
        "auc": round(above / max(1, len(right) * len(wrong)), 3),
        "table": table,
        "to_review_share": round(1 - len(sure) / max(1, len(claims)), 3),
        "wrong_among_sure": round(sum(not claim.right for claim in sure) / max(1, len(sure)), 4),
    }


if __name__ == "__main__":
    main()
