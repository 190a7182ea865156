"""A QR code as a picture in the page: drawn here, sent nowhere, kept in no cache."""

from __future__ import annotations

from markupsafe import Markup

QUIET_ZONE = 4  # modules of white around the code (ISO/IEC 18004)


def svg(text: str, label: str) -> Markup:
    """One path of dark modules; it scales with the page."""
    import cv2

    dark = cv2.QRCodeEncoder.create().encode(text) == 0
    rows, columns = dark.any(axis=1).nonzero()[0], dark.any(axis=0).nonzero()[0]
    dark = dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = len(dark) + 2 * QUIET_ZONE
    strokes = [
        f"M{column + QUIET_ZONE} {row + QUIET_ZONE}h1v1h-1z"
        for row, line in enumerate(dark)
        for column, is_dark in enumerate(line)
        if is_dark
    ]
    return Markup(
        '<svg class="qr" role="img" aria-label="{}" viewBox="0 0 {} {}" shape-rendering="crispEdges">'
        '<rect width="{}" height="{}" fill="#fff"/><path d="{}" fill="#000"/></svg>'
    ).format(label, side, side, side, side, "".join(strokes))
