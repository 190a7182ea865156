"""Functions for children whose server holds much memory."""

from __future__ import annotations

from tests.ocr.children import echo, grow

__all__ = ["HELD", "echo", "grow"]

HELD = b"x" * (100 << 20)
