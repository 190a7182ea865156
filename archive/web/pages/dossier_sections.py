"""What the page of a dossier tells beside its items: one section a subject, each with a template of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from archive.queries.paper import paper_of
from archive.queries.views import DossierView
from archive.web.deps import Visit

Load = Callable[[Visit, Session, DossierView], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Section:
    """load: what the template gets as `section`; None: nothing that this visitor may see."""

    template: str
    load: Load


def paper_section(visit: Visit, session: Session, dossier: DossierView) -> Mapping[str, Any] | None:
    """Readers are told where paper is known to lie; who keeps it may also say so."""
    paper = paper_of(session, dossier.id, actor=visit.actor)
    return {"paper": paper} if paper.may_manage or paper.place else None


SECTIONS: tuple[Section, ...] = (Section("dossier_paper.html", paper_section),)


def sections_of(visit: Visit, session: Session, dossier: DossierView) -> list[tuple[str, Mapping[str, Any]]]:
    """(template, values) of each section, in the order of the page."""
    loaded = ((each.template, each.load(visit, session, dossier)) for each in SECTIONS)
    return [(template, values) for template, values in loaded if values is not None]
