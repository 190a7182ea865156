"""The access copies of an item as one file, so that a killed step leaves all of them or none."""

from __future__ import annotations

import zipfile
from pathlib import Path


def pack(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:  # PDF and JPEG do not get smaller
        for path in sorted(folder.iterdir()):
            packed.write(path, path.name)


def unpack(source: Path, folder: Path) -> None:
    with zipfile.ZipFile(source) as packed:
        packed.extractall(folder)
