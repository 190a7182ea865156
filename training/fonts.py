"""Faces that office paper is printed in, from packages that are fetched by their digest and never committed.

A web font is cut into files of a few alphabets; a face here is all of them, and a letter is drawn from the first that
has it.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from training.charset import charset

# package, version, SHA-256 of its archive, how often its faces are drawn
PACKAGES = (
    (
        "tinos",
        "5.3.0",
        "218a9f3dfc1f43e595835ba84ffb1f69723f27cab54a50b5acd64c0fe067dbe2",
        8,
    ),  # the widths and shapes of Times New Roman
    ("noto-serif", "5.3.0", "846d219c2c9c668ebe2b5ca0e76c403a35f847d83c4c441c107f9bdc152830df", 1),
    ("source-serif-4", "5.3.1", "54b7898afa20cf4b2d807bbf2b5a2f865e28a83db8a5fcc563dafce5ecb5e7c8", 1),
    ("eb-garamond", "5.3.0", "2e61af0740104953d4fc5cb52a8c6de257ae6d83a4a89e0fd4be2f6132fd40d9", 1),
    ("literata", "5.3.0", "b9335958dc362b0e7e4268098550bc0cb93ab4c68a2db9bc48c67154abbd75c9", 1),
    ("arimo", "5.3.0", "df44945077a74905969f15bba3b442f9fb6773818b2b59c970911deace01132f", 2),  # Arial
    (
        "cousine",
        "5.3.0",
        "a450d4756b5b9e666464df668728dbf1c6d62548b61324d4ac5778a5da27a3b8",
        2,
    ),  # Courier New: as a typewriter
)
STYLES = (("400-normal", 6), ("700-normal", 3), ("400-italic", 2), ("700-italic", 1))
_ALPHABETS = ("latin", "latin-ext", "vietnamese")


@dataclass(frozen=True)
class Face:
    name: str
    files: tuple[Path, ...]
    weight: int
    letters: frozenset[str] = field(repr=False)

    def draw(self, text: str, size: int, spacing: float = 0.0) -> tuple[np.ndarray, list[tuple[float, float]]]:
        """The text as ink, 0 to 255, (height, width), and where each symbol begins and ends, in pixels.

        size: pixels of the em. spacing: pixels between letters. The picture has the face's whole height.
        """
        fonts = [_opened(file, size) for file in self.files]
        which = [self._file_of(symbol) for symbol in text]
        edges, at = [], float(size) / 4
        for symbol, file in zip(text, which, strict=True):
            wide = fonts[file].getlength(symbol) + spacing
            edges.append((at, at + wide))
            at += wide
        canvas = Image.new("L", (int(at + size / 4) + 1, int(size * 1.7)), 0)
        pen = ImageDraw.Draw(canvas)
        for symbol, file, (left, _) in zip(text, which, edges, strict=True):
            if symbol != " ":
                pen.text((left, size * 1.25), symbol, fill=255, font=fonts[file], anchor="ls")
        return np.asarray(canvas), edges

    def _file_of(self, symbol: str) -> int:
        return next((at for at, file in enumerate(self.files) if symbol in _letters(file)), 0)


def fetch(folder: Path) -> None:
    """The packages, by npm's own client; what is there already stays. Raises ValueError on a wrong digest."""
    for name, version, digest, _ in PACKAGES:
        home = folder / f"{name}-{version}"
        if home.exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        packed = folder / f"fontsource-{name}-{version}.tgz"
        if not packed.exists():
            npm = shutil.which("npm") or "npm"
            subprocess.run([npm, "pack", "--silent", f"@fontsource/{name}@{version}"], cwd=folder, check=True)
        found = hashlib.sha256(packed.read_bytes()).hexdigest()
        if found != digest:
            raise ValueError(f"{packed.name}: digest {found}, expected {digest}")
        _unpack(packed, home, name)


def _unpack(packed: Path, home: Path, name: str) -> None:
    wanted = {f"package/files/{name}-{alphabet}-{style}.woff" for alphabet in _ALPHABETS for style, _ in STYLES}
    half = home.with_suffix(".half")
    half.mkdir(exist_ok=True)
    with tarfile.open(packed) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name in wanted else None
            if stream:
                (half / Path(member.name).name).write_bytes(stream.read())
    half.rename(home)


def faces(folder: Path) -> tuple[Face, ...]:
    """Of the fetched packages, in a fixed order."""
    found = []
    for name, version, _, often in PACKAGES:
        for style, weight in STYLES:
            files = tuple(folder / f"{name}-{version}" / f"{name}-{each}-{style}.woff" for each in _ALPHABETS)
            files = tuple(file for file in files if file.exists())
            if files:
                letters = frozenset().union(*(_letters(file) for file in files))
                found.append(Face(f"{name} {style}", files, often * weight, letters & frozenset(charset())))
    if not found:
        raise FileNotFoundError(f"no fonts in {folder}: run `python -m training.lines make` first")
    return tuple(found)


@functools.cache
def _letters(file: Path) -> frozenset[str]:
    from fontTools.ttLib import TTFont

    with TTFont(file, lazy=True) as font:
        return frozenset(chr(code) for code in font.getBestCmap())


@functools.lru_cache(maxsize=2048)
def _opened(file: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.BASIC)
