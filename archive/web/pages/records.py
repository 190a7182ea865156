"""The records behind a figure, as a list that can be turned page by page, and as a workbook."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from fastapi import APIRouter, Response

from archive import i18n
from archive.access.identity import local_date
from archive.access.permissions import Permission
from archive.errors import InvalidInput
from archive.queries.figures import Figure, Measure, Period, Selection
from archive.queries.programme_sheets import record_rows, sheet_title
from archive.queries.records import records
from archive.web.deps import SignedIn
from archive.web.form_values import number_given
from archive.web.xlsx import workbook

router = APIRouter()
ROWS = 100
SHEET_ROWS = 20_000


@router.get("/records")
def listed(visit: SignedIn, cursor: str = "") -> Response:
    visit.require(Permission.PROGRESS_READ)
    selection = _selection(visit.request.query_params)
    with visit.unit_of_work() as uow:
        found = records(uow.session, selection, actor=visit.actor, cursor=cursor or None, limit=ROWS)
    return visit.page("records.html", found=found, selection=selection, whole=replace(selection, measure=Measure.ITEMS))


@router.get("/records.xlsx")
def as_workbook(visit: SignedIn) -> Response:
    visit.require(Permission.PROGRESS_READ)
    selection = _selection(visit.request.query_params)
    with visit.unit_of_work() as uow:
        found = records(uow.session, selection, actor=visit.actor, limit=SHEET_ROWS)
    name = f"{i18n.text(f'programme.figure_{selection.figure}')} {local_date(visit.now)}"
    return workbook(name, {sheet_title(selection.measure): record_rows(found)})


def _selection(asked: Any) -> Selection:
    """Raises InvalidInput for what no figure asks."""
    return Selection(
        figure=_one_of(Figure, asked.get("figure", Figure.RECEIVED), "figure"),
        task=_number(asked.get("task"), "task"),
        target=_number(asked.get("target"), "target"),
        agency=asked.get("agency") or None,
        period=_period(asked.get("first"), asked.get("last")),
        measure=_one_of(Measure, asked.get("measure", Measure.ITEMS), "measure"),
    )


def _number(text: str | None, field: str) -> int | None:
    return number_given(text, field) if text else None


def _one_of(kind: type[Any], word: str, field: str) -> Any:
    try:
        return kind(word)
    except ValueError:
        raise InvalidInput("web.bad_request", field=field) from None


def _period(first: str | None, last: str | None) -> Period | None:
    if not first and not last:
        return None
    try:
        period = Period(date.fromisoformat(first or ""), date.fromisoformat(last or ""))
    except ValueError:
        raise InvalidInput("web.bad_request", field="first") from None
    if not 2000 <= period.first.year <= period.last.year <= 2100:
        raise InvalidInput("web.bad_request", field="first")
    return period
