"""archive reindex: throw the index away and build it from the holdings."""

from __future__ import annotations

import argparse
from typing import Any

from archive import i18n, indexing
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.bootstrap import App
from archive.cli.errors import FINDINGS
from archive.cli.holdings import add_as_user, caller, opened
from archive.cli.output import Output
from archive.cli.serving import in_service
from archive.service import index_writer
from archive.service_socket import Progress


def add(parser: argparse.ArgumentParser) -> None:
    add_as_user(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    arguments = {"as_user": args.as_user}
    with out.progress(i18n.text("reindex.working")) as show:

        def progress(_: str, done: int, of: int) -> None:
            show(done, of)

        document = in_service("reindex", arguments, progress, out)
        if document is None:
            with opened() as app, index_writer(app):
                document = perform(app, caller(app, args.as_user), arguments, progress)
    out.document(document)
    out.say(i18n.text("reindex.done", indexed=document["indexed"], failed=len(document["failed"])))
    for receipt in document["failed"]:
        out.say(receipt)
    return FINDINGS if document["failed"] else 0


def perform(app: App, actor: Actor, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """The caller's process holds the index: the service, or whoever has taken `index_writer`."""
    if not policy.may(actor, Permission.SERVICE_OPERATE):
        policy.require(actor, Permission.ITEM_RECOGNISE)
    rebuilt = indexing.rebuild(app, lambda done, of: progress("reindex", done, of))
    indexing.drain(app)
    return {"indexed": rebuilt.indexed, "failed": rebuilt.failed}
