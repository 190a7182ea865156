"""The retention of one dossier on its page: why it is kept for how long, and the forms that say so."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from archive.actions import rules as actions
from archive.db.unit_of_work import UnitOfWork
from archive.errors import InvalidInput
from archive.web.deps import SignedForm
from archive.web.form_values import day_given, id_given
from archive.web.pages.dossiers import change_dossier

router = APIRouter()


@router.post("/dossiers/{code}/retention/confirm")
def confirmed(
    *,
    visit: SignedForm,
    code: str,
    rule: Annotated[str, Form()] = "",
    rule_reason: Annotated[str, Form()] = "",
    replaces: Annotated[str, Form()] = "",
) -> Response:
    def change(uow: UnitOfWork) -> None:
        if not rule:
            raise InvalidInput("rule.none_chosen", field="rule")
        actions.confirm_rule(
            uow,
            code,
            id_given(rule, "rule"),
            reason=rule_reason,
            replaces_proposals=bool(replaces),
            actor=visit.actor,
            now=visit.now,
        )

    given = {"retention_form": "confirm", "rule": rule, "rule_reason": rule_reason}
    return change_dossier(visit, code, change, "rule_confirmed", given)


@router.post("/dossiers/{code}/retention/end")
def ended(
    visit: SignedForm, code: str, given_rule: Annotated[str, Form()] = "", end_reason: Annotated[str, Form()] = ""
) -> Response:
    def change(uow: UnitOfWork) -> None:
        found = id_given(given_rule, "rule")
        actions.end_rule(uow, code, found, reason=end_reason, actor=visit.actor, now=visit.now)

    given = {"retention_form": "end", "given_rule": given_rule, "end_reason": end_reason}
    return change_dossier(visit, code, change, "rule_ended", given)


@router.post("/dossiers/{code}/retention/event")
def recorded(
    *,
    visit: SignedForm,
    code: str,
    event: Annotated[str, Form()] = "",
    happened_on: Annotated[str, Form()] = "",
    document: Annotated[str, Form()] = "",
) -> Response:
    def change(uow: UnitOfWork) -> None:
        day = day_given(happened_on, "happened_on")
        actions.record_trigger(
            uow, code, event=event, happened_on=day, document=document, actor=visit.actor, now=visit.now
        )

    given = {"retention_form": "event", "event": event, "happened_on": happened_on, "document": document}
    return change_dossier(visit, code, change, "event_recorded", given)


@router.post("/dossiers/{code}/retention/withdraw-event")
def withdrawn(
    visit: SignedForm, code: str, given_event: Annotated[str, Form()] = "", end_reason: Annotated[str, Form()] = ""
) -> Response:
    def change(uow: UnitOfWork) -> None:
        found = id_given(given_event, "event")
        actions.withdraw_trigger(uow, code, found, reason=end_reason, actor=visit.actor, now=visit.now)

    given = {"retention_form": "withdraw", "given_event": given_event, "end_reason": end_reason}
    return change_dossier(visit, code, change, "event_withdrawn", given)
