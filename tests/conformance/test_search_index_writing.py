"""What every SearchIndex promises to whoever writes; one suite for all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from search.adapters.memory import MemoryIndex
from search.document import IndexDocument
from search.index import SearchIndex
from search.query import EVERYTHING, parse
from tests.conformance.search_index import found, total
from tests.search.making import document


def test_an_empty_index_answers(index: SearchIndex) -> None:
    assert total(index, "gì đó") == 0
    assert list(index.revisions()) == []
    index.remove(["unknown"])
    index.put([])
    assert total(index, "") == 0


def test_putting_again_replaces(index: SearchIndex) -> None:
    index.put([document("a", "cũ")])
    index.put([document("a", "mới", revision=2)])
    assert (found(index, "cũ"), found(index, "mới"), total(index, "")) == ([], ["a"], 1)
    index.put([document("a", "mới", revision=2)])
    assert total(index, "") == 1


def test_an_older_revision_never_replaces_a_newer_one(index: SearchIndex) -> None:
    index.put([document("a", "thứ năm", revision=5)])
    index.put([document("a", "thứ tư", revision=4)])
    index.put([document("b", "thứ chín", revision=9), document("b", "thứ tám", revision=8)])
    index.put([document("b", "thứ mười", revision=10), document("b", "thứ bảy", revision=7)])
    assert dict(index.revisions()) == {"a": 5, "b": 10}
    assert (found(index, "tư"), found(index, "mười"), found(index, "bảy")) == ([], ["b"], [])


def test_what_was_removed_is_gone_and_may_come_again(index: SearchIndex) -> None:
    index.put([document("a", "chung", revision=3), document("b", "chung")])
    index.remove(["a", "unknown"])
    index.remove(["a"])
    assert found(index, "chung") == ["b"]
    assert dict(index.revisions()) == {"b": 1}
    index.put([document("a", "chung", revision=1)])
    assert found(index, "chung") == ["a", "b"]


def test_nothing_of_a_failed_put_is_visible(index: SearchIndex) -> None:
    index.put([document("a", "trước")])

    def breaking() -> Iterator[IndexDocument]:
        yield document("b", "dở dang")
        yield document("a", "dở dang", revision=2)
        raise RuntimeError("source broke")

    with pytest.raises(RuntimeError):
        index.put(breaking())
    assert (found(index, "trước"), found(index, "dở dang")) == (["a"], [])
    index.put([document("b", "sau")])
    assert (found(index, "sau"), found(index, "dở dang")) == (["b"], [])


def test_clearing_forgets_everything(index: SearchIndex) -> None:
    index.put(document(name, "chung", revision=7) for name in "abc")
    index.clear()
    assert (total(index, ""), list(index.revisions())) == (0, [])
    index.put([document("a", "chung")])
    assert found(index, "chung") == ["a"]


def test_after_closing_the_next_call_opens_again(index: SearchIndex) -> None:
    index.put([document("a", "chung")])
    index.close()
    index.close()
    if not isinstance(index, MemoryIndex):
        assert found(index, "chung") == ["a"]
    index.put([document("b", "chung")])
    assert found(index, "chung") == ["a", "b"]


def test_revisions_tell_of_every_document_once(index: SearchIndex) -> None:
    index.put(document(f"{n} with blanks", "x", revision=n + 1) for n in range(300))
    index.put(document(f"{n} with blanks", "x", revision=1000) for n in range(0, 300, 3))
    index.remove([f"{n} with blanks" for n in range(1, 300, 3)])
    expected = {f"{n} with blanks": 1000 if n % 3 == 0 else n + 1 for n in range(300) if n % 3 != 1}
    listed = list(index.revisions())
    assert dict(listed) == expected
    assert len(listed) == len(expected)


def test_readers_see_whole_puts_while_another_thread_writes(index: SearchIndex) -> None:
    size, rounds = 20, 15
    index.put(document(f"{n:02d}", "lần chung") for n in range(size))
    counts: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            page = index.search(parse("chung"), EVERYTHING, limit=size)
            counts.append(page.total)
            counts.append(len({hit.text for hit in page.hits}) * size)

    reader = threading.Thread(target=read)
    reader.start()
    for revision in range(2, rounds):
        index.put(document(f"{n:02d}", f"lần chung {revision}", revision=revision) for n in range(size))
    done.set()
    reader.join()
    assert counts
    assert set(counts) == {size}


# Building anew


def test_a_new_index_takes_the_place_of_the_old_one_at_the_end(index: SearchIndex) -> None:
    index.put([document("old", "chung")])
    with index.rebuilding() as fresh:
        fresh.put([document("new", "chung")])
        assert found(index, "chung") == ["old"]
    assert found(index, "chung") == ["new"]
    index.put([replace(document("newer", "chung"))])
    assert set(found(index, "chung")) == {"new", "newer"}


def test_an_index_that_could_not_be_built_leaves_the_old_one(index: SearchIndex) -> None:
    index.put([document("old", "chung")])

    def interrupted() -> None:
        with index.rebuilding() as fresh:
            fresh.put([document("new", "chung")])
            raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError):
        interrupted()
    assert found(index, "chung") == ["old"]
