"""archive pdf FILE OUT: a searchable PDF/A-2b of a file, with no holdings."""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from pathlib import Path

from archive import i18n
from archive.cli.output import Output
from archive.cli.reading import add_file, recognise
from archive.errors import InvalidInput
from ocr import work


def add(parser: argparse.ArgumentParser) -> None:
    add_file(parser)
    parser.add_argument("out", type=Path, metavar="OUT", help=i18n.text("pdf.out"))


def run(args: argparse.Namespace, out: Output) -> int:
    file, target = args.file, args.out
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise InvalidInput("pdf.out_unusable", field="out", path=target)
    if target.exists() and file.exists() and target.samefile(file):
        raise InvalidInput("pdf.out_is_file", field="out", path=target)
    recognition = recognise(file, out)
    # beside its place, so that the rename is one step and OUT is never half there
    with tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=".archive-pdf-") as folder:
        sealed = work.seal(file, recognition, Path(folder) / "sealed", title=file.stem)
        with sealed.pdf.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        size = sealed.pdf.stat().st_size
        sealed.pdf.replace(target)
    pages = len(recognition.pages)
    out.document({"file": file.name, "out": str(target), "sha256": digest, "size_bytes": size, "pages": pages})
    out.say(i18n.text("pdf.done", out=target, pages=pages))
    return 0
