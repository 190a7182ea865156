"""archive retention due|run|explain: what becomes due, notices and proposals, and why a dossier is kept so long."""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from typing import Any

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.actions.dispositions import propose_disposition, ready_agencies
from archive.actions.notices import PORTION, give_notices
from archive.bootstrap import App
from archive.cli.holdings import add_as_user, caller, opened
from archive.cli.output import Output, plain
from archive.queries.due import DueLine, due
from archive.queries.explanation import Explanation, RuleView, explain
from archive.queries.views import Message

AHEAD = timedelta(days=365)


def add_act(act: str, parser: argparse.ArgumentParser) -> None:
    if act == "explain":
        parser.add_argument("id", metavar="ID", help=i18n.text("retention_command.id"))
    else:
        parser.add_argument("--agency", metavar="CODE", help=i18n.text("retention_command.agency"))
    if act == "due":
        parser.add_argument("--until", metavar="DATE", type=_day, help=i18n.text("retention_command.until"))
        parser.add_argument("--limit", type=int, metavar="N", help=i18n.text("retention_command.limit"))
    add_as_user(parser)


def run_act(args: argparse.Namespace, out: Output) -> int:
    acts = {"due": _due, "run": _run, "explain": _explain}
    with opened() as app:
        return acts[args.act](app, caller(app, args.as_user), args, out)


def _due(app: App, actor: Actor, args: argparse.Namespace, out: Output) -> int:
    today = local_date(app.clock())
    until = args.until or today + AHEAD
    policy.require(actor, Permission.DOSSIER_READ)
    with app.unit_of_work() as uow:
        page = due(uow.session, actor=actor, until=until, today=today, agency_code=args.agency, limit=args.limit)
    lines = [_line(line, today) for line in page.lines]
    out.document({"today": today, "until": until, "agency": args.agency, "total": page.total, "dossiers": lines})
    out.say(i18n.text("due.counted", count=page.total, until=until))
    _table(lines, ("dossier", "title", "agency", "due_on", "series", "standing"), out)
    return 0


def _run(app: App, actor: Actor, args: argparse.Namespace, out: Output) -> int:
    """Notices in portions, each a commit of its own; then one list an agency."""
    noticed = _give_all(app, actor, args.agency, out)
    with app.unit_of_work() as uow:
        ready = ready_agencies(uow, agency_code=args.agency, actor=actor, now=app.clock())
    proposed = []
    for code in ready:
        with app.unit_of_work() as uow:
            number = propose_disposition(uow, code, actor=actor, now=app.clock()).number
        proposed.append({"disposition": number, "agency": code})
    today = local_date(app.clock())
    with app.unit_of_work() as uow:
        page = due(uow.session, actor=actor, until=today, today=today, agency_code=args.agency)
    standings: dict[str, int] = {}
    for line in page.lines:
        standings[line.standing(today)] = standings.get(line.standing(today), 0) + 1
    notices = [_line(line, today) for line in noticed]
    out.document({"today": today, "notices": notices, "proposed": proposed, "due": standings})
    out.say(i18n.text("due.noticed_now", count=len(notices)))
    _table(notices, ("dossier", "title", "agency", "due_on", "series"), out)
    for each in proposed:
        out.say(i18n.text("due.proposed_now", **each))
    for standing, count in sorted(standings.items()):
        out.say(f"{i18n.text(f'due.{standing}')}: {count}")
    out.note(i18n.text("due.nothing_destroyed"))
    return 0


def _give_all(app: App, actor: Actor, agency_code: str | None, out: Output) -> list[DueLine]:
    noticed: list[DueLine] = []
    with out.progress(i18n.text("due.working")) as show:
        while True:
            with app.unit_of_work() as uow:
                given = give_notices(uow, agency_code=agency_code, actor=actor, now=app.clock())
            noticed += given
            show(len(noticed), None)
            if len(given) < PORTION:
                return noticed


def _explain(app: App, actor: Actor, args: argparse.Namespace, out: Output) -> int:
    with app.unit_of_work() as uow:
        found = explain(uow.session, args.id, actor=actor, today=local_date(app.clock()))
    out.document(_document(found))
    out.say(f"{found.code} — {found.title} ({found.agency_name})")
    out.say(_say(found.summary))
    for heading, lines in (
        ("rules", [line for rule in found.rules_that_are("confirmed") for line in _rule_lines(rule)]),
        ("steps", [_say(step) for step in found.steps]),
        ("events", [_event(each) for each in found.events if each.counts]),
        ("holds", [f"{hold.reason} ({hold.authority})" for hold in found.holds]),
        ("proposals", [line for rule in found.rules_that_are("proposed") for line in _rule_lines(rule)]),
        ("changes", [_say(change) for change in found.changes]),
    ):
        if lines:
            out.say("")
            out.say(i18n.text(f"retention_command.{heading}"))
        for line in lines:
            out.say(f"  {line}")
    return 0


def _rule_lines(rule: RuleView) -> list[str]:
    until = rule.valid_to or "…"
    lines = [
        f"- {rule.title}" + (f": {rule.term}" if rule.term else ""),
        i18n.text(
            "retention_command.basis",
            basis=rule.legal_basis,
            schedule=rule.schedule,
            version=rule.version,
            valid_from=rule.valid_from,
            valid_to=until,
        ),
    ]
    if rule.reasons:
        lines.append(i18n.text("retention_command.reasons", reasons="; ".join(rule.reasons)))
    if rule.confirmed_at is not None:
        day = local_date(rule.confirmed_at)
        lines.append(i18n.text("retention_command.confirmed", name=rule.confirmed_by, day=day))
    if rule.if_confirmed is not None:
        lines.append(i18n.text("retention_command.if_confirmed", then=_say(rule.if_confirmed)))
    return [lines[0], *(f"  {line}" for line in lines[1:])]


def _event(event: Any) -> str:
    return i18n.text("retention_command.event", event=event.event, day=event.happened_on, document=event.document)


def _document(found: Explanation) -> dict[str, Any]:
    """Sentences beside their values; ids are not for people."""
    document: dict[str, Any] = plain(found)
    document["summary"] = _say(found.summary)
    for name in ("steps", "changes"):
        document[name] = [_say(message) for message in getattr(found, name)]
    for name in ("dossier_id", "may_confirm"):
        del document[name]
    for each in (*document["rules"], *document["events"]):
        for name in {"id", "rule_id"} & each.keys():
            del each[name]
    for rule, view in zip(document["rules"], found.rules, strict=True):
        rule["state"] = view.state
        rule["if_confirmed"] = _say(view.if_confirmed) if view.if_confirmed else None
    return document


def _table(lines: list[dict[str, Any]], columns: tuple[str, ...], out: Output) -> None:
    if lines:
        out.table([i18n.text(f"column.{name}") for name in columns], [[row[name] for name in columns] for row in lines])


def _line(line: DueLine, today: date) -> dict[str, Any]:
    return {
        "dossier": line.code,
        "title": line.title,
        "agency": line.agency_code,
        "due_on": line.due_on.isoformat(),
        "series": line.rule,
        "standing": i18n.text(f"due.{line.standing(today)}"),
        "state": str(line.standing(today)),
        "holds": line.holds,
        "noticed_at": line.noticed_at,
        "disposition": line.disposition,
    }


def _say(message: Message) -> str:
    return i18n.text(message.id, **message.values)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(i18n.text("retention_command.day_invalid", given=text)) from None
