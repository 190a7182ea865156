"""The contract of a reader of pages."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ocr.model import EngineInfo, Line

Gray = NDArray[np.uint8]  # (height, width), 0 is black


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

    def orientation(self, image: Gray, dpi: int) -> tuple[int, float]:
        """Clockwise degrees (0, 90, 180, 270) that make the page upright, and how sure that is (0 to 1)."""
        ...
