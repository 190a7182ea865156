"""Trains the reader of written figures: directions of edges, one hidden layer, in numpy on one core.

`python -m training.digits.fit --sources FOLDER --out ocr/figures.npz`: about a minute.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ocr.figures import features
from training.digits.sources import open_sources
from training.digits.squares import make_squares

Values = NDArray[np.float32]
_HIDDEN = 160
_CLASSES = 11
_BATCH = 128
_DECAY = 1e-4
_RATE = 2e-3


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sources", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--squares", type=int, default=36_000)
    options.add_argument("--passes", type=int, default=10)
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    sources = open_sources(given.sources)
    squares, classes = make_squares(given.squares, sources, given.seed)
    inputs = features(squares)
    apart, wanted = make_squares(3000, sources, given.seed + 1, held_out=True)
    checked = features(apart)
    print("squares made", flush=True)
    weights, curve = fit(inputs, classes, checked, wanted, given.passes, given.seed)
    weights["temperature"] = np.float32(_temperature(_logits(weights, checked), wanted))
    np.savez_compressed(given.out, **{name: np.asarray(value, np.float16) for name, value in weights.items()})
    print(json.dumps({"curve": curve, "temperature": round(float(weights["temperature"]), 3)}))


def fit(
    inputs: Values, classes: NDArray[np.int64], checked: Values, wanted: NDArray[np.int64], passes: int, seed: int
) -> tuple[dict[str, Values], list[dict[str, float]]]:
    """Adam over shuffled batches, its rate falling to nothing along a cosine."""
    rng = np.random.default_rng(seed)
    size = inputs.shape[1]
    weights = {
        "hidden": rng.normal(0, (2 / size) ** 0.5, (size, _HIDDEN)).astype(np.float32),
        "hidden_bias": np.zeros(_HIDDEN, np.float32),
        "out": rng.normal(0, (1 / _HIDDEN) ** 0.5, (_HIDDEN, _CLASSES)).astype(np.float32),
        "out_bias": np.zeros(_CLASSES, np.float32),
    }
    means = {name: np.zeros_like(value) for name, value in weights.items()}
    squares = {name: np.zeros_like(value) for name, value in weights.items()}
    steps, number, curve = passes * (len(inputs) // _BATCH), 0, []
    for turn in range(passes):
        order, costs = rng.permutation(len(inputs)), []
        for start in range(0, len(order) - _BATCH + 1, _BATCH):
            number += 1
            chosen = order[start : start + _BATCH]
            cost, slopes = _slopes(weights, inputs[chosen], classes[chosen])
            costs.append(cost)
            rate = _RATE * 0.5 * (1 + np.cos(np.pi * number / steps))
            for name, slope in slopes.items():
                means[name] = 0.9 * means[name] + 0.1 * slope
                squares[name] = 0.999 * squares[name] + 0.001 * slope**2
                step = means[name] / (1 - 0.9**number) / (np.sqrt(squares[name] / (1 - 0.999**number)) + 1e-8)
                weights[name] = (weights[name] - rate * (step + _DECAY * weights[name])).astype(np.float32)
        right = float((_logits(weights, checked).argmax(axis=1) == wanted).mean())
        curve.append({"pass": turn + 1, "loss": round(float(np.mean(costs)), 4), "held_out_right": round(right, 4)})
        print(curve[-1], flush=True)
    return weights, curve


def _logits(weights: dict[str, Values], inputs: Values) -> Values:
    hidden = np.maximum(inputs @ weights["hidden"] + weights["hidden_bias"], 0)
    return np.asarray(hidden @ weights["out"] + weights["out_bias"], np.float32)


def _slopes(weights: dict[str, Values], inputs: Values, classes: NDArray[np.int64]) -> tuple[float, dict[str, Values]]:
    """Mean cross-entropy of a batch and how it changes with each weight."""
    hidden = np.maximum(inputs @ weights["hidden"] + weights["hidden_bias"], 0)
    shares = _shares(hidden @ weights["out"] + weights["out_bias"])
    rows = np.arange(len(inputs))
    cost = float(-np.log(shares[rows, classes] + 1e-9).mean())
    off = shares.copy()
    off[rows, classes] -= 1
    off /= len(inputs)
    back = (off @ weights["out"].T) * (hidden > 0)
    slopes = {"hidden": inputs.T @ back, "hidden_bias": back.sum(0), "out": hidden.T @ off, "out_bias": off.sum(0)}
    return cost, slopes


def _shares(logits: Values) -> Values:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def _temperature(logits: Values, wanted: NDArray[np.int64]) -> float:
    """By which the logits are divided so that, on writers kept apart, stated shares come true."""
    rows = np.arange(len(wanted))
    tried = np.arange(0.5, 4.0, 0.05)
    costs = [-np.log(_shares(logits / value)[rows, wanted] + 1e-9).mean() for value in tried]
    return float(tried[int(np.argmin(costs))])


if __name__ == "__main__":
    main()
