"""archive audit verify [EXPORT]: the hash chain of the trail; archive audit export OUT: a copy to keep elsewhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from archive import audit, i18n
from archive.access import policy
from archive.access.permissions import Permission
from archive.cli.errors import FINDINGS
from archive.cli.holdings import add_as_user, caller, opened
from archive.cli.output import Output, plain
from archive.errors import InvalidInput


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("act", choices=("verify", "export"), help=i18n.text("audit.act"))
    parser.add_argument("path", nargs="?", type=Path, metavar="EXPORT", help=i18n.text("audit.path"))
    add_as_user(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    if args.act == "export":
        return _export(args, out)
    with opened() as app, app.unit_of_work() as uow:
        report = audit.verify(uow.session)
        findings = list(report.findings)
        if args.path is not None:
            with args.path.open(encoding="utf-8") as lines:
                kept = audit.verify_export(lines)
            findings += kept.findings
            if not kept.findings:  # only a chain that is whole in itself says anything about ours
                with args.path.open(encoding="utf-8") as lines:
                    findings += audit.compare(uow.session, lines)
    told = [finding | {"message": i18n.text(finding["rule"], **finding)} for finding in plain(findings)]
    out.document({"sealed": report.sealed, "unsealed": report.unsealed, "head": report.head, "findings": told})
    out.say(i18n.text("audit.verified", sealed=report.sealed, unsealed=report.unsealed, head=report.head))
    for finding in told:
        out.say(finding["message"])
    return FINDINGS if findings else 0


def _export(args: argparse.Namespace, out: Output) -> int:
    if args.path is None:
        raise InvalidInput("audit.export_where", field="path")
    with opened() as app:
        actor = caller(app, args.as_user)
        policy.require(actor, Permission.AUDIT_READ)
        with app.unit_of_work() as uow, args.path.open("x", encoding="utf-8") as target:
            links = 0
            for line in audit.export(uow.session):
                target.write(line + "\n")
                links += 1
    out.document({"out": str(args.path), "links": links})
    out.say(i18n.text("audit.exported", links=links, out=args.path))
    return 0
