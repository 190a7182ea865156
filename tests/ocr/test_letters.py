from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from ocr.letters import fold, fold_words, lower, nfc


@settings(deadline=None)
@given(st.text())
def test_folding_gives_one_character_for_each(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert len(lower(text)) == len(text)


@settings(deadline=None)
@given(st.text())
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@settings(deadline=None)
@given(st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ "))
def test_vietnamese_folds_to_plain_letters_in_either_case(text: str) -> None:
    assert fold(text).isascii()
    assert fold(text.upper()) == fold(text)


@settings(deadline=None)
@given(st.text(alphabet="aàáảãạeêếềiouưđ xyz"))
def test_composed_and_decomposed_text_fold_alike_once_composed(text: str) -> None:
    assert fold(nfc(unicodedata.normalize("NFD", text))) == fold(text)


def test_every_letter_that_looks_like_d_with_a_stroke_is_d() -> None:
    assert fold("Đđ\u00d0\u00f0") == "dddd"


def test_lower_keeps_tones() -> None:
    assert lower("QUYẾT ĐỊNH") == "quyết định"


def test_letters_whose_small_form_is_longer_stay_one_character() -> None:
    assert len(lower("İ")) == 1
    assert fold("ẞ") == fold("ẞ").strip()


def test_plain_text_has_one_space_between_words_however_its_letters_are_composed() -> None:
    assert fold_words("  ĐẾN\n" + unicodedata.normalize("NFD", "Ngày ")) == "den ngay"
