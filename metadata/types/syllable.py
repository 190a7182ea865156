"""Whether a word can be a syllable of Vietnamese: letters, order of sounds, at most one tone."""

from __future__ import annotations

import re
import unicodedata

from ocr.letters import lower, nfc

TONES = "\u0300\u0301\u0303\u0309\u0323"  # huyền, sắc, ngã, hỏi, nặng
ONSET = "ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdđghklmnprstvx]"
VOWELS = (
    "iêu|yêu|oai|oay|oeo|uây|uôi|ươi|ươu|uya|uyê|uyu|iê|yê|uô|ươ|uâ|uê|uơ|uy|ua|ưa|ia|ya|oa|oă|oe|oo|ai|ao|au|ay|âu|ây|"
    "eo|êu|iu|oi|ôi|ơi|ui|ưi|ưu|[aăâeêioôơuưy]"
)
SYLLABLE = re.compile(rf"(?:{ONSET})?(?:{VOWELS})(?:ch|ng|nh|[cmnpt])?")


def is_syllable(word: str) -> bool:
    letters, tones = [], 0
    for letter in unicodedata.normalize("NFD", lower(word)):
        if letter in TONES:
            tones += 1
        else:
            letters.append(letter)
    return tones <= 1 and SYLLABLE.fullmatch(nfc("".join(letters))) is not None
