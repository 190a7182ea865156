"""What the page of a dossier tells beside its items: one section a subject, each with a template of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from archive.access.identity import local_date
from archive.queries.custody import custody_of_dossier
from archive.queries.explanation import explain
from archive.queries.holds import holds_of_dossier
from archive.queries.paper import paper_of
from archive.queries.views import DossierView
from archive.queries.waiting_rules import choosable_rules
from archive.web.deps import Visit

Load = Callable[[Visit, Session, DossierView], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Section:
    """load: what the template gets as `section`; None: nothing that this visitor may see."""

    template: str
    load: Load


def retention_section(visit: Visit, session: Session, dossier: DossierView) -> Mapping[str, Any] | None:
    today = local_date(visit.now)
    found = explain(session, dossier.line.code, actor=visit.actor, today=today)
    choices = choosable_rules(session, work_ended_on=found.work_ended_on, today=today) if found.may_confirm else ()
    return {"term": found, "choices": choices}


def paper_section(visit: Visit, session: Session, dossier: DossierView) -> Mapping[str, Any] | None:
    """Readers are told where paper is known to lie; who keeps it may also say so."""
    paper = paper_of(session, dossier.id, actor=visit.actor)
    return {"paper": paper} if paper.may_manage or paper.place else None


def holds_section(visit: Visit, session: Session, dossier: DossierView) -> Mapping[str, Any] | None:
    held = holds_of_dossier(session, dossier.id, actor=visit.actor)
    return None if held is None else {"holds": held.holds, "may_place": held.may_place}


def custody_section(visit: Visit, session: Session, dossier: DossierView) -> Mapping[str, Any] | None:
    """Only where it is not plain: somebody else holds what its creator left, or nobody has taken it over yet."""
    fond = custody_of_dossier(session, dossier.id, actor=visit.actor, today=local_date(visit.now))
    return {"fond": fond} if fond.waits or fond.present.holder.code != fond.creator.code else None


SECTIONS: tuple[Section, ...] = (
    Section("dossier_holds.html", holds_section),
    Section("dossier_retention.html", retention_section),
    Section("dossier_paper.html", paper_section),
    Section("dossier_custody.html", custody_section),
)


def sections_of(visit: Visit, session: Session, dossier: DossierView) -> list[tuple[str, Mapping[str, Any]]]:
    """(template, values) of each section, in the order of the page."""
    loaded = ((each.template, each.load(visit, session, dossier)) for each in SECTIONS)
    return [(template, values) for template, values in loaded if values is not None]
