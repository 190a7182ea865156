"""Words that were read are judged by the truth of their page, whatever the order of its lines."""

from __future__ import annotations

from ocr.model import Box, Line, Word
from scripts.word_truth import PageTruth, judged

TRUTH = PageTruth(
    "d",
    1,
    "real",
    ("ỦY BAN NHÂN DÂN", "Số:    /QĐ-UBND", "Căn cứ Luật Tổ chức chính quyền địa phương;", "ngày    tháng 3 năm 2024"),
)


def lines(*rows: str) -> list[Line]:
    return [Line(tuple(Word(text, Box(0, 0, 1, 1), 0.9) for text in row.split())) for row in rows]


def verdicts(truth: PageTruth, *rows: str) -> dict[str, bool | None]:
    words = [text for row in rows for text in row.split()]
    return dict(zip(words, judged(lines(*rows), truth), strict=True))


def test_lines_are_found_in_any_order_and_words_judged_as_they_are_written() -> None:
    told = verdicts(TRUTH, "Căn cứ Luật Tô chức chính quyền địa phương", "ỦY BAN nhân DÂN")
    assert [text for text, right in told.items() if not right] == ["Tô", "phương", "nhân"]


def test_a_line_that_the_reader_parted_is_judged_whole() -> None:
    told = verdicts(TRUTH, "Căn cứ Luật Tổ chức", "chính quyền địa phương; ỦY BAN NHÂN DÂN")
    assert all(told.values())


def test_what_no_line_has_is_wrong_and_where_the_truth_is_not_whole_unknown() -> None:
    assert verdicts(TRUTH, "ỦY BAN NHÂN DÂN", "Jwe")["Jwe"] is False
    partial = PageTruth("d", 1, "real", TRUTH.lines, whole=False)
    assert verdicts(partial, "ỦY BAN NHÂN DÂN", "Jwe")["Jwe"] is None


def test_words_of_stamps_and_by_hand_are_right_where_they_are_known_and_as_often() -> None:
    truth = PageTruth("d", 1, "real", TRUTH.lines, besides=("04", "ĐẾN"))
    told = verdicts(truth, "Số: 04 /QĐ-UBND", "ĐẾN", "4ð", "ngày 15 tháng 3 năm 2024")
    assert (told["04"], told["ĐẾN"], told["4ð"], told["15"]) == (True, True, False, False)
    assert judged(lines("ĐẾN ĐẾN"), truth) == [True, False]
