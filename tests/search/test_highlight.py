from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from search.document import text_of
from search.errors import InvalidQuery
from search.highlight import SNIPPET_CHARACTERS, beginning, find, place, snippet
from search.query import parse, words_of
from search.words import folded_key
from tests.search.making import recognition

texts = st.lists(st.sampled_from(["mật", "mặt", "mat", "đất", "123/QĐ-UBND,", "(quyết", "định)", "—", "\n"])).map(
    " ".join
)
queries = st.lists(st.sampled_from(["mật", "mat", '"quyết định"', "dat", "123/qđ", "ubnd", "-mặt"]), min_size=1).map(
    " ".join
)


def marked(query: str, text: str) -> list[str]:
    return [text[start:end] for start, end in find(parse(query), text)]


def test_without_tones_every_tone_is_marked() -> None:
    assert marked("mat", "Mật mặt MẠT mẹt") == ["Mật", "mặt", "MẠT"]


def test_with_tones_the_word_as_typed_is_marked_where_it_stands() -> None:
    assert marked("mật", "mặt mat MẬT") == ["MẬT"]


def test_with_tones_other_tones_are_marked_where_the_word_as_typed_is_missing() -> None:
    assert marked("quyết định", "Quyet dinh về quyết toán") == ["dinh", "quyết"]


def test_a_phrase_is_marked_only_where_its_words_are_together() -> None:
    assert marked('"giấy phép"', "giấy tờ, Giấy\nphép, phép") == ["Giấy", "phép"]
    assert marked("123/QĐ-UBND", "số 123 QĐ; 123/QĐ-UBND") == ["123", "QĐ", "UBND"]


def test_excluded_words_are_not_marked() -> None:
    assert marked("đất -mật", "đất mật") == ["đất"]


@given(queries, texts)
def test_marks_lie_on_words_of_the_query(query: str, text: str) -> None:
    parsed = parse(query)
    wanted = {folded_key(word) for part in parsed.must for word in words_of(part)}
    spans = find(parsed, text)
    assert all(folded_key(text[start:end]) in wanted for start, end in spans)
    assert list(spans) == sorted(set(spans))
    for part in parsed.must:
        if len(words_of(part)) == 1 and f" {words_of(part)[0]} " in f" {text} ":
            assert any(folded_key(text[a:b]) == folded_key(words_of(part)[0]) for a, b in spans)


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_query_marks_any_text_without_harm(text: str, query: str) -> None:
    try:
        spans = find(parse(query), text)
    except InvalidQuery:
        return
    assert all(0 <= start < end <= len(text) for start, end in spans)


def test_marks_are_placed_on_their_pages_with_the_boxes_of_their_words() -> None:
    read = recognition("trang đầu không có", "dòng một\nsố 123/QĐ-UBND, ngày", "quyết định 123")
    joined = text_of(read)
    found = place(find(parse("123"), joined.text), joined.text, joined.page_offsets, read)
    assert [page.number for page in found] == [2, 3]
    assert found[0].boxes == (read.pages[1].lines[1].words[1].box,)
    assert found[1].boxes == (read.pages[2].lines[0].words[2].box,)
    assert [found[0].snippet[a:b] for a, b in found[0].marks] == ["123"]
    assert found[0].fractions[0].left == found[0].boxes[0].left / 1000
    assert found[0].fractions[0].bottom == found[0].boxes[0].bottom / 1400


def test_a_word_with_two_marks_has_one_box() -> None:
    read = recognition("123/QĐ-UBND")
    joined = text_of(read)
    (page,) = place(find(parse("123/QĐ-UBND"), joined.text), joined.text, joined.page_offsets, read)
    assert (len(page.marks), len(page.boxes)) == (3, 1)


def test_a_recognition_that_the_text_was_not_made_from_gives_no_boxes() -> None:
    joined = text_of(recognition("một hai"))
    for other in (None, recognition("một hài")):
        (page,) = place(find(parse("hai"), joined.text), joined.text, joined.page_offsets, other)
        assert (page.number, page.boxes, page.snippet) == (1, (), "một hai")


def test_only_the_pages_with_the_most_of_the_words_are_given_in_page_order() -> None:
    texts = ["quyết " * 9, "quyết định", "định", "định quyết", "quyết"]
    joined = text_of(recognition(*texts))
    found = place(find(parse("quyết định"), joined.text), joined.text, joined.page_offsets, limit=3)
    assert [page.number for page in found] == [1, 2, 4]


@given(texts, queries)
def test_every_box_is_of_a_word_on_that_page_that_holds_a_mark(text: str, query: str) -> None:
    read = recognition(text, text)
    joined = text_of(read)
    spans = find(parse(query), joined.text)
    for page in place(spans, joined.text, joined.page_offsets, read):
        boxes = {
            span.word.box
            for span in joined.words
            if span.page == page.number - 1 and any(span.start < end and start < span.end for start, end in spans)
        }
        assert set(page.boxes) == boxes


@given(st.lists(st.sampled_from(["một", "hai", "từ-nối,", "\n", "dài" * 30]), max_size=120))
@example(["từ-nối,", *["một"] * 9, "từ-nối,", "dài" * 30, "dài" * 30, "từ-nối,"])
def test_a_snippet_is_a_passage_cut_between_words_with_its_marks(parts: list[str]) -> None:
    text = " ".join(parts)
    spans = find(parse("hai nối"), text)
    shown, marks = snippet(text, spans)
    core = shown.removeprefix("… ").removesuffix(" …")
    one_line = "".join(" " if c.isspace() else c for c in text)
    assert core in one_line
    at = one_line.index(core)
    assert set(core.split()) <= set(one_line.split())
    assert at >= 0
    assert {shown[a:b] for a, b in marks} <= {"hai", "nối"}
    assert bool(marks) == bool(spans)
    assert len(core) <= SNIPPET_CHARACTERS + 2 * 90


def test_the_snippet_shows_where_most_marks_are() -> None:
    text = "hai " + "đệm " * 200 + "hai ba hai " + "đệm " * 200
    shown, marks = snippet(text, find(parse("hai"), text))
    assert "hai ba hai" in shown
    assert len(marks) == 2
    assert shown.startswith("… ")
    assert shown.endswith(" …")


def test_the_snippet_shows_words_side_by_side_before_many_words_apart() -> None:
    apart = "định về định mức, quy định mức, định giá " * 3
    text = apart + "một hai ba bốn năm sáu bảy tám chín mười " * 12 + "giải quyết xong, ban hành Quyết định mới"
    shown, marks = snippet(text, find(parse("quyet dinh"), text))
    assert "Quyết định" in [shown[a:d] for (a, _), (_, d) in pairwise(marks)]


def test_the_beginning_of_a_text_is_its_first_page() -> None:
    joined = text_of(recognition("Trang đầu", "trang hai"))
    assert beginning(joined.text, joined.page_offsets) == "Trang đầu"
    assert beginning("", ()) == ""
