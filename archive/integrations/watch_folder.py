"""Watched folders: files that scanners write are taken when they are whole, and let go of when they are receipted.

A look may be killed at any instant and repeated at any time: what was taken answers by its arrival key, and a source
goes only when it is still the file whose bytes are safe.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from archive import i18n
from archive.access.encryption import lookup_digest
from archive.access.identity import OFFICE_HOURS, SYSTEM
from archive.actions import folder_work
from archive.actions.arrivals import ArrivalKey, Received
from archive.actions.folder_work import Profile, Sighting
from archive.actions.ingest import receive_file
from archive.bootstrap import App
from archive.errors import Conflict, InvalidInput
from archive.integrations.aside import Aside, Beat
from archive.integrations.completeness import SETTLING, Judge, Whole
from archive.integrations.folder_tree import FolderProblem, FolderTree, Found, Unsettled

PATH = "folder.path"  # kind of keyed digest
PASS_S = 60.0  # of one look: what is left is for the next
PATIENCE_S, SILENT_S = 3.0, 120.0


class FolderWatch:
    """The job: every folder that is watched, side by side."""

    def __init__(self) -> None:
        self._aside = Aside("folders", SILENT_S)

    def __call__(self, app: App) -> int:
        with app.unit_of_work() as uow:
            profiles = folder_work.profiles(uow.session)
        works = {profile.id: partial(look_at, app, profile) for profile in profiles}
        for silent in self._aside.run(works, PATIENCE_S):
            _tell(app, silent, "folder.silent", {"minutes": round(SILENT_S / 60)})
        return len(works)


def look_at(app: App, profile: Profile, beat: Beat = lambda: None) -> int:
    """One look; returns how many files were taken or refused. What keeps it from its work is told of the folder."""
    problem: FolderProblem | None = None
    look = _Look(app, profile)
    if profile.active:
        try:
            with FolderTree.open(profile.path, app.settings.folders, beat) as tree:
                look.go(tree)
            problem = look.problem
        except FolderProblem as met:
            problem = met
    with app.unit_of_work() as uow:
        if problem is None or look.ended:
            folder_work.note_look(uow, profile.id, taken=look.taken, actor=SYSTEM, now=app.clock())
        told = (problem.reason, problem.values) if problem else (None, None)
        folder_work.note_folder_problem(uow, profile.id, *told)
    return len(look.taken)


def path_digest(app: App, profile_id: uuid.UUID, found: Found) -> str:
    """The name of a file is known again by this; the name itself is kept nowhere."""
    return lookup_digest(app.keys, PATH, f"{profile_id}/{found.path.encode('utf-8', 'surrogateescape').hex()}")[0]


class _Look:
    """ended: all of the folder was seen. taken: keyed digests of paths. problem: of single files."""

    def __init__(self, app: App, profile: Profile) -> None:
        self._app, self._profile = app, profile
        self._until = time.monotonic() + PASS_S
        self.taken: list[str] = []
        self.ended = False
        self.problem: FolderProblem | None = None

    def go(self, tree: FolderTree) -> None:
        listing = {file.path: file for file in tree.files()}
        judge = Judge(tree, self._profile, listing, self._app.clock)
        files = [file for file in listing.values() if not judge.is_done_file(file)]
        marks = {mark.path for file in files if (mark := judge.done_file(file)) is not None}
        candidates = [file for file in listing.values() if not (judge.is_done_file(file) and file.path in marks)]
        whole, waiting, there = self._judged(judge, candidates)
        with self._app.unit_of_work() as uow:
            now = self._app.clock()
            folder_work.note_sightings(uow, self._profile.id, waiting, there=there, actor=SYSTEM, now=now)
        unsettled = []
        for each in whole:
            if time.monotonic() > self._until:
                break
            try:
                self._take(tree, each)
            except Unsettled:
                unsettled.append(self._reset(each.sighting))
            except FolderProblem as met:  # of this file: the others go on
                self.problem = met
        if unsettled:
            with self._app.unit_of_work() as uow:
                folder_work.note_sightings(uow, self._profile.id, unsettled, actor=SYSTEM, now=self._app.clock())
        self._remove_done_files(tree, judge, candidates)
        self.ended = True

    def _judged(self, judge: Judge, files: list[Found]) -> tuple[list[Whole], list[Sighting], set[str]]:
        """(to be taken, waiting, keyed digests of all); what time is left over for nothing stays as it was seen."""
        with self._app.unit_of_work() as uow:
            before = folder_work.sightings(uow.session, self._profile.id)
        whole, waiting, there = [], [], set()
        for file in files:
            digest = path_digest(self._app, self._profile.id, file)
            there.add(digest)
            if time.monotonic() > self._until:
                continue
            found = judge.judge(file, digest, before.get(digest))
            if isinstance(found, Whole):
                whole.append(found)
                found = found.sighting
            if found != before.get(digest):
                waiting.append(found)
        return whole, waiting, there

    def _take(self, tree: FolderTree, whole: Whole) -> None:
        """Raises Unsettled where it has changed since it was judged: then nothing of it is kept."""
        reference = f"{self._profile.id}:{whole.sighting.path_digest}:{whole.digest}:{whole.file.changed_ns}"
        with tree.open_file(whole.file) as opened:
            opened.expected = whole.digest
            received = receive_file(
                self._app,
                self._batch(),
                whole.file.name,
                opened,  # type: ignore[arg-type]  # reads as a stream does
                actor=SYSTEM,
                arrival=ArrivalKey("folder", reference),
            )
            opened.read_to_end()  # what is let go of is what was taken: also where an earlier look took it
        if received.outcome == "refused":
            tree.set_aside(whole.file, self._why(whole.file, received))
        else:
            tree.remove(whole.file)
        self.taken.append(whole.sighting.path_digest)

    def _batch(self) -> uuid.UUID:
        try:
            with self._app.unit_of_work() as uow:
                return folder_work.batch_of_folder(uow, self._profile.id, actor=SYSTEM, now=self._app.clock())
        except (InvalidInput, Conflict) as refused:
            raise FolderProblem(refused.reason, **refused.values) from refused

    def _remove_done_files(self, tree: FolderTree, judge: Judge, candidates: list[Found]) -> None:
        """Those whose files have all been taken."""
        if self._profile.proof != "done_file":
            return
        taken = set(self.taken)
        done: dict[str, tuple[Found, bool]] = {}
        for file in candidates:
            mark = None if judge.is_done_file(file) else judge.done_file(file)
            if mark is not None:
                gone = path_digest(self._app, self._profile.id, file) in taken
                done[mark.path] = (mark, gone and done.get(mark.path, (mark, True))[1])
        for mark, all_taken in done.values():
            if all_taken:
                try:
                    tree.remove(mark)
                except (Unsettled, FolderProblem):  # older than the next file of that name: it proves nothing of it
                    continue

    def _reset(self, sighting: Sighting) -> Sighting:
        values = {"quiet_s": self._profile.quiet_s}
        return replace(sighting, steady_since=self._app.clock(), digest=None, reason=SETTLING, values=values)

    def _why(self, file: Found, received: Received) -> str:
        at = self._app.clock().astimezone(OFFICE_HOURS).strftime("%d/%m/%Y %H:%M")
        reason = i18n.filled(received.reason or "", received.values)
        return i18n.text("folder.refused_text", name=file.name, at=at, reason=reason, folder=self._profile.code)


def _tell(app: App, folder_id: uuid.UUID, reason: str, values: Mapping[str, object]) -> None:
    with app.unit_of_work() as uow:
        folder_work.note_folder_problem(uow, folder_id, reason, values)
