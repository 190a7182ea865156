"""Run as a program: writes to an index until it is killed. Argument: the directory, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from search.adapters.tantivy import TantivyIndex
from search.document import IndexDocument
from tests.search.making import document

BATCH = 40


def batch(revision: int) -> Iterator[IndexDocument]:
    for n in range(BATCH):
        yield document(f"{n:03d}", f"chung lần{revision} " + "đệm " * 200, revision=revision)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(directory: str, deed: str) -> None:
    index = TantivyIndex(Path(directory))
    if deed == "hold":
        index.put(batch(1))
        say("held")
        sys.stdin.read()
    elif deed == "stop-inside":

        def stopping() -> Iterator[IndexDocument]:
            yield from batch(2)
            say("inside")
            sys.stdin.read()

        index.put(batch(1))
        index.put(stopping())
    else:
        for revision in range(1, 100_000):
            index.put(batch(revision))
            say(f"committed {revision}")


if __name__ == "__main__":
    main(*sys.argv[1:])
