"""Webhooks, for the operator: which programs are told of what, how that goes, and what could not be told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Response

from archive.access.permissions import Permission
from archive.actions import webhooks as actions
from archive.db.unit_of_work import UnitOfWork
from archive.destinations import Destinations
from archive.errors import ArchiveError, Conflict, InvalidInput, NotFound
from archive.queries import webhooks as queries
from archive.queries.webhook_feed import events_by_subject
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.errors import status_of
from archive.web.form_values import number_given
from archive.web.render import HANOI

router = APIRouter(prefix="/webhooks")
ROWS = 50
Text = Annotated[str, Form()]
Texts = Annotated[list[str], Form()]


@router.get("")
def listed(visit: SignedIn, cursor: str = "") -> Response:
    visit.require(Permission.WEBHOOK_MANAGE)
    return _list(visit, cursor=cursor)


@router.post("")
def opened(visit: SignedForm, code: Text = "", login: Text = "", url: Text = "", events: Texts = []) -> Response:  # noqa: B006
    """The only answer that shows the secret; loading it anew asks the browser before it would make another."""
    visit.require(Permission.WEBHOOK_MANAGE)
    try:
        with visit.unit_of_work() as uow:
            made, secret = actions.open_webhook(
                uow,
                code=code.strip(),
                login=login,
                url=url.strip(),
                tags=events,
                destinations=destinations(visit),
                actor=visit.actor,
                now=visit.now,
            )
            known_by = made.code
    except (InvalidInput, Conflict) as wrong:
        return _list(visit, wrong, given={"code": code, "login": login, "url": url, "events": events})
    return _webhook(visit, known_by, secret=secret)


@router.get("/{code}")
def shown(visit: SignedIn, code: str, outcome: str = "", cursor: str = "") -> Response:
    visit.require(Permission.WEBHOOK_MANAGE)
    return _webhook(visit, code, outcome=outcome, cursor=cursor)


@router.post("/{code}")
def changed(visit: SignedForm, code: str, version: Text = "", url: Text = "", events: Texts = []) -> Response:  # noqa: B006
    def change(uow: UnitOfWork) -> None:
        actions.change_webhook(
            uow,
            code,
            url=url.strip(),
            tags=events,
            version=number_given(version, "version"),
            destinations=destinations(visit),
            actor=visit.actor,
            now=visit.now,
        )

    return _change(visit, code, change, "webhook_changed")


@router.post("/{code}/secrets")
def secret_renewed(visit: SignedForm, code: str) -> Response:
    visit.require(Permission.WEBHOOK_MANAGE)
    with visit.unit_of_work() as uow:
        secret = actions.renew_secret(uow, code, actor=visit.actor, now=visit.now)
    return _webhook(visit, code, secret=secret)


@router.post("/{code}/replays")
def replayed(visit: SignedForm, code: str, sequence: Text = "", since: Text = "") -> Response:
    def change(uow: UnitOfWork) -> None:
        place = number_given(sequence, "sequence") if sequence.strip() else None
        moment = _moment(since) if since.strip() else None
        actions.replay_webhook(uow, code, sequence=place, since=moment, actor=visit.actor, now=visit.now)

    return _change(visit, code, change, "webhook_replayed")


@router.post("/{code}/dead-letters")
def resent(visit: SignedForm, code: str, sequence: Text = "") -> Response:
    """One of them, or all."""

    def change(uow: UnitOfWork) -> None:
        chosen = [number_given(sequence, "sequence")] if sequence.strip() else None
        actions.resend_dead(uow, code, chosen, actor=visit.actor, now=visit.now)

    return _change(visit, code, change, "webhook_resent")


@router.post("/{code}/{act}")
def state_changed(visit: SignedForm, code: str, act: str) -> Response:
    """act: pause or resume."""
    state = {"pause": actions.PAUSED, "resume": actions.ACTIVE}.get(act)
    if state is None:
        raise NotFound(what="")

    def change(uow: UnitOfWork) -> None:
        actions.change_webhook(
            uow, code, state=state, destinations=destinations(visit), actor=visit.actor, now=visit.now
        )

    return _change(visit, code, change, f"webhook_{act}")


def destinations(visit: Visit) -> Destinations:
    return Destinations(visit.app.settings.webhook_hosts)


def _change(visit: Visit, code: str, change: Callable[[UnitOfWork], None], done: str) -> Response:
    visit.require(Permission.WEBHOOK_MANAGE)
    try:
        with visit.unit_of_work() as uow:
            change(uow)
    except (InvalidInput, Conflict) as wrong:
        return _webhook(visit, code, wrong)
    return visit.back(f"/webhooks/{code}", done)


def _moment(text: str) -> datetime:
    """As a browser's field for a day and time has it: of Hanoi."""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=HANOI)
    except ValueError:
        raise InvalidInput("webhook.moment_needed", field="since") from None


def _list(
    visit: Visit, wrong: ArchiveError | None = None, *, given: dict[str, object] | None = None, cursor: str = ""
) -> Response:
    with visit.unit_of_work() as uow:
        found = queries.webhooks(uow.session, actor=visit.actor, cursor=cursor or None, limit=ROWS)
        accounts = queries.accounts_to_tell(uow.session, actor=visit.actor)
    return visit.page(
        "webhooks.html",
        status=status_of(wrong) if wrong else 200,
        webhooks=found,
        accounts=accounts,
        choices=events_by_subject(),
        given=given or {"code": "", "login": "", "url": "", "events": []},
        problem=str(wrong) if wrong else None,
    )


def _webhook(
    visit: Visit,
    code: str,
    wrong: ArchiveError | None = None,
    *,
    secret: str | None = None,
    outcome: str = "",
    cursor: str = "",
) -> Response:
    shown = outcome if outcome in queries.OUTCOMES else None
    with visit.unit_of_work() as uow:
        found = queries.webhook(uow.session, code, actor=visit.actor)
        lines = queries.deliveries(
            uow.session, code, outcome=shown, actor=visit.actor, cursor=cursor or None, limit=ROWS
        )
    return visit.page(
        "webhook.html",
        status=status_of(wrong) if wrong else 200,
        webhook=found,
        deliveries=lines,
        outcome=shown or "",
        outcomes=("", *queries.OUTCOMES),
        choices=events_by_subject(),
        secret=secret,
        problem=str(wrong) if wrong else None,
    )
