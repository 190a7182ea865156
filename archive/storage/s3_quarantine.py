"""The quarantine as a bucket without versions and locks, so that removed bytes are gone.

    <key>/master          the bytes; digest and name are its metadata, so that an entry is there at once and whole
    <key>/names/<entry>   names under which the same bytes came again
    <key>/kept/<name>     what was derived before the gate

No lock tells that a receiver lives. An entry that is older than `claim_s` by the server's own clock and has no receipt
was given up; a receiver that is not sure to commit before that time commits nothing.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from minio.datatypes import Object

from archive import i18n
from archive.errors import ObjectMissing, StoreUnavailable
from archive.storage.durable import pass_digesting, translated
from archive.storage.interface import HeldFile
from archive.storage.keys import entry_name
from archive.storage.local_copies import LocalCopies
from archive.storage.s3_client import S3Client
from archive.storage.s3_entries import MASTER, NAME, S3Entries, in_ascii, master_of
from archive.storage.s3_transfer import read_back
from archive.storage.s3_uploads import Uploads

CLAIM_S = 3600.0


class S3Quarantine(S3Entries):
    """See archive.storage.interface.Quarantine. `directory` is this machine's, for copies of what is worked on."""

    def __init__(self, client: S3Client, directory: Path, *, claim_s: float = CLAIM_S) -> None:
        super().__init__(client, LocalCopies(directory))
        self._uploads = Uploads(client, self._bucket, timedelta(seconds=claim_s))
        self._claim_s = claim_s
        self._claims: dict[str, float] = {}
        self._guard = threading.Lock()

    def receive(self, key: str, source: BinaryIO, name: str, *, limit_bytes: int) -> HeldFile:
        place, begun = master_of(key), _now_s()
        with self._local.passing() as arriving:
            with translated():
                digest, size = pass_digesting(source, arriving.write, limit_bytes)
                arriving.seek(0)
            # what a server that goes away has of it by then is found without a receipt later
            self._send(place, arriving, digest, size, {NAME: in_ascii(name)})
        back = read_back(self._client, self._bucket, place, missing=key)
        if (back.digest, back.size_bytes) != (digest, size):
            self.remove(key)
            raise StoreUnavailable(detail=i18n.text("store.read_back_differs"))
        with self._guard:
            self._claims[key] = begun
        return HeldFile(digest, size, name)

    def release(self, key: str) -> None:
        with self._guard:
            self._claims.pop(key, None)

    def claimed(self, key: str) -> bool:
        """The second half of the time is left to the commit."""
        with self._guard:
            begun = self._claims.get(key)
        return begun is not None and _now_s() - begun < self._claim_s / 2

    def working(self, key: str) -> contextlib.AbstractContextManager[Path]:
        return self._local.workspace(entry_name(key))

    def workspace(self) -> contextlib.AbstractContextManager[Path]:
        return self._local.workspace("work")

    def keys(self) -> Iterator[str]:
        for key, objects in self._entries():
            if MASTER in objects:
                yield key

    def unclaimed(self) -> Iterator[str]:
        """Those given up by the server's clock; a living process's entry is younger, or it commits nothing."""
        given_up = self._given_up_before()
        for key, objects in self._entries():
            if MASTER in objects and objects[MASTER] < given_up:
                yield key

    def left_over(self) -> list[str]:
        """Of this machine's disk, and in the bucket what came to an entry when it was just being removed."""
        return [*self._local.left_over(), *self._uploads.left_over(), *self._strays()]

    def sweep(self) -> int:
        removed = self._local.sweep() + self._uploads.sweep()
        for place in list(self._strays()):
            self._delete(place)
            removed += 1
        for key in self._local.held():
            if not self._holds(key):  # another process removed it: its copy here goes too
                self._local.forget(key)
        return removed

    def remove(self, key: str) -> None:
        """The bytes last: a removal that was cut short is seen, and is done again."""
        for each in self._listed(f"{entry_name(key)}/"):
            if each.object_name != master_of(key):
                self._delete(str(each.object_name))
        self._delete(master_of(key))
        self._local.forget(key)
        self.release(key)

    def _holds(self, key: str) -> bool:
        try:
            self._stat(master_of(key), key)
        except ObjectMissing:
            return False
        return True

    def _entries(self) -> Iterator[tuple[str, dict[str, datetime]]]:
        """Key by key, what lies below it and since when."""
        for key, objects in groupby(self._listed(), lambda each: str(each.object_name).partition("/")[0]):
            yield key, {str(each.object_name).partition("/")[2]: _since(each) for each in objects}

    def _strays(self) -> Iterator[str]:
        """Of entries without their bytes: what was added in the instant of a removal, and is not just being removed."""
        given_up = self._given_up_before()
        for key, objects in self._entries():
            if MASTER not in objects:
                yield from (f"{key}/{name}" for name, since in objects.items() if since < given_up)

    def _given_up_before(self) -> datetime:
        return self._client.server_time() - timedelta(seconds=self._claim_s)


def _since(found: Object) -> datetime:
    assert found.last_modified is not None
    return found.last_modified


def _now_s() -> float:
    """Goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
