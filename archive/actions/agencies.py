"""Agencies: the tree that every record and right hangs on."""

from __future__ import annotations

import re
from datetime import date, datetime

from sqlalchemy import select

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.audit_events import EventTag
from archive.db.accounts import Agency
from archive.db.holdings import Fond
from archive.db.unit_of_work import UnitOfWork
from archive.errors import Conflict, InvalidInput, NotAllowed, NotFound
from archive.ids import new_id
from metadata.names import DOSSIER_CODE

_CODE = re.compile(r"[A-Z0-9][A-Z0-9.-]{0,31}")


def create_agency(
    uow: UnitOfWork,
    *,
    code: str,
    name: str,
    parent_code: str | None = None,
    valid_from: date | None = None,
    actor: Actor,
    now: datetime,
) -> Agency:
    """With its open fond, of which it is creator and custodian."""
    parent = None
    if parent_code is not None:
        parent = uow.session.scalar(select(Agency).where(Agency.code == parent_code))
        if parent is None:
            raise NotFound(what=f"cơ quan {parent_code}")
        policy.require(actor, Permission.ACCOUNT_MANAGE, parent.id)
    elif Permission.ACCOUNT_MANAGE not in actor.everywhere:
        raise NotAllowed  # a new root is in nobody's subtree
    if not _CODE.fullmatch(code) or not DOSSIER_CODE.fullmatch(code):  # codes of its dossiers begin with it
        raise InvalidInput("account.code_invalid", field="code")
    if not name.strip():
        raise InvalidInput(field="name")
    if uow.session.scalar(select(Agency.id).where(Agency.code == code)) is not None:
        raise Conflict("account.code_taken", code=code)
    agency = Agency(
        id=new_id(), code=code, name=name.strip(), parent_id=parent.id if parent else None, valid_from=valid_from
    )
    fond = Fond(id=new_id(), code=code, title=f"Phông {agency.name}", creator_id=agency.id, agency_id=agency.id)
    uow.session.add(agency)
    uow.session.flush()
    uow.session.add(fond)
    uow.record(
        EventTag.AGENCY_CREATED,
        actor=actor,
        now=now,
        subject_kind="agency",
        subject_id=agency.id,
        agency_id=agency.id,
        details={"code": code, "name": agency.name, "fond": fond.code},
    )
    return agency
