"""How many files a second are received durably, on MinIO and in a directory, 8 uploads at once?

Each file is 300 KB of seeded random bytes behind a PDF's first line. What is timed is all that `receive_file` does: the
bytes written, synced and read back, the receipt committed by a PostgreSQL server with fsync on. Uploads come from 1 and
from 2 processes (as web processes are), into one batch each and all into one. Both stores take turns in the same run.
On a busy machine the rate tells little; what each part computes for a file is told beside it.
`eval "$(.ci/services env)"; python -m benchmarks.intake` starts servers of its own and writes results/intake.json.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text

from archive.access.identity import Actor
from archive.access.permissions import Role
from archive.actions.ingest import open_batch, receive_file
from archive.bootstrap import App, open_app, utc_now
from archive.db.holdings import Receipt
from archive.settings import Settings
from benchmarks._machine import machine
from tests.factories import Factory
from tests.servers import MinioServer, PostgresServer

SEED = 20260302
FILE_BYTES = 300_000
UPLOADS = 8
FILES = 480  # a turn
WARM_UP = 32
TURNS = 5
PROGRAMS = ("TEST_POSTGRES_BIN", "TEST_MINIO_BINARY")
RESULT = Path(__file__).parent / "results/intake.json"


@dataclass(frozen=True)
class Turn:
    """What one process sends: files seed by seed, `uploads` at once, each into the batch of its place."""

    settings: Settings
    batches: tuple[uuid.UUID, ...]
    actor: Actor
    seed: int
    files: int
    uploads: int


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, default=FILES)
    options.add_argument("--turns", type=int, default=TURNS)
    options.add_argument("--out", type=Path, default=RESULT)
    given = options.parse_args()
    if missing := [name for name in PROGRAMS if name not in os.environ]:
        sys.exit(f'no {", ".join(missing)}: eval "$(.ci/services env)" first')
    began = machine()
    with tempfile.TemporaryDirectory(prefix="archive-intake-") as directory, both(Path(directory)) as profiles:
        fsync = durability(profiles["minio"])
        measured = measure(profiles, given.files, given.turns)
    result = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "files": f"{given.files} a turn of {FILE_BYTES} bytes, {UPLOADS} uploads at once, {given.turns} turns each",
        "unit": "files a second; median, slowest and quickest turn",
        "seed": SEED,
        "machine": began,
        "machine_afterwards": machine(),
        "postgresql": fsync,
        "results": measured,
    }
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    print(json.dumps(result, ensure_ascii=False, indent=1))


@contextmanager
def both(directory: Path) -> Iterator[dict[str, Settings]]:
    """Settings of two services that are set up, each on a database of its own."""
    programs = {name: os.environ[name] for name in PROGRAMS}
    directory.chmod(0o755)  # the server of the database is another user
    servers = PostgresServer(directory / "postgres", programs), MinioServer(directory / "minio", programs)
    try:
        for server in servers:
            server.start()
        base = servers[0].url.rpartition("/")[0]
        found = {}
        for name, store in (("directory", None), ("minio", f"{servers[1].url}/intake")):
            create_database(servers[0].url, name)
            data = directory / name
            found[name] = Settings(data=data, database_url=f"{base}/{name}", object_store_url=store)
            with open_app(found[name], create=True) as app:
                if app.object_server is not None:
                    app.object_server.prepare_buckets(create=True)
        yield found
    finally:
        for server in servers:
            server.stop()


def create_database(url: str, name: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')


def durability(settings: Settings) -> dict[str, str]:
    with open_app(settings) as app, app.engine.connect() as connection:
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
        return {name: str(connection.scalar(text(f"show {name}"))) for name in names}


def measure(profiles: dict[str, Settings], files: int, turns: int) -> dict[str, Any]:
    measured: dict[str, Any] = {}
    seed = SEED
    for processes in (1, 2):
        for batches in (UPLOADS, 1):
            rates: dict[str, list[float]] = {name: [] for name in profiles}
            computed: dict[str, list[dict[str, float]]] = {name: [] for name in profiles}
            for turn in range(-1, turns):
                for name, settings in profiles.items():
                    seed += 1
                    rate, cost = receive(settings, processes, batches, WARM_UP if turn < 0 else files, seed)
                    if turn >= 0:
                        rates[name].append(rate)
                        computed[name].append(cost)
            told: dict[str, Any] = {
                name: summary(rates[name]) | {"cpu_ms_a_file": medians(computed[name])} for name in profiles
            }
            ratio = statistics.median(m / d for m, d in zip(rates["minio"], rates["directory"], strict=True))
            told["minio_to_directory"] = round(ratio, 2)
            measured[f"{processes} process{'es' * (processes > 1)}, {batches} batch{'es' * (batches > 1)}"] = told
    return measured


def summary(rates: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(rates), 1),
        "slowest": round(min(rates), 1),
        "quickest": round(max(rates), 1),
    }


def medians(each: list[dict[str, float]]) -> dict[str, float]:
    return {who: round(statistics.median(one[who] for one in each), 1) for who in each[0]}


def computed_s() -> dict[str, float]:
    """CPU seconds so far of the servers of this run and their children, ended ones included."""
    stats = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            _, _, rest = (process / "stat").read_text().partition("(")
            name, _, told = rest.rpartition(")")
            stats[int(process.name)] = name, [int(field) for field in told.split()[1:15]]
    ours = {pid for pid, (_, fields) in stats.items() if fields[0] == os.getpid()}
    found = dict.fromkeys(("postgres", "minio"), 0.0)
    for pid, (name, fields) in stats.items():
        if name in found and (pid in ours or fields[0] in ours):
            found[name] += sum(fields[10:14]) / os.sysconf("SC_CLK_TCK")
    return found


def receive(settings: Settings, processes: int, batches: int, files: int, seed: int) -> tuple[float, dict[str, float]]:
    """Files a second, from the moment all are ready to send to the last receipt; and CPU milliseconds a file."""
    with open_app(settings) as app:
        make = Factory(app, utc_now)
        agency = make.agency(f"A{seed}")
        actor = make.actor(Role.CLERK, agency, login=f"clerk{seed}")
        opened = []
        for _ in range(batches):
            with app.unit_of_work() as uow:
                opened.append(open_batch(uow, agency_code=agency.code, task_number=1, actor=actor, now=utc_now()).id)
    share = Turn(settings, tuple(opened), actor, seed, files // processes, UPLOADS // processes)
    start, ready = multiprocessing.Event(), multiprocessing.Semaphore(0)
    costs: multiprocessing.Queue[float] = multiprocessing.Queue()
    senders = [
        multiprocessing.Process(target=send, args=(replace(share, seed=seed * 100 + at), start, ready, costs))
        for at in range(processes)
    ]
    for sender in senders:
        sender.start()
    for _ in senders:
        ready.acquire()
    before, began = computed_s(), time.perf_counter()
    start.set()
    senders_s = sum(costs.get() for _ in senders)
    took_s, after = time.perf_counter() - began, computed_s()
    for sender in senders:
        sender.join()
        assert sender.exitcode == 0
    with open_app(settings) as app, app.unit_of_work() as uow:
        receipts = uow.session.scalar(select(func.count()).where(Receipt.agency_id == agency.id))
    assert receipts == files, f"{receipts} receipts for {files} files"
    cost = {"service": senders_s, **{name: after[name] - before[name] for name in after}}
    return files / took_s, {name: seconds / files * 1000 for name, seconds in cost.items()}


def send(turn: Turn, start: Any, ready: Any, costs: Any) -> None:
    with open_app(turn.settings) as app:
        contents = list(scans(turn.seed, turn.files))
        warm(app)
        ready.release()
        start.wait()
        began = time.process_time()
        with ThreadPoolExecutor(turn.uploads) as uploads:
            for done in uploads.map(lambda at: take(app, turn, at, contents[at]), range(turn.files)):
                assert done == "stored"
        costs.put(time.process_time() - began)


def take(app: App, turn: Turn, at: int, content: bytes) -> str:
    batch = turn.batches[at % len(turn.batches)]
    return receive_file(app, batch, f"scan-{at}.pdf", io.BytesIO(content), actor=turn.actor).outcome


def warm(app: App) -> None:
    """Open what a service that has run for a while has open."""
    list(app.quarantine.keys())
    with app.unit_of_work() as uow:
        uow.session.execute(text("select 1"))


def scans(seed: int, count: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    for _ in range(count):
        yield b"%PDF-1.7\n" + chance.randbytes(FILE_BYTES - 9)


if __name__ == "__main__":
    main()
