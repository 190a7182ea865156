"""archive dispose list|propose|withdraw: lists of dossiers proposed for disposal; nothing here destroys anything."""

from __future__ import annotations

import argparse
from typing import Any

from archive import i18n
from archive.access.identity import Actor, local_date
from archive.actions.dispositions import propose_disposition, withdraw_disposition
from archive.bootstrap import App
from archive.cli.errors import NotYet
from archive.cli.holdings import add_as_user, caller, opened
from archive.cli.output import Output, plain
from archive.queries.dispositions import disposition, dispositions

LATER = ("council", "appraise", "decide", "execute", "certificate")  # acts of the workflow that follows


def add(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    for act in ("list", "propose", "withdraw", *LATER):
        explained = i18n.text(f"dispose_command.{act}")
        sub = acts.add_parser(act, help=explained, description=explained.capitalize() + ".")
        sub.add_argument("--json", action="store_true", help=i18n.text("cli.json"))
        if act in LATER:
            sub.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
        else:
            _add_arguments(act, sub)


def _add_arguments(act: str, parser: argparse.ArgumentParser) -> None:
    if act == "withdraw":
        parser.add_argument("number", metavar="NUMBER", help=i18n.text("dispose_command.number"))
        parser.add_argument("--reason", required=True, help=i18n.text("dispose_command.reason"))
        parser.add_argument("--dossier", metavar="CODE", help=i18n.text("dispose_command.dossier_off"))
    elif act == "list":
        parser.add_argument("number", nargs="?", metavar="NUMBER", help=i18n.text("dispose_command.number_listed"))
        parser.add_argument("--agency", metavar="CODE", help=i18n.text("dispose_command.agency"))
    else:
        parser.add_argument("--agency", required=True, metavar="CODE", help=i18n.text("dispose_command.agency"))
        parser.add_argument(
            "--dossier", action="append", default=[], metavar="CODE", help=i18n.text("dispose_command.dossier")
        )
    add_as_user(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    if args.act in LATER:
        raise NotYet(command=f"dispose {args.act}", part=i18n.text("part.disposal"))
    acts = {"list": _list, "propose": _propose, "withdraw": _withdraw}
    with opened() as app:
        return acts[args.act](app, caller(app, args.as_user), args, out)


def _list(app: App, actor: Actor, args: argparse.Namespace, out: Output) -> int:
    if args.number is not None:
        return _show(app, actor, args.number, out)
    with app.unit_of_work() as uow:
        lines = dispositions(uow.session, actor=actor, agency_code=args.agency).lines
    out.document({"dispositions": plain(lines)})
    columns = ("disposition", "agency", "state", "dossiers", "proposed_by", "proposed_at")
    rows = [
        (
            line.number,
            line.agency_code,
            i18n.text(f"disposition.state_{line.state}"),
            line.dossiers,
            line.proposed_by,
            i18n.day(local_date(line.proposed_at)),
        )
        for line in lines
    ]
    if rows:
        out.table([i18n.text(f"column.{name}") for name in columns], rows)
    else:
        out.say(i18n.text("disposition.none"))
    return 0


def _show(app: App, actor: Actor, number: str, out: Output) -> int:
    with app.unit_of_work() as uow:
        view = disposition(uow.session, number, actor=actor, today=local_date(app.clock()))
    document: dict[str, Any] = plain(view.line)
    out.document(document | {"entries": plain(view.entries)})
    columns = ("ordinal", "dossier", "title", "series", "items", "pages", "disposal_reason", "note")
    rows = [
        (place, e.code, e.title, e.rule, e.items, e.pages, e.reason, "; ".join(_notes(e)))
        for place, e in enumerate(view.entries, 1)
    ]
    out.table([i18n.text(f"column.{name}") for name in columns], rows, title=number)
    return 0


def _notes(entry: Any) -> list[str]:
    told = [entry.note] if entry.note else []
    if entry.paper:
        told.append(i18n.text("disposition.has_paper"))
    if entry.keeps and entry.state != "refused":
        told.append(i18n.text(entry.keeps))
    return told


def _propose(app: App, actor: Actor, args: argparse.Namespace, out: Output) -> int:
    with app.unit_of_work() as uow:
        row = propose_disposition(uow, args.agency, args.dossier, actor=actor, now=app.clock())
    out.document({"disposition": row.number, "agency": args.agency, "state": row.state})
    out.say(i18n.text("due.proposed_now", disposition=row.number, agency=args.agency))
    return 0


def _withdraw(app: App, actor: Actor, args: argparse.Namespace, out: Output) -> int:
    with app.unit_of_work() as uow:
        row = withdraw_disposition(
            uow, args.number, reason=args.reason, dossier_code=args.dossier, actor=actor, now=app.clock()
        )
    out.document({"disposition": row.number, "state": row.state})
    out.say(i18n.text("disposition.withdrawn", disposition=row.number))
    return 0
