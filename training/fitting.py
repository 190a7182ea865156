"""Train the line reader: batches made while it learns, checkpoints to go on from, curves as CSV.

First it is told at which time step each symbol stands, which the drawing knows (a loss a time step); then only what the
line says (CTC). The first is many times quicker at the start, the second allows for what was moved.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from training.batches import Plan, batch_of, lines_of
from training.charset import charset
from training.network import LineReader
from training.samples import Samples
from training.scoring import evaluate

_TOLD_WEIGHT = 0.3  # of a blank time step against one with a symbol: there are three times as many
_WARMING = 0.05  # share of the steps in which the rate rises
_LARGEST_GRADIENT = 2.0


class _Batches(IterableDataset[tuple[Tensor, Tensor, Tensor, Tensor]]):
    """Batches from a step on; with several workers each makes its share."""

    def __init__(self, samples: Samples, plan: Plan, start: int) -> None:
        self._samples, self._plan, self._start = samples, plan, start

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        import cv2

        cv2.setNumThreads(1)
        worker = torch.utils.data.get_worker_info()
        first, every = (worker.id, worker.num_workers) if worker else (0, 1)
        for step in range(self._start + first, self._plan.steps, every):
            yield batch_of(lines_of(self._samples, self._plan, step))


@dataclass(frozen=True)
class _Learning:
    """What a checkpoint keeps."""

    reader: LineReader
    learner: torch.optim.Optimizer
    rates: torch.optim.lr_scheduler.LRScheduler
    plan: Plan

    def keep(self, folder: Path, step: int) -> None:
        half = folder / "checkpoint.half"
        states = {name: getattr(self, name).state_dict() for name in ("reader", "learner", "rates")}
        torch.save({**states, "plan": asdict(self.plan), "step": step}, half)
        half.rename(folder / "checkpoint.pt")

    def resume(self, folder: Path) -> int:
        """The step to go on after. Raises ValueError where the checkpoint is of another plan."""
        file = folder / "checkpoint.pt"
        if not file.exists():
            return 0
        kept = torch.load(file, map_location="cpu", weights_only=True)
        if kept["plan"] != asdict(self.plan):
            raise ValueError(f"{file} was made by another plan: {kept['plan']}")
        for name in ("reader", "learner", "rates"):
            getattr(self, name).load_state_dict(kept[name])
        return int(kept["step"])


def fit(
    samples: Samples,
    held: Samples,
    plan: Plan,
    folder: Path,
    *,
    device: str,
    workers: int,
    every: int,
    stop_at: float | None = None,
) -> None:
    """Train on from the last checkpoint in `folder`; every so many steps write one, and a row of the curves.

    stop_at: seconds since 1970, after which it ends with a checkpoint.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    reader = LineReader(len(charset())).to(device, memory_format=torch.channels_last)
    learner = torch.optim.AdamW(reader.parameters(), lr=plan.rate, weight_decay=1e-2)
    rates = torch.optim.lr_scheduler.OneCycleLR(learner, plan.rate, plan.steps, pct_start=_WARMING)
    learning = _Learning(reader, learner, rates, plan)
    start = learning.resume(folder)
    batches = DataLoader(
        _Batches(samples, plan, start), batch_size=None, num_workers=workers, pin_memory=device != "cpu"
    )
    mixed = torch.bfloat16
    began, losses, read = time.monotonic(), [], 0
    for step, (drawn, symbols, lengths, told) in enumerate(batches, start + 1):
        reader.train()
        images = drawn.to(device, non_blocking=True, memory_format=torch.channels_last)
        with torch.autocast(device.split(":", maxsplit=1)[0], dtype=mixed):
            weights = reader(images)
        loss = _loss(weights.float(), symbols.to(device), lengths, told.to(device), drawn=step <= plan.told_steps)
        learner.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(reader.parameters(), _LARGEST_GRADIENT)
        learner.step()
        rates.step()
        losses.append(float(loss.detach()))
        read += len(lengths)
        late = stop_at is not None and time.time() >= stop_at
        if step % every == 0 or step == plan.steps or late:
            rate = evaluate(reader, held, device=device)
            _note(folder / "curves.csv", step, float(np.mean(losses)), rate, read, time.monotonic() - began)
            learning.keep(folder, step)
            losses = []
        if late:
            return


def _loss(weights: Tensor, symbols: Tensor, lengths: Tensor, told: Tensor, *, drawn: bool) -> Tensor:
    if drawn:
        weighing = torch.ones(weights.shape[2], device=weights.device)
        weighing[0] = _TOLD_WEIGHT
        return nn.functional.cross_entropy(weights.flatten(0, 1), told.flatten(), weighing, ignore_index=-1)
    steps = (told >= 0).sum(dim=1)
    logs = weights.log_softmax(dim=2).transpose(0, 1)
    return nn.functional.ctc_loss(logs, symbols, steps, lengths.to(steps.device), zero_infinity=True)


def _note(curves: Path, step: int, loss: float, rate: float, read: int, seconds: float) -> None:
    new = not curves.exists()
    with curves.open("a", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        if new:
            rows.writerow(["step", "loss", "held_cer", "lines_since_start", "seconds_since_start"])
        rows.writerow([step, f"{loss:.4f}", f"{rate:.4f}", read, round(seconds)])
