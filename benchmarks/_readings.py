"""What was read is kept, so that measurements of the same pages do not each read them anew.

Under .cache/readings, by all that it depends on: what an engine said of a picture, by the picture, the engine's version
and its source; the recognition of a file, by the file, the engine's version, and the reader's source and models.
"""

from __future__ import annotations

import hashlib
import pickle
import resource
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import ocr
from ocr import work
from ocr.engine import Gray, open_engine
from ocr.model import EngineInfo, Line, Recognition
from ocr.stored import from_bytes, to_bytes

KEPT = Path(__file__).parents[1] / ".cache/readings"
_OCR = Path(ocr.__file__).parent
_MODELS = {".json", ".npz", ".onnx"}


class KeptEngine:
    """An engine that reads each picture once, and counts the CPU seconds of every reading, kept ones too."""

    def __init__(self, name: str = "tesseract") -> None:
        self._engine = open_engine(name)
        self._folder = KEPT / "pictures" / _digest(self.info.version.encode(), _source_of_engines())
        self.cpu_s = 0.0

    @property
    def info(self) -> EngineInfo:
        return self._engine.info

    def read_page(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        return self._once(self._engine.read_page, image, dpi)  # type: ignore[no-any-return]

    def read_block(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        return self._once(self._engine.read_block, image, dpi)  # type: ignore[no-any-return]

    def read_sparse(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        return self._once(self._engine.read_sparse, image, dpi)  # type: ignore[no-any-return]

    def orientation(self, image: Gray, dpi: int) -> tuple[int, float]:
        return self._once(self._engine.orientation, image, dpi)  # type: ignore[no-any-return]

    def _once(self, read: Callable[[Gray, int], Any], image: Gray, dpi: int) -> Any:
        asked = f"{read.__name__} {image.shape} {image.dtype} {dpi}"
        place = self._folder / _digest(asked.encode(), np.ascontiguousarray(image).tobytes())
        if not place.exists():
            before = _children_cpu_s()
            told = read(image, dpi)
            _write(place, pickle.dumps((told, _children_cpu_s() - before)))
        told, cpu_s = pickle.loads(place.read_bytes())  # written above
        self.cpu_s += cpu_s
        return told


def recognised(file: Path) -> Recognition:
    """All pages of a file, as the service reads them."""
    place = place_of(file)
    if not place.exists():
        print(f"recognise {file.name}", file=sys.stderr, flush=True)
        keep(file, to_bytes(work.recognise(file)))
    return from_bytes(place.read_bytes())


def keep(file: Path, recognition: bytes) -> None:
    """What the service read of a file, in its stored form."""
    _write(place_of(file), recognition)


def place_of(file: Path) -> Path:
    return KEPT / "files" / _reader() / f"{_digest(file.read_bytes())}.rec.gz"


@cache
def _reader() -> str:
    """The reader whose recognitions are kept together."""
    files = (path for path in _OCR.rglob("*") if path.suffix == ".py" or path.suffix in _MODELS)
    return _digest(open_engine("tesseract").info.version.encode(), _content(files))


@cache
def _source_of_engines() -> bytes:
    return _content([*_OCR.glob("engines/*.py"), _OCR / "engine.py", _OCR / "model.py"])


def _content(files: Iterable[Path]) -> bytes:
    return b"".join(path.name.encode() + path.read_bytes() for path in sorted(files))


def _digest(*parts: bytes) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _write(place: Path, content: bytes) -> None:
    """Whole or not at all: a measurement may be stopped at any time."""
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f"{place.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(place)


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
