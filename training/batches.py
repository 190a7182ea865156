"""Which lines a training step sees, and how they lie in memory."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.charset import charset
from training.network import STEP
from training.samples import Sample, Samples


@dataclass(frozen=True)
class Plan:
    """All that decides the weights, with the data and the machine's arithmetic."""

    seed: int = 1
    steps: int = 200_000
    batch: int = 64
    told_steps: int = 8_000  # with known places
    short_steps: int = 4_000  # with short lines only
    short: int = 16  # symbols of those
    longest: int = 90
    rate: float = 2e-3


def lines_of(samples: Samples, plan: Plan, step: int) -> list[Sample]:
    """Of one step: lines of about one length, so that little of a batch is padding."""
    rng = random.Random(f"{plan.seed} length {step}")
    longest = plan.short if step < plan.short_steps else rng.randint(plan.short, plan.longest)
    count = max(8, round(plan.batch * min(1.0, 2.5 * plan.short / longest)))
    return [samples.sample(step * plan.batch + at, longest) for at in range(count)]


def batch_of(lines: list[Sample]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images 0 paper to 1 ink, symbols padded by 0, how many of each, the symbol of each time step (-1: padding)."""
    numbers = {symbol: at for at, symbol in enumerate(charset(), 1)}
    width = -(-max(line.pixels.shape[1] for line in lines) // STEP) * STEP
    images = np.zeros((len(lines), 1, lines[0].pixels.shape[0], width), np.float32)
    told = np.full((len(lines), width // STEP), -1, np.int64)
    longest = max(len(line.text) for line in lines)
    symbols = np.zeros((len(lines), longest), np.int64)
    for at, line in enumerate(lines):
        wide = line.pixels.shape[1]
        images[at, 0, :, :wide] = 1 - line.pixels.astype(np.float32) / 255
        symbols[at, : len(line.text)] = [numbers[symbol] for symbol in line.text]
        told[at, : wide // STEP] = 0
        for symbol, middle in zip(line.text, line.middles, strict=True):
            told[at, min(max(0, int(middle / STEP)), wide // STEP - 1)] = numbers[symbol]
    lengths = torch.tensor([len(line.text) for line in lines])
    return torch.from_numpy(images), torch.from_numpy(symbols), lengths, torch.from_numpy(told)
