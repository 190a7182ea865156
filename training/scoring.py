"""How wrong the line reader is on lines that it was not trained on."""

from __future__ import annotations

import torch
from torch import nn

from training.batches import batch_of
from training.charset import charset
from training.samples import Samples

_HELD = 96  # lines


def evaluate(reader: nn.Module, held: Samples, *, device: str = "cpu", lines: int = _HELD) -> float:
    """Characters read wrongly, as a share of those there are; the likeliest symbol of each time step is taken."""
    reader.eval()
    wrong = there = 0
    for start in range(0, lines, 16):
        batch = [held.sample(number) for number in range(start, start + 16)]
        images, _, _, told = batch_of(batch)
        with torch.inference_mode():
            best = reader(images.to(device)).argmax(dim=2).cpu()
        for line, row, steps in zip(batch, best, told, strict=True):
            wrong += distance(spelled(row[steps >= 0].tolist()), line.text)
            there += len(line.text)
    return wrong / max(1, there)


def spelled(numbers: list[int]) -> str:
    """Repeats are one symbol, blanks none."""
    symbols = charset()
    return "".join(
        symbols[number - 1] for at, number in enumerate(numbers) if number and (at == 0 or number != numbers[at - 1])
    )


def distance(read: str, text: str) -> int:
    """Symbols to insert, to leave out or to exchange."""
    row = list(range(len(text) + 1))
    for at, symbol in enumerate(read, 1):
        before, row[0] = row[0], at
        for to, other in enumerate(text, 1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (symbol != other))
    return row[-1]
