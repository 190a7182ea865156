"""archive ingest PATH...: files, folders and zip files become a batch, in the running service or in this process."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from archive import i18n
from archive.access.identity import Actor
from archive.actions.deliver import deliver_paths
from archive.bootstrap import App
from archive.cli import batch
from archive.cli.holdings import add_as_user, caller, opened
from archive.cli.output import Output
from archive.cli.serving import in_service
from archive.queries.batches import batch as batch_view
from archive.queries.batches import to_json
from archive.service import run_background, wait_for_batch
from archive.service_socket import Progress

RECEIVING, WORKING = "receiving", "working"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help=i18n.text("ingest.path"))
    parser.add_argument("--agency", required=True, metavar="CODE", help=i18n.text("ingest.agency"))
    parser.add_argument("--task", required=True, type=int, metavar="N", help=i18n.text("ingest.task"))
    parser.add_argument("--dossier", metavar="CODE", help=i18n.text("ingest.dossier"))
    parser.add_argument("--scanner", metavar="CODE", help=i18n.text("ingest.scanner"))
    parser.add_argument("--wait", action="store_true", help=i18n.text("ingest.wait"))
    add_as_user(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    for path in args.paths:
        path.stat()  # a path that is not there is a wrong command line, before anything is opened
    arguments = {
        "paths": [str(path.absolute()) for path in args.paths],
        "agency": args.agency,
        "task": args.task,
        "dossier": args.dossier,
        "scanner": args.scanner,
        "wait": args.wait,
        "as_user": args.as_user,
    }
    with _progress(out) as progress:
        document = in_service("ingest", arguments, progress, out)
        if document is None:
            document = _here(arguments, progress)
            if document["items"].get("received"):
                out.note(i18n.text("ingest.no_service"))
    return batch.show(document, out)


def perform(app: App, actor: Actor, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Receive everything and, if asked to, wait until it is worked through; the batch's document."""
    number = _deliver(app, actor, arguments, progress)
    if arguments["wait"]:
        wait_for_batch(app, number, lambda done, of: progress(WORKING, done, of))
    return _document(app, number, actor)


def _here(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    with opened(working=True) as app:
        actor = caller(app, arguments["as_user"])
        if not arguments["wait"]:
            return perform(app, actor, arguments, progress)
        with run_background(app) as background:
            number = _deliver(app, actor, arguments, progress)
            background.wait_for(number, lambda done, of: progress(WORKING, done, of))
        return _document(app, number, actor)


def _deliver(app: App, actor: Actor, arguments: dict[str, Any], progress: Progress) -> str:
    return deliver_paths(
        app,
        [Path(path) for path in arguments["paths"]],
        agency_code=arguments["agency"],
        task_number=arguments["task"],
        dossier_code=arguments["dossier"],
        scanner_code=arguments["scanner"],
        actor=actor,
        on_batch=lambda number: progress(number, 0, 0),
        on_file=lambda done, of, received: progress(RECEIVING, done, of),
    )


def _document(app: App, number: str, actor: Actor) -> dict[str, Any]:
    with app.unit_of_work() as uow:
        return to_json(batch_view(uow.session, number, actor=actor))


@contextmanager
def _progress(out: Output) -> Iterator[Progress]:
    """A bar for each part of the work, one after the other, and the batch's number as soon as there is one."""
    with ExitStack() as shown:
        bars: dict[str, Callable[[int, int | None], None]] = {}

        def tell(subject: str, done: int, of: int) -> None:
            if subject not in (RECEIVING, WORKING):
                out.note(i18n.text("ingest.batch_opened", number=subject))
                return
            if subject not in bars:
                shown.close()
                bars[subject] = shown.enter_context(out.progress(i18n.text(f"ingest.{subject}"), of))
            bars[subject](done, of)

        yield tell
