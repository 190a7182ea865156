"""The line reader, a network of our own (training/), through ONNX Runtime: no process, no file, no network.

Its model is loaded once a process, and only if it has the digest that its card names.
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ocr.engine import Gray
from ocr.engines.line_finding import FoundLine, find_lines
from ocr.engines.line_images import HEIGHT, as_line_image
from ocr.engines.line_words import Weights, line_of
from ocr.errors import EngineFailed, EngineMissing
from ocr.geometry import turned
from ocr.model import EngineInfo, Line

MODEL = Path(__file__).with_name("line_reader.onnx")
_BATCH = 8
_TOLD_BY = 5  # lines read in each of four ways to tell which is upright
_PAGE_LINE_COUNTS = 0.2  # mean confidence; what is less sure is no text
_SPARSE_LINE_COUNTS = 0.1


@dataclass(frozen=True, slots=True)
class _Reader:
    session: Any
    symbols: str
    version: str


class OnnxEngine:
    def __init__(self, model: Path = MODEL) -> None:
        self._model = model

    @property
    def info(self) -> EngineInfo:
        return EngineInfo(name="onnx", version=_loaded(self._model).version)

    def read_page(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        return self._read(image, _PAGE_LINE_COUNTS)

    def read_block(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        return self._read(image, _PAGE_LINE_COUNTS)

    def read_sparse(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        return self._read(image, _SPARSE_LINE_COUNTS)

    def read_lines(self, image: Gray, places: tuple[FoundLine, ...]) -> tuple[Line | None, ...]:
        """What stands in each of the places; None where nothing was read."""
        reader = _loaded(self._model)
        pictures = [as_line_image(image[place.top : place.bottom, place.left : place.right]) for place in places]
        weighed = _weights(reader, pictures)
        return tuple(
            line_of(weights, reader.symbols, place, image) for weights, place in zip(weighed, places, strict=True)
        )

    def orientation(self, image: Gray, dpi: int) -> tuple[int, float]:
        """The way in which a few lines read best; how far it is from the second is how sure it is."""
        scores = {degrees: self._legibility(turned(image, degrees)) for degrees in (0, 90, 180, 270)}
        best, second = sorted(scores, key=lambda degrees: -scores[degrees])[:2]
        if not scores[best]:
            return 0, 0.0
        return best, 1.0 - scores[second] / scores[best]

    def _read(self, image: Gray, line_counts: float) -> tuple[Line, ...]:
        lines = self.read_lines(image, find_lines(image))
        return tuple(line for line in lines if line is not None and line.confidence >= line_counts)

    def _legibility(self, image: Gray) -> float:
        """Letters of the widest lines, weighed so that doubtful ones count for little."""
        places = sorted(find_lines(image), key=lambda line: -line.width)[:_TOLD_BY]
        lines = [line for line in self.read_lines(image, tuple(places)) if line is not None]
        return sum(len(word.text) * word.confidence**3 for line in lines for word in line.words)


def _weights(reader: _Reader, pictures: list[Gray]) -> list[Weights]:
    """Of each picture, its own time steps alone; pictures of about one width are read together."""
    told: dict[int, Weights] = {}
    by_width = sorted(range(len(pictures)), key=lambda at: pictures[at].shape[1])
    for start in range(0, len(by_width), _BATCH):
        together = by_width[start : start + _BATCH]
        widest = -(-max(pictures[at].shape[1] for at in together) // 4) * 4
        batch = np.zeros((len(together), 1, HEIGHT, widest), np.float32)
        for row, at in enumerate(together):
            batch[row, 0, :, : pictures[at].shape[1]] = 1 - pictures[at].astype(np.float32) / 255
        try:
            (read,) = reader.session.run(None, {"lines": batch})
        except Exception:  # the runtime's own errors have no common class; their words may quote shapes, never text
            raise EngineFailed("engine.failed", engine="onnx") from None
        for row, at in enumerate(together):
            steps = max(1, -(-pictures[at].shape[1] // 4))
            told[at] = np.asarray(read[row, :steps], np.float32)
    return [told[at] for at in range(len(pictures))]


@functools.lru_cache(maxsize=2)
def _loaded(model: Path) -> _Reader:
    """Raises EngineMissing where the runtime or the model is not there, or the model is not what its card says."""
    try:
        import onnxruntime
    except ImportError:
        raise EngineMissing("engine.missing", engine="onnx") from None
    try:
        card = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
        content = model.read_bytes()
        digest, symbols = str(card["model_sha256"]), str(card["symbols"])
    except (OSError, ValueError, KeyError):
        raise EngineMissing("engine.model_missing", engine="onnx", file=model.name) from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise EngineMissing("engine.model_damaged", engine="onnx", file=model.name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # pages are read side by side, each on its core
    options.enable_cpu_mem_arena = False  # lines differ in width: an arena would keep the largest of each
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return _Reader(session, symbols, f"{digest[:8]}, runtime {onnxruntime.__version__}")
