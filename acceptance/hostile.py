"""Odd, broken and hostile PDFs: each is recorded or refused with a reason, and hurts only its own child process."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from acceptance import corpus
from acceptance.command import archive, engine
from acceptance.figures import Figure, at_most, equal, write

RESIDENT_LIMIT = 1536 * 2**20
BETWEEN_TWO_LOOKS = 128 * 2**20  # what a child may take before the watcher sees it


def measure(data: Path) -> list[Figure]:
    files = corpus.hostile_files()
    archive("demo", "--no-samples", data=data)
    ran = archive("ingest", *files, "--agency", "TD02", "--task", "11", "--wait", data=data, progress=True)
    batch = ran.document or {}
    refused = batch.get("refused", []) + batch.get("quarantined", [])
    explained = batch.get("stored", 0) + len(refused) + len(batch.get("duplicates", []))
    figures = [
        equal("files", len(files), batch.get("expected")),
        equal("recorded or refused", len(files), explained),
        equal("refused without a reason", 0, sum(not entry["reason"] for entry in refused)),
        equal("unexplained", 0, batch.get("unexplained")),
        equal("still under way", 0, batch.get("items", {}).get("received", 0)),
        at_most(
            "largest process",
            RESIDENT_LIMIT + BETWEEN_TWO_LOOKS,
            ran.largest_process_bytes,
            lambda size: f"{size / 2**20:.0f} MiB",
        ),
        equal("archive reconcile", 0, archive("reconcile", data=data).exit_code),
    ]
    write(
        "hostile_qpdf",
        "Is every hostile file recorded or refused with a reason, within the limits?",
        f"{len(files)} files of qpdf's test suite",
        {
            "engine": engine(),
            "seconds": round(ran.seconds, 1),
            "largest_process_mib": ran.largest_process_bytes >> 20,
            "stored": batch.get("stored"),
            "duplicates": len(batch.get("duplicates", [])),
            "reasons": dict(Counter(entry["reason"] for entry in refused).most_common()),
        },
    )
    return figures
