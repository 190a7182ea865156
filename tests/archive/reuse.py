"""Papers on file, services that may ask for them, and questions: for the tests of reuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive.access.identifiers import keep_owner, seal_fields
from archive.access.identity import Actor, actor_of
from archive.access.permissions import Role
from archive.actions.reuse import OwnerKind, Question, look_up
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Description, Item, RecognitionRow, Rendition
from archive.db.reuse import ReuseAgreement
from archive.db.trail import AuditDetails, AuditEvent
from archive.ids import new_id
from archive.queries.reuse import LookupAnswer
from tests.factories import Factory

PERSON = "001080000123"
BIRTH, PERMIT = "Giấy khai sinh", "Giấy phép xây dựng"
MARRIAGE = "1.000894"  # code of a procedure


def question(owner: str = PERSON, *, paper: str = BIRTH, procedure: str = MARRIAGE, on: date | None = None) -> Question:
    return Question(OwnerKind.PERSON, owner, paper, procedure, "Đăng ký kết hôn", "HS-26-0001", on)


class ReuseWorld:
    """One agency with a service that may ask it for birth certificates, to register a marriage."""

    def __init__(self, app: App, make: Factory, clock: Callable[[], datetime]) -> None:
        self.app, self.make, self.clock = app, make, clock
        self.city = make.agency("H26")
        self.ward: Agency = make.agency("PX01", parent=self.city)
        self.manager = make.actor(Role.RECORDS_MANAGER, self.city)
        self.service = self.a_service(self.ward)

    def a_service(self, agency: Agency, **columns: Any) -> Actor:
        """A new service account with the role over the agency."""
        account = self.make.account(kind="service", **columns)
        self.make.assignment(account, Role.SERVICE, agency)
        with self.app.unit_of_work() as uow:
            return actor_of(uow.session, account.id, self.clock())

    def agreement(self, agency: Agency | None = None, service: Actor | None = None, **columns: Any) -> ReuseAgreement:
        row_id = new_id()
        columns = {
            "number": f"TT-{row_id.hex[-8:]}",
            "procedure": MARRIAGE,
            "procedure_title": "Đăng ký kết hôn",
            "papers": [BIRTH],
            "purpose": "Xác định tình trạng nhân thân",
            "legal_basis": "Nghị định mẫu",
            "valid_from": date(2026, 1, 1),
            **columns,
        }
        return self.make.save(
            ReuseAgreement(
                id=row_id,
                agency_id=(agency or self.ward).id,
                account_id=(service or self.service).account_id,
                given_by=self.manager.account_id,
                given_at=self.clock(),
                **columns,
            )
        )

    def paper(
        self,
        owner: str = PERSON,
        agency: Agency | None = None,
        *,
        state: str = "published",
        level: str = "conditional",
        type_name: str = BIRTH,
        **fields: str,
    ) -> Item:
        """Read and reviewed by one person, published by another, with a sealed copy."""
        agency = agency or self.ward
        reviewer, publisher = self.make.account(), self.make.account()
        item = self.make.item(
            agency,
            state=state,
            level=level,
            dossier=self.make.dossier(agency),
            confidence=0.93,
            reviewed_by=reviewer.id,
            published_by=publisher.id,
            published_at=self.clock(),
        )
        told = {"type_name": type_name, "holder_name": "Nguyễn Văn An", "holder_identifier": owner, **fields}
        with self.app.unit_of_work() as uow:
            row = uow.session.get_one(Item, item.id)
            self._describe(uow.session, row, told)
            keep_owner(uow.session, uow.keys, row, "holder_identifier", owner)
        return item

    def _describe(self, session: Any, item: Item, told: dict[str, str]) -> None:
        digest = str(item.master_digest)
        recognition = RecognitionRow(
            id=new_id(),
            item_id=item.id,
            generation=1,
            engine="null",
            engine_version="1",
            digest=digest,
            confidence=0.93,
            at=self.clock(),
        )
        session.add(recognition)
        session.flush()
        fields = {name: {"value": value, "confidence": 0.95, "given_by": "rule"} for name, value in told.items()}
        description = Description(
            id=new_id(),
            item_id=item.id,
            generation=1,
            recognition_id=recognition.id,
            rules_version="1",
            fields=seal_fields(session.info["keys"], item.id, fields),
            at=self.clock(),
        )
        copy = Rendition(
            id=new_id(),
            item_id=item.id,
            kind="access_pdf",
            version=1,
            digest=digest,
            media_type="application/pdf",
            file_name=f"{item.code}.pdf",
            made_from={},
            at=self.clock(),
        )
        session.add_all([description, copy])
        session.flush()
        item.recognition_id, item.description_id = recognition.id, description.id

    def ask(self, owner: str = PERSON, *, by: Actor | None = None, **asked: Any) -> LookupAnswer:
        with self.app.unit_of_work() as uow:
            actor = self.again(by or self.service)
            return look_up(uow, question(owner, **asked), actor=actor, now=self.clock())

    def again(self, actor: Actor) -> Actor:
        """With what it holds now, as of each request."""
        with self.app.unit_of_work() as uow:
            return actor_of(uow.session, actor.account_id, self.clock())


def found(world: ReuseWorld, **asked: Any) -> list[str]:
    return [paper.reference for paper in world.ask(**asked).papers]


def trail(world: ReuseWorld, tag: str) -> list[dict[str, Any]]:
    with Session(world.app.engine) as session:
        rows = select(AuditDetails.details).join(AuditEvent, AuditEvent.id == AuditDetails.event_id)
        return list(session.scalars(rows.where(AuditEvent.tag == tag).order_by(AuditEvent.at)))
