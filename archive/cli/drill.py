"""archive retention drill: does anything that is locked give way?"""

from __future__ import annotations

import argparse

from archive import i18n
from archive.cli.errors import FINDINGS
from archive.cli.holdings import add_as_user, caller, opened
from archive.cli.output import Output, plain
from archive.drill import DrillReport, run_drill


def add_act(act: str, parser: argparse.ArgumentParser) -> None:
    add_as_user(parser)


def run_act(args: argparse.Namespace, out: Output) -> int:
    with opened() as app:
        on_server = app.object_server is not None
        report = run_drill(app, actor=caller(app, args.as_user))
    out.document({"passed": report.passed, **plain(report)})
    columns = [i18n.text(f"column.{name}") for name in ("attempt", "outcome", "digest")]
    told = [(f"drill.attempt.{each.attempt}", f"drill.outcome.{each.outcome}", each.digest) for each in report.tried]
    out.table(columns, [(i18n.text(attempt), i18n.text(outcome), digest) for attempt, outcome, digest in told])
    if report.passed:
        objects = len({each.digest for each in report.tried})
        out.say(i18n.text("drill.passed", count=len(report.tried), objects=objects, compared=report.compared))
        return 0
    out.say(i18n.text("drill.failed", count=len(report.gave_way)))
    for way in ways_out(report, on_server=on_server):
        out.say(f"- {i18n.text(way)}")
    return FINDINGS


def ways_out(report: DrillReport, *, on_server: bool) -> list[str]:
    """What to do about what gave way: of records, and of the account that the service runs as."""
    kinds = {each.attempt == "record_held" for each in report.gave_way}
    account = "drill.way_out.server" if on_server else "drill.way_out.directory"
    return [way for about_record, way in ((False, account), (True, "drill.way_out.record")) if about_record in kinds]
