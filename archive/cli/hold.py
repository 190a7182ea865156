"""archive hold place|lift|list: what must not be disposed of, whatever its term says."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.actions.holds import lift_hold, place_holds
from archive.bootstrap import App
from archive.cli.holdings import add_act, caller, opened
from archive.cli.output import Output, plain
from archive.protection import tell_store
from archive.queries.holds import ACTIVE, HoldView, hold, holds

COLUMNS = ("hold", "state", "subject_code", "title", "reason", "authority", "placed_by")
OF_PAGES = ("link", "may_lift", "placed_by_actor")


def add(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    listing, placing, lifting = (add_act(acts, f"hold_command.{act}") for act in ("list", "place", "lift"))
    listing.add_argument("--all", action="store_true", help=i18n.text("hold_command.all"))
    placing.add_argument("subjects", nargs="+", metavar="ID", help=i18n.text("hold_command.subjects"))
    placing.add_argument("--authority", required=True, metavar="TEXT", help=i18n.text("hold_command.authority"))
    lifting.add_argument("number", metavar="NUMBER", help=i18n.text("hold_command.number"))
    for each in (placing, lifting):
        each.add_argument("--reason", required=True, metavar="TEXT", help=i18n.text("hold_command.reason"))


def run(args: argparse.Namespace, out: Output) -> int:
    with opened() as app:
        actor = caller(app, args.as_user)
        shown = _listed(app, actor, args) if args.act == "list" else _changed(app, actor, args)
    out.document({"holds": [_document(each) for each in shown]})
    if not shown:
        out.say(i18n.text("hold_command.none"))
        return 0
    rows = [
        (each.number, i18n.text(f"hold_command.{each.state}"), each.code, each.title, each.reason, each.authority)
        for each in shown
    ]
    columns = [i18n.text(f"column.{name}") for name in COLUMNS]
    out.table(columns, [(*row, each.placed_by) for row, each in zip(rows, shown, strict=True)])
    return 0


def _listed(app: App, actor: Actor, args: argparse.Namespace) -> Sequence[HoldView]:
    policy.require(actor, Permission.HOLD_READ)
    with app.unit_of_work() as uow:
        return holds(uow.session, actor=actor, state=None if args.all else ACTIVE, limit=None).lines


def _changed(app: App, actor: Actor, args: argparse.Namespace) -> Sequence[HoldView]:
    """The store is told at once: nothing else may be running."""
    with app.unit_of_work() as uow:
        if args.act == "lift":
            rows = [lift_hold(uow, args.number, reason=args.reason, actor=actor, now=app.clock())]
        else:
            how = {"reason": args.reason, "authority": args.authority}
            rows = [*place_holds(uow, args.subjects, **how, actor=actor, now=app.clock())]
    tell_store(app)
    with app.unit_of_work() as uow:
        return [hold(uow.session, row.number, actor=actor) for row in rows]


def _document(view: HoldView) -> dict[str, object]:
    told = {name: value for name, value in plain(view).items() if name not in OF_PAGES}
    return {**told, "state": view.state}
