"""Weights and a rising curve that make features a share of right ones; numpy alone, the same input the same numbers.

The weights are a logistic regression, drawn towards nothing, those of `rising` features never below 0. The curve is
what was observed of sums that documents got from the weights of the others: shares of neighbouring sums pooled until
they rise (isotonic regression), each drawn towards what the regression says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWN = 2.0  # how strongly weights are drawn towards 0, where nothing else is said
_STEPS = 60
_SAME = 1e-9
_LEAST = 40  # examples behind a point of the curve
_BELIEF = 10.0  # examples that the regression's own word counts for


@dataclass(frozen=True)
class Examples:
    """One row an example: features, 1 for right, how much it counts, and the document that it is of."""

    features: Floats
    right: Floats
    counts: Floats
    documents: tuple[str, ...]

    def where(self, chosen: NDArray[np.bool_]) -> Examples:
        documents = tuple(name for name, take in zip(self.documents, chosen, strict=True) if take)
        return Examples(self.features[chosen], self.right[chosen], self.counts[chosen], documents)


@dataclass(frozen=True)
class Fitted:
    constant: float
    weights: Floats
    curve: tuple[tuple[float, float], ...]

    def shares(self, features: Floats) -> Floats:
        sums, shares = zip(*self.curve, strict=True)
        told: Floats = np.interp(self.constant + features @ self.weights, sums, shares)
        return told


def fitted(examples: Examples, rising: Sequence[bool], folds: int) -> Fitted:
    constant, weights = regression(examples, rising)
    sums = np.zeros(len(examples.right))
    for inside in folds_of(examples, folds):
        other_constant, other_weights = regression(examples.where(~inside), rising)
        sums[inside] = other_constant + examples.features[inside] @ other_weights
    return Fitted(constant, weights, rising_curve(sums, examples.right, examples.counts))


def folds_of(examples: Examples, folds: int) -> Iterator[NDArray[np.bool_]]:
    """Rows of each fold; a document is whole in one of them, the folds about as big as can be."""
    names, sizes = np.unique(np.array(examples.documents), return_counts=True)
    bins: list[list[str]] = [[] for _ in range(min(folds, len(names)))]
    held = [0] * len(bins)
    for at in sorted(range(len(names)), key=lambda at: (-sizes[at], names[at])):
        smallest = min(range(len(bins)), key=lambda each: (held[each], each))
        bins[smallest].append(str(names[at]))
        held[smallest] += int(sizes[at])
    documents = np.array(examples.documents)
    for chosen in bins:
        yield np.isin(documents, chosen)


def regression(
    examples: Examples, rising: Sequence[bool], *, scaled: bool = True, drawn: float = DRAWN
) -> tuple[float, Floats]:
    """Newton's method; a weight that may only rise and would fall is held at 0.

    scaled: features count by their spread; else as they are, and of what is seldom seen little is made. drawn: how
    strongly weights are drawn towards 0.
    """
    mean, spread = examples.features.mean(axis=0), examples.features.std(axis=0)
    spread[(spread < _SAME) | (not scaled)] = 1.0
    rows = np.column_stack([np.ones(len(examples.right)), (examples.features - mean) / spread])
    bound, pull = np.array([False, *rising]), np.full(rows.shape[1], drawn)
    pull[0] = 0.0
    held = np.zeros_like(bound)
    while True:
        weights = _newton(rows[:, ~held], examples, pull[~held])
        whole = np.zeros(rows.shape[1])
        whole[~held] = weights
        falling = bound & (whole < 0)
        if not falling.any():
            scaled = whole[1:] / spread
            return float(whole[0] - mean @ scaled), scaled
        held |= falling


def _newton(rows: Floats, examples: Examples, drawn: Floats) -> Floats:
    weights = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        shares = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (examples.counts * (examples.right - shares)) - drawn * weights
        bend = (rows * (examples.counts * shares * (1 - shares))[:, None]).T @ rows + np.diag(drawn + _SAME)
        step = np.linalg.solve(bend, slope)
        weights += step * min(1.0, 4.0 / max(_SAME, float(np.abs(step).max())))
        if float(np.abs(step).max()) < _SAME:
            break
    return weights


def rising_curve(sums: Floats, right: Floats, counts: Floats) -> tuple[tuple[float, float], ...]:
    order = np.argsort(sums, kind="stable")
    believed = 1 / (1 + np.exp(-sums))
    pools: list[tuple[float, float, float, float]] = []  # counts; of them right; sum of sums; of believed shares
    for at in order:
        count = float(counts[at])
        pools.append((count, count * float(right[at]), count * float(sums[at]), count * float(believed[at])))
        while len(pools) > 1 and (pools[-2][0] < _LEAST or _share(pools[-2]) >= _share(pools[-1])):
            last = pools.pop()
            pools[-1] = (pools[-1][0] + last[0], pools[-1][1] + last[1], pools[-1][2] + last[2], pools[-1][3] + last[3])
    if len(pools) > 1 and pools[-1][0] < _LEAST:
        last = pools.pop()
        pools[-1] = (pools[-1][0] + last[0], pools[-1][1] + last[1], pools[-1][2] + last[2], pools[-1][3] + last[3])
    return tuple((pool[2] / pool[0], _share(pool)) for pool in pools)


def _share(pool: tuple[float, float, float, float]) -> float:
    count, right, _, believed = pool
    return (right + _BELIEF * believed / count) / (count + _BELIEF)
