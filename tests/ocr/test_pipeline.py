"""The order of the steps: what stands on a page is read whichever way it was put in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from ocr import stored
from ocr.born_digital import OwnText
from ocr.confidence import calibration_version
from ocr.engine import Gray, OcrEngine, open_engine
from ocr.figures import figures_version
from ocr.model import PageText, TextSource
from ocr.pdf_pages import open_pdf, page_of
from ocr.pipeline import read_page, recognise_pages
from ocr.syllables import model_version
from tests.ocr import drawn

RED, BLUE = (200, 30, 45), (40, 60, 190)


@pytest.fixture(scope="module")
def engine() -> OcrEngine:
    return open_engine("tesseract")


def read(image: Image.Image, engine: OcrEngine, dpi: int | None = drawn.DPI) -> PageText:
    return read_page(drawn.pixels(image), dpi, 1, engine)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_is_read_upright(engine: OcrEngine, turn: int) -> None:
    page = read(drawn.page().rotate(turn, expand=True), engine)  # anticlockwise: clockwise makes it upright
    assert page.rotation == turn
    assert (page.width, page.height) == drawn.SIZE
    assert "QUYẾT ĐỊNH" in page.text


class Watched:
    """The engine, and how often it was asked which way up a page lies."""

    def __init__(self, engine: OcrEngine) -> None:
        self._engine = engine
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def orientation(self, image: Gray, dpi: int) -> tuple[int, float]:
        self.asked += 1
        return self._engine.orientation(image, dpi)


@pytest.mark.parametrize(("turn", "asked"), [(0, 0), (90, 1), (180, 1)])
def test_a_page_that_reads_well_as_it_lies_is_not_looked_at_again(engine: OcrEngine, turn: int, asked: int) -> None:
    watched = Watched(engine)
    read(drawn.page().rotate(turn, expand=True), watched)  # type: ignore[arg-type]
    assert watched.asked == asked


@pytest.mark.parametrize("top", [90, 2200])
def test_a_page_number_that_stands_alone_is_read(engine: OcrEngine, top: int) -> None:
    image = drawn.page()
    ImageDraw.Draw(image).text((820, top), "2", fill=(20, 20, 20), font=drawn.font(34))
    lines = [line.text for line in read(image, engine).lines]
    assert lines[0 if top < 200 else -1] == "2"


def test_a_letter_that_stands_alone_is_no_page_number(engine: OcrEngine) -> None:
    image = drawn.page()
    ImageDraw.Draw(image).text((820, 90), "M", fill=(20, 20, 20), font=drawn.font(34))
    assert read(image, engine).lines[0].text == drawn.LINES[0]


def test_a_line_on_a_crease_is_read(engine: OcrEngine) -> None:
    image = drawn.page()
    crease = Image.new("RGB", drawn.SIZE, "white")
    ImageDraw.Draw(crease).rectangle((0, 310, drawn.SIZE[0], 318), fill=(130, 130, 130))
    text = read(ImageChops.multiply(image, crease), engine).text
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text


@pytest.mark.parametrize("lean", [-2.0, 1.5])
def test_a_leaning_page_is_read_level_and_its_boxes_lie_on_the_page_as_it_is(engine: OcrEngine, lean: float) -> None:
    image = drawn.page(lean=lean)
    page = read(image, engine)
    assert page.skew_degrees == pytest.approx(lean, abs=0.2)
    assert (page.width, page.height) == image.size
    assert "Điều 3. Chánh Văn phòng và Giám đốc Sở Nội vụ" in page.text
    dark = np.asarray(image.convert("L")) < 128
    for line in page.lines:
        for word in line.words:
            box = word.box
            inked = dark[int(box.top) : int(np.ceil(box.bottom)), int(box.left) : int(np.ceil(box.right))]
            assert inked.any(), f"no ink under {word.text}"


def test_text_under_a_red_seal_is_read(engine: OcrEngine) -> None:
    seal = Image.new("RGB", drawn.SIZE, "white")
    ImageDraw.Draw(seal).ellipse((250, 400, 650, 800), outline=RED, width=14)
    text = read(ImageChops.multiply(drawn.page(), seal), engine).text
    assert "Về việc công nhận kết quả trúng tuyển kỳ thi viên chức" in text


@pytest.mark.parametrize(("colour", "name"), [(RED, "red"), (BLUE, "blue"), ((20, 20, 20), "black")])
@pytest.mark.parametrize("text", ["MẬT", "TỐI MẬT", "TUYỆT MẬT"])
def test_a_framed_stamp_is_found_and_read(
    engine: OcrEngine, colour: tuple[int, int, int], name: str, text: str
) -> None:
    page = read(drawn.stamp(drawn.page(), text, (1200, 300), colour), engine)
    assert [(stamp.text, stamp.colour) for stamp in page.stamps] == [(text, name)]
    assert text not in page.text
    box = page.stamps[0].box
    assert 1150 < box.left < 1200 < box.right
    assert 260 < box.top < 310 < box.bottom < 400


def test_a_red_stamp_over_lines_of_text_is_read(engine: OcrEngine) -> None:
    page = read(drawn.stamp(drawn.page(), "TUYỆT MẬT", (500, 655), RED), engine)
    assert "TUYỆT MẬT" in [stamp.text for stamp in page.stamps]


def test_the_cells_of_a_table_are_no_stamps(engine: OcrEngine) -> None:
    image = drawn.page()
    draw = ImageDraw.Draw(image)
    for row in range(4):
        for column in range(3):
            left, top = 200 + 300 * column, 1300 + 70 * row
            draw.rectangle((left, top, left + 300, top + 70), outline=(0, 0, 0), width=3)
            draw.text((left + 30, top + 10), f"Mục {row}", fill=(0, 0, 0), font=drawn.font(34))
    assert read(image, engine).stamps == ()


def test_a_page_written_in_blue_is_read(engine: OcrEngine) -> None:
    image = Image.new("RGB", drawn.SIZE, "white")
    for number, line in enumerate(drawn.LINES):
        ImageDraw.Draw(image).text((160, 200 + 90 * number), line, fill=BLUE, font=drawn.font(34))
    assert "Điều 1. Công nhận kết quả" in read(image, engine).text


@pytest.mark.parametrize("paper", ["white", (245, 238, 215)])
def test_an_empty_page_is_blank(engine: OcrEngine, paper: object) -> None:
    page = read(Image.new("RGB", drawn.SIZE, paper), engine)
    assert page.blank
    assert page.lines == ()
    assert page.confidence == 1.0


@pytest.mark.parametrize("image", [Image.new("RGB", (1654, 2339), "black"), Image.new("RGB", (40, 40), "white")])
def test_what_holds_no_text_gives_no_text(engine: OcrEngine, image: Image.Image) -> None:
    page = read(image, engine, dpi=None)
    assert page.lines == ()
    assert (page.width, page.height) == image.size


def test_speckle_gives_no_lines(engine: OcrEngine) -> None:
    noise = np.where(np.random.default_rng(7).random((1169, 827, 1)) < 0.01, 0, 255).astype(np.uint8)
    page = read_page(np.repeat(noise, 3, axis=2), 100, 1, engine)
    assert len(page.text) < 12


def pages_of(file: Path, kind: str, numbers: list[int], engine: str = "tesseract") -> list[PageText]:
    return [stored.page_from_json(told) for told in recognise_pages(str(file), kind, numbers, engine)["pages"]]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_pdfs_own_letters_tell_which_way_up_it_stands(tmp_path: Path, turn: int) -> None:
    """Too few to be its text, and drawn in a turned page as they would be in a turned scan."""
    import pikepdf

    file = drawn.text_pdf(tmp_path / "few.pdf", ("Trang 7",))
    with pikepdf.open(file, allow_overwriting_input=True) as document:
        document.pages[0].rotate(turn, relative=True)
        document.save(file)
    with open_pdf(file) as document, OwnText(file) as own, page_of(document, 1, signatures=False) as page:
        assert own.stands_upright(page, 1) is (turn == 0)


def test_a_page_is_read_from_its_picture_where_its_own_text_cannot_be_had(tmp_path: Path) -> None:
    """What draws the page passes over a trailer with a name too many; what reads its words does not."""
    file = drawn.text_pdf(tmp_path / "text.pdf")
    whole = file.read_bytes()
    trailer = whole.index(b"trailer")
    file.write_bytes(whole[:trailer] + whole[trailer:].replace(b">>", b"/Something >>"))
    [page] = pages_of(file, "pdf", [1])
    assert page.source is TextSource.RECOGNISED
    assert "QUYẾT ĐỊNH" in page.text


def test_a_page_whose_reader_breaks_when_it_is_closed_is_read_nonetheless(tmp_path: Path) -> None:
    """A page that is no object of its own."""
    words = b"BT /F1 40 Tf 60 700 Td (TRANG BAY MUOI) Tj ET"
    file = tmp_path / "direct.pdf"
    file.write_bytes(
        b"%%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n"
        b"2 0 obj <</Type/Pages/Count 1/Kids[<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>]>> endobj\n"
        b"3 0 obj <</Length %d>> stream\n%s\nendstream endobj\ntrailer <</Root 1 0 R/Size 4>>\n%%%%EOF\n"
        % (len(words), words)
    )
    [page] = pages_of(file, "pdf", [1])
    assert "TRANG" in page.text


def test_text_upside_down_is_not_taken_as_it_stands(tmp_path: Path) -> None:
    import pikepdf

    file = drawn.text_pdf(tmp_path / "text.pdf")
    with pikepdf.open(file, allow_overwriting_input=True) as document:
        document.pages[0].rotate(180, relative=True)
        document.save(file)
    [page] = pages_of(file, "pdf", [1])
    assert page.source is TextSource.RECOGNISED
    assert page.rotation == 180


def test_a_scanned_pdf_is_read_at_its_own_resolution(tmp_path: Path) -> None:
    file = drawn.pdf_of(tmp_path / "scan.pdf", drawn.page(), Image.new("RGB", drawn.SIZE, "white"))
    first, second = pages_of(file, "pdf", [1, 2])
    assert (first.width, first.height, first.dpi) == pytest.approx((*drawn.SIZE, drawn.DPI), abs=2)
    assert first.source is TextSource.RECOGNISED
    assert "QUYẾT ĐỊNH" in first.text
    assert (second.number, second.blank) == (2, True)


def test_good_own_text_is_kept_as_it_is(tmp_path: Path) -> None:
    [page] = pages_of(drawn.text_pdf(tmp_path / "text.pdf"), "pdf", [1])
    assert page.source is TextSource.OWN_TEXT
    assert page.text.split("\n") == list(drawn.LINES)
    assert page.confidence == 1.0
    assert page.dpi == 300


def test_own_text_without_tones_is_recognised_anew(tmp_path: Path) -> None:
    bare = ("Quyet dinh ve viec cong nhan ket qua", "trung tuyen vien chuc nganh giao duc")
    [page] = pages_of(drawn.text_pdf(tmp_path / "bare.pdf", bare), "pdf", [1])
    assert page.source is TextSource.RECOGNISED


def test_text_hidden_under_a_scan_is_not_taken_for_what_the_page_says(tmp_path: Path) -> None:
    from fpdf import FPDF

    drawn.page().save(tmp_path / "scan.png", dpi=(drawn.DPI, drawn.DPI))
    document = FPDF(format="A4")
    document.add_page()
    document.set_font("Helvetica", size=12)
    document.text(20, 20, "Thông báo khác hẳn với bản quét ở trên".encode("latin-1", "ignore").decode("latin-1"))
    document.image(str(tmp_path / "scan.png"), 0, 0, 210, 297)
    document.output(str(tmp_path / "layered.pdf"))
    [page] = pages_of(tmp_path / "layered.pdf", "pdf", [1])
    assert page.source is TextSource.RECOGNISED
    assert "QUYẾT ĐỊNH" in page.text


def test_a_stamp_on_a_page_with_own_text_is_seen(tmp_path: Path) -> None:
    import pikepdf

    file = drawn.text_pdf(tmp_path / "text.pdf")
    mark = Image.new("RGB", (360, 120), "white")
    drawn.stamp(mark, "MẬT", (100, 30), RED).save(tmp_path / "mark.pdf", resolution=200)
    with pikepdf.open(file, allow_overwriting_input=True) as document, pikepdf.open(tmp_path / "mark.pdf") as over:
        pikepdf.Page(document.pages[0]).add_overlay(over.pages[0], pikepdf.Rectangle(400, 600, 530, 643))
        document.save(file)
    [page] = pages_of(file, "pdf", [1])
    assert page.source is TextSource.OWN_TEXT
    assert "MẬT" in [stamp.text for stamp in page.stamps]


def test_the_engine_tells_every_model_that_has_a_part_in_its_reading(tmp_path: Path) -> None:
    file = drawn.pdf_of(tmp_path / "scan.pdf", Image.new("RGB", drawn.SIZE, "white"))
    told = recognise_pages(str(file), "pdf", [1], "null")["engine"]
    versions = f"1, syllables {model_version()}, confidence {calibration_version()}, figures {figures_version()}"
    assert told == {"name": "null", "version": versions}
