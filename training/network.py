"""The line reader: small convolutions down to one row, a two-way recurrent layer, one symbol or none a time step."""

from __future__ import annotations

import torch
from torch import Tensor, nn

STEP = 4  # pixels of the line image a time step
FEATURES = 192


class _Block(nn.Module):
    """What is near (depthwise 3 x 3), then what belongs together (1 x 1), added to what came."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, 2 * channels, 1, bias=False),
            nn.BatchNorm2d(2 * channels),
            nn.ReLU(),
            nn.Conv2d(2 * channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, image: Tensor) -> Tensor:
        return torch.relu(image + self.body(image))


def _smaller(given: int, channels: int, stride: tuple[int, int]) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(given, channels, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()
    )


class LineReader(nn.Module):
    """(lines, 1, 40, width), 0 paper to 1 ink -> (lines, width / 4, symbols + 1): weights, 0 is the blank."""

    def __init__(self, symbols: int) -> None:
        super().__init__()
        self.seen = nn.Sequential(
            _smaller(1, 32, (2, 2)),  # 20 rows
            _smaller(32, 64, (2, 2)),  # 10 rows
            _Block(64),
            _Block(64),
            _smaller(64, 128, (2, 1)),  # 5 rows
            _Block(128),
            _Block(128),
            nn.Conv2d(128, FEATURES, (5, 1), bias=False),  # 1 row
            nn.BatchNorm2d(FEATURES),
            nn.ReLU(),
        )
        self.along = nn.LSTM(FEATURES, FEATURES // 2, bidirectional=True, batch_first=True)
        self.out = nn.Linear(2 * FEATURES, symbols + 1)

    def forward(self, lines: Tensor) -> Tensor:
        row = self.seen(lines).squeeze(2).transpose(1, 2)
        context, _ = self.along(row)
        weights: Tensor = self.out(torch.cat([row, context], dim=2))
        return weights
