"""Is this text fit to be kept? For text that a PDF carries: Vietnamese with its tones, in Unicode, not garbage."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

_ONSETS = "ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|b|c|d|đ|g|h|k|l|m|n|p|r|s|t|v|x"
_NUCLEI = (
    "uyê|uya|oai|oay|oeo|uây|uôi|ươi|ươu|iêu|yêu|uyu|oao|uêu|"
    "iê|yê|uô|ươ|uâ|uơ|oă|oa|oe|oo|ôô|uê|uy|ai|ao|au|ay|âu|ây|eo|êu|ia|iu|oi|ôi|ơi|ua|ui|ưa|ưi|ưu|"
    "a|ă|â|e|ê|i|o|ô|ơ|u|ư|y"
)
_CODAS = "ch|nh|ng|c|m|n|p|t"
_SYLLABLE = re.compile(rf"(?:{_ONSETS})?(?:{_NUCLEI})(?:{_CODAS})?")
_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_BARE_SHAPES = str.maketrans("ăâêôơưđ", "aaeooud")
_BARE_SYLLABLE = re.compile(rf"(?:{_ONSETS})?(?:{_NUCLEI.translate(_BARE_SHAPES)})(?:{_CODAS})?")
_WORD = re.compile(r"[^\W\d_]+")
_FEWEST_WORDS = 5
VIETNAMESE = 0.8  # share of words that are its syllables, for a text to be Vietnamese
_MARKED = 0.35  # share of words with a sign, where none was lost


class Verdict(StrEnum):
    GOOD = "good"
    TOO_LITTLE = "too_little"
    GARBAGE = "garbage"  # unmapped glyphs, an old 8-bit encoding, letters in disorder
    TONES_MISSING = "tones_missing"


def judge(text: str) -> Verdict:
    """Text with hardly a word is TOO_LITTLE. Text in another language in Latin letters is GOOD as it is."""
    text = unicodedata.normalize("NFC", text)
    solid = [c for c in text if not c.isspace()]
    words = _WORD.findall(text)
    if len(words) < _FEWEST_WORDS:
        return Verdict.TOO_LITTLE
    if "(cid:" in text or sum(map(_is_unmapped, solid)) > 0.01 * len(solid):
        return Verdict.GARBAGE
    longer = [word.lower() for word in words if len(word) > 1]
    syllables = sum(is_syllable(word) for word in longer)
    marked = sum(not word.isascii() for word in longer)
    if syllables >= VIETNAMESE * len(longer):
        return Verdict.GOOD if marked >= _MARKED * len(longer) else Verdict.TONES_MISSING
    if marked < 0.1 * len(longer) and sum(map(_is_bare_syllable, longer)) >= 0.75 * len(longer):
        return Verdict.TONES_MISSING
    foreign = marked < 0.03 * len(longer)
    return Verdict.GOOD if foreign and _reads_like_words(longer) else Verdict.GARBAGE


def vietnamese_share(text: str) -> float:
    """Share of the words that are Vietnamese syllables; 0 where hardly a word is there, or hardly one has a sign."""
    longer = [word.lower() for word in _WORD.findall(unicodedata.normalize("NFC", text)) if len(word) > 1]
    if len(longer) < _FEWEST_WORDS or sum(not word.isascii() for word in longer) < _MARKED * len(longer):
        return 0.0
    return sum(map(is_syllable, longer)) / len(longer)


def is_syllable(word: str) -> bool:
    """Could `word` (lower case, NFC) be a Vietnamese syllable by its letters?"""
    letters = unicodedata.normalize("NFD", word)
    if sum(c in _TONES for c in letters) > 1:
        return False
    shapes = unicodedata.normalize("NFC", "".join(c for c in letters if c not in _TONES))
    return _SYLLABLE.fullmatch(shapes) is not None


def _is_bare_syllable(word: str) -> bool:
    return _BARE_SYLLABLE.fullmatch(word) is not None


def _is_unmapped(c: str) -> bool:
    """Letters that Unicode text of an office never holds: private, unassigned, control; signs of TCVN3."""
    return c == "\ufffd" or unicodedata.category(c) in ("Co", "Cn", "Cc", "Cs") or c in "¸µ¶·¹¨¾»¼½Æ©ÊÇÈÉË®®¬­"


def _reads_like_words(words: list[str]) -> bool:
    return sum(bool(re.search("[aeiouy]", word)) and len(word) < 20 for word in words) >= 0.85 * len(words)
