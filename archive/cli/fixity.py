"""archive fixity [--repair]: do the stored bytes still match their digests?"""

from __future__ import annotations

import argparse
from typing import Any

from archive import i18n
from archive.access.identity import Actor
from archive.bootstrap import App
from archive.cli.errors import FINDINGS
from archive.cli.holdings import caller, opened
from archive.cli.output import Output, plain
from archive.cli.serving import in_service
from archive.fixity import verify_holdings
from archive.service_socket import Progress


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repair", action="store_true", help=i18n.text("fixity.repair"))
    parser.add_argument("--limit", type=int, metavar="N", help=i18n.text("fixity.limit"))


def run(args: argparse.Namespace, out: Output) -> int:
    arguments = {"limit": args.limit}
    with out.progress(i18n.text("fixity.working")) as show:

        def progress(_: str, done: int, of: int) -> None:
            show(done, of)

        document = in_service("fixity", arguments, progress, out)
        if document is None:
            with opened() as app:
                document = perform(app, caller(app), arguments, progress)
    for finding in document["findings"]:
        finding["message"] = i18n.text(f"fixity.{finding['rule']}")
        if args.repair:
            finding["repair"] = i18n.text(_way_out(finding))
    out.document(document)
    shown = {**document, "coverage": f"{document['coverage']:.0%}", "count": len(document["findings"])}
    out.say(i18n.text("fixity.verified", **shown))
    columns = [i18n.text(f"column.{name}") for name in ("rule", "kind", "receipt", "digest")]
    rows = [
        (f["message"], i18n.text(f"fixity.{f['kind']}"), ", ".join(f["receipts"]), f["digest"])
        for f in document["findings"]
    ]
    if rows:
        out.table(columns, rows)
    for way in sorted({f["repair"] for f in document["findings"] if args.repair}):
        out.say(way)
    return FINDINGS if document["findings"] else 0


def perform(app: App, actor: Actor, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Reads and dates only; anybody at the command line may."""
    report = verify_holdings(app, limit=arguments["limit"], progress=lambda done, of: progress("fixity", done, of))
    return {**plain(report), "coverage": round(report.coverage, 4)}


def _row(finding: dict[str, Any]) -> tuple[str, ...]:
    kind = i18n.text(f"fixity.{finding['kind']}")
    return finding["message"], kind, ", ".join(finding["receipts"]), finding["digest"]


def _way_out(finding: dict[str, Any]) -> str:
    """A master has no second copy in a directory store: only a backup has its bytes."""
    if finding["rule"] == "object_unlocked":
        return "fixity.locked_again"
    return "fixity.can_be_made_again" if finding["can_be_made_again"] else "fixity.only_from_backup"
