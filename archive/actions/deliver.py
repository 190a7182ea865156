"""A whole delivery from disk: everything below the given paths is received, in one batch."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

from archive.access.identity import Actor
from archive.actions.arrivals import Received
from archive.actions.ingest import close_batch, open_batch, receive_file, refuse_file
from archive.bootstrap import App
from archive.errors import InvalidInput
from archive.intake import sources
from archive.intake.sources import UNREADABLE, Delivered, open_steady

OnFile = Callable[[int, int, Received], None]


def deliver_paths(
    app: App,
    paths: list[Path],
    *,
    agency_code: str,
    task_number: int,
    dossier_code: str | None = None,
    scanner_code: str | None = None,
    source: str = "cli",
    actor: Actor,
    on_batch: Callable[[str], None] | None = None,
    on_file: OnFile | None = None,
) -> str:
    """Receive every file of the paths and close the batch; returns its number.

    on_batch: called with its number when it is open; on_file: with (done, expected, what became of it) after each
    file. Repeating it gives a new batch whose files are duplicates: nothing is doubled.
    Raises FileNotFoundError for a path that is not there.
    """
    found = sources.find(paths, entry_bytes=app.settings.max_file_bytes)
    expected = sum(each.expected for each in found)
    if not expected:
        raise InvalidInput("ingest.nothing_there", field="path")
    with app.unit_of_work() as uow:
        batch = open_batch(
            uow,
            agency_code=agency_code,
            task_number=task_number,
            dossier_code=dossier_code,
            scanner_code=scanner_code,
            expected=expected,
            source=source,
            actor=actor,
            now=app.clock(),
        )
    if on_batch is not None:
        on_batch(batch.number)
    done = 0
    with app.quarantine.workspace() as workspace:
        for each in found:
            for file in sources.delivered(each, workspace):
                received = _receive(app, batch.id, file, actor)
                done += 1
                if on_file is not None:
                    on_file(done, expected, received)
    with app.unit_of_work() as uow:
        close_batch(uow, batch.id, actor=actor, now=app.clock())
    return batch.number


def _receive(app: App, batch_id: uuid.UUID, file: Delivered, actor: Actor) -> Received:
    if file.path is None or file.refusal is not None:
        refusal = file.refusal or UNREADABLE
        return refuse_file(app, batch_id, file.name, refusal, actor=actor)
    try:
        stream = open_steady(file.path)
    except OSError:
        return refuse_file(app, batch_id, file.name, UNREADABLE, actor=actor)
    with stream:
        return receive_file(app, batch_id, file.name, stream, actor=actor)
