"""An engine that reads nothing: for holdings that keep images only, and for tests of what stands around an engine."""

from __future__ import annotations

from ocr.engine import Gray
from ocr.model import EngineInfo, Line


class NullEngine:
    info = EngineInfo(name="null", version="1")

    def read_page(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        return ()

    def read_block(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        return ()

    def read_sparse(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        return ()

    def orientation(self, image: Gray, dpi: int) -> tuple[int, float]:
        return 0, 1.0
