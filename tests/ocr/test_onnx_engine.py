"""The line reader: its model by digest, its words where they stand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ocr.engines.line_finding import FoundLine
from ocr.engines.line_words import line_of
from ocr.engines.onnx import MODEL, OnnxEngine
from ocr.errors import EngineMissing
from ocr.geometry import turned
from ocr.ink import gray_of
from tests.ocr import drawn

pytest.importorskip("onnxruntime", reason="of requirements.txt; run `make setup-dev`")


def test_a_missing_model_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing) as missing:
        _ = OnnxEngine(tmp_path / "gone.onnx").info
    assert missing.value.reason == "engine.model_missing"
    assert missing.value.values["file"] == "gone.onnx"


def test_a_model_that_is_not_what_its_card_says_is_refused(tmp_path: Path) -> None:
    model = tmp_path / "changed.onnx"
    model.write_bytes(MODEL.read_bytes() + b"x")
    model.with_suffix(".json").write_bytes(MODEL.with_suffix(".json").read_bytes())
    with pytest.raises(EngineMissing) as damaged:
        OnnxEngine(model).read_page(np.full((300, 200), 255, np.uint8), 300)
    assert damaged.value.reason == "engine.model_damaged"


def test_the_card_tells_the_model_that_is_there() -> None:
    card = json.loads(MODEL.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["size_bytes"] == MODEL.stat().st_size <= 15_000_000
    assert len(set(card["symbols"])) == len(card["symbols"])


def test_time_steps_become_words_with_their_places_and_choices() -> None:
    symbols = "ab c"
    steps = [0, 1, 1, 0, 2, 0, 0, 3, 0, 0, 4, 0]  # "ab c"
    weights = np.full((12, 5), 0.02, np.float32)
    weights[np.arange(12), steps] = 0.92
    page = np.full((20, 100), 255, np.uint8)
    page[5:15, 4:22] = 0  # "ab"
    page[5:15, 38:46] = 0  # "c"
    line = line_of(weights, symbols, FoundLine(10, 2, 58, 18), np.roll(page, 10, axis=1))
    assert line is not None
    assert [word.text for word in line.words] == ["ab", "c"]
    first, last = line.words
    assert first.box.right <= last.box.left
    assert abs(last.box.left - 48) <= 3
    assert first.confidence == pytest.approx(0.92, abs=0.01)
    assert [place[0][0] for place in first.choices] == ["a", "b"]


def test_it_reads_a_code_in_clean_print() -> None:
    lines = OnnxEngine().read_page(gray_of(drawn.pixels(drawn.page())), drawn.DPI)
    assert "1232/QĐ-UBND" in "\n".join(line.text for line in lines)


def test_a_page_on_its_head_is_told() -> None:
    page = turned(gray_of(drawn.pixels(drawn.page())), 180)
    assert OnnxEngine().orientation(page, drawn.DPI)[0] == 180
