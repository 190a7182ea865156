"""archive ocr FILE: recognise a PDF or image, with no holdings."""

from __future__ import annotations

import argparse

from archive import i18n
from archive.cli.output import Output
from archive.cli.reading import add_file, recognise
from ocr import report


def add(parser: argparse.ArgumentParser) -> None:
    add_file(parser)
    parser.add_argument("--pages", metavar="1-3", help=i18n.text("reading.pages"))


def run(args: argparse.Namespace, out: Output) -> int:
    document = report.to_json(recognise(args.file, out, pages=args.pages), args.file)
    out.document(document)
    if not out.json_mode:
        for page in document["pages"]:
            sure = f"{page['confidence']:.0%}"
            out.note(i18n.text("reading.page", number=page["number"], rotation=page["rotation"], confidence=sure))
            out.say(page["text"])
    return 0
