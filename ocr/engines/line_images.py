"""The picture of one line as the line reader takes it: one height, paper white and ink black, whatever the scan."""

from __future__ import annotations

import numpy as np

from ocr.engine import Gray

HEIGHT = 40
WIDEST = 2400  # pixels at that height: longer than any line of a page
_NARROWEST = 8


def as_line_image(cut: Gray) -> Gray:
    """(HEIGHT, width): scaled as a whole, its contrast stretched from its darkest ink to its paper."""
    import cv2

    height, width = cut.shape
    wide = int(np.clip(round(width * HEIGHT / height), _NARROWEST, WIDEST))
    smaller = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_LINEAR
    scaled = cv2.resize(cut, (wide, HEIGHT), interpolation=smaller).astype(np.float32)
    ink, paper = (float(level) for level in np.percentile(scaled, (1, 85)))
    stretched = (scaled - ink) * (255.0 / max(40.0, paper - ink))
    return np.asarray(np.clip(stretched, 0, 255), np.uint8)
