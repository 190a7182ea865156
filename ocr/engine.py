"""The contract of a reader of pages."""

from __future__ import annotations

import importlib
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ocr.errors import EngineMissing
from ocr.model import EngineInfo, Line

Gray = NDArray[np.uint8]  # (height, width), 0 is black
LINE_COUNTS = 0.4  # confidence below which a line is speckle of a photocopy


class OcrEngine(Protocol):
    """Reads one upright page image.

    Repeating a call gives the same lines. An engine keeps nothing between pages but its model.
    """

    @property
    def info(self) -> EngineInfo:
        """Name and version, of the program and its model, that decide what is read."""
        ...

    def read_page(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        """Read the page; boxes in pixels of `image`, words NFC, lines in reading order.

        An empty page gives an empty tuple.
        Raises EngineFailed when the engine cannot read this page, EngineMissing when it is not installed.
        """
        ...

    def read_block(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        """Read a cut-out that holds one block of text (a stamp); otherwise as `read_page`."""
        ...

    def read_sparse(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        """Read as much text as can be found in no particular order; otherwise as `read_page`."""
        ...

    def orientation(self, image: Gray, dpi: int) -> tuple[int, float]:
        """Clockwise degrees (0, 90, 180, 270) that make the page upright, and how sure that is (0 to 1)."""
        ...


ENGINES = {
    "tesseract": "ocr.engines.tesseract:TesseractEngine",
    "onnx": "ocr.engines.onnx:OnnxEngine",
    "null": "ocr.engines.null:NullEngine",
}


def open_engine(name: str) -> OcrEngine:
    """Raises EngineMissing for a name that is not in the table."""
    try:
        module, cls = ENGINES[name].split(":")
    except KeyError:
        raise EngineMissing("engine.unknown", engine=name, known=", ".join(sorted(ENGINES))) from None
    engine: OcrEngine = getattr(importlib.import_module(module), cls)()
    return engine
