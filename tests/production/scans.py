"""What clerks hand in: small files that tell themselves apart, by their digests."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PIL import Image, ImageDraw

from tests.ocr import drawn


def tiny(folder: Path, count: int, *, first: int = 0) -> dict[str, Path]:
    """Digest to file: one-page images that no engine could read anything on."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number in range(first, first + count):
        page = Image.new("L", (220, 300), 255)
        ImageDraw.Draw(page).text((20, 20), f"scan {number}", fill=0)
        files.append(folder / f"scan{number:03}.png")
        page.save(files[-1], dpi=(72, 72))
    return by_digest(*files)


def readable(folder: Path, name: str, *words: str) -> Path:
    """A page that carries its own words: found without an engine having read it."""
    folder.mkdir(parents=True, exist_ok=True)
    return drawn.text_pdf(folder / name, ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", *words))


def by_digest(*files: Path) -> dict[str, Path]:
    return {hashlib.sha256(file.read_bytes()).hexdigest(): file for file in files}
