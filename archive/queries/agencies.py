"""Agencies to choose from."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.db.accounts import Agency


@dataclass(frozen=True, slots=True)
class AgencyLine:
    code: str
    name: str


def agencies(session: Session, permission: Permission, *, actor: Actor) -> tuple[AgencyLine, ...]:
    """Those over which the actor holds the permission, by code."""
    allowed = policy.filter_agency(actor, permission, Agency.id)
    rows = session.execute(select(Agency.code, Agency.name).where(allowed).order_by(Agency.code))
    return tuple(AgencyLine(code, name) for code, name in rows)
