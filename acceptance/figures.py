"""A figure that was promised, beside the one that was found."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from acceptance import corpus


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    wanted: str
    found: str
    met: bool


def equal(name: str, wanted: object, found: object) -> Figure:
    return Figure(name, str(wanted), str(found), wanted == found)


def at_most(name: str, limit: float, found: float, show: Callable[[float], str] = str) -> Figure:
    return Figure(name, "<= " + show(limit), show(found), found <= limit)


def print_table(title: str, figures: Iterable[Figure]) -> None:
    table = Table(title=title, title_justify="left")
    for column in ("figure", "wanted", "found", ""):
        table.add_column(column, overflow="fold")
    for figure in figures:
        table.add_row(figure.name, figure.wanted, figure.found, "met" if figure.met else "MISSED")
    Console(width=140, highlight=False).print(table)


def write(name: str, question: str, corpus_text: str, result: dict[str, Any]) -> None:
    """benchmarks/results/<name>.json: what was asked, of what, where and when, and the figures as they are."""
    corpus.RESULTS.mkdir(parents=True, exist_ok=True)
    document = {
        "question": question,
        "corpus": corpus_text,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        **result,
    }
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    (corpus.RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
