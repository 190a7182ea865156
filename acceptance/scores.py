"""Accuracy of text and fields, by the scorers that lie beside the data; the figures are written as they are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from acceptance import corpus
from acceptance.command import archive
from acceptance.figures import Figure, equal, write


def measure(cache: Path) -> list[Figure]:
    read = cache / "extract"
    read.mkdir(parents=True, exist_ok=True)
    missing = [path.name for path in corpus.documents() if not _read(path, read)]
    figures = [equal("files read by archive extract", [], missing)]
    for name, truth in (("synthetic", corpus.SYNTHETIC), ("real", corpus.REAL)):
        _score(corpus.SCORE_OCR, truth, read, f"ocr_{name}", "Character error rate of the recognised text")
    for name, truth in (("synthetic", corpus.SYNTHETIC), ("real", corpus.REAL / "fields.jsonl")):
        _score(corpus.SCORE_FIELDS, truth, read, f"fields_{name}", "Recall and precision of the extracted fields")
    return figures


def _read(path: Path, read: Path) -> bool:
    target = read / f"{path.stem}.json"
    print(f"extract {path.name}", file=sys.stderr, flush=True)
    ran = archive("extract", path)
    if ran.exit_code != 0 or ran.document is None:
        print(ran.stderr, file=sys.stderr)
        return False
    target.write_text(json.dumps(ran.document, ensure_ascii=False), encoding="utf-8")
    return True


def _score(scorer: Path, truth: Path, read: Path, name: str, question: str) -> None:
    out = read.parent / f"{name}.json"
    command = [sys.executable, str(scorer), str(truth), str(read), "--json", str(out)]
    print(f"\n{name}: {question}", flush=True)
    subprocess.run(command, check=True)
    result = json.loads(out.read_text(encoding="utf-8"))
    write(f"score_{name}", question, str(truth.relative_to(corpus.SHARED)), {"result": result})
