"""Text of the years before Unicode is recognised as such, turned into Unicode, and nothing else is touched."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr import stored
from ocr.model import TextSource
from ocr.old_encodings import TCVN3, Encoding, decode, encoding_of
from ocr.pipeline import recognise_pages
from ocr.quality import is_syllable
from ocr.syllables import model
from tests.ocr import drawn

SAID = "Quyết định về việc công nhận kết quả trúng tuyển viên chức ngành giáo dục được ban hành"
WRITTEN = {
    Encoding.TCVN3: "QuyÕt ®Þnh vÒ viÖc c«ng nhËn kÕt qu¶ tróng tuyÓn viªn chøc ngµnh gi¸o dôc ®\xad\u00eec ban hµnh",
    Encoding.VNI: "Quyeát ñònh veà vieäc coâng nhaän keát quaû truùng tuyeån vieân chöùc ngaønh giaùo duïc "
    "ñöôïc ban haønh",
    Encoding.VIQR: "Quye^'t ddi.nh ve^` vie^.c co^ng nha^.n ke^'t qua? tru'ng tuye^?n vie^n chu+'c nga`nh gia'o du.c "
    "ddu+o+.c ban ha`nh",
}
SYLLABLES = sorted(word for word in model()._ids if is_syllable(word))
MARKS = {"\u0300": ("`", "ø"), "\u0309": ("?", "û"), "\u0303": ("~", "õ"), "\u0301": ("'", "ù"), "\u0323": (".", "ï")}
ROOFED = {"\u0300": "à", "\u0309": "å", "\u0303": "ã", "\u0301": "á", "\u0323": "ä"}
BOWLED = {"\u0300": "è", "\u0309": "ú", "\u0303": "ü", "\u0301": "é", "\u0323": "ë"}
ALONE = {"đ": "ñ", "ơ": "ô", "ư": "ö", "í": "í", "ì": "ì", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î"}


def parts(letter: str) -> tuple[str, str, str]:
    """Base, shape, tone."""
    base, *signs = unicodedata.normalize("NFD", letter)
    return base, "".join(s for s in signs if s not in MARKS), "".join(s for s in signs if s in MARKS)


def as_tcvn3(word: str) -> str:
    back = {letter: symbol for symbol, letter in TCVN3.items()}
    return "".join(back.get(letter, letter) for letter in word)


def as_viqr(word: str) -> str:
    shapes = {"\u0302": "^", "\u0306": "(", "\u031b": "+", "": ""}
    return "".join(
        "dd" if letter == "đ" else base + shapes[shape] + (MARKS[tone][0] if tone else "")
        for letter in word
        for base, shape, tone in [parts(letter)]
    )


def as_vni(word: str) -> str:
    out = ""
    for letter in word:
        base, shape, tone = parts(letter)
        if letter in ALONE:
            out += ALONE[letter]
        elif shape == "\u0302":
            out += base + (ROOFED[tone] if tone else "â")
        elif shape == "\u0306":
            out += base + (BOWLED[tone] if tone else "ê")
        else:
            out += ({"o": "ô", "u": "ö"}[base] if shape else base) + (MARKS[tone][1] if tone else "")
    return out


@pytest.mark.parametrize("encoding", list(Encoding))
def test_each_encoding_is_recognised_and_read(encoding: Encoding) -> None:
    assert encoding_of(WRITTEN[encoding]) is encoding
    assert decode(WRITTEN[encoding], encoding) == SAID


@pytest.mark.parametrize(
    ("encoding", "write"), [(Encoding.TCVN3, as_tcvn3), (Encoding.VNI, as_vni), (Encoding.VIQR, as_viqr)]
)
def test_every_syllable_comes_back(encoding: Encoding, write: object) -> None:
    written = " ".join([*(write(word) for word in SYLLABLES), "a"])  # type: ignore[operator]
    assert decode(written, encoding).split() == [*SYLLABLES, "a"]


@given(st.lists(st.sampled_from(SYLLABLES), min_size=12, max_size=40), st.sampled_from([as_tcvn3, as_vni, as_viqr]))
def test_unicode_text_is_never_taken_for_an_old_one(words: list[str], write: object) -> None:
    text = " ".join(words)
    assert encoding_of(text) is None
    found = encoding_of(write(text))  # type: ignore[operator]
    assert found is None or decode(write(text), found).split()[:-1] == words[:-1]  # type: ignore[operator]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(drawn.LINES),
        "Quyet dinh ve viec cong nhan ket qua trung tuyen vien chuc nganh giao duc",
        "The committee has approved the report. It was so. See a. and b. of the annex; (c) is not in force.",
        "Décision concernant l'évaluation des résultats de l'examen organisé à côté du siège",
        "Beschluss über die Prüfung der Unterlagen für das Gebäude an der Straße",
        "12/03/2024 15 - 17",
        "",
    ],
)
def test_what_is_in_no_old_encoding_is_told_so(text: str) -> None:
    assert encoding_of(text) is None


def test_capitals_of_vni_and_of_the_capital_fonts_of_tcvn3() -> None:
    assert decode("UÛY BAN NHAÂN DAÂN ÑOÁNG ÑA", Encoding.VNI) == "ỦY BAN NHÂN DÂN ĐỐNG ĐA"
    assert decode("ñy ban nh©n d©n", Encoding.TCVN3, "ABCDEF+.VnTimeH") == "ỦY BAN NHÂN DÂN"
    assert decode("ñy ban nh©n d©n", Encoding.TCVN3, ".VnTimeH,Bold") == "ỦY BAN NHÂN DÂN"
    assert decode("ñy ban nh©n d©n", Encoding.TCVN3, ".VnTime") == "ủy ban nhân dân"


def test_the_end_of_a_sentence_is_no_tone_in_viqr() -> None:
    assert decode("Ca'c o^ng ba` cho. Ho.p mo^.t vu. ho.c.", Encoding.VIQR) == "Các ông bà cho. Họp một vụ học."


def test_a_byte_without_a_name_and_one_of_a_symbol_font_are_read() -> None:
    assert decode("®(cid:173)îc", Encoding.TCVN3) == decode("\uf0ae\uf0ad\uf0eec", Encoding.TCVN3) == "được"


def test_a_hyphen_that_is_a_letter_is_told_from_one_that_is_none() -> None:
    assert decode("®-îc th- -íc", Encoding.TCVN3) == "được thư ước"
    assert decode("kinh-tÕ - x· héi Q§-UB -a", Encoding.TCVN3) == "kinh-tế - xã hội QĐ-UB -a"


def old_pdf(path: Path, lines: list[str], font: str) -> Path:
    """A PDF of those years: single bytes in a font that draws them as Vietnamese letters."""
    import pikepdf

    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=(595, 842))
        page = pdf.pages[0]
        page.Resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(
                F1=pikepdf.Dictionary(
                    Type=pikepdf.Name.Font,
                    Subtype=pikepdf.Name.TrueType,
                    BaseFont=pikepdf.Name("/" + font),
                    Encoding=pikepdf.Name.WinAnsiEncoding,
                )
            )
        )
        rows = b"".join(
            b"BT /F1 12 Tf 60 %d Td <%s> Tj ET\n" % (760 - 30 * row, line.encode("latin-1").hex().encode())
            for row, line in enumerate(lines)
        )
        page.Contents = pdf.make_stream(rows)
        pdf.save(path)
    return path


@pytest.mark.parametrize(("encoding", "font"), [(Encoding.TCVN3, ".VnTime"), (Encoding.VNI, "VNI-Times")])
def test_a_pdf_of_those_years_keeps_its_own_words(tmp_path: Path, encoding: Encoding, font: str) -> None:
    file = old_pdf(tmp_path / "old.pdf", [WRITTEN[encoding]] * 3, font)
    [told] = recognise_pages(str(file), "pdf", [1], "null")["pages"]
    page = stored.page_from_json(told)
    assert page.source is TextSource.OWN_TEXT
    assert [line.text for line in page.lines] == [SAID] * 3
