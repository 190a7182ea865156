"""Pages drawn for tests: Vietnamese office text, turned, stamped, leaning."""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

LINES = (
    "ỦY BAN NHÂN DÂN THÀNH PHỐ HÀ NỘI",
    "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "Số: 1232/QĐ-UBND",
    "QUYẾT ĐỊNH",
    "Về việc công nhận kết quả trúng tuyển kỳ thi viên chức",
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;",
    "Theo đề nghị của Giám đốc Sở Nội vụ tại Tờ trình số 66/TTr-SNV.",
    "Điều 1. Công nhận kết quả trúng tuyển đối với các ông bà sau đây.",
    "Điều 2. Quyết định này có hiệu lực thi hành kể từ ngày ký.",
    "Điều 3. Chánh Văn phòng và Giám đốc Sở Nội vụ chịu trách nhiệm thi hành.",
)
DPI = 200
SIZE = (1654, 2339)


@functools.cache
def font(size: int) -> ImageFont.FreeTypeFont:
    file = resources.files("ocrmypdf").joinpath("data/NotoSans-Regular.ttf")
    return ImageFont.truetype(str(file), size)


def page(lines: tuple[str, ...] = LINES, *, lean: float = 0.0) -> Image.Image:
    """A4 at 200 dpi; lean: degrees clockwise."""
    image = Image.new("RGB", SIZE, (252, 251, 248))
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((160, 200 + 90 * number), line, fill=(20, 20, 20), font=font(34))
    return image.rotate(-lean, resample=Image.Resampling.BICUBIC, fillcolor=(252, 251, 248)) if lean else image


def stamp(image: Image.Image, text: str, at: tuple[int, int], colour: tuple[int, int, int]) -> Image.Image:
    """A framed stamp put on the page."""
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = draw.textbbox(at, text, font=font(40))
    draw.rectangle((left - 14, top - 12, right + 14, bottom + 12), outline=colour, width=4)
    draw.text(at, text, fill=colour, font=font(40))
    return image


def pixels(image: Image.Image) -> np.ndarray:
    """As the pipeline takes them: blue, green, red."""
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])


def pdf_of(path: Path, *images: Image.Image) -> Path:
    images[0].save(path, "PDF", resolution=DPI, save_all=True, append_images=list(images[1:]))
    return path


def text_pdf(path: Path, lines: tuple[str, ...] = LINES) -> Path:
    """A born-digital PDF: its text is text."""
    from fpdf import FPDF

    document = FPDF(format="A4")
    document.add_font("Noto", "", str(resources.files("ocrmypdf").joinpath("data/NotoSans-Regular.ttf")))
    document.add_page()
    document.set_font("Noto", size=13)
    for line in lines:
        document.cell(w=0, h=9, text=line, new_x="LMARGIN", new_y="NEXT")
    document.output(str(path))
    return path
