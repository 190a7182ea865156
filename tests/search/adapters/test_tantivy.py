"""What only an index in a directory can suffer: other processes, kills, damage, other forms."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from search.adapters.tantivy import TantivyIndex
from search.errors import IndexOutdated, IndexUnavailable
from search.query import EVERYTHING, parse
from tests.search.adapters.writer import BATCH
from tests.search.making import document

ROOT = Path(__file__).parents[3]


@contextmanager
def writer(directory: Path, deed: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.search.adapters.writer", str(directory), deed],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def ids(index: TantivyIndex, text: str) -> list[str]:
    return [hit.id for hit in index.search(parse(text), EVERYTHING, limit=1000).hits]


def test_any_process_reads_while_another_holds_the_writer_but_none_writes(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    assert ids(index, "chung") == []
    with writer(tmp_path, "hold") as other:
        assert line(other) == "held"
        assert len(ids(index, "chung")) == BATCH
        with pytest.raises(IndexUnavailable) as refused:
            index.put([document("x", "chung")])
        assert (refused.value.reason, refused.value.retry) == ("search.index_busy", True)
        assert len(ids(index, "chung")) == BATCH
    index.put([document("x", "chung")])
    assert len(ids(index, "chung")) == BATCH + 1
    index.close()


def test_a_writer_killed_between_put_and_commit_leaves_no_half_visible_document(tmp_path: Path) -> None:
    with writer(tmp_path, "stop-inside") as process:
        assert line(process) == "inside"
    index = TantivyIndex(tmp_path)
    assert len(ids(index, "lần1")) == BATCH
    assert ids(index, "lần2") == []
    assert dict(index.revisions()) == {f"{n:03d}": 1 for n in range(BATCH)}
    index.put([document("000", "sau", revision=3)])
    assert (ids(index, "sau"), len(ids(index, "lần1")), ids(index, "lần2")) == (["000"], BATCH - 1, [])
    index.close()


def test_a_writer_killed_at_any_instant_leaves_one_whole_put(tmp_path: Path) -> None:
    chance = random.Random(20260)
    committed = 0
    for _ in range(6):
        with writer(tmp_path, "go-on") as process:
            for _ in range(chance.randrange(1, 6)):
                committed = max(committed, int(line(process).split()[1]))
            wait_until = time.monotonic() + chance.uniform(0, 0.02)
            while time.monotonic() < wait_until:
                pass
        index = TantivyIndex(tmp_path)
        revisions = dict(index.revisions())
        assert len(revisions) == BATCH
        assert len(set(revisions.values())) == 1
        revision = revisions["000"]
        assert revision >= committed
        assert len(ids(index, f"lần{revision}")) == BATCH == len(ids(index, "chung"))
        index.close()


def test_a_reader_follows_an_index_that_another_process_built_anew(tmp_path: Path) -> None:
    reader, builder = TantivyIndex(tmp_path), TantivyIndex(tmp_path)
    builder.put([document("old", "chung")])
    assert ids(reader, "chung") == ["old"]
    with builder.rebuilding() as fresh:
        fresh.put([document("new", "chung")])
        assert ids(reader, "chung") == ["old"]
    assert ids(reader, "chung") == ["new"]
    assert len(list(tmp_path.glob("form-*"))) == 1
    builder.close()


def test_a_build_that_never_ended_is_removed_by_the_next(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path)
    index.put([document("a", "chung")])
    (tmp_path / "form-1-unfinished").mkdir()
    (tmp_path / "current.unfinished").write_text("form-1-unfinished")
    with index.rebuilding() as fresh:
        fresh.put([document("b", "chung")])
    assert ids(index, "chung") == ["b"]
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("pointer", ["form-0-abcdef", "form-2-abcdef", "../elsewhere", "", "form-1-gone", "\udcff"])
def test_an_index_of_another_form_is_known_and_can_be_built_anew(tmp_path: Path, pointer: str) -> None:
    for name in ("form-0-abcdef", "form-2-abcdef"):
        (tmp_path / name).mkdir()
    (tmp_path / "current").write_bytes(pointer.encode("utf-8", "surrogateescape"))
    index = TantivyIndex(tmp_path)
    assert not index.is_current()
    for call in (lambda: ids(index, "chung"), lambda: index.put([document("a")]), lambda: list(index.revisions())):
        with pytest.raises(IndexOutdated):
            call()
    with index.rebuilding() as fresh:
        fresh.put([document("a", "chung")])
    assert index.is_current()
    assert ids(index, "chung") == ["a"]
    assert len(list(tmp_path.iterdir())) == 2
    index.close()


@pytest.mark.parametrize("suffix", ["meta.json", ".term", ".store", ".idx", ".fast"])
def test_a_damaged_index_says_so_and_can_be_built_anew(tmp_path: Path, suffix: str) -> None:
    index = TantivyIndex(tmp_path)
    index.put(document(f"{n}", f"chung {n}") for n in range(50))
    index.close()
    for path in next(tmp_path.glob("form-*")).iterdir():
        if path.name.endswith(suffix):
            path.write_bytes(path.read_bytes()[:10])
    damaged = TantivyIndex(tmp_path)
    with pytest.raises(IndexUnavailable) as refused:
        ids(damaged, "chung")
    assert refused.value.reason == "search.index_damaged"
    with damaged.rebuilding() as fresh:
        fresh.put([document("a", "chung")])
    assert ids(damaged, "chung") == ["a"]
    damaged.close()


def test_an_index_that_is_not_there_yet_is_not_current(tmp_path: Path) -> None:
    index = TantivyIndex(tmp_path / "index")
    assert not index.is_current()
    assert ids(index, "chung") == []
    index.put([])
    assert index.is_current()
    index.close()
