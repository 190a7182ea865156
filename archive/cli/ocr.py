"""archive ocr FILE: recognise a PDF or image, with no holdings."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from archive import i18n
from archive.cli.output import Output
from archive.cli.reading import add_file, recognise
from archive.errors import InvalidInput
from ocr import report, work
from ocr.model import PageText

_KINDS = (".png", ".jpg", ".jpeg")
_LEGEND = ("sure", "doubtful", "unsure", "corrected", "stamp")


def add(parser: argparse.ArgumentParser) -> None:
    add_file(parser)
    parser.add_argument("--pages", metavar="1-3", help=i18n.text("reading.pages"))
    parser.add_argument("--explain", type=Path, metavar="IMAGE_OUT", help=i18n.text("reading.explain"))


def run(args: argparse.Namespace, out: Output) -> int:
    if args.explain is not None:
        _check_image(args.explain, args.file)
    recognition = recognise(args.file, out, pages=args.pages)
    document = report.to_json(recognition, args.file)
    if args.explain is not None:
        for page in recognition.pages:
            _explain(args.file, page, _image_of(args.explain, page, alone=len(recognition.pages) == 1), out)
    out.document(document)
    if not out.json_mode:
        for told in document["pages"]:
            sure = f"{told['confidence']:.0%}"
            out.note(i18n.text("reading.page", number=told["number"], rotation=told["rotation"], confidence=sure))
            out.say(told["text"])
    return 0


def _check_image(image: Path, file: Path) -> None:
    """Before the reading: that takes long."""
    if image.suffix.lower() not in _KINDS or image.is_dir() or not image.absolute().parent.is_dir():
        raise InvalidInput("reading.explain_unusable", field="explain", path=image)
    if image.exists() and file.exists() and image.samefile(file):
        raise InvalidInput("reading.explain_is_file", field="explain", path=image)


def _image_of(image: Path, page: PageText, *, alone: bool) -> Path:
    return image if alone else image.with_name(f"{image.stem}-{page.number:04d}{image.suffix}")


def _explain(file: Path, page: PageText, image: Path, out: Output) -> None:
    legend = {name: i18n.text(f"reading.explain_{name}") for name in _LEGEND}
    # beside its place, so that the rename is one step and the image is never half there
    with tempfile.TemporaryDirectory(dir=image.absolute().parent, prefix=".archive-ocr-") as folder:
        drawn = Path(folder) / f"page{image.suffix}"
        work.explain(file, page, drawn, legend)
        drawn.replace(image)
    out.note(i18n.text("reading.explained", number=page.number, path=image))
