from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

from hypothesis import given

from ocr import report
from ocr.model import Box, EngineInfo, Line, PageText, Recognition, StampKind, StampMark, TextSource, Word
from tests.ocr.making import pages

WORDS = (Word("Quyết", Box(10, 20, 60, 40), 0.9), Word("định", Box(70, 20, 110, 40), 0.8))

DAY = datetime.date(2024, 3, 18)


def page_with(stamps: tuple[StampMark, ...] = ()) -> PageText:
    return PageText(1, 600, 800, 300, 90, -0.31, False, TextSource.RECOGNISED, (Line(WORDS),), stamps)


def test_the_printed_form_is_that_of_the_contract(tmp_path: Path) -> None:
    file = tmp_path / "x.pdf"
    file.write_bytes(b"bytes")
    told = report.to_json(Recognition(EngineInfo("tesseract", "5"), (page_with(),)), file)
    assert told["file"] == "x.pdf"
    assert told["sha256"] == hashlib.sha256(b"bytes").hexdigest()
    assert told["engine"] == {"name": "tesseract", "version": "5"}
    page = told["pages"][0]
    assert {
        "number",
        "width",
        "height",
        "dpi",
        "rotation",
        "skew_degrees",
        "blank",
        "confidence",
        "text",
        "lines",
    } <= set(page)
    assert page["source"] == "recognised"
    assert page["lines"][0]["text"] == "Quyết định"
    assert page["lines"][0]["box"] == [10, 20, 110, 40]
    assert page["lines"][0]["words"][1] == {"text": "định", "box": [70, 20, 110, 40], "confidence": 0.8}


def test_the_text_of_stamps_follows_the_running_text() -> None:
    stamp = StampMark(Box(0, 0, 100, 60), "red", "CÔNG VĂN ĐẾN\nSố: 12", 0.9)
    told = report.page_to_json(page_with((stamp,)))
    assert told["text"].split("\n") == ["Quyết định", "CÔNG VĂN ĐẾN", "Số: 12"]
    assert told["lines"][1]["box"] == [0, 0, 100, 30]
    assert told["stamps"][0]["colour"] == "red"


def test_what_a_signing_program_drew_is_no_text_of_the_paper() -> None:
    stamp = StampMark(Box(0, 0, 100, 60), "black", "Ký bởi: Sở Nội vụ", 1.0, StampKind.SIGNATURE, None, DAY)
    told = report.page_to_json(page_with((stamp,)))
    assert told["text"] == "Quyết định"
    assert told["stamps"][0]["kind"] == "signature"
    assert told["stamps"][0]["date"] == "2024-03-18"


@given(pages())
def test_the_text_is_that_of_the_lines(page: PageText) -> None:
    told = report.page_to_json(page)
    assert told["text"] == "\n".join(line["text"] for line in told["lines"])
    assert all(line["text"] == " ".join(word["text"] for word in line["words"]) for line in told["lines"])
