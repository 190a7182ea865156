from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ocr import stored
from ocr.letters import nfc
from ocr.model import Box, EngineInfo, Line, PageText, Recognition, TextSource, Word
from search.document import codes_of, heading_of, joined, keyword, text_of, texts_of
from tests.search.making import document, recognition

pages = st.lists(st.text("aá đ\n\u0301-", max_size=30), max_size=4)


def test_words_lines_and_pages_are_joined_by_blanks_and_newlines() -> None:
    joined = text_of(recognition("Một hai\nba", "", "bốn"))
    assert joined.text == "Một hai\nba\n\nbốn"
    assert joined.page_offsets == (0, 11, 12)


@given(pages)
def test_every_word_stands_where_its_span_says(texts: list[str]) -> None:
    read = recognition(*texts)
    joined = text_of(read)
    words = [word for page in read.pages for line in page.lines for word in line.words]
    assert [span.word for span in joined.words] == words
    for span in joined.words:
        assert joined.text[span.start : span.end] == nfc(span.word.text)
        following = [*joined.page_offsets, len(joined.text) + 1][span.page + 1]
        assert joined.page_offsets[span.page] <= span.start < span.end <= following
    assert len(joined.page_offsets) == len(read.pages)


def test_the_same_recognition_gives_the_same_text() -> None:
    assert text_of(recognition("một", "hai")) == text_of(recognition("một", "hai"))


words = st.text(alphabet="aeoươđĐ\u0300\u0301\u031b\u0323\u1100\u1161\u11a8ệ—/1 \u200b", max_size=4)


@given(st.lists(st.lists(st.lists(words, max_size=4), max_size=4), max_size=4))
def test_the_words_alone_give_the_same_text_and_offsets(read: list[list[list[str]]]) -> None:
    """Whatever the words are: parts of letters, nothing at all."""
    box = Box(0, 0, 1, 1)
    made = Recognition(
        EngineInfo("test", "1"),
        tuple(
            PageText(number, 10, 10, None, 0, 0.0, False, TextSource.RECOGNISED, tuple(
                Line(tuple(Word(word, box, 1.0) for word in line)) for line in page
            ))
            for number, page in enumerate(read, 1)
        ),
    )  # fmt: skip
    whole = text_of(made)
    assert joined(read) == (whole.text, whole.page_offsets)
    assert joined(stored.words_from_bytes(stored.to_bytes(made))) == (whole.text, whole.page_offsets)


def test_number_and_notation_are_one_code() -> None:
    made = document("a", code_number="154", code_notation="2024/NĐ-CP", code="H26.1")
    assert codes_of(made) == ("BN-TEST-2025-a", "H26.1", "154/2024/NĐ-CP")


def test_what_names_a_document_and_what_is_in_it_are_searched() -> None:
    made = document("a", "chữ", title="Tên", subject="Tên", organ_name="Sở", described=("nơi",))
    assert heading_of(made)[0] == "Tên"
    assert heading_of(made).count("Tên") == 1
    assert {"chữ", "Tên", "Sở", "nơi", "BN-TEST-2025-a"} <= set(texts_of(made))


def test_filter_values_are_composed_and_cut() -> None:
    assert keyword("Sơ\u0309") == "Sở"
    assert len(keyword("x" * 5000)) == 500
    assert keyword(3) == "3"
