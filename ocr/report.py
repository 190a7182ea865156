"""The printed form of a recognition: the JSON of `archive ocr --json`, boxes in pixels."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ocr.model import Box, Line, PageText, Recognition, StampKind, StampMark, Table
from ocr.stamps import lines_of
from ocr.tables import cell_texts


def to_json(recognition: Recognition, file: Path) -> dict[str, Any]:
    """Reads the file once more, for its digest.

    The text of stamps stands in `stamps`, and as lines of its own after the running text; what a signing program drew
    is in `stamps` alone, as it was never on the paper.
    """
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "file": file.name,
        "sha256": digest,
        "engine": {"name": recognition.engine.name, "version": recognition.engine.version},
        "pages": [page_to_json(page) for page in recognition.pages],
    }


def page_to_json(page: PageText) -> dict[str, Any]:
    on_paper = [stamp for stamp in page.stamps if stamp.kind is not StampKind.SIGNATURE]
    lines = [_line(line) for line in (*page.lines, *(line for stamp in on_paper for line in lines_of(stamp)))]
    return {
        "number": page.number,
        "width": page.width,
        "height": page.height,
        "dpi": page.dpi,
        "rotation": page.rotation,
        "skew_degrees": page.skew_degrees,
        "blank": page.blank,
        "source": page.source.value,
        "confidence": round(page.confidence, 3),
        "text": "\n".join(line["text"] for line in lines),
        "lines": lines,
        "stamps": [_stamp(stamp) for stamp in page.stamps],
        "tables": [_table(page, table) for table in page.tables],
    }


def _table(page: PageText, table: Table) -> list[dict[str, Any]]:
    """Its cells; their text is that of lines of the page."""
    return [
        {"row": cell.row, "column": cell.column, "box": _pixels(cell.box), "text": text}
        for cell, text in zip(table.cells, cell_texts(page, table), strict=True)
    ]


def _stamp(stamp: StampMark) -> dict[str, Any]:
    return {
        "kind": stamp.kind.value,
        "text": stamp.text,
        "number": stamp.number,
        "date": stamp.date.isoformat() if stamp.date else None,
        "box": _pixels(stamp.box),
        "confidence": round(stamp.confidence, 3),
        "colour": stamp.colour,
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "text": line.text,
        "box": _pixels(line.box),
        "confidence": round(line.confidence, 3),
        "words": [
            {"text": word.text, "box": _pixels(word.box), "confidence": round(word.confidence, 3)}
            | ({} if word.read_as is None else {"read_as": word.read_as})
            | ({"hand": True} if word.hand else {})
            for word in line.words
        ],
    }


def _pixels(box: Box) -> list[float]:
    return [round(box.left, 1), round(box.top, 1), round(box.right, 1), round(box.bottom, 1)]
