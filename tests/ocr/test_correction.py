"""A misread syllable is mended where the engine nearly read the right one; nothing else is touched."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr import report, stored
from ocr.correction import corrected
from ocr.model import Box, Line, PageText, TextSource, Word
from ocr.syllables import MODEL, model, plain

BOX = Box(10, 20, 60, 40)


def line(*words: str, seen: dict[str, str] | None = None, weight: float = 80, confidence: float = 0.8) -> Line:
    """seen: of a symbol, what else the engine saw in its place."""
    seen = seen or {}
    return Line(
        tuple(
            Word(
                text, BOX, confidence, choices=tuple(tuple((other, weight) for other in seen.get(s, "")) for s in text)
            )
            for text in words
        )
    )


def mended(*words: str, **how: object) -> str:
    return " ".join(part.text for part in corrected([line(*words, **how)]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("read", "seen", "true"),
    [
        ("cơ cấu tô chức của Bộ", {"ô": "ổ"}, "cơ cấu tổ chức của Bộ"),
        ("Sửa đối, bỗ sung một số", {"ố": "ổ", "ỗ": "ổốồ"}, "Sửa đổi, bổ sung một số"),
        ("nhiệm vụ, quyên hạn và", {"ê": "ềể"}, "nhiệm vụ, quyền hạn và"),
        ("QUYÉT ĐỊNH", {"É": "ẾẺ"}, "QUYẾT ĐỊNH"),
        ("cung cắp địch vụ.", {"ắ": "ấ", "đ": "d"}, "cung cấp dịch vụ."),
        (
            "cơ cấu tô chức của Bộ",
            {"ô": "ộ"},
            "cơ cấu tổ chức của Bộ",
        ),  # not seen at all
    ],
)
def test_a_misread_syllable_is_mended_by_its_neighbours(read: str, seen: dict[str, str], true: str) -> None:
    assert mended(*read.split(), seen=seen) == true


@pytest.mark.parametrize(
    ("read", "seen"),
    [
        ("cơ cấu tổ chức của Bộ", {"ổ": "ôồố", "ấ": "ầẩ"}),
        ("chỉ đạo, điều hành", {"ỉ": "i", "ề": "ê", "đ": "d"}),
        ("Số: 123/QĐ-UBND ngày 03", {"ố": "ổ", "1": "7", "Đ": "D", "0": "8"}),
        ("tại điểm đ khoản 1", {"đ": "d", "ể": "ê"}),
    ],
)
def test_what_fits_stays_whatever_else_was_seen(read: str, seen: dict[str, str]) -> None:
    assert mended(*read.split(), seen=seen, weight=60) == read


def test_without_what_the_engine_saw_nothing_is_guessed() -> None:
    assert mended("cơ", "cấu", "tô", "chức") == "cơ cấu tô chức"


def test_a_name_read_with_confidence_stays_and_one_read_without_is_mended() -> None:
    name, seen = ("tỉnh", "Quang", "Ngãi"), {"a": "ả"}
    assert mended(*name, seen=seen, confidence=0.95) == "tỉnh Quang Ngãi"
    assert mended(*name, seen=seen, confidence=0.5) == "tỉnh Quảng Ngãi"


def test_a_mended_word_keeps_what_was_read_and_its_place() -> None:
    [whole] = corrected([line("tô", "chức", seen={"ô": "ổ"})])
    first, second = whole.words
    assert (first.text, first.read_as, first.box, first.confidence) == ("tổ", "tô", BOX, 0.8)
    assert (second.text, second.read_as) == ("chức", None)


def test_words_fit_across_the_end_of_a_line() -> None:
    first, second = corrected([line("nhiệm", "vụ,", "quyên", seen={"ê": "ề"}), line("hạn")])
    assert (first.text, second.text) == ("nhiệm vụ, quyền", "hạn")


WORDS = st.text(alphabet="0123456789/-.,_ABĐUNDquyềnổ", min_size=1, max_size=10).filter(
    lambda word: any(map(str.isdigit, word)) or "/" in word or "-" in word.strip("-.,")
)


@given(st.lists(WORDS, min_size=1, max_size=6))
def test_numbers_and_codes_never_change(words: list[str]) -> None:
    everything = dict.fromkeys("".join(words), "0123456789aổềĐ")
    assert mended(*words, seen=everything, weight=99, confidence=0.1) == " ".join(words)


def test_what_was_read_reaches_the_printed_form_through_a_child_process() -> None:
    lines = corrected([line("tô", "chức", seen={"ô": "ổ"})])
    page = PageText(1, 600, 800, 300, 0, 0.0, False, TextSource.RECOGNISED, lines)
    back = stored.page_from_json(json.loads(json.dumps(stored.page_to_json(page))))
    assert back == page
    first, second = report.page_to_json(back)["lines"][0]["words"]
    assert (first["text"], first["read_as"]) == ("tổ", "tô")
    assert "read_as" not in second


def test_the_model_is_the_one_of_its_card() -> None:
    card = json.loads(MODEL.with_suffix(".json").read_text(encoding="utf-8"))
    assert hashlib.sha256(MODEL.read_bytes()).hexdigest() == card["model_sha256"]
    assert card["counts"]["paragraphs_scored"] > 0, "the scored pages' own paragraphs are left out"


def test_the_model_costs_what_is_said_less_than_what_is_not() -> None:
    def cost(text: str) -> float:
        numbers = [0, 0, *(model().number_of(plain(word)) for word in text.split())]
        return sum(model().cost(*numbers[at : at + 3]) for at in range(len(numbers) - 2))

    assert cost("sửa đổi bổ sung") < cost("sửa đối bố sung") < cost("sứa đỗi bỗ sưng")


@pytest.mark.parametrize(
    ("word", "same"), [("HOÀ", "hòa"), ("thuỷ", "thủy"), ("khoẻ", "khỏe"), ("quý", "quý"), ("hoàn", "hoàn")]
)
def test_both_places_of_a_tone_are_one(word: str, same: str) -> None:
    assert plain(word) == plain(same) == same
