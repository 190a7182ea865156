"""Access copies: searchable PDF/A with the words where they stand, pictures of pages upright."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pdfplumber
import pikepdf
import pytest
from PIL import Image

from ocr import work
from ocr.model import Box, EngineInfo, Line, PageText, Recognition, StampMark, TextSource, Word
from tests.ocr import drawn

ENGINE = EngineInfo("by hand", "1")
PLACES = {"Quyết": Box(200, 300, 400, 350), "định": Box(420, 300, 560, 350), "cuối": Box(1200, 2200, 1400, 2250)}


def recognition(*, rotation: int = 0, size: tuple[int, int] = drawn.SIZE, dpi: int | None = drawn.DPI) -> Recognition:
    """Two words at the upper left and one at the lower right of the upright page."""
    words = [Word(text, box, 0.9) for text, box in PLACES.items()]
    lines = (Line(tuple(words[:2])), Line((words[2],)))
    page = PageText(1, *size, dpi, rotation, 0.0, False, TextSource.RECOGNISED, lines)
    return Recognition(ENGINE, (page,))


def words_of(pdf: Path) -> dict[str, tuple[float, float, float, float]]:
    """Word -> box as fractions of the page as it is shown."""
    with pdfplumber.open(pdf) as document:
        page = document.pages[0]
        return {
            word["text"]: (
                word["x0"] / page.width,
                word["top"] / page.height,
                word["x1"] / page.width,
                word["bottom"] / page.height,
            )
            for word in page.extract_words()
        }


def assert_in_place(pdf: Path) -> None:
    found = words_of(pdf)
    assert list(found) == list(PLACES)
    for text, box in PLACES.items():
        left, top, right, bottom = found[text]
        assert left == pytest.approx(box.left / drawn.SIZE[0], abs=0.005)
        assert right == pytest.approx(box.right / drawn.SIZE[0], abs=0.005)
        assert top < (box.top + box.bottom) / 2 / drawn.SIZE[1] < bottom


def assert_is_pdf_a(pdf: Path) -> None:
    with pikepdf.open(pdf) as document, document.open_metadata() as metadata:
        assert metadata.pdfa_status == "2B"
        assert "/OutputIntents" in document.Root


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_words_of_a_turned_scan_stand_where_they_are_seen(tmp_path: Path, turn: int) -> None:
    file = drawn.pdf_of(tmp_path / "scan.pdf", drawn.page().rotate(turn, expand=True))
    sealed = work.seal(file, recognition(rotation=turn), tmp_path / "out", title="Quyết định 15")
    assert_is_pdf_a(sealed.pdf)
    assert_in_place(sealed.pdf)
    with Image.open(sealed.page_images[0]) as picture:
        assert picture.height > picture.width
        upper, lower = (picture.convert("L").crop((0, y, 1240, y + 500)).getextrema()[0] for y in (100, 1200))
        assert upper < 100 < lower, "the text stands at the top"
    with pikepdf.open(sealed.pdf) as document:
        assert document.docinfo.Title == "Quyết định 15"


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_a_picture_becomes_a_page_of_its_size(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"page.{suffix}"
    drawn.page().save(file, dpi=(drawn.DPI, drawn.DPI))
    sealed = work.seal(file, recognition(), tmp_path / "out")
    assert_is_pdf_a(sealed.pdf)
    assert_in_place(sealed.pdf)
    with pikepdf.open(sealed.pdf) as document:
        assert [float(side) for side in document.pages[0].mediabox[2:]] == pytest.approx([595, 842], abs=2)


def test_every_page_of_a_one_bit_tiff_is_there(tmp_path: Path) -> None:
    file = tmp_path / "fax.tif"
    sheets = [drawn.page().convert("1"), Image.new("1", drawn.SIZE, 1)]
    sheets[0].save(file, save_all=True, append_images=sheets[1:], compression="group4", dpi=(200, 200))
    first = recognition().pages[0]
    second = PageText(2, *drawn.SIZE, 200, 0, 0.0, True, TextSource.RECOGNISED, ())
    sealed = work.seal(file, Recognition(ENGINE, (first, second)), tmp_path / "out")
    assert_is_pdf_a(sealed.pdf)
    assert_in_place(sealed.pdf)
    assert [image.name for image in sealed.page_images] == ["page-0001.jpg", "page-0002.jpg"]
    assert all(image.exists() for image in sealed.page_images)
    assert sealed.pdf.stat().st_size < 200_000, "black and white stays small"


def test_a_born_digital_pdf_keeps_its_own_words(tmp_path: Path) -> None:
    file = drawn.text_pdf(tmp_path / "text.pdf")
    sealed = work.seal(file, work.recognise(file), tmp_path / "out")
    assert_is_pdf_a(sealed.pdf)
    text = subprocess.run(["pdftotext", "-layout", str(sealed.pdf), "-"], capture_output=True, check=True, text=True)
    assert [line.strip() for line in text.stdout.split("\n") if line.strip()] == list(drawn.LINES)
    with pikepdf.open(sealed.pdf) as document:
        assert not document.pages[0].get_images(), "it was not made a picture"


def test_bad_own_text_does_not_reach_the_access_copy(tmp_path: Path) -> None:
    file = drawn.text_pdf(tmp_path / "bare.pdf", ("Quyet dinh ve viec cong nhan ket qua", "vien chuc nganh giao duc"))
    sealed = work.seal(file, recognition(), tmp_path / "out")
    assert_is_pdf_a(sealed.pdf)
    assert list(words_of(sealed.pdf)) == list(PLACES)


def test_a_page_smaller_than_pdf_a_allows_is_shown_larger(tmp_path: Path) -> None:
    file = tmp_path / "speck.png"
    Image.new("L", (12, 5), 90).save(file, dpi=(300, 300))
    sealed = work.seal(file, work.recognise(file, engine="null"), tmp_path / "out")
    assert_is_pdf_a(sealed.pdf)
    with pikepdf.open(sealed.pdf) as document:
        left, bottom, right, top = (float(edge) for edge in document.pages[0].mediabox)
    assert min(right - left, top - bottom) >= 3
    assert (right - left) / (top - bottom) == pytest.approx(12 / 5, rel=0.02)


def test_what_cannot_be_pdf_a_as_it_is_becomes_pictures(tmp_path: Path) -> None:
    file = tmp_path / "foreign.pdf"
    with pikepdf.open(drawn.pdf_of(tmp_path / "scan.pdf", drawn.page())) as document:
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page = document.pages[0]
        page.Resources.Font = pikepdf.Dictionary(F1=document.make_indirect(font))
        page.contents_add(document.make_stream(b"BT /F1 12 Tf 3 Tr 50 50 Td (x) Tj ET"))
        document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        document.save(file)
    sealed = work.seal(file, recognition(), tmp_path / "out")
    assert_is_pdf_a(sealed.pdf)
    assert_in_place(sealed.pdf)
    assert b"JavaScript" not in sealed.pdf.read_bytes()


def test_stamps_can_be_found_in_the_text_layer(tmp_path: Path) -> None:
    file = drawn.pdf_of(tmp_path / "scan.pdf", drawn.page())
    stamp = StampMark(Box(1000, 100, 1400, 180), "red", "CÔNG VĂN ĐẾN\nSố: 3283", 0.9)
    page = PageText(1, *drawn.SIZE, 200, 0, 0.0, False, TextSource.RECOGNISED, (), (stamp,))
    sealed = work.seal(file, Recognition(ENGINE, (page,)), tmp_path / "out")
    assert list(words_of(sealed.pdf)) == ["CÔNG", "VĂN", "ĐẾN", "Số:", "3283"]


def test_sealing_again_gives_the_same_files_anew(tmp_path: Path) -> None:
    file = drawn.pdf_of(tmp_path / "scan.pdf", drawn.page())
    first = work.seal(file, recognition(), tmp_path / "out")
    first.thumbnail.unlink()
    again = work.seal(file, recognition(), tmp_path / "out")
    assert again == first
    assert again.thumbnail.exists()
    with Image.open(again.thumbnail) as picture:
        assert max(picture.size) == 320


def test_the_file_itself_is_only_read(tmp_path: Path) -> None:
    file = drawn.pdf_of(tmp_path / "scan.pdf", drawn.page().rotate(90, expand=True))
    before = file.read_bytes()
    file.chmod(0o400)
    work.seal(file, recognition(rotation=90), tmp_path / "out")
    assert file.read_bytes() == before


HALF_ENCRYPTED = Path(__file__).parents[3] / "shared/data/hostile/qpdf/nontrivial-crypt-filter.pdf"


@pytest.mark.skipif(not HALF_ENCRYPTED.exists(), reason="the hostile files are not in ../shared/data/hostile")
def test_what_opens_without_the_password_that_one_library_asks_for_is_sealed_from_its_picture(tmp_path: Path) -> None:
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(HALF_ENCRYPTED)
    recognised = work.recognise(HALF_ENCRYPTED, engine="null", jobs=1)
    work.seal(HALF_ENCRYPTED, recognised, tmp_path / "sealed", title=None, jobs=1)
    assert_is_pdf_a(tmp_path / "sealed" / "access.pdf")
