"""Make the PDFs that a program under test is handed, from two of the invented samples: marked as samples on the page.

Run from the repository's root after changing them: python -m scripts.sandbox_samples FONT.ttf
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

import img2pdf
import pypdfium2
from PIL import Image, ImageDraw, ImageFont

SOURCES = {
    "giay_khai_sinh": "td03-ho-tich/024_giay_khai_sinh.pdf",
    "giay_phep_xay_dung": "td02-giay-phep-dang-ky/020_giay_phep_xay_dung.pdf",
}
MARK = "MẪU – KHÔNG CÓ GIÁ TRỊ"
DPI, QUALITY = 100, 60


def main(font: str) -> None:
    for name, source in SOURCES.items():
        page = pypdfium2.PdfDocument(Path("samples") / source)[0]
        image = _marked(page.render(scale=DPI / 72).to_pil().convert("RGB"), font)
        jpeg = BytesIO()
        image.save(jpeg, "JPEG", quality=QUALITY, dpi=(DPI, DPI))
        Path(f"archive/sandbox/{name}.pdf").write_bytes(img2pdf.convert(jpeg.getvalue(), nodate=True, title=MARK))


def _marked(image: Image.Image, font: str) -> Image.Image:
    layer = Image.new("RGBA", image.size)
    ImageDraw.Draw(layer).text(
        (image.width / 2, image.height / 2),
        MARK,
        font=ImageFont.truetype(font, image.width // 15),
        fill=(200, 0, 0, 110),
        anchor="mm",
    )
    whole = Image.alpha_composite(image.convert("RGBA"), layer.rotate(35))
    return whole.convert("RGB")


if __name__ == "__main__":
    main(sys.argv[1])
