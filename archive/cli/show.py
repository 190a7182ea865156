"""archive show ID: one item, by its receipt number or code."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from archive import i18n
from archive.actions.readings import open_record
from archive.cli.holdings import add_as_user, caller, opened
from archive.cli.output import Output, plain
from archive.queries.views import ItemView, Message, ReceiptView
from metadata.model import FieldValue

NOT_FOR_PEOPLE = ("id", "may", "publishable")  # ids are never shown; rights are asked for at each act


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help=i18n.text("show.id"))
    add_as_user(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    with opened() as app:
        actor = caller(app, args.as_user)
        with app.unit_of_work() as uow:
            view = open_record(uow, args.id, actor=actor, now=app.clock())
    if isinstance(view, ReceiptView):
        out.document(_document(view) | {"reason": _reason(view.reason)})
        _show_receipt(view, out)
    else:
        related = [_document(other) for other in view.related]
        out.document(_document(view) | {"related": related})
        _show_item(view, out)
    return 0


def _document(view: Any) -> dict[str, Any]:
    return {name: value for name, value in plain(view).items() if name not in NOT_FOR_PEOPLE}


def _reason(reason: Message | None) -> str | None:
    return i18n.text(reason.id, **reason.values) if reason else None


def _show_receipt(view: ReceiptView, out: Output) -> None:
    rows = [
        ("receipt", view.number),
        ("state", i18n.text(f"state.{view.state}")),
        ("reason", _reason(view.reason)),
        ("agency", view.agency_name),
        ("batch", view.batch_number),
        ("digest", view.digest),
        ("size", view.size_bytes),
    ]
    _properties(rows, out)


def _show_item(view: ItemView, out: Output) -> None:
    rows = [
        ("receipt", view.receipt),
        ("code", view.code),
        ("state", i18n.text(f"state.{view.state}")),
        ("title", view.title),
        ("dossier", " — ".join(part for part in (view.dossier_code, view.dossier_title) if part)),
        ("agency", view.agency_name),
        ("task", view.task_number),
        ("pages", view.page_count),
        ("file", view.file_name),
        ("digest", view.digest),
    ]
    _properties(rows, out)
    out.table(
        [i18n.text(f"column.{name}") for name in ("field", "value", "confidence", "page", "given_by")],
        [
            (
                i18n.text(f"page.field.{field.name}"),
                shown(field.value),
                f"{field.confidence:.0%}" + (" ?" if field.doubtful else ""),
                field.page,
                i18n.text(f"given_by.{field.given_by}"),
            )
            for field in view.fields
        ],
    )


def _properties(rows: Sequence[tuple[str, object]], out: Output) -> None:
    named = [(i18n.text(f"column.{name}"), value) for name, value in rows if value not in (None, "")]
    out.table([i18n.text("column.property"), i18n.text("column.value")], named)


def shown(value: FieldValue) -> str:
    return "; ".join(value) if isinstance(value, list) else str(value)
