"""Train the line reader of `ocr/engines/onnx.py`.

    python -m training.lines make      fonts by their digests, text that may be learned; --pictures N: lines to look at
    python -m training.lines train     from the last checkpoint on; --device cuda for the whole of it
    python -m training.lines export    the weights as ONNX, in 32 and 8 bits, with their card
    python -m training.lines evaluate  characters read wrongly on lines of text that was not trained on

Everything is made in --folder; the same seed gives the same lines, byte for byte.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

SHARED = Path(__file__).parents[2] / "shared/data"
_HELD_SEED = 1_000_003  # added to the seed: lines that training never sees


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("verb", choices=VERBS)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--shared", type=Path, default=SHARED)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--share", type=int, default=1, help="make: every so-many-th paragraph only")
    options.add_argument("--pictures", type=int, default=0)
    options.add_argument("--device", default="cpu")
    options.add_argument("--steps", type=int, default=200_000)
    options.add_argument("--told-steps", type=int, default=8_000)
    options.add_argument("--short-steps", type=int, default=4_000)
    options.add_argument("--batch", type=int, default=64)
    options.add_argument("--every", type=int, default=500, help="steps between checkpoints")
    options.add_argument("--workers", type=int, default=0, help="processes that make lines")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--stop-at", type=float, help="seconds since 1970")
    options.add_argument("--lines", type=int, default=480, help="evaluate: how many")
    options.add_argument("--out", type=Path, default=Path("ocr/engines/line_reader.onnx"))
    given = options.parse_args()
    VERBS[given.verb](given)


def make(given: argparse.Namespace) -> None:
    from training.fonts import fetch
    from training.texts import prepare

    given.folder.mkdir(parents=True, exist_ok=True)
    fetch(given.folder / "fonts")
    prepared = given.folder / "paragraphs.txt"
    if not prepared.exists():
        half = prepared.with_suffix(".half")
        told = prepare(given.shared / "text/phap-dien.tar.xz", given.shared / "scans-real", half, share=given.share)
        _held_apart(half, given.folder / "held.txt")
        (given.folder / "texts.json").write_text(json.dumps({"share": given.share, **told}, indent=1) + "\n")
        half.rename(prepared)
    _draw(given)


def _held_apart(prepared: Path, held: Path) -> None:
    """Every 50th paragraph goes to the held-out text and out of the other."""
    lines = prepared.read_text(encoding="utf-8").splitlines(keepends=True)
    held.write_text("".join(lines[::50]), encoding="utf-8")
    prepared.write_text("".join(line for at, line in enumerate(lines) if at % 50), encoding="utf-8")


def _draw(given: argparse.Namespace) -> None:
    from PIL import Image

    samples = _samples(given, "paragraphs.txt", given.seed)
    for number in range(given.pictures):
        line = samples.sample(number)
        Image.fromarray(line.pixels).save(given.folder / f"line{number:05d}.png")
        (given.folder / f"line{number:05d}.txt").write_text(line.text + "\n", encoding="utf-8")


def train(given: argparse.Namespace) -> None:
    import torch

    from training.batches import Plan
    from training.fitting import fit

    torch.set_num_threads(given.threads)
    plan = Plan(given.seed, given.steps, given.batch, given.told_steps, given.short_steps)
    samples, held = _samples(given, "paragraphs.txt", given.seed), _held(given)
    how = {"device": given.device, "workers": given.workers, "every": given.every, "stop_at": given.stop_at}
    fit(samples, held, plan, given.folder, **how)


def export(given: argparse.Namespace) -> None:
    from training.exporting import export_reader

    export_reader(given.folder, _held(given), given.out, lines=given.lines)


def evaluate(given: argparse.Namespace) -> None:
    from training.exporting import trained
    from training.scoring import evaluate as rate_of

    reader, step = trained(given.folder)
    rate = rate_of(reader, _held(given), lines=given.lines)
    print(json.dumps({"step": step, "held_lines": given.lines, "held_cer": round(rate, 4)}))


def _held(given: argparse.Namespace):
    return _samples(given, "held.txt", given.seed + _HELD_SEED)


def _samples(given: argparse.Namespace, prepared: str, seed: int):
    from training.samples import Samples

    return Samples(given.folder / prepared, given.shared / "lists", given.folder / "fonts", seed)


VERBS = {"make": make, "train": train, "export": export, "evaluate": evaluate}

if __name__ == "__main__":
    main()
