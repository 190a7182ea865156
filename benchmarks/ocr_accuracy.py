"""How many characters and words are read wrongly, at what cost, beside Tesseract's and OCRmyPDF's own of the same run?

Pages: the development scans, real and synthetic (../shared/data/scans-real, ../shared/data/scans-synthetic), scored by
../shared/tools/score_ocr.py: `cer` is the share of characters read wrongly, lines in any order; `bare` the same without
diacritics; recall, precision and f1 are of words. Where only the first page of a file has a truth, every reader gets
that page alone. File by file, start-up included, two pages side by side, one thread a page; CPU seconds are those of
all child processes. `service` reads and makes the access copy, as `archive pdf` does; `ocrmypdf` is
`ocrmypdf --jobs 2 -l vie --rotate-pages --deskew --output-type pdfa`, its text the sidecar's; `tesseract` is
`tesseract PAGE - -l vie --psm 3` on pictures of 300 dpi, whose drawing is not counted.

`python -m benchmarks.ocr_accuracy` prints the table and writes results/ocr-accuracy.json. It ends with 1 where a tier
of the service is worse than the committed result by more than 5 % of itself, or where the service ended with an error
on a file. --readers service tesseract ocrmypdf: some of them only; then nothing is written.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ocr import report, work

SHARED = Path(__file__).parents[2] / "shared"
RESULT = Path(__file__).parent / "results/ocr-accuracy.json"
TO_REACH = {  # by the service
    ("scans-real", "luat-cutru-2020"): 0.010,
    ("scans-real", "page"): 0.008,
    ("scans-synthetic", "clean"): 0.004,
    ("scans-synthetic", "ordinary"): 0.006,
    ("scans-synthetic", "hard"): 0.03,
}
CPU_SECONDS_TO_REACH = 5
TIMES_OCRMYPDF_TO_REACH = 2.5
CORPORA = ("scans-real", "scans-synthetic")
JOBS = 2
WORSE_BY = 1.05
SEEN = 0.0002  # a rate so near is the same: one character in five thousand
DPI = 300

Reader = Callable[[Path, Path, Path], None]
"""(file, folder for what it needs, where its text goes in the form of `archive ocr --json`)"""


@dataclass
class Cost:
    """Of one reader over all pages."""

    pages: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    refused: list[str] = field(default_factory=list)
    """Names of files that the reader ended on with an error: nothing of them is read."""

    def told(self) -> dict[str, Any]:
        return {
            "pages": self.pages,
            "refused": self.refused,
            "cpu_seconds_a_page": round(self.cpu_s / max(1, self.pages), 2),
            "pages_a_minute": round(60 * self.pages / max(0.001, self.wall_s), 1),
        }


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shared", type=Path, default=SHARED)
    options.add_argument("--readers", nargs="+", choices=READERS, default=list(READERS))
    options.add_argument("--one", nargs=2, type=Path, metavar=("FILE", "OUT"), help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.one:
        read_and_seal(*given.one)
        return 0
    if not (given.shared / "tools/score_ocr.py").exists():
        sys.exit(f"no scorer at {given.shared}")
    if "ocrmypdf" in given.readers and not shutil.which("gs"):
        sys.exit("no Ghostscript, which OCRmyPDF makes PDF/A with: `make setup-dev` first")
    os.environ["OMP_THREAD_LIMIT"] = "1"
    loads = [os.getloadavg()[0]]
    readers = {}
    for name in given.readers:
        readers[name] = measure(given.shared, READERS[name])
        print(name, json.dumps(readers[name], ensure_ascii=False), file=sys.stderr, flush=True)
    result = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "engine": work.recognise(next(_files(given.shared / "data" / CORPORA[1]))).engine.version,
        "machine": f"{machine(JOBS)}, load before {loads[0]:.1f}",
        "readers": readers,
    }
    print_table(readers)
    worse = []
    if "service" in readers:
        worse += [f"not read by the service: {name}" for name in readers["service"]["cost"]["refused"]]
        worse += worse_than(json.loads(RESULT.read_text()), readers) if RESULT.exists() else []
    print("\n".join(worse))
    if set(readers) == set(READERS):
        RESULT.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 1 if worse else 0


def measure(shared: Path, reader: Reader) -> dict[str, Any]:
    cost, scores = Cost(), {}
    with tempfile.TemporaryDirectory() as scratch:
        for corpus in CORPORA:
            truth, read, parts = shared / "data" / corpus, Path(scratch) / corpus, Path(scratch) / f"{corpus}-parts"
            read.mkdir()
            parts.mkdir()
            for file in _files(truth):
                given = with_truth(file, parts)
                before, began = _children_cpu_s(), time.monotonic()
                try:
                    reader(given, parts, read / f"{file.stem}.json")
                except subprocess.CalledProcessError as error:
                    print(f"{file.name}: {error}", file=sys.stderr, flush=True)
                    cost.refused.append(file.name)
                    _write_pages(read / f"{file.stem}.json", [""] * _page_count(given))
                cost.wall_s += time.monotonic() - began
                cost.cpu_s += _children_cpu_s() - before
                cost.pages += _page_count(given)
            scores[corpus] = score(shared / "tools/score_ocr.py", truth, read)
    return {"cost": cost.told(), "scores": scores}


def read_by_service(file: Path, _: Path, out: Path) -> None:
    """In a process of its own: start-up is part of the cost."""
    subprocess.run([sys.executable, "-m", "benchmarks.ocr_accuracy", "--one", file, out], check=True)


def read_and_seal(file: Path, out: Path) -> None:
    recognition = work.recognise(file, jobs=JOBS)
    out.write_text(json.dumps(report.to_json(recognition, file), ensure_ascii=False))
    with tempfile.TemporaryDirectory() as folder:
        work.seal(file, recognition, Path(folder), jobs=JOBS)


def read_by_ocrmypdf(file: Path, parts: Path, out: Path) -> None:
    sidecar, made = parts / f"{file.stem}.txt", parts / f"{file.stem}.ocr.pdf"
    how = ["--jobs", str(JOBS), "-l", "vie", "--rotate-pages", "--deskew", "--output-type", "pdfa", "--quiet"]
    how.append("--invalidate-digital-signatures")  # of this copy; it refuses signed files otherwise
    told = ["--redo-ocr"] if _has_words(file) else []
    if told:  # which cannot be straightened while its own words are kept
        how.remove("--deskew")
    subprocess.run([sys.executable, "-m", "ocrmypdf", *how, *told, "--sidecar", sidecar, file, made], check=True)
    _write_pages(out, sidecar.read_text(encoding="utf-8").split("\f"))


def read_by_tesseract(file: Path, parts: Path, out: Path) -> None:
    pictures = sorted(parts.glob(f"{file.stem}-page*.png"))
    texts = []
    for at in range(0, len(pictures), JOBS):
        running = [
            subprocess.Popen(
                ["tesseract", path, "-", "-l", "vie", "--psm", "3"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            for path in pictures[at : at + JOBS]
        ]
        texts += [each.communicate()[0].decode() for each in running]
    _write_pages(out, texts)


READERS: dict[str, Reader] = {
    "service": read_by_service,
    "tesseract": read_by_tesseract,
    "ocrmypdf": read_by_ocrmypdf,
}


def with_truth(file: Path, parts: Path) -> Path:
    """The pages that have a truth as a file of their own, and pictures of them."""
    import pikepdf
    import pypdfium2

    given = parts / file.name
    with pikepdf.open(file) as document:
        if file.with_name(file.stem + ".gt.txt").exists():
            del document.pages[1:]
        document.save(given)
    with pypdfium2.PdfDocument(given) as document:
        for number, page in enumerate(document, 1):
            page.render(scale=DPI / 72).to_pil().save(parts / f"{file.stem}-page{number:04d}.png", dpi=(DPI, DPI))
    return given


def has_truth(file: Path) -> bool:
    beside = (file.with_name(file.stem + ".gt.txt"), file.with_suffix(".json"))
    return any(path.exists() for path in beside) or any(file.parent.glob("p*.gt.txt"))


def score(scorer: Path, truth: Path, read: Path) -> dict[str, Any]:
    told = read / "scores.txt"
    subprocess.run([sys.executable, scorer, truth, read, "--json", told], check=True, stdout=subprocess.DEVNULL)
    tiers: dict[str, dict[str, float]] = json.loads(told.read_text())
    return {tier: {name: round(value, 4) for name, value in rates.items()} for tier, rates in tiers.items()}


def worse_than(committed: dict[str, Any], readers: dict[str, Any]) -> list[str]:
    before = _rates(committed.get("readers", {}).get("service", {"scores": {}}))
    now = _rates(readers["service"])
    return [
        f"worse than committed: {corpus} {tier} {before[corpus, tier]:.2%} -> {rate:.2%}"
        for (corpus, tier), rate in now.items()
        if (corpus, tier) in before and rate > WORSE_BY * before[corpus, tier] + SEEN
    ]


def print_table(readers: dict[str, Any]) -> None:
    tiers = list(dict.fromkeys(place for reader in readers.values() for place in _rates(reader)))
    rows = [
        (
            f"CER {' '.join(place)}",
            [_rates(reader).get(place) for reader in readers.values()],
            TO_REACH.get(place),
            "{:.2%}",
        )
        for place in tiers
    ]
    costs = {
        name: [reader["cost"][name] for reader in readers.values()] for name in ("cpu_seconds_a_page", "pages_a_minute")
    }
    rows.append(("CPU seconds a page", costs["cpu_seconds_a_page"], CPU_SECONDS_TO_REACH, "{:.1f}"))
    rows.append(("pages a minute", costs["pages_a_minute"], None, "{:.1f}"))
    if "ocrmypdf" in readers:
        base = readers["ocrmypdf"]["cost"]["pages_a_minute"]
        rows.append(
            (
                "of OCRmyPDF's",
                [pages / base for pages in costs["pages_a_minute"]],
                TIMES_OCRMYPDF_TO_REACH,
                "{:.2f} times",
            )
        )
    print("| pages | " + " | ".join(readers) + " | service is to reach |")
    print("| --- |" + " --- |" * (len(readers) + 1))
    for name, figures, target, form in rows:
        told = ["" if figure is None else form.format(figure) for figure in (*figures, target)]
        print(f"| {name} | " + " | ".join(told) + " |")


def machine(jobs: int) -> str:
    load = os.getloadavg()[0]
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, {jobs} pages side by side, "
        f"Python {platform.python_version()}"
    )


def _rates(reader: dict[str, Any]) -> dict[tuple[str, str], float]:
    return {(corpus, tier): rates["cer"] for corpus, tiers in reader["scores"].items() for tier, rates in tiers.items()}


def _files(truth: Path) -> Iterator[Path]:
    return (file for file in sorted(truth.rglob("*.pdf")) if has_truth(file))


def _write_pages(out: Path, texts: list[str]) -> None:
    pages = [{"number": number, "text": text} for number, text in enumerate(texts, 1)]
    out.write_text(json.dumps({"pages": pages}, ensure_ascii=False))


def _page_count(file: Path) -> int:
    import pikepdf

    with pikepdf.open(file) as document:
        return len(document.pages)


def _has_words(file: Path) -> bool:
    import pypdfium2

    with pypdfium2.PdfDocument(file) as document:
        return any(page.get_textpage().count_chars() for page in document)


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
