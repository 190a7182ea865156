"""archive reconcile: do database, store, quarantine and index agree?"""

from __future__ import annotations

import argparse

from archive import i18n
from archive.cli.errors import FINDINGS
from archive.cli.holdings import opened
from archive.cli.output import Output, plain
from archive.reconcile import reconcile


def add(parser: argparse.ArgumentParser) -> None:
    """It has no arguments of its own."""


def run(args: argparse.Namespace, out: Output) -> int:
    with opened() as app:
        report = reconcile(app)
    told = [each | {"message": i18n.text(f"reconcile.{each['rule']}", **each)} for each in plain(report.findings)]
    figures = {name: getattr(report, name) for name in ("objects", "items", "quarantined", "indexed", "waiting")}
    out.document({"agrees": report.agrees, **figures, "findings": told})
    out.say(i18n.text("reconcile.agrees" if report.agrees else "reconcile.differs", count=len(told), **figures))
    if told:
        columns = [i18n.text(f"column.{name}") for name in ("rule", "place", "expected", "found_value")]
        out.table(columns, [(each["message"], each["place"], each["expected"], each["found"]) for each in told])
    return 0 if report.agrees else FINDINGS
