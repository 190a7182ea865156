"""The trained weights as a file of the product: ONNX in 32 and in 8 bits, the better of both kept, and their card."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.batches import batch_of
from training.charset import charset
from training.fonts import PACKAGES
from training.network import LineReader
from training.samples import Samples
from training.scoring import distance, spelled

_LOSS_ALLOWED = 0.002  # of the characters: what 8 bits may cost
_LARGEST_BYTES = 15_000_000


class _Weighing(nn.Module):
    def __init__(self, reader: LineReader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, lines: Tensor) -> Tensor:
        weights: Tensor = self.reader(lines).softmax(dim=2)
        return weights


def trained(folder: Path) -> tuple[LineReader, int]:
    """The reader of the last checkpoint, and its step."""
    kept = torch.load(folder / "checkpoint.pt", map_location="cpu", weights_only=True)
    reader = LineReader(len(charset()))
    reader.load_state_dict(kept["reader"])
    return reader.eval(), int(kept["step"])


def export_reader(folder: Path, held: Samples, out: Path, *, lines: int) -> None:
    """Write `out` and its card beside it."""
    reader, step = trained(folder)
    files = {32: folder / "line_reader.onnx", 8: folder / "line_reader.int8.onnx"}
    _write(reader, files[32])
    _in_8_bits(files[32], files[8])
    rates = {bits: _rate(file, held, lines) for bits, file in files.items()}
    bits = 8 if rates[8] <= rates[32] + _LOSS_ALLOWED else 32
    content = files[bits].read_bytes()
    if len(content) > _LARGEST_BYTES:
        raise ValueError(f"{len(content)} bytes: the product carries at most {_LARGEST_BYTES}")
    out.write_bytes(content)
    card = {
        "what": "reader of printed Vietnamese lines: a line image in, the weight of each symbol at each time step out",
        "made_by": "training/lines.py",
        "input": "(lines, 1, 40, width), 0 paper to 1 ink; width a multiple of 4",
        "symbols": charset(),
        "from": {
            "text": "national legal codification: diepxuan/diepxuan.github.io, MIT; text of the Ministry of Justice",
            "names": "given names: duyet/vietnamese-namedb, MIT",
            "fonts": {f"@fontsource/{name}@{version}": sha256 for name, version, sha256, _ in PACKAGES},
        },
        "left_out": "paragraphs sharing 10 words in a row with a scored page, texts made by recognition, repeated ones",
        "texts": json.loads((folder / "texts.json").read_text()),
        "plan": torch.load(folder / "checkpoint.pt", map_location="cpu", weights_only=True)["plan"],
        "step": step,
        "curves": _curves(folder / "curves.csv"),
        "bits": bits,
        "held_lines": lines,
        "held_cer": {f"{each} bits": round(rate, 4) for each, rate in rates.items()},
        "size_bytes": len(content),
        "model_sha256": hashlib.sha256(content).hexdigest(),
    }
    out.with_suffix(".json").write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write(reader: LineReader, file: Path) -> None:
    example = torch.zeros(2, 1, 40, 160)
    axes = {"lines": {0: "count", 3: "width"}, "weights": {0: "count", 1: "steps"}}
    torch.onnx.export(
        _Weighing(reader).eval(), (example,), str(file), dynamo=False, opset_version=17,
        input_names=["lines"], output_names=["weights"], dynamic_axes=axes,
    )  # fmt: skip


def _in_8_bits(given: Path, out: Path) -> None:
    """Weights of products and of the recurrent layer; convolutions stay, they would lose more than they save."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(given, out, op_types_to_quantize=["MatMul", "LSTM"], weight_type=QuantType.QInt8)


def _rate(file: Path, held: Samples, lines: int) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    wrong = there = 0
    for number in range(lines):
        line = held.sample(number)
        images, _, _, told = batch_of([line])
        (weights,) = session.run(None, {"lines": images.numpy()})
        best: np.ndarray[Any, Any] = weights[0].argmax(axis=1)[told[0].numpy() >= 0]
        wrong += distance(spelled(best.tolist()), line.text)
        there += len(line.text)
    return wrong / max(1, there)


def _curves(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as rows:
        return list(csv.DictReader(rows))
