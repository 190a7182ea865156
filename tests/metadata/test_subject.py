"""The subject under a title, where the first paragraph follows close upon it."""

from __future__ import annotations

from dataclasses import replace

from metadata.extract import describe
from metadata.model import FieldName
from ocr.model import Box, Line, Word
from tests.metadata.pages import PARAGRAPH, centred, letterhead, line, page, recognition


def spread(text: str, left: float, right: float, top: float) -> Line:
    """A line of a paragraph that reaches from margin to margin."""
    placed = line(text, 0, top, size=36).words
    scale = (right - left) / placed[-1].box.right
    boxes = [Box(left + w.box.left * scale, w.box.top, left + w.box.right * scale, w.box.bottom) for w in placed]
    return Line(tuple(replace(word, box=box) for word, box in zip(placed, boxes, strict=True)))


def test_a_speck_beyond_the_margin_does_not_make_the_first_paragraph_a_subject() -> None:
    paragraph = [spread(PARAGRAPH[0], 354, 2280, 876 + 76 * row) for row in range(6)]
    speck = Line((*paragraph[3].words, Word("1", Box(2330, 1104, 2340, 1140), 0.5)))
    report = page(
        [
            *letterhead(code="Số: 39/TTr-UBND"),
            centred("TỜ TRÌNH", 1317, 640),
            centred("Phân công nhiệm vụ các thành viên Ủy ban nhân dân nhiệm kỳ mới", 1317, 710),
            spread("Thực hiện Luật Đất đai ngày 18 tháng 01 năm 2024, đơn vị kính trình", 504, 2280, 800),
            *paragraph[:3],
            speck,
            *paragraph[4:],
        ]
    )
    [described] = describe(recognition(report))
    assert described.fields[FieldName.SUBJECT].value == "Phân công nhiệm vụ các thành viên Ủy ban nhân dân nhiệm kỳ mới"
