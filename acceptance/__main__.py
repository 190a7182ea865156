"""python -m acceptance [documents] [scores] [hostile] [benches]: all of them if none is named.

A run that was stopped goes on when it is started again with the same program and data: parts that ended with every
figure met are told, not measured anew. A run that came to its end is forgotten: the next one measures everything.
Ends with 1 if a promised figure was missed.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from acceptance import benches, corpus, documents, ended, hostile, scores
from acceptance.figures import Figure, print_table


def main(asked: list[str]) -> int:
    if not corpus.DATA.is_dir():
        print(f"skipped: the documents of acceptance are not here ({corpus.DATA})")
        return 0
    corpus.CACHE.mkdir(parents=True, exist_ok=True)
    groups: dict[str, dict[str, Callable[[], list[Figure]]]] = {
        "documents": {"documents": lambda: _with_holdings(documents.measure)},
        "scores": {"scores": lambda: scores.measure(corpus.CACHE)},
        "hostile": {"hostile": lambda: _with_holdings(hostile.measure)},
        "benches": benches.parts(),
    }
    unknown = set(asked) - groups.keys()
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(groups)}", file=sys.stderr)
        return 2
    parts: dict[str, Callable[[], list[Figure]]] = {}
    for group in asked or groups:
        parts |= groups[group]
    met = [_measured(name, part) for name, part in parts.items()]
    for name in parts:
        ended.forget(name)
    return 0 if all(met) else 1


def _measured(name: str, part: Callable[[], list[Figure]]) -> bool:
    figures = ended.figures_of(name)
    if figures is None:
        figures = part()
        ended.keep(name, figures)
        print_table(name, figures)
    else:
        print_table(f"{name} (of the run before, which was stopped)", figures)
    return all(figure.met for figure in figures)


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
