"""How many files of 300 KB a second do the object stores keep and give, 8 threads at once, and a 64 MiB file how fast?

Seeded random bytes, put with a governance lock as masters are: digest, look whether it is there, write, read back and
compare. What is read is opened and read whole. Both stores take turns; CPU is that of this process and of the server.
`eval "$(.ci/services env)"; python -m benchmarks.object_store` starts a MinIO of its own and writes
results/object_store.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive.storage.filesystem import FilesystemStore
from archive.storage.interface import ObjectStore
from archive.storage.s3_client import S3Client
from archive.storage.s3_objects import S3Store
from benchmarks._machine import machine
from tests.servers import MinioServer

SEED = 20261122
FILE_BYTES, BIG_BYTES = 300_000, 64 << 20
THREADS, FILES, TURNS = 8, 240, 5
RESULT = Path(__file__).parent / "results/object_store.json"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--turns", type=int, default=TURNS)
    options.add_argument("--out", type=Path, default=RESULT)
    given = options.parse_args()
    if "TEST_MINIO_BINARY" not in os.environ:
        sys.exit('no TEST_MINIO_BINARY: eval "$(.ci/services env)" first')
    began = machine()
    with tempfile.TemporaryDirectory(prefix="archive-store-") as directory:
        folder = Path(directory)
        server = MinioServer(folder / "minio", os.environ)
        server.start()
        try:
            client = S3Client.connect(f"{server.url}/bench")
            client.prepare_buckets(create=True)
            stores: dict[str, ObjectStore] = {
                "minio": S3Store(client),
                "directory": FilesystemStore.create(folder / "objects"),
            }
            measured = measure(stores, folder, given.turns, pid_of(server))
        finally:
            server.remove()
    result = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "files": f"{FILES} a turn of {FILE_BYTES} bytes, {THREADS} threads, {given.turns} turns each",
        "unit": "files a second, MB a second: median, slowest and quickest turn; milliseconds of CPU a file",
        "seed": SEED,
        "machine": began,
        "machine_afterwards": machine(),
        "results": measured,
    }
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    print(json.dumps(result, ensure_ascii=False, indent=1))


def measure(stores: dict[str, ObjectStore], folder: Path, turns: int, server: int) -> dict[str, Any]:
    seeded, until = random.Random(SEED), datetime.now(UTC) + timedelta(days=30)
    found: dict[str, dict[str, list[float]]] = {name: {} for name in stores}
    for turn in range(turns + 1):  # the first warms up
        for name, store in stores.items():
            files = [write(folder, f"file{number}", seeded.randbytes(FILE_BYTES)) for number in range(FILES)]
            big = write(folder, "big", seeded.randbytes(BIG_BYTES))
            digests: list[str] = []

            def put(path: Path, store: ObjectStore = store, digests: list[str] = digests) -> None:
                digests.append(store.put(path, retain_until=until).digest)

            def read(digest: str, store: ObjectStore = store) -> None:
                with store.open(digest) as stream:
                    while stream.read(1 << 20):
                        pass

            took = {"put": timed(put, files, server), "read": timed(read, digests, server)}
            digests.clear()
            took["put_big"], took["read_big"] = timed(put, [big], server), timed(read, digests, server)
            if turn:
                for what, (seconds, own, servers) in took.items():
                    kept = found[name]
                    amount = BIG_BYTES / 1e6 if what.endswith("big") else FILES
                    unit = "mb_per_s" if what.endswith("big") else "files_per_s"
                    kept.setdefault(f"{what}_{unit}", []).append(amount / seconds)
                    if not what.endswith("big"):
                        kept.setdefault(f"{what}_cpu_ms", []).append(1000 * own / FILES)
                        kept.setdefault(f"{what}_server_cpu_ms", []).append(1000 * servers / FILES)
    return {
        name: {
            what: {"median": round(statistics.median(each), 1), "from": round(min(each), 1), "to": round(max(each), 1)}
            for what, each in kept.items()
        }
        for name, kept in found.items()
    }


def timed(call: Callable[[Any], None], over: Iterable[Any], server: int) -> tuple[float, float, float]:
    """Seconds on the clock, of our own CPU, of the server's."""
    with ThreadPoolExecutor(THREADS) as threads:
        began, own, servers = time.perf_counter(), time.process_time(), cpu_s(server)
        for done in [threads.submit(call, each) for each in list(over)]:
            done.result()
        return time.perf_counter() - began, time.process_time() - own, cpu_s(server) - servers


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def pid_of(server: MinioServer) -> int:
    return int(json.loads((server.directory / "server.json").read_text())["pid"])


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
