"""What the line reader is trained on: known symbols, wear that can be repeated."""

from __future__ import annotations

import random
import unicodedata

import numpy as np

from training.charset import charset, known
from training.degradations import worn


def test_the_symbols_are_composed_and_each_is_there_once() -> None:
    symbols = charset()
    assert len(set(symbols)) == len(symbols)
    assert unicodedata.normalize("NFC", symbols) == symbols
    assert set("Quyết định số 1232/QĐ-UBND ngày 19 tháng 6; Ữ ỵ Ẫ ₫") <= set(symbols)


def test_text_is_composed_and_foreign_symbols_are_refused() -> None:
    assert known(unicodedata.normalize("NFD", "Điều\u00a01.  Quyết định")) == "Điều 1. Quyết định"
    assert known("Điều 1 漢") is None


def test_wear_is_repeated_by_its_seed_and_keeps_the_size() -> None:
    line = np.full((50, 400), 255, np.uint8)
    line[15:35, 20:380:6] = 0
    changed = 0
    for seed in range(40):
        once, again = (worn(line, random.Random(seed)) for _ in range(2))
        assert (once == again).all()
        assert once.shape == line.shape
        changed += bool((once != line).any())
    assert changed > 20
