"""Papers of invented people, for programs under test: the answers that they will meet later, and no real person."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from archive.queries.reuse import FormField, Holder, PaperOnFile, Trust, hidden_identifier, hidden_name
from archive.queries.validity import validity

SOURCE = "people.toml"


@dataclass(frozen=True, slots=True)
class SampleCopy:
    """A PDF that says on its page that it is a sample."""

    file_name: str
    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class InventedPaper:
    owner: str
    reference: str
    level: str
    published_on: date
    second_person: bool
    confidence: float
    values: dict[str, str]
    copy: SampleCopy
    corrected_fields: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    withdrawn: bool = False  # between the question and its use

    @property
    def fields(self) -> tuple[FormField, ...]:
        told = {**self.values, "holder_identifier": self.owner}
        return tuple(
            FormField(name, value, name in self.corrected_fields, name in self.doubtful) for name, value in told.items()
        )

    def on_file(self, on: date) -> PaperOnFile:
        told = self.values
        return PaperOnFile(
            reference=self.reference,
            type_name=told["type_name"],
            number="/".join(told[name] for name in ("code_number", "code_notation") if name in told) or None,
            issued_date=told.get("issued_date"),
            organ_name=told.get("organ_name"),
            level=self.level,
            validity=validity(told.get("valid_from"), told.get("valid_until"), on),
            trust=Trust(
                published_on=self.published_on,
                second_person=self.second_person,
                doubtful_fields=len(self.doubtful),
                read_confidence=self.confidence,
                corrected_fields=self.corrected_fields,
                master_sha256=self.copy.digest,
                sealed_sha256=self.copy.digest,
                verified_at=None,
            ),
            holder=Holder(hidden_name(told.get("holder_name")), hidden_identifier(self.owner)),
        )


def papers_of(owner: str, kind: str, on: date) -> tuple[PaperOnFile, ...]:
    """kind: name of a document class."""
    return tuple(
        each.on_file(on) for each in _papers().values() if each.owner == owner and each.values["type_name"] == kind
    )


def paper(reference: str) -> InventedPaper | None:
    return _papers().get(reference)


@cache
def _papers() -> dict[str, InventedPaper]:
    here = resources.files(__package__ or "")
    listed = tomllib.loads(here.joinpath(SOURCE).read_text(encoding="utf-8"))
    found: dict[str, InventedPaper] = {}
    for person in listed["person"]:
        for told in person["paper"]:
            content = here.joinpath(told["copy"]).read_bytes()
            found[told["reference"]] = _paper(person["identifier"], told, content)
    return found


def _paper(owner: str, told: dict[str, Any], content: bytes) -> InventedPaper:
    return InventedPaper(
        owner=owner,
        reference=told["reference"],
        level=told["level"],
        published_on=told["published_on"],
        second_person=told["second_person"],
        confidence=told["confidence"],
        values=told["fields"],
        copy=SampleCopy(f"{told['reference']}.pdf", content),
        corrected_fields=tuple(told.get("corrected_fields", ())),
        doubtful=tuple(told.get("doubtful", ())),
        withdrawn=told.get("withdrawn", False),
    )
