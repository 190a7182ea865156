"""The counter's own dossiers: what was asked for each, taken and scanned. One SQLite file, one document a dossier.

An owner's identifier is asked with and not written here; what comes with a paper that was taken is.
"""

from __future__ import annotations

import json
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = "create table if not exists dossier (reference text primary key, document text not null, changed integer)"


@dataclass
class Dossier:
    """key: names its writes to the records service, also when they are sent again."""

    reference: str
    procedure: str
    title: str
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    lookups: list[dict[str, Any]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    batch: str | None = None
    scans: list[dict[str, Any]] = field(default_factory=list)
    form: dict[str, dict[str, Any]] = field(default_factory=dict)
    result: str | None = None
    filed_at: str | None = None


class Dossiers:
    def __init__(self, path: Path) -> None:
        self._path = path
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._open() as database:
            database.execute(SCHEMA)

    def recent(self, count: int) -> list[Dossier]:
        with self._open() as database:
            rows = database.execute("select document from dossier order by changed desc limit ?", (count,))
            return [Dossier(**json.loads(document)) for (document,) in rows]

    def get(self, reference: str) -> Dossier | None:
        with self._open() as database:
            return _found(database, reference)

    @contextmanager
    def changing(self, reference: str, *, new: Dossier | None = None) -> Iterator[Dossier]:
        """For one who changes it at a time; kept when the block ends well. Raises KeyError."""
        with self._open() as database:
            database.execute("begin immediate")
            dossier = _found(database, reference) or new
            if dossier is None:
                raise KeyError(reference)
            yield dossier
            database.execute(
                "insert or replace into dossier select ?, ?, coalesce(max(changed), 0) + 1 from dossier",
                (reference, json.dumps(asdict(dossier), ensure_ascii=False)),
            )
            database.execute("commit")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, isolation_level=None, timeout=60)) as database:
            yield database


def _found(database: sqlite3.Connection, reference: str) -> Dossier | None:
    row = database.execute("select document from dossier where reference = ?", (reference,)).fetchone()
    return Dossier(**json.loads(row[0])) if row else None
