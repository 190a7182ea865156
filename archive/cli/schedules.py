"""archive retention import|schedules|propose: schedules as versioned data, and the rules proposed from them."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from archive import i18n
from archive.access.identity import Actor, local_date
from archive.actions.proposals import propose_rules, propose_waiting
from archive.actions.schedules import ScheduleHead, SchedulePlan, import_schedule, plan_schedule
from archive.bootstrap import App
from archive.cli.errors import FINDINGS
from archive.cli.holdings import add_as_user, caller, opened
from archive.cli.output import Output, findings_of, plain
from archive.errors import InvalidInput
from archive.intake.sheets import read_sheet
from archive.queries import schedules as queries
from archive.queries.proposals import CandidateLine, candidates

TEXTS = ("code", "title", "basis", "source")


def add_act(act: str, parser: argparse.ArgumentParser) -> None:
    match act:
        case "import":
            _add_import(parser)
        case "schedules":
            parser.add_argument("code", nargs="?", metavar="CODE", help=i18n.text("schedule.arg_which"))
            parser.add_argument(
                "version", nargs="?", type=int, metavar="VERSION", help=i18n.text("schedule.arg_version")
            )
        case "propose":
            parser.add_argument("dossier", nargs="?", metavar="DOSSIER", help=i18n.text("proposal.arg_dossier"))
            parser.add_argument("--dry-run", action="store_true", help=i18n.text("proposal.arg_dry_run"))
    add_as_user(parser)


def run_act(args: argparse.Namespace, out: Output) -> int:
    match args.act:
        case "import":
            return _import(args, out)
        case "propose":
            return _propose(args, out)
        case _:
            return _schedules(args, out)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sheet", type=Path, metavar="FILE", help=i18n.text("schedule.arg_sheet"))
    for name in TEXTS:
        parser.add_argument(f"--{name}", required=True, metavar="TEXT", help=i18n.text(f"schedule.arg_{name}"))
    parser.add_argument("--from", dest="valid_from", required=True, metavar="DATE", help=i18n.text("schedule.arg_from"))
    parser.add_argument("--to", dest="valid_to", metavar="DATE", help=i18n.text("schedule.arg_to"))
    parser.add_argument("--sector", metavar="TEXT", help=i18n.text("schedule.arg_sector"))
    parser.add_argument("--rows-of", default="", metavar="TEXT", help=i18n.text("schedule.arg_rows_of"))
    parser.add_argument("--close-previous", action="store_true", help=i18n.text("schedule.arg_close_previous"))
    parser.add_argument("--dry-run", action="store_true", help=i18n.text("schedule.arg_dry_run"))


def _import(args: argparse.Namespace, out: Output) -> int:
    args.sheet.stat()
    head = ScheduleHead(
        code=args.code.strip(),
        title=args.title.strip(),
        legal_basis=args.basis.strip(),
        source=args.source.strip(),
        valid_from=_day(args.valid_from, "from"),
        valid_to=_day(args.valid_to, "to") if args.valid_to else None,
        sector=args.sector.strip() if args.sector else None,
    )
    how: dict[str, Any] = {"rows_of": args.rows_of, "close_previous": args.close_previous}
    sheet = read_sheet(args.sheet)
    with opened() as app:
        how |= {"actor": caller(app, args.as_user), "now": app.clock()}
        with app.unit_of_work() as uow:
            plan = plan_schedule(uow, head, sheet, **how)
        imports = not (args.dry_run or plan.findings)
        if imports:
            with app.unit_of_work() as uow:
                plan = import_schedule(uow, head, sheet, **how)
    return _tell(plan, out, imported=imports)


def _tell(plan: SchedulePlan, out: Output, *, imported: bool) -> int:
    findings = findings_of(plan.findings)
    rules = [{"line": each.line, **asdict(each.rule)} for each in plan.rules]
    out.document(
        {
            "code": plan.head.code,
            "version": plan.version,
            "imported": imported and plan.known_as is None,
            "unchanged": plan.known_as is not None,
            "closes": plain(plan.closes),
            "passed_over": plan.passed_over,
            "findings": findings,
            "rules": plain(rules),
        }
    )
    if findings:
        out.table(_columns("line", "column", "finding"), [(f["line"] or "", f["column"], f["text"]) for f in findings])
    elif not imported and plan.known_as is None:
        rows = [(each.line, each.rule.group, each.rule.title, each.rule.term) for each in plan.rules]
        out.table(_columns("line", "group", "title", "term"), rows)
    out.say(_summary(plan, imported))
    if plan.closes is not None and plan.known_as is None:
        said = "schedule.closed_version" if imported else "schedule.closes_version"
        out.say(i18n.text(said, version=plan.closes.version, on=plan.closes.on))
    return FINDINGS if findings else 0


def _summary(plan: SchedulePlan, imported: bool) -> str:
    values: dict[str, Any] = {
        "code": plan.head.code,
        "version": plan.version,
        "rules": len(plan.rules),
        "count": len(plan.findings),
    }
    if plan.findings:
        return i18n.text("schedule.not_imported", **values)
    if plan.known_as is not None:
        return i18n.text("schedule.unchanged", **values)
    return i18n.text("schedule.imported" if imported else "schedule.would_import", **values)


def _schedules(args: argparse.Namespace, out: Output) -> int:
    with opened() as app:
        actor, today = caller(app, args.as_user), local_date(app.clock())
        with app.unit_of_work() as uow:
            if args.code is not None and args.version is not None:
                line = queries.schedule(uow.session, args.code, args.version, actor=actor)
                rules = queries.rules(uow.session, line.id).lines
                out.document({"schedule": plain(line), "rules": plain(rules)})
                out.say(f"{line.title} · {line.legal_basis} · {i18n.text(line.force(today))}")
                cells = [(rule.ordinal, rule.group, rule.title, rule.term) for rule in rules]
                out.table(_columns("place_in_list", "group", "title", "term"), cells)
                return 0
            lines = [each for each in queries.schedules(uow.session, actor=actor) if args.code in (None, each.code)]
    out.document({"schedules": plain(lines)})
    rows = [_row(each, today) for each in lines]
    out.table(_columns("code", "version", "title", "from", "to", "state", "rules"), rows)
    if not lines:
        out.say(i18n.text("schedule.none"))
    return 0


def _propose(args: argparse.Namespace, out: Output) -> int:
    """One dossier with its candidates; without one, all that nobody has looked at since something changed."""
    with opened() as app:
        actor = caller(app, args.as_user)
        if args.dossier is None:
            return _propose_all(app, actor, args, out)
        if not args.dry_run:
            with app.unit_of_work() as uow:
                propose_rules(uow, args.dossier, actor=actor, now=app.clock())
        with app.unit_of_work() as uow:
            view = candidates(uow.session, args.dossier, actor=actor, today=local_date(app.clock()))
    out.document(plain(view))
    rows = [(_mark(each), each.score, each.title, each.term, "; ".join(each.reasons)) for each in view.candidates]
    out.table(_columns("proposed", "score", "title", "term", "reasons"), rows, title=f"{view.code} · {view.title}")
    if view.silence is not None:
        out.say(view.silence)
    return 0


def _propose_all(app: App, actor: Actor, args: argparse.Namespace, out: Output) -> int:
    if args.dry_run:
        raise InvalidInput("proposal.dry_run_needs_dossier", field="dossier")
    looked = 0
    with out.progress(i18n.text("proposal.looking")) as show:
        while done := propose_waiting(app, actor=actor):
            looked += done
            show(looked, None)
    out.document({"looked_at": looked})
    out.say(i18n.text("proposal.looked", count=looked))
    return 0


def _mark(line: CandidateLine) -> str:
    for said in ("confirmed", "declined", "proposed"):
        if getattr(line, said):
            return i18n.text(f"proposal.mark_{said}")
    return ""


def _row(line: queries.ScheduleLine, today: date) -> tuple[object, ...]:
    state = i18n.text(line.force(today))
    return line.code, line.version, line.title, line.valid_from, line.valid_to, state, line.rules


def _columns(*names: str) -> list[str]:
    return [i18n.text(f"schedule.column_{name}") for name in names]


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput("schedule.day_invalid", field=field) from None
