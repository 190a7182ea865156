"""An agency whose events are told to a program."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from archive import audit
from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions import webhooks
from archive.actions.dossiers import create_dossier
from archive.actions.webhook_answers import WAITS
from archive.bootstrap import App
from archive.db.accounts import Account
from archive.db.telling import WebhookEndpoint
from archive.destinations import Destinations
from archive.integrations.webhook_sender import Sender
from archive.integrations.webhooks import tell_endpoint
from archive.queries.webhook_feed import EVENTS
from archive.queries.webhooks import deliveries
from tests.archive.integrations.webhooks.receiver import Receiver
from tests.conftest import SetClock
from tests.factories import Factory

LOOPBACK = Destinations(("127.0.0.1",))
ALL = [str(tag) for tag in EVENTS]


class World:
    """An agency with an operator, a manager, and a program whose account is told of it."""

    def __init__(self, app: App, make: Factory, clock: SetClock) -> None:
        self.app, self.make, self.clock = app, make, clock
        object.__setattr__(app.settings, "webhook_hosts", ("127.0.0.1",))
        self.agency = make.agency("TD01", second_person_publishes=False)
        self.operator = make.actor(Role.OPERATOR, self.agency)
        self.manager = make.actor(Role.RECORDS_MANAGER, self.agency)
        self.program = self.account("mot-cua", Role.RECORDS_MANAGER)
        self.limit_s = 20.0

    def account(self, login: str, role: Role, **columns: Any) -> Account:
        account = self.make.account(login, kind="service", **columns)
        self.make.assignment(account, role, self.agency)
        return account

    def open(
        self, receiver: Receiver, *tags: str, code: str = "MOT-CUA", login: str = "mot-cua", actor: Actor | None = None
    ) -> str:
        with self.app.unit_of_work() as uow:
            _, secret = webhooks.open_webhook(
                uow,
                code=code,
                login=login,
                url=receiver.url + "/hook",
                tags=tags or ALL,
                destinations=LOOPBACK,
                actor=actor or self.operator,
                now=self.clock(),
            )
        return secret

    def change(self, code: str = "MOT-CUA", **given: Any) -> None:
        with self.app.unit_of_work() as uow:
            webhooks.change_webhook(uow, code, destinations=LOOPBACK, actor=self.operator, now=self.clock(), **given)

    def happen(self, number: int = 1) -> list[str]:
        """Dossiers are opened; returns their codes in the order of the trail."""
        codes = []
        for _ in range(number):
            with self.app.unit_of_work() as uow:
                dossier = create_dossier(
                    uow, title="Hồ sơ kín", agency_code="TD01", year=2025, actor=self.manager, now=self.clock()
                )
                codes.append(dossier.code)
            self.clock.advance(seconds=1)
        self.seal()
        return codes

    def seal(self) -> None:
        with self.app.unit_of_work() as uow:
            audit.seal(uow.session, self.clock())

    def tell(self, code: str = "MOT-CUA", limit_s: float | None = None) -> int:
        sender = Sender(LOOPBACK, limit_s=limit_s or self.limit_s)
        return tell_endpoint(self.app, sender, self.endpoint(code).id)

    def endpoint(self, code: str = "MOT-CUA") -> WebhookEndpoint:
        with Session(self.app.engine) as session:
            return session.scalars(select(WebhookEndpoint).where(WebhookEndpoint.code == code)).one()

    def letters(self, code: str = "MOT-CUA") -> dict[int, str]:
        with Session(self.app.engine) as session:
            lines = deliveries(session, code, actor=self.operator, limit=100)
            return {line.sequence: line.outcome for line in reversed(lines.lines)}

    def fail_until_dead(self) -> None:
        for wait in (timedelta(), *WAITS):
            self.clock.now += wait
            self.tell()
