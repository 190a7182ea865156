"""What a command says, and where: with --json stdout is exactly one JSON document, all else goes to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from archive.intake.sheets import SheetFinding


def plain(value: Any) -> Any:
    """As JSON has it: dataclasses by their fields, dates in ISO 8601, sets in order."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        parts = [plain(part) for part in value]
        return sorted(parts) if isinstance(value, set | frozenset) else parts
    return str(value)


class Output:
    """One command's voice."""

    def __init__(self, *, json_mode: bool, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self.json_mode = json_mode
        self._stdout = stdout or sys.stdout
        self._stderr = stderr or sys.stderr

    def document(self, value: Any) -> None:
        """The command's one JSON document; without --json nothing is printed."""
        if self.json_mode:
            json.dump(plain(value), self._stdout, ensure_ascii=False, indent=1)
            self._stdout.write("\n")
            self._stdout.flush()

    def say(self, text: str) -> None:
        """A line for the person at the terminal."""
        target = self._stderr if self.json_mode else self._stdout
        print(text, file=target, flush=True)

    def note(self, text: str) -> None:
        """A line beside the result: a warning, a hint, what went wrong."""
        print(text, file=self._stderr, flush=True)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str | None = None) -> None:
        """A table for the person at the terminal; with --json nothing (the document has it all)."""
        if self.json_mode:
            return
        table = Table(title=title, title_justify="left", header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
        # a pipe has no width: wide enough there that no cell is folded
        width = None if self._stdout.isatty() else 200
        Console(file=self._stdout, width=width, highlight=False).print(table)

    @contextmanager
    def progress(self, label: str, total: int | None = None) -> Iterator[Callable[[int, int | None], None]]:
        """A bar on stderr, if that is a terminal; yields `show(done, total)`, silent otherwise."""
        console = Console(file=self._stderr)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task(label, total=total)

            def show(done: int, of: int | None = None) -> None:
                progress.update(task, completed=done, total=of if of is not None else total)

            yield show


def findings_of(found: Iterable[SheetFinding]) -> list[dict[str, Any]]:
    """What an import of a sheet found wrong, as its --json prints it."""
    return [{"line": each.line, "column": each.column, "rule": each.rule, "text": each.text} for each in found]
