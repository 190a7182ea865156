"""Text in TCVN3 (ABC), VNI or VIQR, as offices wrote before Unicode: recognised by what it says when decoded.

TCVN3: one byte a letter, shown as Latin-1; toned capitals only by fonts of their own, whose names end in H. VNI: a
letter and a byte for its signs. VIQR: letters and ASCII marks. Source: TCVN 5712:1993; the tables of VNI-Win; RFC 1456.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from ocr.quality import VIETNAMESE, Verdict, is_syllable, judge, vietnamese_share
from ocr.syllables import model, plain


class Encoding(StrEnum):
    TCVN3 = "tcvn3"
    VNI = "vni"
    VIQR = "viqr"


GRAVE, HOOK, TILDE, ACUTE, DOT = "\u0300\u0309\u0303\u0301\u0323"

TCVN3 = dict(
    zip(
        "¡¢£¤¥¦§¨©ª«¬\xad®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
        "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
_VNI_ALONE = dict(zip("ôöñíìæóòî", "ơưđíìỉĩịỵ", strict=True))
_VNI_TONES = dict(zip("øûõùï", (GRAVE, HOOK, TILDE, ACUTE, DOT), strict=True))
_VNI_ROOFS = dict(zip("âàåãáä", ("", GRAVE, HOOK, TILDE, ACUTE, DOT), strict=True))  # a, e, o with ^
_VNI_BOWLS = dict(zip("êèúüéë", ("", GRAVE, HOOK, TILDE, ACUTE, DOT), strict=True))  # a with a breve
_VNI = re.compile(r"([aeouyôö])([øûõùï])|([aeo])([âàåãáä])|(a)([êèúüéë])|([ôöñíìæóòî])", re.IGNORECASE)
_VIQR_SHAPES = {"^": "\u0302", "(": "\u0306", "+": "\u031b", "*": "\u031b"}
_VIQR_TONES = dict(zip("`?~'.", (GRAVE, HOOK, TILDE, ACUTE, DOT), strict=True))
_VIQR_STOPS = ".?"  # a tone, or the end of a sentence
_VIQR_WORD = re.compile(r"(?:[A-Za-z][\^(+*]?[`?~'.]?)+")
_VIQR_VOWEL = re.compile(r"(?:([aeo])(\^)|(a)(\()|([ou])([+*])|([aeiouy]))([`?~'.]?)", re.IGNORECASE)
_ADDRESS = re.compile(r"[@/\\]|www\.", re.IGNORECASE)
_UNNAMED = re.compile(r"\(cid:(1[6-9]\d|2[0-4]\d|25[0-5])\)")  # what a PDF's font has no name for
_PRIVATE = re.compile("[\uf0a0-\uf0ff]")  # the bytes of a symbol font
_MUCH_RARER = 3.0  # natural logarithm
_HYPHENED = re.compile(r"[^\W\d_]+-[^\W\d_]*|-[^\W\d_]+")
_CAPITALS_FONT = re.compile(r"(?:^|\+)\.?vn\w*h(?:$|[,-])", re.IGNORECASE)


def encoding_of(text: str) -> Encoding | None:
    """The old encoding that makes Vietnamese of this text; None where it is none, and for all text good as it is."""
    if vietnamese_share(text) >= VIETNAMESE:
        return None
    fits = {}
    if text.isascii():
        fits[Encoding.VIQR] = vietnamese_share(decode(text, Encoding.VIQR))
    elif judge(text) is Verdict.GARBAGE:
        fits = {old: vietnamese_share(decode(text, old)) for old in (Encoding.TCVN3, Encoding.VNI)}
    best = max(fits, key=lambda old: fits[old], default=None)
    return best if best is not None and fits[best] >= VIETNAMESE else None


def decode(text: str, encoding: Encoding, font: str = "") -> str:
    """In Unicode, NFC. font: its name in the PDF; TCVN3 tells capitals by it."""
    if encoding is Encoding.VIQR:
        return "\n".join(_viqr(line) for line in text.split("\n"))
    text = _PRIVATE.sub(lambda found: chr(ord(found[0]) & 0xFF), _UNNAMED.sub(lambda found: chr(int(found[1])), text))
    if encoding is Encoding.VNI:
        return unicodedata.normalize("NFC", _VNI.sub(_vni, unicodedata.normalize("NFC", text)))
    text = _HYPHENED.sub(_with_u_horn, "".join(TCVN3.get(symbol, symbol) for symbol in text))
    return text.upper() if _CAPITALS_FONT.search(font) else text


def _with_u_horn(found: re.Match[str]) -> str:
    """Byte 173 is ư, and to most programs a hyphen: it is the letter where that makes a syllable of what was none."""
    whole = found[0].replace("-", "ư")
    rarest = max(_rarity(part) for part in found[0].split("-") if part)
    return whole if model().known(plain(whole)) and _rarity(whole) + _MUCH_RARER < rarest else found[0]


def _vni(found: re.Match[str]) -> str:
    toned, tone, roofed, roof, bowled, bowl, alone = found.groups()
    if alone:
        return _like(alone, _VNI_ALONE[alone.lower()])
    if toned:
        return _like(toned, _VNI_ALONE.get(toned.lower(), toned)) + _VNI_TONES[tone.lower()]
    if roofed:
        return f"{roofed}\u0302{_VNI_ROOFS[roof.lower()]}"
    return f"{bowled}\u0306{_VNI_BOWLS[bowl.lower()]}"


def _like(pattern: str, letter: str) -> str:
    return letter.upper() if pattern.isupper() else letter.lower()


def _viqr(text: str) -> str:
    words = text.split(" ")
    following = [*words[1:], ""]
    return " ".join(
        word if _ADDRESS.search(word) else _viqr_word(word, ends=not after[:1].islower())
        for word, after in zip(words, following, strict=True)
    )


def _viqr_word(word: str, *, ends: bool) -> str:
    """ends: a sentence may end after it."""

    def syllable(found: re.Match[str]) -> str:
        text = re.sub("D[Dd]", "Đ", found[0].replace("dd", "đ"))
        toned, plain_one = _with_signs(text), _with_signs(text[:-1])
        if text[-1] in _VIQR_STOPS and is_syllable(plain_one.lower()):
            rarer = ends and _rarity(toned) > _rarity(plain_one)
            if rarer or not is_syllable(toned.lower()):
                return plain_one + text[-1]
        return toned if is_syllable(toned.lower()) else found[0]

    return _VIQR_WORD.sub(syllable, word)


def _rarity(word: str) -> float:
    return model().rarity(model().number_of(plain(word)))


def _with_signs(text: str) -> str:
    def signed(found: re.Match[str]) -> str:
        letters = "".join(part for part in found.groups()[:-1] if part)
        shape = "".join(_VIQR_SHAPES.get(part, part) for part in letters)
        return shape + _VIQR_TONES.get(found[8], "")

    return unicodedata.normalize("NFC", _VIQR_VOWEL.sub(signed, text))
