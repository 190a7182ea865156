"""What the page of a dossier tells beside its items: one section a subject, each with a template of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from archive.queries.views import DossierView
from archive.web.deps import Visit

Load = Callable[[Visit, Session, DossierView], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Section:
    """load: what the template gets as `section`; None: nothing that this visitor may see."""

    template: str
    load: Load


SECTIONS: tuple[Section, ...] = ()


def sections_of(visit: Visit, session: Session, dossier: DossierView) -> list[tuple[str, Mapping[str, Any]]]:
    """(template, values) of each section, in the order of the page."""
    loaded = ((each.template, each.load(visit, session, dossier)) for each in SECTIONS)
    return [(template, values) for template, values in loaded if values is not None]
