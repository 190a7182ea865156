"""What every engine keeps to, whatever it can read."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ocr.engine import ENGINES, OcrEngine, open_engine
from ocr.errors import EngineFailed, EngineMissing
from ocr.ink import gray_of
from tests.ocr import drawn


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> OcrEngine:
    if request.param == "onnx":
        pytest.importorskip("onnxruntime", reason="of requirements.txt; run `make setup-dev`")
    return open_engine(request.param)


@pytest.fixture(scope="module")
def page() -> np.ndarray:
    return gray_of(drawn.pixels(drawn.page()))


def test_it_says_its_name_and_version(engine: OcrEngine) -> None:
    assert engine.info.name in ENGINES
    assert engine.info.version
    assert engine.info == open_engine(engine.info.name).info


def test_reading_again_gives_the_same(engine: OcrEngine, page: np.ndarray) -> None:
    assert engine.read_page(page, drawn.DPI) == engine.read_page(page, drawn.DPI)


def test_reading_leaves_the_picture_as_it_was(engine: OcrEngine, page: np.ndarray) -> None:
    before = page.copy()
    engine.read_page(page, drawn.DPI)
    engine.orientation(page, drawn.DPI)
    assert (page == before).all()


@pytest.mark.parametrize("way", ["read_page", "read_block", "read_sparse"])
def test_words_lie_on_the_picture_and_are_clean(engine: OcrEngine, page: np.ndarray, way: str) -> None:
    height, width = page.shape
    for line in getattr(engine, way)(page, drawn.DPI):
        assert line.words
        for word in line.words:
            assert word.text == unicodedata.normalize("NFC", word.text)
            assert word.text == "".join(word.text.split()) != ""
            assert 0 <= word.confidence <= 1
            assert 0 <= word.box.left < word.box.right <= width
            assert 0 <= word.box.top < word.box.bottom <= height


@pytest.mark.parametrize("brightness", [0, 128, 255])
@pytest.mark.parametrize("size", [(1, 1), (40, 40), (300, 200)])
def test_a_picture_without_text_gives_nothing_or_a_typed_error(
    engine: OcrEngine, brightness: int, size: tuple[int, int]
) -> None:
    picture = np.full(size, brightness, np.uint8)
    try:
        lines = engine.read_page(picture, 300)
    except EngineFailed:
        return
    assert lines == ()


def test_a_huge_picture_is_read_or_refused_with_a_typed_error(engine: OcrEngine, page: np.ndarray) -> None:
    picture = np.full((10_000, 8_000), 255, np.uint8)
    picture[: page.shape[0], : page.shape[1]] = page
    try:
        lines = engine.read_page(picture, 600)
    except EngineFailed:
        return
    for word in (word for line in lines for word in line.words):
        assert 0 <= word.box.left < word.box.right <= 8_000
        assert 0 <= word.box.top < word.box.bottom <= 10_000


@pytest.mark.parametrize("dpi", [1, 72, 1200])
def test_a_wrong_resolution_is_no_failure(engine: OcrEngine, page: np.ndarray, dpi: int) -> None:
    try:
        lines = engine.read_page(page, dpi)
    except EngineFailed:
        return
    assert all(0 <= word.confidence <= 1 for line in lines for word in line.words)


def test_pages_side_by_side_read_as_one_after_the_other(engine: OcrEngine, page: np.ndarray) -> None:
    pages = [page, np.full((300, 200), 255, np.uint8), page[: page.shape[0] // 2]]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda each: engine.read_page(each, drawn.DPI), pages))
    assert together == [engine.read_page(each, drawn.DPI) for each in pages]


def test_the_orientation_is_a_quarter_turn_and_a_share_of_certainty(engine: OcrEngine, page: np.ndarray) -> None:
    for picture in (page, np.full((300, 200), 255, np.uint8)):
        degrees, sure = engine.orientation(picture, drawn.DPI)
        assert degrees in (0, 90, 180, 270)
        assert 0 <= sure <= 1


def test_an_unknown_engine_is_missing() -> None:
    with pytest.raises(EngineMissing) as missing:
        open_engine("crystal ball")
    assert missing.value.values["engine"] == "crystal ball"


def test_a_missing_program_is_told_as_such(page: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    engine = open_engine("tesseract")
    with pytest.raises(EngineMissing):
        engine.read_page(page, drawn.DPI)
    with pytest.raises(EngineMissing):
        _ = engine.info


def test_tesseract_reads_what_is_printed(page: np.ndarray) -> None:
    text = "\n".join(line.text for line in open_engine("tesseract").read_page(page, drawn.DPI))
    assert "QUYẾT ĐỊNH" in text
    assert "1232/QĐ-UBND" in text
    assert "hiệu lực thi hành kể từ ngày ký" in text
