"""The bundled sample dossiers: samples/samples.toml, and the scans in the folders that it names."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "samples"


@dataclass(frozen=True, slots=True)
class SampleAgency:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class SampleDossier:
    code: str
    title: str
    agency_code: str
    year: int
    task_number: int
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Samples:
    """root: the agency above all others, over which the demo's people hold their roles."""

    root: SampleAgency
    agencies: tuple[SampleAgency, ...]
    dossiers: tuple[SampleDossier, ...]


def read_samples(folder: Path = FOLDER) -> Samples:
    """Raises KeyError or FileNotFoundError for a list that does not fit the folders beside it."""
    listed = tomllib.loads((folder / "samples.toml").read_text(encoding="utf-8"))
    return Samples(
        root=SampleAgency(**listed["root"]),
        agencies=tuple(SampleAgency(**agency) for agency in listed["agency"]),
        dossiers=tuple(
            SampleDossier(
                code=dossier["code"],
                title=dossier["title"],
                agency_code=dossier["agency"],
                year=dossier["year"],
                task_number=dossier["task"],
                files=tuple(sorted(path for path in (folder / dossier["folder"]).iterdir() if path.is_file())),
            )
            for dossier in listed["dossier"]
        ),
    )
