"""How many numbers and days that were written by hand into a letterhead are read, refused, or read wrongly?

Figures of writers kept apart: 100 strips each (seed 5) of MNIST's own test part, of six handwriting fonts that training
never saw, and of drawn strokes, in a printed place; read with the product's own cutting and reading. Pages: the first
of each file of ../shared/data/scans-real with a number or date by hand (fields.jsonl), from its pixels to the field;
a field counts as claimed from a confidence of 0.5 on. `tuned`: pages that constants were chosen on; `apart`: others.
The two halves are of the same office, but for one page: a new writer is what the strips stand for.

`python -m benchmarks.handwritten --sources FOLDER` (FOLDER: where training keeps what it fetched) prints the counts
of strips, without it those of pages, and writes them to results/handwritten.json beside the others.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import cv2

from benchmarks._machine import machine
from benchmarks._readings import KeptEngine
from metadata.extract import describe
from metadata.model import Field, FieldName
from ocr.engine import OcrEngine
from ocr.figures import read_figures
from ocr.handwriting import FITS, LONGEST, SURE_ENOUGH, choose
from ocr.model import Recognition
from ocr.pdf_pages import open_pdf, page_of, reading_dpi, render
from ocr.pipeline import read_page
from ocr.written_ink import written_ink
from training.digits.sources import Sources, open_sources
from training.digits.strips import Scribe, Strip

SHARED = Path(__file__).parents[2] / "shared/data/scans-real"
RESULT = Path(__file__).parent / "results/handwritten.json"
TUNED = {"tinh-01", "tinh-03", "tinh-05", "tinh-07", "tinh-09"}
PENS = ("mnist", "font", "strokes")
STRIPS, SEED = 100, 5
CLAIMED = 0.5


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", type=Path)
    options.add_argument("--pages", type=Path, default=SHARED)
    given = options.parse_args()
    if not given.sources and not (given.pages / "fields.jsonl").exists():
        sys.exit(f"no pages at {given.pages}")
    cv2.setNumThreads(1)
    result: dict[str, Any] = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    result["question"] = (__doc__ or "").split("\n", maxsplit=1)[0]
    part = "strips" if given.sources else "pages"
    if given.sources:
        sources = open_sources(given.sources)
        result[part] = {pen: _strips(sources, pen) for pen in PENS}
    else:
        result[part] = _pages(given.pages)
    result[part]["machine"] = machine()
    print(json.dumps(result[part], indent=1, ensure_ascii=False))
    RESULT.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _strips(sources: Sources, pen: str) -> dict[str, int]:
    scribe = Scribe(sources, SEED, held_out=True)
    return dict(Counter(_outcome_of(scribe.strip(pen)) for _ in range(STRIPS)))


def _outcome_of(strip: Strip) -> str:
    ink = written_ink(strip.pixels, strip.place)
    if ink is None:
        return "refused"
    kind = strip.place.kind
    text, sure = choose(read_figures(ink.pieces, FITS[kind], LONGEST[kind]))
    if sure < SURE_ENOUGH:
        return "refused"
    return "right" if text == strip.text else "wrong"


def _pages(folder: Path) -> dict[str, Any]:
    engine = KeptEngine()
    counts: dict[str, Counter[str]] = {"tuned": Counter(), "apart": Counter()}
    misses = []
    for row in (folder / "fields.jsonl").read_text(encoding="utf-8").splitlines():
        truth = json.loads(row)
        if not (truth["so_viet_tay"] or truth["ngay_viet_tay"]):
            continue
        name = Path(truth["file"]).stem
        fields = _fields(folder / truth["file"], engine)
        wanted = {FieldName.CODE_NUMBER: truth["so"], FieldName.ISSUED_DATE: truth["ngay"]}
        for field, want in wanted.items():
            outcome = _outcome(fields.get(field), want)
            counts["tuned" if name in TUNED else "apart"][f"{field.value} {outcome}"] += 1
            if outcome != "right":
                got = fields.get(field)
                misses.append([name, field.value, want, got and got.value, got and got.confidence])
    return {"tuned": dict(counts["tuned"]), "apart": dict(counts["apart"]), "not_right": misses}


def _fields(file: Path, engine: OcrEngine) -> dict[FieldName, Field]:
    with open_pdf(file) as document, page_of(document, 1, signatures=False) as page:
        dpi = reading_dpi(page)
        pixels = render(page, dpi)
    documents = describe(Recognition(engine.info, (read_page(pixels, dpi, 1, engine),)))
    return documents[0].fields


def _outcome(field: Field | None, want: str) -> str:
    if field is None or not field.value or field.confidence < CLAIMED:
        return "refused"
    return "right" if str(field.value).lstrip("0") == want.lstrip("0") else "wrong"


if __name__ == "__main__":
    main()
