"""archive restore IN: holdings from a backup, where there are none."""

from __future__ import annotations

import argparse
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from archive import i18n, indexing
from archive.access.identity import OFFICE_HOURS
from archive.cli.errors import FINDINGS
from archive.cli.holdings import opened, os_user
from archive.cli.output import Output, plain
from archive.protection import tell_store
from archive.reconcile import reconcile
from archive.restore import restore
from archive.service import index_writer
from archive.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path, metavar="IN", help=i18n.text("restore.in"))


def run(args: argparse.Namespace, out: Output) -> int:
    settings = Settings.read(os.environ)
    with out.progress(i18n.text("restore.working")) as show:
        restored = restore(settings, args.directory.absolute(), os_user=os_user(), progress=show)
    with opened() as app:
        tell_store(app)
        with index_writer(app):
            indexing.rebuild(app)
            indexing.drain(app)
        report = reconcile(app)
    lacking = [
        plain(each) | {"message": i18n.text(f"backup.{each.rule}", place=each.place)}
        for each in (*restored.backup.findings, *restored.found)
    ]
    differing = [each | {"message": i18n.text(f"reconcile.{each['rule']}", **each)} for each in plain(report.findings)]
    made = restored.backup
    out.document(
        {
            "backup": made.made_at,
            "objects": report.objects,
            "waiting": made.waiting,
            "indexed": report.indexed,
            "findings": lacking + differing,
        }
    )
    figures: dict[str, Any] = {"objects": report.objects, "waiting": made.waiting, "indexed": report.indexed}
    made_at = datetime.fromisoformat(made.made_at).astimezone(OFFICE_HOURS).strftime("%H:%M ngày %d/%m/%Y")
    out.say(i18n.text("restore.done", made_at=made_at, findings=len(lacking + differing), **figures))
    for finding in lacking + differing:
        out.say(finding["message"])
    return FINDINGS if lacking or differing else 0
