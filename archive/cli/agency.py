"""archive agency ACT: agencies in time; who holds the records of one that is no more; import from lists and sheets."""

from __future__ import annotations

import argparse
from datetime import date, datetime
from pathlib import Path
from typing import Any

from archive import i18n
from archive.access.identity import local_date
from archive.actions.agency_import import Imported, import_agencies
from archive.cli.errors import FINDINGS
from archive.cli.holdings import add_act, caller, opened
from archive.cli.output import Output, findings_of, plain
from archive.errors import InvalidInput
from archive.intake.agency_rows import AgencyRows
from archive.intake.agency_sheet import agency_rows
from archive.intake.sheets import read_sheet
from archive.intake.unit_lists import Reform, unit_rows
from archive.queries import agencies, custody

SHOWN = 40  # lines of a table; the document of --json has all
NOT_FOR_PEOPLE = ("id", "may", "may_move")


def add(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    show = add_act(acts, "agency_command.show")
    show.add_argument("code", nargs="?", metavar="CODE", help=i18n.text("agency_command.code"))
    show.add_argument("--ended", action="store_true", help=i18n.text("agency_command.ended"))
    holder = add_act(acts, "agency_command.holder")
    holder.add_argument("asked", nargs="+", metavar="TEXT", help=i18n.text("agency_command.asked"))
    load = add_act(acts, "agency_command.import")
    load.add_argument("file", type=Path, metavar="FILE", help=i18n.text("agency_command.file"))
    load.add_argument("--dry-run", action="store_true", help=i18n.text("agency_command.dry_run"))
    load.add_argument("--former", type=Path, metavar="FILE", help=i18n.text("agency_command.former"))
    load.add_argument("--province", metavar="NAME", help=i18n.text("agency_command.province"))
    load.add_argument("--under", metavar="CODE", help=i18n.text("agency_command.under"))
    load.add_argument("--effective", metavar="DATE", help=i18n.text("agency_command.effective"))
    load.add_argument("--basis", metavar="TEXT", help=i18n.text("agency_command.basis"))


def run(args: argparse.Namespace, out: Output) -> int:
    return {"show": _show, "holder": _holder, "import": _import}[args.act](args, out)


def _show(args: argparse.Namespace, out: Output) -> int:
    with opened() as app:
        actor, today = caller(app, args.as_user), local_date(app.clock())
        with app.unit_of_work() as uow:
            if args.code is None:
                listed = agencies.directory(uow.session, actor=actor, today=today, ended=args.ended, limit=100_000)
            else:
                one = agencies.agency(uow.session, args.code, actor=actor)
                fonds = custody.created_fonds(uow.session, one.id, actor=actor, today=today)
                fonds += custody.held_fonds(uow.session, one.id, actor=actor, today=today)
    if args.code is None:
        out.document({"agencies": [plain(line) for line in listed]})
        rows = [(line.code, line.name, line.parent and line.parent.code, *_period(line)) for line in listed]
        out.table(_columns("code", "agency", "above", "from", "to"), rows)
        return 0
    out.document(_shown(plain(one)) | {"fonds": _shown(plain(fonds))})
    line = one.line
    out.say(f"{line.code} — {line.name}")
    out.table(_columns("scheme", "value", "from", "to"), [
        (i18n.text(f"agency.scheme_{each.scheme}"), each.value, *_period(each)) for each in one.identifiers
    ])  # fmt: skip
    _tell_successions(out, (*one.predecessors, *one.successors))
    _tell_fonds(out, fonds)
    return 0


def _holder(args: argparse.Namespace, out: Output) -> int:
    with opened() as app:
        actor, today = caller(app, args.as_user), local_date(app.clock())
        with app.unit_of_work() as uow:
            answer = custody.holder(uow.session, " ".join(args.asked), actor=actor, today=today)
    out.document(_shown(plain(answer)))
    if not answer.holdings:
        out.say(i18n.text("page.holder.nothing", asked=answer.asked))
        return FINDINGS
    for holding in answer.holdings:
        agency = holding.agency
        ended = f" ({i18n.text('page.agencies.ended', day=_day(agency.valid_to))})" if agency.valid_to else ""
        out.say(f"{agency.code} — {agency.name}{ended}")
        _tell_successions(out, holding.chain)
        _tell_fonds(out, holding.fonds)
    if answer.more:
        out.say(i18n.text("page.holder.more", count=answer.more))
    return 0


def _import(args: argparse.Namespace, out: Output) -> int:
    """Nothing is changed by a dry run, nor where anything is found wrong."""
    rows = _rows(args)
    with opened() as app:
        actor, now = caller(app, args.as_user), app.clock()
        with app.unit_of_work() as uow:
            done = import_agencies(uow, rows, actor=actor, now=now)
            applied = not args.dry_run and not done.findings
            if not applied:
                uow.session.rollback()
    out.document({
        "applied": applied,
        "changes": [plain(change) for change in done.changes],
        "findings": findings_of(done.findings),
    })  # fmt: skip
    _tell_import(done, out, applied=applied)
    return FINDINGS if done.findings else 0


def _rows(args: argparse.Namespace) -> AgencyRows:
    if args.former is None:
        return agency_rows(read_sheet(args.file))
    for name in ("province", "under", "effective", "basis"):
        if not getattr(args, name):
            raise InvalidInput("agency_command.needed", field=name, option=f"--{name}")
    try:
        effective_on = date.fromisoformat(args.effective)
    except ValueError:
        raise InvalidInput("agency_command.day", field="effective", value=args.effective) from None
    return unit_rows(args.file, args.former, Reform(args.province, args.under, effective_on, args.basis))


def _tell_import(done: Imported, out: Output, *, applied: bool) -> None:
    rows = [(change.line, i18n.text(f"agency.act_{change.act}"), change.code, change.name, change.told)
            for change in done.changes]  # fmt: skip
    out.table(_columns("line", "change", "code", "agency", "value"), rows[:SHOWN])
    if len(rows) > SHOWN:
        out.say(i18n.text("agency_command.more", count=len(rows) - SHOWN))
    if done.findings:
        out.table(_columns("line", "finding"), [(each.line, each.text) for each in done.findings[:SHOWN]])
        out.say(i18n.text("agency_command.findings", count=len(done.findings)))
        return
    counts: dict[str, Any] = {act: done.count(act) for act in ("created", "followed", "ended", "identified")}
    out.say(i18n.text("agency_command.applied" if applied else "agency_command.dry", **counts))


def _tell_successions(out: Output, lines: tuple[agencies.SuccessionLine, ...]) -> None:
    if lines:
        out.table(_columns("date", "change", "former", "successor", "legal_basis"), [
            (_day(line.effective_on), i18n.text(f"agency.kind_{line.kind}") + (" *" if line.partial else ""),
             f"{line.predecessor.name} ({line.predecessor.code})", f"{line.successor.name} ({line.successor.code})",
             line.legal_basis)
            for line in lines
        ])  # fmt: skip
        if any(line.partial for line in lines):
            out.say(f"* {i18n.text('page.agencies.partial')}")


def _tell_fonds(out: Output, fonds: tuple[custody.FondCustody, ...]) -> None:
    rows = []
    for fond in fonds:
        now = fond.present
        basis = "; ".join(part for part in (now.legal_basis, now.document) if part)
        waits = i18n.text("page.holder.waits") if fond.waits else ""
        rows.append(
            (fond.code, fond.creator.name, f"{now.holder.name} ({now.holder.code})", _day(now.since), basis or waits)
        )
    if rows:
        out.table(_columns("fond", "creator", "holder", "from", "legal_basis"), rows)


def _shown(told: Any) -> Any:
    """Without ids and rights, which are not for people."""
    if isinstance(told, list):
        return [_shown(part) for part in told]
    if isinstance(told, dict):
        return {name: _shown(value) for name, value in told.items() if name not in NOT_FOR_PEOPLE}
    return told


def _columns(*names: str) -> list[str]:
    return [i18n.text(f"column.{name}") for name in names]


def _period(line: Any) -> tuple[str, str]:
    return _day(line.valid_from), _day(line.valid_to)


def _day(day: date | datetime | None) -> str:
    if isinstance(day, datetime):
        day = local_date(day)
    return "" if day is None else i18n.day(day)
