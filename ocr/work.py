"""The parent's side of recognition: every file is opened, read and sealed in child processes only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path

from ocr import sandbox, stored
from ocr.model import PageText, Recognition
from ocr.page_images import page_image_name
from ocr.sandbox import Limits
from ocr.scratch import scratch

JOBS = 2
PAGES_A_GROUP = 2  # read by one child at most: far from its time limit on a busy machine, and worth its start
IMAGES_A_GROUP = 16
_SEAL_SECONDS = 120  # a page group


@dataclass(frozen=True, slots=True)
class FileFacts:
    kind: str  # pdf, jpeg, png, tiff: by content, never by name
    pages: int
    signed: bool
    media_type: str
    enclosures: int  # other files inside it: attached to the PDF or pinned to a page; nobody reads them


@dataclass(frozen=True, slots=True)
class Sealed:
    pdf: Path  # PDF/A-2b with the recognition as its text layer
    page_images: tuple[Path, ...]  # upright JPEG, one a page
    thumbnail: Path


def inspect(path: Path) -> FileFacts:
    """What the file is. Raises FileRefused with the reason for what cannot be taken, ChildFailed if that killed it."""
    told = sandbox.call("ocr.formats:inspect_file", {"path": str(path.absolute())})
    return FileFacts(**told)


def recognise(
    path: Path,
    *,
    pages: Sequence[int] | None = None,
    engine: str = "tesseract",
    jobs: int | None = None,
    on_page: Callable[[PageText], None] | None = None,
    facts: FileFacts | None = None,
) -> Recognition:
    """Read the pages (numbers from 1; all if None), groups of them side by side.

    facts: of `inspect`, to save a second look. on_page: called in this thread's order of completion, one at a time.
    Raises FileRefused, ChildFailed, EngineMissing, EngineFailed; the groups still running are then waited for.
    """
    facts = facts or inspect(path)
    numbers = list(pages if pages is not None else range(1, facts.pages + 1))
    wrong = [number for number in numbers if not 1 <= number <= facts.pages]
    if wrong or not numbers:
        raise ValueError(f"pages {wrong or 'none'} of a file of {facts.pages}")
    report = _serialised(on_page)

    def read_group(group: list[int]) -> dict[str, object]:
        arguments = {"path": str(path.absolute()), "kind": facts.kind, "pages": group, "engine": engine}
        told = sandbox.call("ocr.pipeline:recognise_pages", arguments)
        pages = [stored.page_from_json(page) for page in told["pages"]]
        for page in pages:
            report(page)
        return {"engine": told["engine"], "pages": pages}

    jobs = jobs or JOBS
    groups = _groups(numbers, min(PAGES_A_GROUP, ceil(len(numbers) / jobs)))
    done = _side_by_side([partial(read_group, group) for group in groups], jobs)
    return Recognition(
        engine=stored.engine_from_json(done[0]["engine"]),  # type: ignore[arg-type]
        pages=tuple(page for group in done for page in group["pages"]),  # type: ignore[attr-defined]
    )


def seal(
    path: Path, recognition: Recognition, out_dir: Path, *, title: str | None = None, jobs: int | None = None
) -> Sealed:
    """Make the access copy of a file whose pages are all in `recognition`; the file itself is only read.

    Writes access.pdf, page-NNNN.jpg and thumbnail.jpg into out_dir; a repetition writes them anew.
    Raises SealFailed when no valid PDF/A can be made, FileRefused, ChildFailed.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    numbers = [page.number for page in recognition.pages]
    with scratch() as folder:
        words = folder / "recognition.gz"
        words.write_bytes(stored.to_bytes(recognition))
        common = {"path": str(path.absolute()), "words": str(words), "out": str(out_dir.absolute())}

        def draw_group(group: list[int]) -> dict[str, object]:
            return sandbox.call("ocr.page_images:write_images", common | {"pages": group})

        def write_pdf() -> dict[str, object]:
            limits = Limits(seconds=_SEAL_SECONDS * max(1, ceil(len(numbers) / PAGES_A_GROUP)), cpu_seconds=3600)
            return sandbox.call("ocr.pdf:write_pdf", common | {"title": title}, limits=limits)

        draw = [partial(draw_group, group) for group in _groups(numbers, IMAGES_A_GROUP)]
        _side_by_side([write_pdf, *draw], jobs or JOBS)
    images = tuple(out_dir / page_image_name(number) for number in numbers)
    return Sealed(pdf=out_dir / "access.pdf", page_images=images, thumbnail=out_dir / "thumbnail.jpg")


def explain(path: Path, page: PageText, out: Path, legend: dict[str, str]) -> None:
    """Write an image (kind by the name of `out`) of a page with what was read on it; legend: as `ocr.explain` names it.

    Raises FileRefused, ChildFailed.
    """
    told = stored.page_to_json(page)
    arguments = {"path": str(path.absolute()), "page": told, "out": str(out.absolute()), "legend": legend}
    sandbox.call("ocr.explain:write_image", arguments)


def _groups(numbers: Sequence[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(numbers), size):
        yield list(numbers[start : start + size])


def _serialised(on_page: Callable[[PageText], None] | None) -> Callable[[PageText], None]:
    lock = threading.Lock()

    def report(page: PageText) -> None:
        if on_page is not None:
            with lock:
                on_page(page)

    return report


def _side_by_side(tasks: Sequence[Callable[[], dict[str, object]]], jobs: int) -> list[dict[str, object]]:
    """Results in the order of the tasks; the first failure stops what has not begun and is raised."""
    with ThreadPoolExecutor(max_workers=max(1, jobs), thread_name_prefix="pages") as pool:
        waiting = [pool.submit(task) for task in tasks]
        done, rest = wait(waiting, return_when=FIRST_EXCEPTION)
        for future in rest:
            future.cancel()
        for future in done:
            future.result()
        return [future.result() for future in waiting]
