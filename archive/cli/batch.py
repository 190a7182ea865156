"""archive batch [NUMBER]: one delivery with its reconciliation, or the newest deliveries."""

from __future__ import annotations

import argparse
from typing import Any

from archive import i18n
from archive.access.identity import local_date
from archive.cli.errors import FINDINGS
from archive.cli.holdings import add_as_user, caller, opened
from archive.cli.output import Output, plain
from archive.queries import batches


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", nargs="?", metavar="NUMBER", help=i18n.text("batch.number"))
    parser.add_argument("--limit", type=int, default=50, metavar="N", help=i18n.text("batch.limit"))
    add_as_user(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    with opened() as app:
        actor = caller(app, args.as_user)
        with app.unit_of_work() as uow:
            if args.number is not None:
                return show(batches.to_json(batches.batch(uow.session, args.number, actor=actor)), out)
            lines = batches.batches(uow.session, actor=actor, limit=args.limit)
    out.document({"batches": [plain(line) for line in lines]})
    columns = [i18n.text(f"column.{name}") for name in ("batch", "agency", "task", "date")]
    rows = [(line.number, line.agency_code, line.task_number, i18n.day(local_date(line.opened_at))) for line in lines]
    out.table(columns, rows)
    return 0


def show(document: dict[str, Any], out: Output) -> int:
    """Say what became of every file; findings are files that were refused, stopped or not explained."""
    out.document(document)
    counts = {name: len(document[name]) for name in ("duplicates", "refused", "quarantined")}
    out.say(i18n.text("batch.reconciled", **{**document, **counts}))
    if document["items"]:
        out.say(", ".join(f"{i18n.text(f'batch.{state}')}: {count}" for state, count in document["items"].items()))
    columns = [i18n.text(f"column.{name}") for name in ("file", "reason")]
    if document["refused"]:
        out.table(columns, [(each["name"], each["reason"]) for each in document["refused"]])
    columns = [i18n.text(f"column.{name}") for name in ("receipt", "reason")]
    if document["quarantined"]:
        out.table(columns, [(each["receipt"], each["reason"]) for each in document["quarantined"]])
    return FINDINGS if counts["refused"] or counts["quarantined"] or document["unexplained"] else 0
