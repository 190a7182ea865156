"""archive setup: schema, buckets, index, keys and the first operator. Again: what is there stays as it is."""

from __future__ import annotations

import argparse

from archive import i18n, indexing
from archive.actions.set_up import FirstOperator, renew_operator, set_up_operator
from archive.bootstrap import App
from archive.cli.holdings import opened
from archive.cli.output import Output
from archive.errors import Conflict
from archive.service import index_writer


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--login", default="quan.tri", metavar="USER", help=i18n.text("setup.login"))
    parser.add_argument("--name", default=i18n.text("setup.default_name"), help=i18n.text("setup.name"))
    parser.add_argument("--agency", default="CQ", metavar="CODE", help=i18n.text("setup.agency"))
    parser.add_argument(
        "--agency-name", default=i18n.text("setup.default_agency"), metavar="NAME", help=i18n.text("setup.agency_name")
    )
    parser.add_argument("--renew", action="store_true", help=i18n.text("setup.renew"))


def run(args: argparse.Namespace, out: Output) -> int:
    with opened(create=True, working=True) as app:
        _open_parts(app)
        operator = _operator(app, args)
        data, production = app.settings.data, app.settings.production
    out.document(
        {
            "data": str(data),
            "production": production,
            "created": operator.created,
            "agency": operator.agency_code,
            "login": operator.login,
            "password": operator.password,
            "token": operator.token,
        }
    )
    if not out.json_mode:  # the document has them: secrets are told once
        _say(operator, out)
    return 0


def _open_parts(app: App) -> None:
    """Make what is not there yet of the store, the quarantine and the index."""
    app.store.sweep()
    app.quarantine.sweep()
    if app.index.is_current():
        return  # what waits for it is a worker's
    try:
        with index_writer(app):
            indexing.drain(app)
    except Conflict:
        pass  # a worker makes it


def _operator(app: App, args: argparse.Namespace) -> FirstOperator:
    now = app.clock()
    with app.unit_of_work() as uow:
        if args.renew:
            return renew_operator(uow, args.login, now=now)
        return set_up_operator(
            uow,
            login=args.login,
            name=args.name,
            agency_code=args.agency,
            agency_name=args.agency_name,
            local=not app.settings.production,
            now=now,
        )


def _say(operator: FirstOperator, out: Output) -> None:
    """The secrets are said here and nowhere else."""
    if operator.password is None:
        out.say(i18n.text("setup.unchanged", login=operator.login, agency=operator.agency_code))
        return
    out.say(i18n.text("setup.done" if operator.created else "setup.renewed", agency=operator.agency_code))
    for name in ("login", "password", "token"):
        out.say(f"{i18n.text(f'setup.{name}_is')}: {getattr(operator, name)}")
    out.say(i18n.text("setup.once"))
