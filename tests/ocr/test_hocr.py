from __future__ import annotations

from xml.etree.ElementTree import ParseError

import pytest

from ocr.engines.hocr import lines_of
from ocr.model import Box


def choice(*weighed: tuple[str, float]) -> str:
    told = "".join(f"<span class='ocrx_cinfo' id='choice_1' title='x_confs {w}'>{s}</span>" for s, w in weighed)
    return f"<span class='ocrx_cinfo' id='lstm_choices_1_1'>{told}</span>"


def hocr(*lines: str) -> bytes:
    inside = "".join(f"<span class='ocr_line' id='l' title='bbox 0 0 9 9'>{line}</span>" for line in lines)
    return f"<html xmlns='http://www.w3.org/1999/xhtml'><body><p>{inside}</p></body></html>".encode()


def word(text: str, *choices: str) -> str:
    return f"<span class='ocrx_word' id='w' title='bbox 1 2 30 40; x_wconf 91'>{text}{''.join(choices)}</span>"


SPACE = choice((" ", 97.0))


def test_words_have_their_place_confidence_and_choices() -> None:
    [line] = lines_of(hocr(word("tô", SPACE, choice(("t", 95.5)), choice(("ô", 90), ("ổ", 61.25)))))
    [only] = line.words
    assert (only.text, only.box, only.confidence) == ("tô", Box(1, 2, 30, 40), 0.91)
    assert only.choices == ((("t", 95.5),), (("ô", 90.0), ("ổ", 61.25)))


def test_choices_of_places_that_do_not_match_stand_where_they_do() -> None:
    [line] = lines_of(hocr(word("tầng", choice(("t", 90)), choice(("ầ", 90), ("ằ", 80)), choice(("g", 90)))))
    assert line.words[0].choices == ((("t", 90.0),), (("ầ", 90.0), ("ằ", 80.0)), (), (("g", 90.0),))


def test_marks_are_read_as_they_are_and_empty_words_and_lines_left_out() -> None:
    read = lines_of(hocr(word("<strong>A&amp;B</strong>") + word(" "), word("")))
    assert [line.text for line in read] == ["A&B"]
    assert read[0].words[0].choices == ((), (), ())


def test_what_is_no_xml_is_told() -> None:
    with pytest.raises(ParseError):
        lines_of(b"<html><p>")
