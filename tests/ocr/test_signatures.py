"""Signature fields of PDF files: what they show is kept as a mark, whatever way the page lies."""

from __future__ import annotations

import datetime
from pathlib import Path

import pikepdf
import pytest

from ocr import stored
from ocr.model import PageText, StampKind
from ocr.pipeline import recognise_pages
from tests.ocr import drawn

LABEL = ("Signed by: Ky boi So Noi vu", "Thoi gian ky: 18/03/2024 08:41:42")


def signed(
    file: Path, *, turn: int = 0, labels: tuple[str, ...] = LABEL, bbox: tuple[float, ...] = (0, 0, 200, 40)
) -> Path:
    """A page of text with a signature field at the upper left, 200 x 40 points, 20 and 30 from the edges."""
    drawn.text_pdf(file)
    with pikepdf.open(file, allow_overwriting_input=True) as document:
        page = document.pages[0]
        top = float(page.mediabox[3])
        rows = " ".join(f"BT /F 8 Tf 4 {26 - 12 * row} Td ({label}) Tj ET" for row, label in enumerate(labels))
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        shown = document.make_stream(
            rows.encode(),
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Form,
            BBox=pikepdf.Array(bbox),
            Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font)),
        )
        widget = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Sig,
                T="Signature1",
                Rect=[20, top - 70, 220, top - 30],
                AP=pikepdf.Dictionary(N=shown),
                V=pikepdf.Dictionary(Type=pikepdf.Name.Sig, ByteRange=[0, 1, 2, 3]),
            )
        )
        page.Annots = pikepdf.Array([widget])
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([widget]), SigFlags=3)
        page.rotate(turn, relative=True)
        document.save(file)
    return file


def first_page(file: Path) -> PageText:
    return stored.page_from_json(recognise_pages(str(file), "pdf", [1], "null")["pages"][0])


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_what_a_signature_shows_is_kept_with_its_place(tmp_path: Path, turn: int) -> None:
    page = first_page(signed(tmp_path / "signed.pdf", turn=turn))
    [mark] = page.stamps
    assert (mark.kind, mark.date, mark.text) == (StampKind.SIGNATURE, datetime.date(2024, 3, 18), "\n".join(LABEL))
    assert "Ky boi" not in page.text
    point = 300 / 72
    sides = sorted((mark.box.width, mark.box.height))
    assert sides == pytest.approx([40 * point, 200 * point], abs=2)
    corner = {
        0: (mark.box.left, mark.box.top),
        90: (mark.box.top, page.width - mark.box.right),
        180: (page.width - mark.box.right, page.height - mark.box.bottom),
        270: (page.height - mark.box.bottom, mark.box.left),
    }[turn]
    assert corner == pytest.approx((20 * point, 30 * point), abs=2)


@pytest.mark.parametrize("labels", [(), ("---",)])
def test_a_signature_without_words_leaves_no_mark(tmp_path: Path, labels: tuple[str, ...]) -> None:
    assert first_page(signed(tmp_path / "signed.pdf", labels=labels)).stamps == ()


@pytest.mark.parametrize("bbox", [(), (0, 0, 0, 0), (0, 0, 1e9, 1e9)])
def test_a_broken_signature_costs_no_page(tmp_path: Path, bbox: tuple[float, ...]) -> None:
    page = first_page(signed(tmp_path / "signed.pdf", bbox=bbox))
    assert "QUYẾT ĐỊNH" in page.text
