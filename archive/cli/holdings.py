"""What the commands over holdings share: opening them, and as whom."""

from __future__ import annotations

import argparse
import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager

from archive import i18n
from archive.access import policy
from archive.access.identity import LOCAL_LOGIN, Actor, actor_named
from archive.access.permissions import Permission
from archive.bootstrap import App, open_app
from archive.settings import Settings


def add_as_user(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as", dest="as_user", metavar="USER", help=i18n.text("cli.as_user"))


@contextmanager
def opened(*, create: bool = False) -> Iterator[App]:
    with open_app(Settings.read(os.environ), create=create) as app:
        yield app


def acting(app: App, as_user: str | None = None) -> Actor:
    """The account `local` with the person at the keyboard, or `as_user` on behalf of whom `local` then acts.

    Raises NotAllowed unless `local` may impersonate in every agency where that account holds anything.
    """
    now = app.clock()
    with app.unit_of_work() as uow:
        local = actor_named(uow.session, LOCAL_LOGIN, now, os_user=os_user())
        if as_user is None or as_user == LOCAL_LOGIN:
            return local
        other = actor_named(uow.session, as_user, now, by=local)
        policy.require(local, Permission.ACCOUNT_IMPERSONATE)
        for grant in other.grants:
            for agency_id in grant.agency_ids:
                policy.require(local, Permission.ACCOUNT_IMPERSONATE, agency_id)
        return other


def os_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        return f"uid {os.getuid()}"
