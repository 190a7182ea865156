"""What is indexed: one document an item."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class IndexDocument:
    """Everything that an index holds of one item; derived from catalogue and recognition, thrown away at will.

    revision: the item's revision this was made from; a smaller one never replaces a larger one.
    text: pages' text joined; page_offsets[i] is the offset in characters at which page i + 1 begins.
    Access attributes are of the record (agency that holds it, state, level), never of persons.
    """

    id: str
    revision: int
    receipt: str
    code: str | None
    title: str
    text: str
    page_offsets: tuple[int, ...]
    agency: str  # custodian, id as text
    fond: str | None
    dossier: str | None
    dossier_code: str | None
    task: int
    state: str
    level: str
    type_name: str | None = None
    code_number: str | None = None
    code_notation: str | None = None
    organ_name: str | None = None
    signer_name: str | None = None
    subject: str | None = None
    issued_on: date | None = None
    confidence: float = 0.0
    engine: str | None = None
