"""python -m acceptance [documents] [scores] [hostile] [benches]: all of them if none is named.

Ends with 1 if a promised figure was missed.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from acceptance import benches, corpus, documents, hostile, scores
from acceptance.figures import Figure, print_table


def main(asked: list[str]) -> int:
    if not corpus.DATA.is_dir():
        print(f"skipped: the documents of acceptance are not here ({corpus.DATA})")
        return 0
    corpus.CACHE.mkdir(parents=True, exist_ok=True)
    parts: dict[str, Callable[[], list[Figure]]] = {
        "documents": lambda: _with_holdings(documents.measure),
        "scores": lambda: scores.measure(corpus.CACHE),
        "hostile": lambda: _with_holdings(hostile.measure),
        "benches": benches.measure,
    }
    unknown = set(asked) - parts.keys()
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(parts)}", file=sys.stderr)
        return 2
    results = {name: part() for name, part in parts.items() if not asked or name in asked}
    for name, figures in results.items():
        print_table(name, figures)
    return 0 if all(figure.met for figures in results.values() for figure in figures) else 1


def _with_holdings(measure: Callable[[Path], list[Figure]]) -> list[Figure]:
    """Fresh holdings; they stay for a look only when something went wrong."""
    data = Path(tempfile.mkdtemp(prefix="holdings-", dir=corpus.CACHE))
    figures = measure(data / "data")
    if all(figure.met for figure in figures):
        shutil.rmtree(data)
    else:
        print(f"holdings left for a look: {data}", file=sys.stderr)
    return figures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
