"""Stands in for the reading of files in child processes: what is read is written in the file itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archive.workflows import process_item
from ocr.errors import FileRefused
from ocr.model import Box, EngineInfo, Line, PageText, Recognition, StampMark, TextSource, Word
from ocr.page_images import page_image_name
from ocr.work import FileFacts, Sealed

HEADER = b"%PDF-1.7\n"


def scan(
    *,
    lines: tuple[str, ...] = ("QUYẾT ĐỊNH",),
    stamp: str | None = None,
    pages: int = 1,
    refuse: str = "",
    enclosures: int = 0,
) -> bytes:
    told = {"lines": list(lines), "stamp": stamp, "pages": pages, "refuse": refuse, "enclosures": enclosures}
    return HEADER + json.dumps(told).encode()


class Reader:
    """Counts how often each part ran; `fail` maps a part to failures that it raises, one a call."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fail: dict[str, list[BaseException]] = {}

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for part in ("inspect", "recognise", "seal"):
            monkeypatch.setattr(process_item.reading, part, getattr(self, part))

    def inspect(self, path: Path) -> FileFacts:
        told = self._begin("inspect", path)
        if told["refuse"]:
            raise FileRefused(told["refuse"])
        return FileFacts("pdf", told["pages"], False, "application/pdf", told["enclosures"])

    def recognise(self, path: Path, *, engine: str, jobs: int) -> Recognition:
        told = self._begin("recognise", path)
        pages = tuple(self._page(number, told) for number in range(1, told["pages"] + 1))
        return Recognition(EngineInfo("test", "1"), pages)

    def seal(self, path: Path, recognition: Recognition, out: Path, *, title: str | None, jobs: int) -> Sealed:
        self._begin("seal", path)
        out.mkdir(parents=True)
        nonce = str(len(self.calls)).encode()  # two sealings never give the same bytes
        images = tuple(out / page_image_name(page.number) for page in recognition.pages)
        for place in (*images, out / "access.pdf", out / "thumbnail.jpg"):
            place.write_bytes(place.name.encode() + nonce)
        return Sealed(out / "access.pdf", images, out / "thumbnail.jpg")

    def _begin(self, part: str, path: Path) -> dict[str, Any]:
        self.calls.append(part)
        if self.fail.get(part):
            raise self.fail[part].pop(0)
        told: dict[str, Any] = json.loads(path.read_bytes().removeprefix(HEADER))
        return told

    def _page(self, number: int, told: dict[str, Any]) -> PageText:
        lines = tuple(
            Line((Word(text, Box(100, 100 * at, 900, 100 * at + 40), 0.9),)) for at, text in enumerate(told["lines"], 1)
        )
        mark = told["stamp"]
        stamps = (StampMark(Box(150, 300, 420, 380), "red", mark, 0.95),) if mark else ()
        return PageText(number, 1000, 1400, 120, 0, 0.0, False, TextSource.RECOGNISED, lines, stamps)
