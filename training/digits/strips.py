"""Places as pages have them: figures written between the printed words of "Số: … /QĐ" or "ngày … tháng"."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from ocr.model import Box, Word
from ocr.written_places import Place, PlaceKind
from training.digits.pens import Drawer
from training.digits.sources import Ink, Sources

_HEIGHT, _WIDTH = 160, 600
_FIGURE, _FEET = 38, 95  # of print at 300 dots an inch
_BEFORE = {PlaceKind.NUMBER: "So:", PlaceKind.DAY: "ngay"}
_AFTER = {PlaceKind.NUMBER: ["/QD-UBND", "/2020/", "/CT-UBND", "/TTr-"], PlaceKind.DAY: ["thang"]}


@dataclass(frozen=True)
class Strip:
    """A piece of a page, the place in it, and what is written there."""

    pixels: Ink
    place: Place
    text: str


class Scribe:
    """Writes strips; every figure of a strip by the same pen. `rng` decides all."""

    def __init__(self, sources: Sources, seed: int, *, held_out: bool) -> None:
        self._rng = np.random.default_rng(seed)
        self._drawer = Drawer(sources, self._rng, held_out=held_out)

    def strip(self, kind: str) -> Strip:
        """kind: of pen, as `Drawer.pen` knows them."""
        rng = self._rng
        place = PlaceKind.NUMBER if rng.random() < 0.5 else PlaceKind.DAY
        text = self._figures(place)
        ink = np.zeros((_HEIGHT, _WIDTH), np.float32)
        black = float(rng.uniform(0.6, 1.0))
        italic = place is PlaceKind.DAY
        before = self._put(ink, self._drawer.text(_BEFORE[place], _FIGURE, italic=italic), 10, 0.3 * italic, black)
        at = before.right + rng.uniform(0.1, 0.6) * _FIGURE
        at = self._write(ink, text, kind, at) + rng.uniform(0.1, 0.8) * _FIGURE
        symbol = str(rng.choice(_AFTER[place]))
        drop = 0.28 if italic else 0.2 * ("Q" in symbol)
        after = self._put(ink, self._drawer.text(symbol, _FIGURE, italic=italic), at, drop, black)
        if rng.random() < 0.25:
            self._leaders(ink, before.right, after.left)
        words = (Word(_BEFORE[place], before, 0.9), Word(symbol, after, 0.9))
        return Strip(self._scanned(ink), Place(place, 0, 2, *words, "", 0.0, _FEET, _FIGURE), text)

    def _figures(self, place: PlaceKind) -> str:
        if place is PlaceKind.DAY:
            return f"{self._rng.integers(1, 32):02}"
        length = int(self._rng.choice([1, 2, 3, 4], p=[0.08, 0.35, 0.37, 0.2]))
        text = "".join(self._rng.choice(list("0123456789"), length))
        return text if int(text) else "7" * length

    def _write(self, ink: Ink, text: str, kind: str, at: float) -> float:
        rng = self._rng
        pen = self._drawer.pen(kind)
        size, drop, gap = rng.uniform(0.9, 1.5), rng.uniform(-0.05, 0.25), rng.normal(0.16, 0.09)
        dark, grow = float(rng.uniform(0.5, 1.0)), int(rng.choice([0, 2, 4]))
        for figure in text:
            mask = pen(figure, int(_FIGURE * size * rng.normal(1, 0.05)))
            if grow and kind != "strokes":
                round_tip = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (grow + 1, grow + 1))
                mask = np.asarray(cv2.dilate(np.pad(mask, 4), round_tip), np.uint8)
            at = self._put(ink, mask, at, drop + rng.normal(0, 0.04), dark).right + gap * _FIGURE
        return at

    @staticmethod
    def _put(ink: Ink, mask: Ink, at: float, drop: float, strength: float) -> Box:
        """Lay ink so far below the feet of print, in heights of a figure; returns where it lies."""
        bottom = int(_FEET + drop * _FIGURE)
        top, left = max(0, bottom - mask.shape[0]), int(at)
        part = ink[top:bottom, left : left + mask.shape[1]]
        np.maximum(part, mask[-part.shape[0] :, : part.shape[1]] * (strength / 255), out=part)
        return Box(left, top, left + mask.shape[1], bottom)

    def _leaders(self, ink: Ink, start: float, end: float) -> None:
        for across in np.arange(start, end, self._rng.uniform(6, 12)):
            cv2.circle(ink, (int(across), _FEET), 2, 0.8, -1)

    def _scanned(self, ink: Ink) -> Ink:
        """As dots of 100 to 300 an inch, soft, with the grain of paper."""
        rng = self._rng
        scale = rng.choice([1.0, 0.67, 0.4], p=[0.6, 0.3, 0.1])
        soft = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.6, 2.5))
        soft = cv2.resize(cv2.resize(soft, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), (_WIDTH, _HEIGHT))
        paper = rng.uniform(225, 255)
        gray = paper * (1 - soft) + rng.uniform(0, 50) * soft + rng.normal(0, rng.uniform(0, 8), soft.shape)
        return np.asarray(np.clip(gray, 0, 255), np.uint8)
