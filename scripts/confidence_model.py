"""Make what turns the engine's confidence of words into shares of right ones: ocr/confidence.json, card and numbers.

    python -m scripts.confidence_model DATA

DATA: folder with scans-real and scans-synthetic. Every page with a truth is read as the service reads it and its words
are judged (scripts/word_truth.py). What Tesseract said of a picture is kept (benchmarks/_readings.py), so that a
second fit takes minutes less. The same pages give the same bytes. How well it holds on documents that were not learned
from: benchmarks/ocr_confidence.py.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from benchmarks._readings import KeptEngine
from ocr import confidence, pipeline
from ocr.formats import inspect_file
from ocr.model import Line
from scripts.confidence_fit import Examples, Fitted, Floats, fitted
from scripts.word_truth import PageTruth, judged, truths

FOLDS = 8
RISING = tuple(name in confidence.RISING for name in confidence.FEATURES)


@dataclass(frozen=True)
class ReadWords:
    """Every judged word of the pages; `stated` is what the engine said of it."""

    examples: Examples
    stated: Floats
    tiers: tuple[str, ...]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data", type=Path)
    options.add_argument("--out", type=Path, default=confidence.CALIBRATION)
    given = options.parse_args()
    words = words_of(pages_of(given.data))
    told = card(words, fitted(words.examples, RISING, FOLDS))
    given.out.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def card(words: ReadWords, fit: Fitted) -> dict[str, Any]:
    """What confidence.json holds."""
    weights = dict(zip(confidence.FEATURES, (round(float(weight), 4) for weight in fit.weights), strict=True))
    numbers = {
        "constant": round(fit.constant, 4),
        "weights": weights,
        "curve": [[round(at, 3), round(share, 4)] for at, share in fit.curve],
    }
    right, documents = words.examples.right, sorted(set(words.examples.documents))
    return {
        "what": "share of right words by what the engine and the words around say of them",
        "made_by": "scripts/confidence_model.py; no random numbers",
        "from": "development pages with a truth: scans-real (public official documents) and scans-synthetic",
        "documents": documents,
        "words": len(right),
        "wrong": int((1 - right).sum()),
        "folds": f"{FOLDS}, whole documents, for the curve",
        "version": hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()[:8],
        **numbers,
    }


def words_of(pages: Iterable[tuple[PageTruth, tuple[Line, ...]]]) -> ReadWords:
    """Without words of which the truth says nothing."""
    features, right, stated, documents, tiers = [], [], [], [], []
    for truth, lines in pages:
        words = [word for line in lines for word in line.words]
        for word, row, verdict in zip(words, confidence.features_of(lines), judged(lines, truth), strict=True):
            if verdict is not None:
                features.append(row)
                right.append(float(verdict))
                stated.append(word.confidence)
                documents.append(truth.document)
                tiers.append(truth.tier)
    examples = Examples(np.array(features), np.array(right), np.ones(len(right)), tuple(documents))
    return ReadWords(examples, np.array(stated), tuple(tiers))


def pages_of(data: Path) -> Iterator[tuple[PageTruth, tuple[Line, ...]]]:
    """Each page with a truth, and its lines as they are before their words are calibrated."""
    for file, truth in truths(data):
        lines = read(file, truth.number)
        if lines is not None:
            yield truth, lines


def read(file: Path, number: int) -> tuple[Line, ...] | None:
    """None for a page that is not recognised: blank, or with a text of its own."""
    seen: list[tuple[Line, ...]] = []

    def look(lines: Iterable[Line]) -> tuple[Line, ...]:
        seen.append(tuple(lines))
        return seen[-1]

    with mock.patch.multiple(pipeline, open_engine=KeptEngine, calibrated=look, calibration_version=str):
        pipeline.recognise_pages(str(file), inspect_file(str(file))["kind"], [number], "tesseract")
    return seen[-1] if seen else None


if __name__ == "__main__":
    main()
