"""Whether a file of a watched folder is whole: proved by what can be seen of it, never by waiting alone.

The clock of a file server may be off: its times are only ever compared with each other, and how long a file has rested
is counted by our own clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from archive.actions.folder_work import Profile, Sighting
from archive.intake.endings import has_end
from archive.integrations.folder_tree import FolderTree, Found, Unreadable, Unsettled

SETTLING, UNREADABLE = "folder.settling", "folder.file_unreadable"
_UNDER_WAY = re.compile(r"(^~|^\._|\.(part|partial|filepart|tmp|temp|crdownload|download|writing|swp|lock)$)", re.I)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FARTHEST_US = 200_000_000_000_000_000  # either way, some 6,300 years: what a datetime holds on both sides is less
_EARLIEST, _LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Whole:
    """A file to be taken. digest: SHA-256 that it had all the time."""

    file: Found
    sighting: Sighting
    digest: str


class Judge:
    """Judges the files of one look. listing: path -> what lies there."""

    def __init__(
        self, tree: FolderTree, profile: Profile, listing: Mapping[str, Found], clock: Callable[[], datetime]
    ) -> None:
        self._tree, self._profile, self._listing, self._clock = tree, profile, listing, clock

    def judge(self, file: Found, path_digest: str, before: Sighting | None) -> Sighting | Whole:
        """before: what was seen at the last look."""
        now, changed_at = self._clock(), changed_at_of(file)
        fresh = before is None or (before.size_bytes, before.changed_at) != (file.size_bytes, changed_at)
        if fresh or before is None:
            before = Sighting(path_digest, file.size_bytes, changed_at, now, None, SETTLING)
        try:
            found = self._look(file, before, fresh=fresh)
        except Unreadable:
            return replace(before, digest=None, reason=UNREADABLE, values={})
        except Unsettled:
            return replace(before, digest=None, steady_since=now, reason=SETTLING, values=self._quiet())
        return found

    def done_file(self, file: Found) -> Found | None:
        """`scan.pdf.done` or `scan.done` of `scan.pdf`."""
        suffix = self._profile.done_suffix
        folder, slash, name = file.path.rpartition("/")
        stem = name.rpartition(".")[0] or name
        return self._listing.get(file.path + suffix) or self._listing.get(f"{folder}{slash}{stem}{suffix}")

    def is_done_file(self, file: Found) -> bool:
        return self._profile.proof == "done_file" and file.path.endswith(self._profile.done_suffix)

    def _look(self, file: Found, before: Sighting, *, fresh: bool) -> Sighting | Whole:
        reason, values = self._obstacle(file, fresh=fresh)
        if reason is not None:
            return replace(before, digest=None, reason=reason, values=values)
        if self._profile.proof == "done_file":
            return Whole(file, before, before.digest or self._digest(file))
        if fresh:
            return replace(before, values=self._quiet())
        if before.digest is None:
            since = self._clock()
            return replace(before, digest=self._digest(file), steady_since=since, reason=SETTLING, values=self._quiet())
        rested = self._clock() - before.steady_since
        if rested < timedelta(seconds=self._profile.quiet_s):
            return replace(before, reason=SETTLING, values=self._quiet())
        return Whole(file, before, before.digest)

    def _obstacle(self, file: Found, *, fresh: bool) -> tuple[str | None, dict[str, object]]:
        if file.obstacle is not None:
            return file.obstacle, {}
        if _UNDER_WAY.search(file.path.rpartition("/")[2]):
            return "folder.temporary_name", {}
        if self._profile.proof == "done_file":
            return ("folder.done_file_alone", {}) if self.is_done_file(file) else self._without_done_file(file)
        if not file.size_bytes:
            return "folder.empty", {}
        if self._profile.proof == "trailer" and not fresh and self._cut_off(file):
            return "folder.no_end", {}
        return None, {}

    def _without_done_file(self, file: Found) -> tuple[str | None, dict[str, object]]:
        done = self.done_file(file)
        if done is None:
            return "folder.no_done_file", {"suffix": self._profile.done_suffix}
        return ("folder.done_file_older" if done.changed_ns < file.changed_ns else None), {}

    def _cut_off(self, file: Found) -> bool:
        with self._tree.look_into(file) as opened:
            return has_end(opened, file.size_bytes) is False

    def _digest(self, file: Found) -> str:
        with self._tree.open_file(file) as opened:
            return opened.read_to_end()

    def _quiet(self) -> dict[str, object]:
        return {"quiet_s": self._profile.quiet_s}


def changed_at_of(file: Found) -> datetime:
    """To the microsecond; a time that no calendar has is taken as the nearest that it has."""
    microseconds = max(-_FARTHEST_US, min(_FARTHEST_US, file.changed_ns // 1000))
    try:
        return min(_LATEST, max(_EARLIEST, _EPOCH + timedelta(microseconds=microseconds)))
    except OverflowError:
        return _EARLIEST if microseconds < 0 else _LATEST
