"""archive programme ACT: how far targets and tasks have come; import and export of what is planned."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor, local_date
from archive.access.permissions import Permission
from archive.actions.programme import ProgrammeImport, import_programme, plan_import
from archive.bootstrap import App
from archive.cli.errors import FINDINGS
from archive.cli.holdings import add_act, caller, opened
from archive.cli.output import Output, findings_of, plain
from archive.errors import InvalidInput, NotAllowed
from archive.intake.programme_sheet import Kind, heading
from archive.intake.sheets import read_sheet
from archive.queries.figures import STAGES
from archive.queries.programme import Programme, programme
from archive.queries.programme_sheets import progress_rows, quality_rows, registry_rows
from archive.queries.progress import Progress
from archive.queries.quality import quality
from archive.queries.sheets import write_xlsx

KINDS = {"targets": Kind.TARGET, "tasks": Kind.TASK, "shares": Kind.PLAN}


def add(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    show = add_act(acts, "programme_command.show")
    show.add_argument("--task", type=int, metavar="N", help=i18n.text("programme_command.task"))
    show.add_argument("--agency", metavar="CODE", help=i18n.text("programme_command.agency"))
    load = add_act(acts, "programme_command.import")
    load.add_argument("file", type=Path, metavar="FILE", help=i18n.text("programme_command.file"))
    load.add_argument("--kind", choices=KINDS, default="tasks", help=i18n.text("programme_command.kind"))
    load.add_argument("--dry-run", action="store_true", help=i18n.text("programme_command.dry_run"))
    export = add_act(acts, "programme_command.export")
    export.add_argument("out", type=Path, metavar="OUT", help=i18n.text("programme_command.out"))
    export.add_argument(
        "--kind", choices=("progress", *KINDS), default="progress", help=i18n.text("programme_command.what")
    )
    export.add_argument("--agency", metavar="CODE", help=i18n.text("programme_command.agency"))


def run(args: argparse.Namespace, out: Output) -> int:
    return {"show": _show, "import": _import, "export": _export}[args.act](args, out)


def _show(args: argparse.Namespace, out: Output) -> int:
    with opened() as app:
        told = _programme(app, caller(app, args.as_user), args.agency)
    tasks = told.tasks if args.task is None else (told.task(args.task),)
    out.document(
        {
            "pace": {"first": told.period.first, "last": told.period.last},
            "targets": [{"number": each.number, "title": each.title, "source": each.source} for each in told.targets],
            "tasks": [
                {
                    "number": task.number,
                    "title": task.title,
                    "target": task.target_number,
                    "owner": task.owner_code,
                    **_plain(task.progress),
                    "agencies": [{"agency": part.agency_code, **_plain(part.progress)} for part in task.agencies],
                }
                for task in tasks
            ],
        }
    )
    figures = [i18n.text(f"programme.figure_{stage}") for stage in STAGES]
    names = ("percent", "planned_quantity", "unit", "due_on", "outlook", "expected_on")
    rows: list[tuple[object, ...]] = []
    for task in tasks:
        rows.append((task.number, task.title or i18n.text("page.task_untitled"), *_row(task.progress)))
        if args.task is not None:
            rows += [("", f"{part.agency_name} ({part.agency_code})", *_row(part.progress)) for part in task.agencies]
    out.table([heading("number"), heading("task"), *figures, *map(heading, names)], rows)
    return 0


def _import(args: argparse.Namespace, out: Output) -> int:
    args.file.stat()
    kind, sheet = KINDS[args.kind], read_sheet(args.file)
    with opened() as app:
        how: dict[str, Any] = {"actor": caller(app, args.as_user), "now": app.clock()}
        with app.unit_of_work() as uow:
            plan = plan_import(uow, kind, sheet, **how)
        imports = not (args.dry_run or plan.findings)
        if imports:
            with app.unit_of_work() as uow:
                plan = import_programme(uow, kind, sheet, **how)
    return _tell(plan, out, imported=imports)


def _tell(plan: ProgrammeImport, out: Output, *, imported: bool) -> int:
    found = findings_of(plan.findings)
    out.document({"imported": imported, "changes": plain(plan.changes), "unchanged": plan.unchanged, "findings": found})
    if plan.findings:
        columns = [i18n.text(f"page.sheet.{name}") for name in ("line", "column", "finding")]
        out.table(columns, [(each.line or "", each.column, each.text) for each in plan.findings])
        out.say(i18n.text("programme.has_findings", count=len(plan.findings)))
        return FINDINGS
    changed = [
        (change.line, f"{' · '.join(map(str, change.key))}: {heading(field.name)}", field.before, field.after)
        for change in plan.changes
        for field in change.fields
    ]
    if changed:
        names = ("sheet.line", "programme.column", "programme.before", "programme.after")
        out.table([i18n.text(f"page.{name}") for name in names], changed)
    told = "imported" if imported else "would_import"
    out.say(i18n.text(f"programme_command.{told}", changes=len(plan.changes), unchanged=plan.unchanged))
    return 0


def _export(args: argparse.Namespace, out: Output) -> int:
    with opened() as app:
        actor = caller(app, args.as_user)
        told = _programme(app, actor, args.agency if args.kind == "progress" else None)
        with app.unit_of_work() as uow:
            checked = quality(uow.session, actor=actor, agency=args.agency)
    if args.kind == "progress":
        sheets = {
            i18n.text("page.programme.progress"): progress_rows(told),
            i18n.text("page.programme.quality"): quality_rows(checked),
        }
    else:
        sheets = {i18n.text(f"programme.kind_{KINDS[args.kind]}"): registry_rows(KINDS[args.kind], told)}
    try:
        with args.out.open("xb") as file:
            file.write(write_xlsx(sheets))
    except FileExistsError:
        raise InvalidInput("programme_command.out_taken", field="out", out=args.out) from None
    out.document({"out": str(args.out)})
    out.say(i18n.text("programme_command.exported", out=args.out))
    return 0


def _programme(app: App, actor: Actor, agency: str | None) -> Programme:
    if not policy.may(actor, Permission.PROGRESS_READ):
        raise NotAllowed(permission=Permission.PROGRESS_READ)
    with app.unit_of_work() as uow:
        return programme(uow.session, actor=actor, today=local_date(app.clock()), agency=agency)


def _plain(progress: Progress) -> dict[str, Any]:
    """items: documents, whatever the unit; measured: in the plan's unit, null where records do not tell of it."""
    plan = progress.plan
    return {
        "items": {str(stage): progress.items[stage] for stage in STAGES},
        "measured": progress.measured and {str(stage): progress.measured[stage] for stage in STAGES},
        "planned_quantity": None if plan.planned_quantity is None else float(plan.planned_quantity),
        "unit": plan.unit,
        "due_on": plan.due_on,
        "percent": progress.percent,
        "published_lately": progress.pace.published,
        "received_lately": progress.pace.received,
        "outlook": str(progress.forecast.outlook),
        "expected_on": progress.forecast.expected_on,
    }


def _row(progress: Progress) -> tuple[object, ...]:
    plan = progress.plan
    quantity = None if plan.planned_quantity is None else f"{plan.planned_quantity:f}"
    percent = None if progress.percent is None else f"{progress.percent}%"
    outlook = i18n.text(f"programme.outlook_{progress.forecast.outlook}")
    counts = (progress.items[stage] for stage in STAGES)
    return *counts, percent, quantity, plan.unit, plan.due_on, outlook, progress.forecast.expected_on
