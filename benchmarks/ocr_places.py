"""Do neighbouring lines stand in their true order, and how well do the boxes lie over the lines?

Pages: the synthetic development pages (../shared/data/scans-synthetic), whose truth tells the box of each line on the
level page. What is read is levelled by the skew that was found; to a true line belong the words whose middle lies in
it. `order`: share of neighbouring lines of the truth of which the second is read after the first (cells of a table
included, stamps left out, lines without a word left out and told as `lost`). `order_within`: the same without the step
from one of two blocks that stand side by side to the other, which has no order on paper. `iou`: area that the union of
a line's words shares with the line's own box, by the area of both together; the truth's box is as high as the type,
from the top of its tallest letter to its deepest, so that a line without either cannot reach 1.

`python -m benchmarks.ocr_places` prints the figures and writes results/ocr-places.json.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._machine import machine
from benchmarks._readings import recognised
from benchmarks.ocr_accuracy import SHARED
from ocr.geometry import Straightening
from ocr.model import Box, PageText

RESULT = Path(__file__).parent / "results/ocr-places.json"
TRUTH_DPI = 300
BESIDE = {"head_l": "head_r", "head_r": "head_l", "foot_l": "foot_r", "foot_r": "foot_l"}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shared", type=Path, default=SHARED)
    options.add_argument("--out", type=Path, default=RESULT)
    given = options.parse_args()
    folder = given.shared / "data/scans-synthetic"
    if not folder.exists():
        sys.exit(f"no pages at {folder}")
    tiers: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
    for file in sorted(folder.glob("*.pdf")):
        truth = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        recognition = recognised(file)
        for page, true in zip(recognition.pages, truth["pages"], strict=True):
            if not true["blank"]:
                tiers[truth["tier"]].append(measured(page, true))
    result = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "engine": recognition.engine.version,
        "machine": machine(),
        "tiers": {tier: told(pages) for tier, pages in tiers.items()}
        | {"all": told([page for pages in tiers.values() for page in pages])},
    }
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result["tiers"], indent=1))


def measured(page: PageText, true: dict[str, Any]) -> dict[str, Any]:
    """Of one page: pairs of neighbours in order, pairs, lines without a word, the overlap of each other line."""
    words = level_words(page)
    places, overlaps, lost = [], [], 0
    blocks: list[str] = []
    for line in true["lines"]:
        if line["block"] == "stamp":
            continue
        box = Box(*line["upright_bbox"])
        inside = [at for at, word in enumerate(words) if holds(box, word)]
        if not inside:
            lost += 1
            continue
        whole = words[inside[0]]
        for at in inside[1:]:
            whole = whole.union(words[at])
        places.append(float(np.median(inside)))
        blocks.append(line["block"])
        overlaps.append(overlap(box, whole))
    right = [after > before for before, after in itertools.pairwise(places)]
    aside = [BESIDE.get(before) == after for before, after in itertools.pairwise(blocks)]
    return {
        "right": sum(right),
        "pairs": len(right),
        "right_within": sum(each for each, beside in zip(right, aside, strict=True) if not beside),
        "pairs_within": len(right) - sum(aside),
        "lost": lost,
        "overlaps": overlaps,
    }


def told(pages: list[dict[str, Any]]) -> dict[str, float]:
    overlaps = [each for page in pages for each in page["overlaps"]]
    sums = {
        name: sum(page[name] for page in pages) for name in ("right", "pairs", "right_within", "pairs_within", "lost")
    }
    return {
        "pages": len(pages),
        "lines": len(overlaps),
        "lost": sums["lost"],
        "order": round(sums["right"] / max(1, sums["pairs"]), 4),
        "order_within": round(sums["right_within"] / max(1, sums["pairs_within"]), 4),
        "iou": round(float(np.mean(overlaps)), 3),
    }


def level_words(page: PageText) -> list[Box]:
    """Boxes of the words in reading order, on the level page at the truth's resolution; their size kept."""
    level = Straightening(page.skew_degrees, page.width, page.height)
    wider, higher = ((after - before) / 2 for after, before in zip(level.size, (page.width, page.height), strict=True))
    scale = TRUTH_DPI / (page.dpi or TRUTH_DPI)
    boxes = []
    for word in (word for line in page.lines for word in line.words):
        around = level.there(word.box)
        x, y = (around.left + around.right) / 2 - wider, (around.top + around.bottom) / 2 - higher
        width, height = word.box.width / 2, word.box.height / 2
        boxes.append(Box(scale * (x - width), scale * (y - height), scale * (x + width), scale * (y + height)))
    return boxes


def holds(box: Box, word: Box) -> bool:
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def overlap(one: Box, other: Box) -> float:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (one.width * one.height + other.width * other.height - shared)


if __name__ == "__main__":
    main()
