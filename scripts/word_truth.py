"""Which of the words that were read are right: development pages beside their truth, word by word.

A truth line is looked for anywhere in the page's text (infix edit distance, as ../shared/tools/score_ocr.py does), and
within what was found words are matched in order; a word is right where it equals the truth's, case and signs kept.
Words that no line claims are right where the rest of the truth has them. What a truth leaves out on purpose is judged
by what else is known: stamps by NAME.stamps.txt, a number or a day written by hand by fields.jsonl.
"""

from __future__ import annotations

import collections
import itertools
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from ocr.model import Line

_FARTHEST = 0.5  # share of a line's characters: beyond it the line was not found
_TAKEN = "\0"


@dataclass(frozen=True)
class PageTruth:
    """lines: everything printed. besides: words that may stand there too. whole: what is read besides is wrong."""

    document: str
    number: int
    tier: str
    lines: tuple[str, ...]
    besides: tuple[str, ...] = ()
    whole: bool = True

    @property
    def real(self) -> bool:
        return self.tier == "real"


def truths(data: Path) -> Iterator[tuple[Path, PageTruth]]:
    """Each development page with a truth, after the file that holds it."""
    real = data / "scans-real"
    for file in sorted(real.rglob("*.pdf")):
        first = file.with_name(f"{file.stem}.gt.txt")
        if first.exists():
            stamps = file.with_name(f"{file.stem}.stamps.txt")
            besides = (_words(stamps) if stamps.exists() else []) + _by_hand(real / "fields.jsonl", file.name)
            yield file, PageTruth(file.stem, 1, "real", _lines(first), tuple(besides))
        for page in sorted(file.parent.glob("p*.gt.txt")):
            # its truth is the published text: without page numbers and what was laid over
            yield file, PageTruth(file.stem, int(page.name[1:3]), "real", _lines(page), whole=False)
    for told in sorted((data / "scans-synthetic").glob("*.json")):
        truth = json.loads(told.read_text(encoding="utf-8"))
        if isinstance(truth, dict) and "tier" in truth:
            for number, given in enumerate(truth["pages"], 1):
                lines = tuple(_flat(line["text"]) for line in given["lines"])
                yield told.with_suffix(".pdf"), PageTruth(told.stem, number, truth["tier"], lines)


def judged(lines: Sequence[Line], truth: PageTruth) -> list[bool | None]:
    """Of each word of the lines, in order: right, wrong, or None where the truth does not say."""
    read = [word.text for line in lines for word in line.words]
    ends = list(itertools.accumulate(len(text) + 1 for text in read))
    starts, page = [0, *ends], " ".join(read)
    verdicts: list[bool | None] = [None] * len(read)
    missing = collections.Counter(truth.besides)
    for line in sorted(truth.lines, key=len, reverse=True):
        first, last = _found(line, page)
        inside = [at for at in range(len(read)) if starts[at] <= last and ends[at] - 1 > first and verdicts[at] is None]
        missing.update(_match([read[at] for at in inside], inside, line.split(), verdicts))
        for at in inside:
            page = page[: starts[at]] + _TAKEN * len(read[at]) + page[ends[at] - 1 :]
    for at, text in enumerate(read):
        if not verdicts[at] and missing[text] > 0:
            missing[text] -= 1
            verdicts[at] = True
        elif verdicts[at] is None and truth.whole:
            verdicts[at] = False
    return verdicts


def _match(read: list[str], places: list[int], wanted: list[str], verdicts: list[bool | None]) -> list[str]:
    """Judge the words of one line, in order; returns what is missing of it."""
    missing = []
    matcher = SequenceMatcher(None, read, wanted, autojunk=False)
    for kind, low, high, first, last in matcher.get_opcodes():
        for at in places[low:high]:
            verdicts[at] = kind == "equal"
        if kind != "equal":
            missing += wanted[first:last]
    return missing


def _found(line: str, page: str) -> tuple[int, int]:
    """First and last place of the line in the page; before its start where it is not there."""
    import edlib

    codes = {letter: chr(place + 1) for place, letter in enumerate(sorted(set(line)))}
    wanted = "".join(codes[letter] for letter in line)
    told = edlib.align(wanted, "".join(codes.get(letter, _TAKEN) for letter in page), mode="HW", task="locations")
    if told["editDistance"] < 0 or told["editDistance"] > _FARTHEST * len(line):
        return -1, -1
    first, last = told["locations"][0]
    return (first or 0), last


def _lines(file: Path) -> tuple[str, ...]:
    return tuple(flat for line in file.read_text(encoding="utf-8").splitlines() if (flat := _flat(line)))


def _words(file: Path) -> list[str]:
    return [word for line in _lines(file) for word in line.split()]


def _by_hand(fields: Path, name: str) -> list[str]:
    """Words that a number or a day written by hand may be read as."""
    for line in fields.read_text(encoding="utf-8").splitlines():
        known = json.loads(line)
        if known["file"] != name or not (known.get("so_viet_tay") or known.get("ngay_viet_tay")):
            continue
        number, (_, month, day) = str(known["so"]), known["ngay"].split("-")
        numbers = sorted({number, number.lstrip("0"), number.zfill(2)})
        days = sorted({day, day.lstrip("0"), month, month.lstrip("0")})
        return [*numbers, *(f"{each}/{known['ky_hieu']}" for each in numbers), *days]
    return []


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
