from __future__ import annotations

import pytest

from ocr.quality import Verdict, is_syllable, judge
from tests.ocr import drawn

VIETNAMESE = "\n".join(drawn.LINES)


def test_vietnamese_with_its_tones_is_good() -> None:
    assert judge(VIETNAMESE) is Verdict.GOOD


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("QuyÕt ®Þnh vÒ viÖc c«ng nhËn kÕt qu¶ tróng tuyÓn viªn chøc ngµnh gi¸o dôc", Verdict.GARBAGE),  # TCVN3
        ("Quyeát ñònh veà vieäc coâng nhaän keát quaû truùng tuyeån vieân chöùc ngaønh", Verdict.GARBAGE),  # VNI
        ("(cid:12)(cid:7) (cid:33) van ban so muoi hai cua uy ban nhan dan", Verdict.GARBAGE),
        ("\ue001\ue002\ue003 \ue004\ue005 abc def ghi jkl mno pqr", Verdict.GARBAGE),
        ("xq7 zkw rtt bbv qqpl wwxz zzrt ttkl pppp gfds", Verdict.GARBAGE),
        ("Quyet dinh ve viec cong nhan ket qua trung tuyen vien chuc nganh giao duc", Verdict.TONES_MISSING),
        ("The committee has approved the annual report and published its findings", Verdict.GOOD),
        ("12/03/2024 15 - 17", Verdict.TOO_LITTLE),
        ("", Verdict.TOO_LITTLE),
    ],
)
def test_what_is_not_fit_to_be_kept_is_told_apart(text: str, verdict: Verdict) -> None:
    assert judge(text) is verdict


@pytest.mark.parametrize("word", ["nghiêng", "khuya", "quyết", "được", "gì", "tuyệt", "yếu", "thuở", "rượu"])
def test_syllables_are_known_by_their_letters(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["committee", "qd", "ñònh", "®þnh", "nghiêêng", "bcd"])
def test_what_no_syllable_looks_like_is_none(word: str) -> None:
    assert not is_syllable(word)
