"""Names of files that wait in a watched folder, from the folder as it is now: they are kept nowhere."""

from __future__ import annotations

import threading
from pathlib import Path

from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.bootstrap import App
from archive.integrations.folder_tree import FolderProblem, FolderTree
from archive.integrations.watch_folder import path_digest
from archive.queries.doors import FolderView

PATIENCE_S = 3.0


def names_in(app: App, folder: FolderView, *, actor: Actor) -> dict[str, str]:
    """Keyed digest of its path -> name; none for who sets up doors and delivers nothing, or where it cannot be read."""
    if folder.line.problem is not None or not _may_see_names(folder, actor):
        return {}
    found: dict[str, str] = {}

    def list_it() -> None:
        try:
            with FolderTree.open(Path(folder.path), app.settings.folders) as tree:
                found.update({path_digest(app, folder.id, file): file.name for file in tree.files()})
        except FolderProblem:
            return

    thread = threading.Thread(target=list_it, daemon=True)  # a network disk that is gone must not hold up the page
    thread.start()
    thread.join(PATIENCE_S)
    return dict(found) if not thread.is_alive() else {}


def _may_see_names(folder: FolderView, actor: Actor) -> bool:
    return policy.may(actor, Permission.BATCH_READ, folder.agency_id)
