"""What does the correction of misread syllables change, and what does it cost?

Pages: the development scans, real and synthetic, scored by ../shared/tools/score_ocr.py as in ocr_accuracy. Each page
is read once; without the correction its words are what `read_as` keeps. CPU milliseconds a page are those of the
correction alone; what Tesseract takes more to tell its choices is in ocr_accuracy's figures. No text of these pages is
in the model: its card says what was left out. `python -m benchmarks.ocr_correction` writes results/ocr-correction.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._readings import KeptEngine
from benchmarks.ocr_accuracy import CORPORA, SHARED, has_truth, machine, score
from ocr import correction, pipeline, report, stored, syllables
from ocr.formats import inspect_file
from ocr.model import Line

RESULT = Path(__file__).parent / "results/ocr-correction.json"


@dataclass
class Work:
    """Of the correction, over all pages."""

    pages: int = 0
    words: int = 0
    mended: int = 0
    cpu_s: float = 0.0

    def corrected(self, lines: Iterable[Line]) -> tuple[Line, ...]:
        started = time.process_time()
        done = correction.corrected(lines)
        self.cpu_s += time.process_time() - started
        words = [word for line in done for word in line.words]
        self.pages += 1
        self.words += len(words)
        self.mended += sum(word.read_as is not None for word in words)
        return done

    def told(self) -> dict[str, float]:
        milliseconds = round(1000 * self.cpu_s / max(1, self.pages), 1)
        return {"pages": self.pages, "words": self.words, "mended": self.mended, "cpu_ms_a_page": milliseconds}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shared", type=Path, default=SHARED)
    options.add_argument("--out", type=Path, default=RESULT)
    given = options.parse_args()
    scorer = given.shared / "tools/score_ocr.py"
    if not scorer.exists():
        sys.exit(f"no scorer at {scorer}")
    syllables.model()
    work = Work()
    pipeline.corrected = work.corrected  # type: ignore[assignment]
    pipeline.open_engine = KeptEngine  # type: ignore[assignment]
    scores: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for corpus in CORPORA:
            truth = given.shared / "data" / corpus
            ways = {way: Path(scratch) / corpus / way for way in ("without", "with")}
            for folder in ways.values():
                folder.mkdir(parents=True)
            for file in sorted(truth.rglob("*.pdf")):
                if has_truth(file):
                    read_both_ways(file, ways)
            scores[corpus] = {way: score(scorer, truth, folder) for way, folder in ways.items()}
    card = json.loads(syllables.MODEL.with_suffix(".json").read_text(encoding="utf-8"))
    result = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "model": {key: card[key] for key in ("model_sha256", "size_bytes", "left_out")},
        "machine": machine(1),
        "correction": work.told(),
        "scores": scores,
    }
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=1))


def read_both_ways(file: Path, ways: dict[str, Path]) -> None:
    """Only the first page where only that has a truth."""
    facts = inspect_file(str(file))
    last = 1 if file.with_name(file.stem + ".gt.txt").exists() else facts["pages"]
    told = pipeline.recognise_pages(str(file), facts["kind"], list(range(1, last + 1)), "tesseract")
    pages = [report.page_to_json(stored.page_from_json(page)) for page in told["pages"]]
    for way, folder in ways.items():
        shown = pages if way == "with" else [uncorrected(page) for page in pages]
        (folder / f"{file.stem}.json").write_text(json.dumps({"pages": shown}, ensure_ascii=False))


def uncorrected(page: dict[str, Any]) -> dict[str, Any]:
    rows = (" ".join(word.get("read_as", word["text"]) for word in line["words"]) for line in page["lines"])
    return page | {"text": "\n".join(rows)}


if __name__ == "__main__":
    main()
