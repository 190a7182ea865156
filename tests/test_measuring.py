"""What is kept between measurements: readings of the same pictures, and the parts of a stopped run of acceptance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from acceptance import __main__ as acceptance
from acceptance import benches, corpus, ended
from acceptance.figures import Figure, equal
from benchmarks import _readings
from ocr.model import Box, EngineInfo, Line, Word

PICTURE = np.full((40, 60), 255, np.uint8)
LINES = (Line((Word("Hà Nội", Box(1, 2, 30, 12), 0.9, choices=((("a", 0.5),),)),)),)


class Counting:
    info = EngineInfo("counting", "1")

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def read_page(self, image: np.ndarray, dpi: int) -> tuple[Line, ...]:
        self.asked.append(("page", dpi))
        return LINES

    def read_block(self, image: np.ndarray, dpi: int) -> tuple[Line, ...]:
        self.asked.append(("block", dpi))
        return ()

    read_sparse = read_block

    def orientation(self, image: np.ndarray, dpi: int) -> tuple[int, float]:
        self.asked.append(("orientation", dpi))
        return 90, 0.5


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting()
    monkeypatch.setattr(_readings, "KEPT", tmp_path)
    monkeypatch.setattr(_readings, "open_engine", lambda _: counting)
    return counting


def test_a_picture_is_read_once_and_told_the_same_by_whoever_asks_next(engine: Counting) -> None:
    first, second = _readings.KeptEngine(), _readings.KeptEngine()
    assert first.read_page(PICTURE, 300) == second.read_page(PICTURE.copy(), 300) == LINES
    assert second.read_page(PICTURE, 300)[0].words[0].choices == LINES[0].words[0].choices, "correction lives on them"
    assert first.orientation(PICTURE, 300) == second.orientation(PICTURE, 300) == (90, 0.5)
    assert engine.asked == [("page", 300), ("orientation", 300)]


def test_another_picture_question_or_resolution_is_another_reading(engine: Counting) -> None:
    kept = _readings.KeptEngine()
    kept.read_page(PICTURE, 300)
    kept.read_page(PICTURE.reshape(60, 40), 300)
    kept.read_page(PICTURE, 200)
    kept.read_block(PICTURE, 300)
    engine.info = EngineInfo("counting", "2")
    _readings.KeptEngine().read_page(PICTURE, 300)
    assert engine.asked == [("page", 300), ("page", 300), ("page", 200), ("block", 300), ("page", 300)]


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the parts that were measured; `second` stops the first run."""
    measured: list[str] = []
    stops = iter([KeyboardInterrupt])

    def measure(name: str) -> list[Figure]:
        measured.append(name)
        if name == "second" and (stop := next(stops, None)):
            raise stop
        return [equal("found", 1, 2 if name == "missed" else 1)]

    monkeypatch.setattr(benches, "parts", lambda: {each: lambda each=each: measure(each) for each in names})
    names = ["first", "missed", "second"]
    monkeypatch.setattr(corpus, "DATA", tmp_path)
    monkeypatch.setattr(corpus, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(ended, "_FOLDER", tmp_path / "ended")
    monkeypatch.setattr(ended, "_measured", lambda: "this program")
    return measured


def test_a_stopped_run_goes_on_and_measures_again_what_was_missed(parts: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        acceptance.main(["benches"])
    assert acceptance.main(["benches"]) == 1, "a figure was missed"
    assert parts == ["first", "missed", "second", "missed", "second"]


def test_a_run_that_came_to_its_end_is_forgotten(parts: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        acceptance.main(["benches"])
    acceptance.main(["benches"])
    parts.clear()
    acceptance.main(["benches"])
    assert parts == ["first", "missed", "second"]


def test_of_another_program_nothing_counts(parts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        acceptance.main(["benches"])
    monkeypatch.setattr(ended, "_measured", lambda: "that program")
    acceptance.main(["benches"])
    assert parts == ["first", "missed", "second", "first", "missed", "second"]


def test_what_was_measured_changes_with_a_line_of_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "ocr/pipeline.py"
    source.parent.mkdir()
    source.write_text("one")
    (tmp_path / "requirements-dev.txt").touch()
    monkeypatch.setattr(corpus, "ROOT", tmp_path)
    before = ended._measured.__wrapped__()
    assert ended._measured.__wrapped__() == before
    source.write_text("two")
    assert ended._measured.__wrapped__() != before
