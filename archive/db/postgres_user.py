"""Who runs the embedded PostgreSQL: it refuses to run as root, so root gives it a system user of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive import i18n
from archive.errors import DatabaseUnavailable

SYSTEM_USER = "archive-postgres"


@dataclass(frozen=True, slots=True)
class ServerUser:
    """name is None where the server runs as whoever started us."""

    name: str | None
    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        """For subprocess: run as this user, with no group of root's left."""
        return {} if self.name is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, directory: Path) -> None:
        if self.name is not None:
            os.chown(directory, self.uid, self.gid)


def server_user() -> ServerUser:
    if os.geteuid() != 0:
        return ServerUser(None, os.geteuid(), os.getegid())
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        entry = _create_system_user()
    return ServerUser(SYSTEM_USER, entry.pw_uid, entry.pw_gid)


def _create_system_user() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    program = shutil.which("useradd") or shutil.which("useradd", path="/usr/sbin:/sbin")
    if program is not None:
        done = subprocess.run([program, *command[1:]], capture_output=True, check=False)  # noqa: S603
        try:
            entry = pwd.getpwnam(SYSTEM_USER)  # also when another process made it at the same time
        except KeyError:
            program = None
        else:
            if done.returncode == 0:
                say("postgres.user_created", user=SYSTEM_USER)
            return entry
    detail = i18n.text("postgres.user_missing", user=SYSTEM_USER, command=" ".join(command))
    raise DatabaseUnavailable(detail=detail)


def let_through(path: Path, user: ServerUser) -> None:
    """Give `path`'s parents o+x, and nothing more, where the system user could not pass; each is said aloud."""
    if user.name is None:
        return
    for parent in path.resolve().parents:
        status = parent.stat()
        if not _may_pass(status, user):
            parent.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)
            say("postgres.parent_opened", directory=parent, user=user.name)


def _may_pass(status: os.stat_result, user: ServerUser) -> bool:
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def say(message_id: str, **values: object) -> None:
    print(i18n.filled(message_id, values), file=sys.stderr)  # noqa: T201
