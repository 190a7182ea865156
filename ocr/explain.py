"""What was done to a page, drawn on it: words framed by confidence, corrections, stamps. Runs in a child process."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from ocr import stored
from ocr.model import Box, PageText, Word
from ocr.page_images import upright

DPI = 200
SURE, DOUBTFUL = 0.95, 0.8  # confidence from which a word is framed as such
COLOURS = {
    "sure": (46, 139, 87),
    "doubtful": (222, 143, 0),
    "unsure": (210, 30, 45),
    "corrected": (30, 80, 220),
    "stamp": (170, 0, 170),
}
_TEXT_HEIGHT = 16  # pixels
_FRAME = 2
_FONT = "data/NotoSans-Regular.ttf"


def write_image(path: str, page: dict[str, Any], out: str, legend: dict[str, str]) -> dict[str, Any]:
    """page: of `stored.page_to_json`. legend: what each of `COLOURS` means, in the reader's language."""
    from PIL import Image

    told = stored.page_from_json(page)
    picture = upright(Path(path), told, DPI)
    image = Image.fromarray(picture[:, :, ::-1] if picture.ndim == 3 else picture).convert("RGB")
    draw_page(image, told, legend).save(out)
    return {}


def draw_page(image: Any, page: PageText, legend: dict[str, str]) -> Any:
    """A new image: the legend above, the page with its frames below. image: the upright page at any size."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(str(resources.files("ocrmypdf").joinpath(_FONT)), _TEXT_HEIGHT)
    draw = ImageDraw.Draw(image)
    across, down = image.width / page.width, image.height / page.height

    def frame(box: Box, colour: str, note: str = "") -> None:
        corners = (box.left * across, box.top * down, box.right * across, box.bottom * down)
        draw.rectangle(corners, outline=COLOURS[colour], width=_FRAME)
        if note:
            draw.text((corners[0], corners[1] - _TEXT_HEIGHT - 3), note, fill=COLOURS[colour], font=font)

    for line in page.lines:
        for word in line.words:
            frame(word.box, _colour_of(word), word.read_as or "")
    for stamp in page.stamps:
        frame(stamp.box, "stamp", stamp.text.replace("\n", " / "))
    strip = 2 * _TEXT_HEIGHT
    whole = Image.new("RGB", (image.width, image.height + strip), "white")
    whole.paste(image, (0, strip))
    _write_legend(ImageDraw.Draw(whole), legend, font)
    return whole


def _colour_of(word: Word) -> str:
    if word.read_as is not None:
        return "corrected"
    if word.confidence >= SURE:
        return "sure"
    return "doubtful" if word.confidence >= DOUBTFUL else "unsure"


def _write_legend(draw: Any, legend: dict[str, str], font: Any) -> None:
    left, top = _TEXT_HEIGHT, _TEXT_HEIGHT // 2 - 2
    for name, colour in COLOURS.items():
        draw.rectangle((left, top + 4, left + _TEXT_HEIGHT, top + 4 + _TEXT_HEIGHT), outline=colour, width=_FRAME + 1)
        left += _TEXT_HEIGHT + 6
        draw.text((left, top), legend[name], fill="black", font=font)
        left += int(draw.textlength(legend[name], font=font)) + 2 * _TEXT_HEIGHT
