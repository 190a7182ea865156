from __future__ import annotations

import itertools
import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from ocr.letters import fold, lower, nfc
from search.words import exact_key, folded_key, folded_keys, has_tones, keys_in, spans, words

SYLLABLES = ("quyết", "định", "Đường", "hoà", "hòa", "thuỷ", "UBND", "123", "ơ", "ệ", "x")
letters = st.text(st.characters(codec="utf-8"), max_size=60)
vietnamese = st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ")


def test_a_code_falls_apart_at_its_punctuation() -> None:
    assert words("Số: 123/QĐ-UBND, ngày 5/6/2024") == ("số", "123", "qđ", "ubnd", "ngày", "5", "6", "2024")
    assert words("a_b  - “c”…") == ("a", "b", "c")


def test_tones_letter_marks_and_case_make_one_folded_key() -> None:
    assert {folded_key(word) for word in ("Quyết", "QUYỆT", "quyet", "quyêt")} == {"quyet"}
    assert folded_key("Đường") == "duong"


def test_the_exact_key_tells_tones_apart_but_not_where_they_are_written() -> None:
    assert exact_key("hòa") == exact_key("HOÀ")
    assert exact_key("thuỷ") == exact_key("thủy")
    assert len({exact_key(word) for word in ("ma", "má", "mà", "mả", "mã", "mạ", "mă", "mâ", "đa", "da")}) == 10


def test_a_word_knows_whether_it_was_written_with_tones() -> None:
    assert [word for word in ("quyet", "đa", "mô", "UBND", "12", "é") if has_tones(word)] == ["đa", "mô", "é"]


@given(letters)
def test_folding_and_lowering_keep_every_offset(text: str) -> None:
    text = nfc(text)
    assert len(fold(text)) == len(lower(text)) == len(text)


@given(letters)
def test_spans_and_words_are_the_same_words(text: str) -> None:
    text = nfc(text)
    places = list(spans(text))
    assert [lower(text[start:end]) for start, end in places] == list(words(text))
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(places))


@given(letters)
def test_every_span_has_its_folded_key(text: str) -> None:
    text = nfc(text)
    assert folded_keys(text) == [folded_key(text[start:end]) for start, end in spans(text)]
    assert folded_keys(text) == [folded_key(word) for word in words(text)]


@given(st.lists(vietnamese.filter(bool), max_size=5).map(" ".join))
def test_composed_and_decomposed_letters_have_the_same_keys(text: str) -> None:
    apart = unicodedata.normalize("NFD", text)
    assert [*map(exact_key, words(apart))] == [*map(exact_key, words(text))]
    assert [*map(folded_key, words(apart.upper()))] == [*map(folded_key, words(text))]


@given(letters)
def test_keys_hold_no_blank_and_are_never_empty(text: str) -> None:
    for word in words(text):
        for key in (exact_key(word), folded_key(word)):
            assert key
            assert key.split() == [key]


@given(letters | vietnamese)
def test_the_keys_in_a_text_are_those_of_its_words(text: str) -> None:
    found = words(text)
    assert keys_in(text) == (" ".join(map(folded_key, found)), " ".join(map(exact_key, found)))


def test_a_letter_is_a_letter_in_either_case_and_has_one_key() -> None:
    for character in map(chr, range(sys.maxunicode + 1)):
        assert bool(words(character)) == bool(list(spans(nfc(character))))
        assert folded_key(character) == folded_key(lower(character))
