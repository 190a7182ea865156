"""A foot that was read across its gutter is read half by half; what reads well stays."""

from __future__ import annotations

import numpy as np

from ocr.engine import Gray
from ocr.halves import with_halves
from ocr.model import Box, EngineInfo, Line, Word

WIDTH, HEIGHT, DPI = 1200, 1700, 150
PAGE = np.full((HEIGHT, WIDTH), 255, np.uint8)


def line(left: float, top: float, text: str, confidence: float = 0.95) -> Line:
    words = []
    for word in text.split():
        words.append(Word(word, Box(left, top, left + 14 * len(word), top + 24), confidence))
        left = words[-1].box.right + 8
    return Line(tuple(words))


def merged(top: float, left: str, right: str, confidence: float) -> Line:
    return Line(line(160, top, left, confidence).words + line(810, top, right, confidence).words)


class Halves:
    """Reads the left half as one line, the right one as another, and remembers what it was given."""

    info = EngineInfo("halves", "1")

    def __init__(self, left: str, right: str, confidence: float = 0.95) -> None:
        self.seen: list[tuple[int, ...]] = []
        self._texts = [left, right]
        self._confidence = confidence

    def read_page(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        self.seen.append(image.shape)
        return (line(10, 20, self._texts[len(self.seen) - 1], self._confidence),)

    def read_block(self, image: Gray, dpi: int) -> tuple[Line, ...]:
        raise AssertionError("no block is read")

    read_sparse = read_block

    def orientation(self, image: Gray, dpi: int) -> tuple[int, float]:
        raise AssertionError("the page lies as it does")


BODY = line(150, 1100, "các đơn vị chịu trách nhiệm thi hành Quyết định này")
FOOT = merged(1300, "k.Í Hhu", "KT. BỘ TRƯỞNG", 0.6)


def test_a_foot_run_together_is_read_half_by_half() -> None:
    engine = Halves("Nơi nhận: Như Điều 3;", "KT. BỘ TRƯỞNG")
    told = with_halves([BODY, FOOT], PAGE, DPI, engine)
    assert [each.text for each in told] == [BODY.text, "Nơi nhận: Như Điều 3;", "KT. BỘ TRƯỞNG"]
    left, right = engine.seen
    assert left[1] + right[1] == WIDTH
    assert 350 < left[1] < 810
    assert told[1].box.top > 1250
    assert told[2].box.left > left[1]


def test_what_reads_no_better_stays() -> None:
    lines = [BODY, FOOT]
    assert with_halves(lines, PAGE, DPI, Halves("Nơi", "KT", 0.5)) == lines


def test_a_foot_read_with_confidence_is_not_read_again() -> None:
    engine = Halves("", "")
    lines = [BODY, merged(1300, "Nơi nhận:", "KT. BỘ TRƯỞNG", 0.95)]
    assert with_halves(lines, PAGE, DPI, engine) == lines
    assert not engine.seen


def test_a_doubtful_line_in_the_head_or_of_small_letters_is_no_foot() -> None:
    engine = Halves("", "")
    lines = [merged(100, "BỘ GIÁO", "CỘNG HÒA", 0.5), merged(1300, "một hai", "ba bốn", 0.5)]
    assert with_halves(lines, PAGE, DPI, engine) == lines
    assert not engine.seen


def test_running_text_below_ends_the_foot() -> None:
    engine = Halves("Nơi nhận: Như Điều 3;", "KT. BỘ TRƯỞNG")
    below = line(150, 1500, "Văn bản này được lưu tại cơ quan ban hành trong thời hạn hai mươi năm kể từ ngày ký")
    told = with_halves([BODY, FOOT, below], PAGE, DPI, engine)
    assert told[-1] == below
    assert engine.seen[0][0] < 1500 - 1280
