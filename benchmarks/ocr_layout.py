"""Are stamps told apart and kept out of the running text, heads never merged across the gap, tables cut right?

Pages: the development scans with a truth. Stamps: NAME.stamps.txt of the real first pages, lines of the block `stamp`
of the synthetic ones; a line counts as found where at most one letter in five of it is otherwise in one stamp's text,
and as kept out where the running text does not hold it so. Heads and feet: lines of the blocks head_l and head_r
(foot_l and foot_r) of the synthetic truth, the real ones by the national title, which must begin a line of its own.
Cells: those of the synthetic truth whose words are exactly those of the cell in that row and column. Drawn tables:
200 grids of 2 to 8 rows and columns, seed 5, ruled 2 pixels wide at 200 dpi; a table counts where all cells are found
within 6 pixels.

`python -m benchmarks.ocr_layout` reads the pages, prints the counts and writes them to results/ocr-layout.json.
--read FOLDER: score what `archive ocr --json` wrote there (scans-real/NAME.json, scans-synthetic/NAME.json) instead;
--before FOLDER: the same by an earlier reader, beside it.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz

from benchmarks._readings import recognised
from benchmarks.ocr_accuracy import SHARED, machine
from ocr import report
from ocr.letters import fold_words
from ocr.tables import find_tables

RESULT = Path(__file__).parent / "results/ocr-layout.json"
ALIKE = 80.0
TITLE = re.compile("cong ho[aà] xa hoi chu nghia")
DRAWN, SEED, DPI = 200, 5, 200
Counts = dict[str, list[int]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shared", type=Path, default=SHARED)
    options.add_argument("--read", type=Path)
    options.add_argument("--before", type=Path)
    given = options.parse_args()
    data = given.shared / "data"
    if not data.is_dir():
        sys.exit(f"no corpus at {given.shared}")
    result: dict[str, Any] = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "machine": machine(1),
        "drawn_tables": drawn_tables(),
    }
    if given.before:
        result["before"] = scored(data, given.before)
    with tempfile.TemporaryDirectory() as scratch:
        result["now"] = scored(data, given.read or read_pages(data, Path(scratch)))
    RESULT.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=1))


def read_pages(data: Path, into: Path) -> Path:
    """As `archive ocr --json` would write them; of a real file the first page, the others have no such truth."""
    for corpus, files in (("scans-real", "*.gt.txt"), ("scans-synthetic", "*.json")):
        (into / corpus).mkdir()
        for truth in sorted((data / corpus).glob(files)):
            file = truth.with_name(f"{truth.name.split('.')[0]}.pdf")
            recognition = recognised(file)
            if corpus == "scans-real":
                recognition = replace(recognition, pages=recognition.pages[:1])
            told = json.dumps(report.to_json(recognition, file), ensure_ascii=False)
            (into / corpus / f"{file.stem}.json").write_text(told, encoding="utf-8")
    return into


def scored(data: Path, read: Path) -> dict[str, dict[str, str]]:
    return {corpus: measured(data / corpus, read / corpus) for corpus in CORPORA}


def measured(truth: Path, read: Path) -> dict[str, str]:
    """`right of all` for each question that the corpus has a truth for."""
    counts: Counts = {}
    for page, stamps, blocks in CORPORA[truth.name](truth, read):
        # a page of an earlier reader tells the lines of stamps behind its running text
        behind = sum(len(stamp["text"].split("\n")) for stamp in page["stamps"] if _on_paper(stamp))
        running = page["lines"][: len(page["lines"]) - behind] if behind else page["lines"]
        texts = [fold_words(line["text"]) for line in running]
        own = [fold_words(line) for name, lines in blocks.items() if name != "stamp" for line in lines]
        _count_stamps(counts, stamps, page, texts, own)
        for left, right in (("head_l", "head_r"), ("foot_l", "foot_r")):
            if blocks.get(left) and blocks.get(right):
                _count_halves(counts, left[:4], blocks[left], blocks[right], texts)
        titles = [text for text in texts if TITLE.search(text)]
        for text in titles[:1]:
            _count(counts, "the national title begins its line", TITLE.search(text[:32]) is not None)
        _count_cells(counts, blocks, page)
    return {name: f"{right} of {every}" for name, (right, every) in sorted(counts.items())}


def real_pages(truth: Path, read: Path) -> Iterator[tuple[dict[str, Any], list[str], dict[str, list[str]]]]:
    for file in sorted(truth.glob("*.gt.txt")):
        name = file.name.removesuffix(".gt.txt")
        stamps = truth / f"{name}.stamps.txt"
        lines = stamps.read_text(encoding="utf-8").splitlines() if stamps.exists() else []
        own = file.read_text(encoding="utf-8").splitlines()
        yield _pages(read / f"{name}.json")[1], lines, {"text": own}


def synthetic_pages(truth: Path, read: Path) -> Iterator[tuple[dict[str, Any], list[str], dict[str, list[str]]]]:
    for file in sorted(truth.glob("*.json")):
        pages = _pages(read / file.name)
        for number, page in enumerate(json.loads(file.read_text(encoding="utf-8"))["pages"], 1):
            blocks: dict[str, list[str]] = {}
            for line in page["lines"]:
                blocks.setdefault(line["block"], []).append(line["text"])
            yield pages[number], blocks.get("stamp", []), blocks


CORPORA = {"scans-real": real_pages, "scans-synthetic": synthetic_pages}


def _count_stamps(counts: Counts, stamps: list[str], page: dict[str, Any], running: list[str], own: list[str]) -> None:
    """own: what the running text has in truth; words of a stamp that stand there too say nothing."""
    read = [fold_words(stamp["text"]) for stamp in page["stamps"]]
    for line in map(fold_words, stamps):
        _count(counts, "stamp lines found", any(fuzz.partial_ratio(line, text) >= ALIKE for text in read if text))
        if len(line) >= 6 and all(fuzz.ratio(line, text) < ALIKE for text in own):
            alone = any(fuzz.ratio(line, text) >= ALIKE for text in running)
            _count(counts, "stamp lines kept out of the running text", not alone)


def _count_halves(counts: Counts, name: str, left: list[str], right: list[str], running: list[str]) -> None:
    """A line that holds words of both sides is merged: the ends of the one, the beginnings of the other."""
    ends = [fold_words(text).split()[-1] for text in left if len(text.split()) > 1]
    starts = [" ".join(fold_words(text).split()[:2]) for text in right if len(text.split()) > 1]
    merged = any(f"{end} {start}" in text for text in running for end in ends for start in starts)
    _count(counts, f"{name}s with no line across the gap", not merged)


def _count_cells(counts: Counts, blocks: dict[str, list[str]], page: dict[str, Any]) -> None:
    read = [
        {(cell["row"], cell["column"]): " ".join(cell["text"].split()) for cell in table}
        for table in page.get("tables", [])
    ]
    for block, texts in blocks.items():
        if block.startswith("cell:"):
            row, column = map(int, block.split(":")[1:])
            told = [table.get((row, column)) for table in read]
            for text in texts:
                _count(counts, "cells right", text in told)


def drawn_tables() -> str:
    chance, right = random.Random(SEED), 0
    for _ in range(DRAWN):
        lefts, tops = [80], [80]
        for edges, low, high in ((lefts, 70, 240), (tops, 44, 160)):
            for _ in range(chance.randint(2, 8)):
                edges.append(edges[-1] + chance.randint(low, high))
        image = np.full((tops[-1] + 80, lefts[-1] + 80), chance.randint(225, 255), np.uint8)
        for left in lefts:
            image[tops[0] : tops[-1] + 2, left : left + 2] = chance.randint(10, 110)
        for top in tops:
            image[top : top + 2, lefts[0] : lefts[-1] + 2] = chance.randint(10, 110)
        noise = np.random.default_rng(chance.randint(0, 10**6)).normal(0, 8, image.shape)
        right += _all_found(find_tables(np.clip(image + noise, 0, 255).astype(np.uint8), DPI), lefts, tops)
    return f"{right} of {DRAWN}"


def _all_found(tables: list[Any], lefts: list[int], tops: list[int]) -> bool:
    if len(tables) != 1 or len(tables[0].cells) != (len(lefts) - 1) * (len(tops) - 1):
        return False
    return all(
        abs(cell.box.left - lefts[cell.column]) <= 6
        and abs(cell.box.top - tops[cell.row]) <= 6
        and abs(cell.box.right - lefts[cell.column + 1]) <= 6
        and abs(cell.box.bottom - tops[cell.row + 1]) <= 6
        for cell in tables[0].cells
    )


def _pages(file: Path) -> dict[int, dict[str, Any]]:
    told = json.loads(file.read_text(encoding="utf-8"))
    return {page["number"]: page for page in told["pages"]}


def _on_paper(stamp: dict[str, Any]) -> bool:
    return bool(stamp["text"].strip()) and stamp.get("kind") != "signature"


def _count(counts: Counts, name: str, right: bool) -> None:
    so_far = counts.setdefault(name, [0, 0])
    so_far[0] += right
    so_far[1] += 1


if __name__ == "__main__":
    main()
