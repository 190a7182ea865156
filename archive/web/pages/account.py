"""One's own account: what it may do, its password, its second factor, its open sign-ins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from archive import i18n
from archive.access import totp
from archive.access.passwords import MINIMUM_LENGTH
from archive.actions import own_account, sign_in
from archive.errors import ArchiveError, InvalidInput
from archive.queries.accounts import MailView, own_mail
from archive.queries.accounts import own_account as own
from archive.web import qr
from archive.web.deps import SignedForm, SignedIn, Visit
from archive.web.security import SESSION_COOKIE

router = APIRouter(prefix="/account")


@router.get("")
def shown(visit: SignedIn) -> Response:
    return _account(visit)


@router.post("/password")
def password_changed(
    visit: SignedForm,
    old: Annotated[str, Form()],
    new: Annotated[str, Form()],
    again: Annotated[str, Form()] = "",
) -> Response:
    token = visit.request.cookies[SESSION_COOKIE]
    try:
        with visit.unit_of_work() as uow:
            own_account.change_own_password(uow, old, new, again, token=token, actor=visit.actor, now=visit.now)
    except InvalidInput as wrong:
        return _account(visit, wrong)
    return visit.back("/account", "password_changed")


@router.post("/notices")
def notices_chosen(
    visit: SignedForm, email: Annotated[str, Form()] = "", by_mail: Annotated[str, Form()] = ""
) -> Response:
    try:
        with visit.unit_of_work() as uow:
            own_account.change_mail(uow, address=email, by_mail=bool(by_mail), actor=visit.actor, now=visit.now)
    except InvalidInput as wrong:
        return _account(visit, wrong, MailView(email, bool(by_mail)))
    return visit.back("/account", "mail_changed")


@router.get("/second-factor")
def second_factor(visit: SignedIn) -> Response:
    """A new secret each time: one that was shown and not confirmed opens nothing."""
    return _second_factor(visit, totp.new_secret())


@router.post("/second-factor")
def second_factor_confirmed(
    visit: SignedForm,
    secret: Annotated[str, Form()],
    code: Annotated[str, Form()],
    password: Annotated[str, Form()],
) -> Response:
    try:
        with visit.unit_of_work() as uow:
            own_account.enrol_second_factor(uow, secret, code, password=password, actor=visit.actor, now=visit.now)
    except InvalidInput as wrong:
        known = secret if wrong.field != "secret" else totp.new_secret()
        return _second_factor(visit, known, problem=str(wrong))
    return visit.back("/account", "totp_enabled")


@router.post("/sign-out-everywhere")
def left_everywhere(visit: SignedForm) -> Response:
    with visit.unit_of_work() as uow:
        sign_in.sign_out_everywhere(uow, actor=visit.actor, now=visit.now)
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(SESSION_COOKIE)
    return response


def _account(visit: Visit, wrong: ArchiveError | None = None, given: MailView | None = None) -> Response:
    with visit.unit_of_work() as uow:
        account = own(uow.session, actor=visit.actor)
        mail = given or own_mail(uow.session, actor=visit.actor)
    return visit.page(
        "account.html",
        status=422 if wrong else 200,
        account=account,
        mail=mail,
        mail_goes_out=visit.app.settings.smtp_url is not None and visit.app.settings.mail_from is not None,
        problem=str(wrong) if wrong else None,
        now=visit.now,
        minimum=MINIMUM_LENGTH,
    )


def _second_factor(visit: Visit, secret: str, problem: str | None = None) -> Response:
    uri = totp.provisioning_uri(secret, visit.actor.login, i18n.text("page.brand"))
    return visit.page(
        "second_factor.html",
        status=422 if problem else 200,
        secret=secret,
        written=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        uri=uri,
        code_picture=qr.svg(uri, i18n.text("page.second_factor.picture")),
        problem=problem,
    )
