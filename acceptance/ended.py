"""What of a run has ended, so that a run that was stopped goes on instead of beginning anew."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path

from acceptance import corpus
from acceptance.command import engine
from acceptance.figures import Figure

_PROGRAM = ("acceptance", "archive", "benchmarks", "metadata", "ocr", "retention", "scripts", "search")
_FOLDER = corpus.CACHE / "ended"


def figures_of(part: str) -> list[Figure] | None:
    """Those of a part that ended and met them all, with this very program, engine and data; else None."""
    place = _place(part)
    if not place.exists():
        return None
    return [Figure(**told) for told in json.loads(place.read_text(encoding="utf-8"))]


def keep(part: str, figures: list[Figure]) -> None:
    if not all(figure.met for figure in figures):
        return
    place = _place(part)
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_suffix(".part")
    unfinished.write_text(json.dumps([asdict(figure) for figure in figures], ensure_ascii=False), encoding="utf-8")
    unfinished.replace(place)


def forget(part: str) -> None:
    _place(part).unlink(missing_ok=True)


def _place(part: str) -> Path:
    return _FOLDER / _measured() / f"{part.replace(' ', '-')}.json"


@cache
def _measured() -> str:
    digest = hashlib.sha256(engine().encode())
    for path in sorted(_program()):
        digest.update(f"{path.relative_to(corpus.ROOT)}\n".encode() + path.read_bytes())
    for path in [*corpus.documents(), *corpus.hostile_files()]:
        digest.update(f"{path.relative_to(corpus.DATA)} {path.stat().st_size}\n".encode())
    return digest.hexdigest()[:16]


def _program() -> Iterator[Path]:
    yield corpus.ROOT / "requirements-dev.txt"
    for folder in _PROGRAM:
        for path in (corpus.ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and corpus.RESULTS not in path.parents:
                yield path
