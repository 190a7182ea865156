"""Where the documents of acceptance lie. They are not part of the repository: without them nothing is measured."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
DATA = SHARED / "data"
SYNTHETIC = DATA / "scans-synthetic"
REAL = DATA / "scans-real"
LONG = REAL / "luat-cutru-2020"
HOSTILE = DATA / "hostile" / "qpdf"
SCORE_OCR = SHARED / "tools" / "score_ocr.py"
SCORE_FIELDS = SHARED / "tools" / "score_fields.py"
RESULTS = ROOT / "benchmarks" / "results"
CACHE = ROOT / ".cache" / "acceptance"


def documents() -> list[Path]:
    return sorted(SYNTHETIC.glob("*.pdf")) + sorted(REAL.rglob("*.pdf"))


def hostile_files() -> list[Path]:
    return sorted(path for path in HOSTILE.rglob("*") if path.is_file())
