"""What the commands without holdings share: a file read page by page, with a bar on the terminal."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from archive import i18n
from archive.cli.output import Output
from archive.errors import InvalidInput
from archive.settings import Settings
from ocr import work
from ocr.model import PageText, Recognition


def add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help=i18n.text("reading.file"))


def recognise(file: Path, out: Output, *, pages: str | None = None) -> Recognition:
    """Raises FileRefused and its kin for the file, InvalidInput for pages that it does not have."""
    with file.open("rb"):  # a path that cannot be opened is a wrong command line, not a bad file
        pass
    facts = work.inspect(file)
    numbers = page_numbers(pages, facts.pages) if pages else list(range(1, facts.pages + 1))
    read = 0
    with out.progress(i18n.text("reading.progress", file=file.name), len(numbers)) as show:

        def count(_: PageText) -> None:
            nonlocal read
            read += 1
            show(read, None)

        settings = Settings.read(os.environ)
        return work.recognise(
            file, pages=numbers, engine=settings.engine, jobs=settings.jobs, on_page=count, facts=facts
        )


def page_numbers(asked: str, last: int) -> list[int]:
    """`1-3,7` of a file of `last` pages, in order, each once."""
    numbers: set[int] = set()
    for part in asked.split(","):
        matched = re.fullmatch(r"([0-9]{1,9})(?:-([0-9]{1,9}))?", part.strip())
        if matched is None:
            raise InvalidInput("reading.pages_form", field="pages", given=asked)
        first = int(matched[1])
        until = int(matched[2] or first)
        if not 1 <= first <= until <= last:
            raise InvalidInput("reading.pages_outside", field="pages", given=part.strip(), last=last)
        numbers.update(range(first, until + 1))
    return sorted(numbers)
