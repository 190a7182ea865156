"""The programme as sheets: what people carry into a meeting, and what they fill in and import again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archive import i18n
from archive.intake.programme_sheet import FIELDS, KEYS, Kind, heading
from archive.queries.figures import DEFECTS, STAGES, Figure, Measure
from archive.queries.programme import Programme, TaskLine
from archive.queries.progress import Plan, Progress
from archive.queries.quality import Quality
from archive.queries.records import DossierRecord, RecordLine, Records
from archive.queries.sheets import Cell

Rows = Iterator[Sequence[Cell]]
CHECKED = (Figure.STOPPED, Figure.UNCLEAR, *DEFECTS, Figure.FAULTY)


def progress_rows(programme: Programme) -> Rows:
    """Each task, and below it each agency's part."""
    yield [
        *_headings("number", "title", "agency_name"),
        *_figures(STAGES),
        *_headings("planned_quantity", "unit", "measured", "percent", "due_on", "received_a_week", "published_a_week"),
        *_headings("outlook", "expected_on"),
    ]
    for task in programme.tasks:
        yield [task.number, task.title, None, *_progress(task.progress)]
        for part in task.agencies:
            yield [task.number, task.title, f"{part.agency_name} ({part.agency_code})", *_progress(part.progress)]


def quality_rows(quality: Quality) -> Rows:
    """Shares as parts of 1."""
    yield [
        *_headings("task", "agency_name"),
        *_figures((Figure.RECOGNISED, *CHECKED)),
        *_headings("faulty_share", "corrected_fields", "fields", "corrected_share"),
    ]
    for line in quality.lines:
        counts = [line.counts[figure] for figure in (Figure.RECOGNISED, *CHECKED)]
        shares = [line.faulty_share, line.corrected_fields, line.fields, line.corrected_share]
        yield [line.task, f"{line.agency_name} ({line.agency_code})", *counts, *shares]


def registry_rows(kind: Kind, programme: Programme) -> Rows:
    """What is filled in so far, in the columns that an import takes: importing it unchanged changes nothing."""
    yield [heading(name) for name in (*KEYS[kind], *FIELDS[kind])]
    match kind:
        case Kind.TARGET:
            yield from ([target.number, target.title, target.source] for target in programme.targets)
        case Kind.TASK:
            yield from (_task(task) for task in programme.tasks)
        case Kind.PLAN:
            for task in programme.tasks:
                for part in task.agencies:
                    plan = part.progress.plan
                    yield [task.number, part.agency_code, *_plan(plan), plan.source]


def record_rows(found: Records) -> Rows:
    """The list behind a figure; its last line says how many more there are that this reader may not see."""
    yield _headings(
        "receipt", "item_code", "title", "notation", "issued_date", "pages", "agency_name", "task", "state", "date"
    )
    for line in found.lines:
        yield _dossier(line) if isinstance(line, DossierRecord) else _record(line)
    if beyond := found.counted - len(found.lines):
        yield [i18n.text("programme.sheet_beyond", count=beyond)]


def _task(task: TaskLine) -> list[Cell]:
    plan = task.progress.plan
    return [task.number, task.title, task.target_number, task.owner_code, *_plan(plan), task.source]


def _plan(plan: Plan) -> list[Cell]:
    return [plan.planned_quantity, plan.unit, plan.due_on]


def _progress(progress: Progress) -> list[Cell]:
    plan, pace = progress.plan, progress.pace
    measured = None if progress.measured is None else progress.measured[Figure.PUBLISHED]
    return [
        *(progress.items[stage] for stage in STAGES),
        plan.planned_quantity,
        plan.unit,
        measured,
        progress.percent,
        plan.due_on,
        pace.received_a_week,
        pace.published_a_week,
        i18n.text(f"programme.outlook_{progress.forecast.outlook}"),
        progress.forecast.expected_on,
    ]


def _record(line: RecordLine) -> list[Cell]:
    item = line.item
    described: list[Cell] = [None] * 5
    if item is not None:
        described = [item.code, item.title, item.notation, item.issued_date, item.page_count]
    state = i18n.text(f"state.{line.state}")
    return [line.receipt, *described, line.agency_name, line.task_number, state, line.received_at]


def _dossier(line: DossierRecord) -> list[Cell]:
    return [None, line.code, line.title, None, None, None, line.agency_name, None, None, None]


def _headings(*names: str) -> list[Cell]:
    return [i18n.text(f"programme.column_{name}") for name in names]


def _figures(figures: Iterable[Figure]) -> list[Cell]:
    return [i18n.text(f"programme.figure_{figure}") for figure in figures]


def sheet_title(measure: Measure) -> str:
    return i18n.text(f"programme.measure_{measure}")
