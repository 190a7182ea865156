"""What the commands over holdings share: opening them, and as whom."""

from __future__ import annotations

import argparse
import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from archive import i18n
from archive.access import policy
from archive.access.identity import LOCAL_LOGIN, Actor, actor_named
from archive.access.permissions import Permission
from archive.access.sessions import actor_of_token
from archive.bootstrap import App, open_app
from archive.cli.output import Output
from archive.db.unit_of_work import UnitOfWork
from archive.errors import InvalidSetting, NotAllowed, SignInRefused
from archive.preflight import open_for_work
from archive.readiness import Readiness
from archive.settings import Settings


def add_as_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as", dest="as_user", metavar="USER", help=i18n.text("cli.as_user"))


def add_act(acts: Any, text: str) -> argparse.ArgumentParser:
    """One act of a command that has several. text: message id of what it does; its last part is the act's name."""
    explained = i18n.text(text)
    name = text.rpartition(".")[2]
    parser: argparse.ArgumentParser = acts.add_parser(name, help=explained, description=explained.capitalize() + ".")
    parser.add_argument("--json", action="store_true", help=i18n.text("cli.json"))
    add_as_user(parser)
    return parser


@contextmanager
def opened(*, create: bool = False, working: bool = False) -> Iterator[App]:
    """working: for who receives or works; whatever is wrong with any part is then told before anything begins."""
    settings = Settings.read(os.environ)
    with open_for_work(settings, create=create) if working else open_app(settings, create=create) as app:
        yield app


def tell_away(app: App, out: Output) -> None:
    """What stops no start is said at the start."""
    for away in Readiness(app).look():
        out.note(f"{away.what} {away.advice}")


def acting(app: App, as_user: str | None = None, *, token: str | None = None) -> Actor:
    """Who gives the command, or `as_user` on behalf of whom they then act.

    They are the account `local` with the person at the keyboard; where records lie on servers, the account of the
    token. Raises NotAllowed unless they may impersonate in every agency where `as_user` holds anything.
    """
    now = app.clock()
    with app.unit_of_work() as uow:
        own = _of_token(uow, token, now) if app.settings.production else _local(uow, now)
        if as_user is None or as_user == own.login:
            return own
        if as_user == LOCAL_LOGIN and app.settings.production:
            raise NotAllowed("cli.local_refused")
        other = actor_named(uow.session, as_user, now, by=own)
        policy.require(own, Permission.ACCOUNT_IMPERSONATE)
        for grant in other.grants:
            for agency_id in grant.agency_ids:
                policy.require(own, Permission.ACCOUNT_IMPERSONATE, agency_id)
        return other


def caller(app: App, as_user: str | None = None) -> Actor:
    """As `acting`, for a command in its own process."""
    return acting(app, as_user, token=app.settings.token)


def _local(uow: UnitOfWork, now: datetime) -> Actor:
    return actor_named(uow.session, LOCAL_LOGIN, now, os_user=os_user())


def _of_token(uow: UnitOfWork, token: str | None, now: datetime) -> Actor:
    if token is None:
        raise InvalidSetting("cli.token_needed", field="token")
    found = actor_of_token(uow.session, token, now=now)
    if found is None or found.login == LOCAL_LOGIN:
        raise SignInRefused("cli.token_refused")
    return replace(found, os_user=os_user())


def os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        return f"uid {os.getuid()}"
