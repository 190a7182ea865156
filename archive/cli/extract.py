"""archive extract FILE: recognise, split into documents, read their fields; with no holdings."""

from __future__ import annotations

import argparse

from archive import i18n
from archive.cli.output import Output
from archive.cli.reading import add_file, recognise
from archive.cli.show import shown
from metadata import report as described
from metadata.extract import describe
from metadata.model import Document
from ocr import report


def add(parser: argparse.ArgumentParser) -> None:
    add_file(parser)
    parser.add_argument("--pages", metavar="1-3", help=i18n.text("reading.pages"))


def run(args: argparse.Namespace, out: Output) -> int:
    recognition = recognise(args.file, out, pages=args.pages)
    documents = describe(recognition)
    out.document(report.to_json(recognition, args.file) | {"documents": described.to_json(documents)})
    for document in documents:
        _show(document, out)
    return 0


def _show(document: Document, out: Output) -> None:
    pages = ", ".join(map(str, document.pages))
    columns = [i18n.text(f"column.{name}") for name in ("field", "value", "confidence", "page")]
    rows = [
        (i18n.text(f"page.field.{name}"), shown(field.value), f"{field.confidence:.0%}", field.page)
        for name, field in document.fields.items()
    ]
    out.table(columns, rows, title=i18n.text("reading.document", pages=pages))
