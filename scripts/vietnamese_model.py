"""Make the model of syllables that the correction of what is read uses: ocr/syllables.npz and its card.

    python -m scripts.vietnamese_model TEXTS LISTS --without PAGES

TEXTS: folder or archive of the legal codification (*.md); LISTS: folder with units-2025.json, names-*.txt.
PAGES: folder whose *.gt.txt are scored: no paragraph that shares ten words in a row with one of them is learned from.
Left out too: what was itself made by recognition (its errors would be learned) and paragraphs that were there before.
The same input gives the same bytes. Model: interpolated absolute discounting; rare pairs and triples are left out.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ocr.quality import is_syllable
from ocr.syllables import MODEL, NUMBER, OTHER, START, STEPS, plain

_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[./,-]\d+)*")
_RECOGNISED = re.compile(r"2026|crawled")  # names of texts that were scans
_SAME_LAW = "cu-tru.md"  # of the scanned law that is scored
_SHARED_WORDS = 10
_SHORTEST = 4  # words of a paragraph
_RAREST_SYLLABLE, _RAREST_PAIR, _RAREST_TRIPLE = 4, 2, 3
_DISCOUNT = 0.75
_LIST_WEIGHT = 20  # how often each name of a list counts
Counts = collections.Counter[Any]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("texts", type=Path)
    options.add_argument("lists", type=Path)
    options.add_argument("--without", type=Path, required=True)
    options.add_argument("--out", type=Path, default=MODEL)
    given = options.parse_args()
    told: Counts = collections.Counter()
    digest = hashlib.sha256()
    scored = runs_of_words(path.read_text(encoding="utf-8") for path in sorted(given.without.rglob("*.gt.txt")))
    paragraphs = list(learned(texts(given.texts, digest), scored, told)) + list(names(given.lists, digest))
    arrays = model_of(paragraphs, told)
    given.out.write_bytes(packed(arrays))
    card = {
        "what": "costs of Vietnamese syllables, pairs and triples of them",
        "made_by": "scripts/vietnamese_model.py",
        "from": [
            "national legal codification: diepxuan/diepxuan.github.io, MIT; text of the Ministry of Justice",
            "names of provinces and wards: thanglequoc/vietnamese-provinces-database, MIT",
            "given names: duyet/vietnamese-namedb, MIT",
        ],
        "input_sha256": digest.hexdigest(),
        "model_sha256": hashlib.sha256(given.out.read_bytes()).hexdigest(),
        "size_bytes": given.out.stat().st_size,
        "counts": dict(sorted(told.items())),
        "left_out": f"paragraphs sharing {_SHARED_WORDS} words in a row with a scored page, {_SAME_LAW}, texts made by "
        "recognition, repeated paragraphs",
    }
    text = json.dumps(card, ensure_ascii=False, indent=1)
    given.out.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def texts(source: Path, digest: hashlib._Hash) -> Iterator[tuple[str, str]]:
    """Name and text of each, in the order of their names."""
    with tarfile.open(source) as archive:
        members = {member.name: member for member in archive.getmembers() if member.name.endswith(".md")}
        read = {}
        for member in archive.getmembers():  # in the archive's order: it is read once
            if member.name in members:
                stream = archive.extractfile(member)
                read[member.name] = stream.read() if stream else b""
    for name in sorted(read):
        digest.update(read[name])
        yield name, read[name].decode("utf-8", "replace")


def learned(sources: Iterable[tuple[str, str]], scored: set[int], told: Counts) -> Iterator[list[str]]:
    return (words for _, words in paragraphs(sources, scored, told))


def paragraphs(sources: Iterable[tuple[str, str]], scored: set[int], told: Counts) -> Iterator[tuple[str, list[str]]]:
    """Each paragraph that may be learned from, as it is written and as words."""
    seen: set[int] = set()
    for name, text in sources:
        if _RECOGNISED.search(name) or name.endswith("/" + _SAME_LAW):
            told["texts_left_out"] += 1
            continue
        told["texts"] += 1
        for line in text.removeprefix("---").split("\n"):
            words = words_of(line)
            if len(words) < _SHORTEST or "http" in line or line.startswith("|"):
                continue
            key = run_key(words)
            if key in seen:
                told["paragraphs_repeated"] += 1
            elif any(run in scored for run in runs(words)):
                told["paragraphs_scored"] += 1
            else:
                seen.add(key)
                told["syllables"] += len(words)
                yield line, words


def names(lists: Path, digest: hashlib._Hash) -> Iterator[list[str]]:
    """Places and given names, each as often as `_LIST_WEIGHT`."""
    units = (lists / "units-2025.json").read_bytes()
    digest.update(units)
    found = sorted(set(re.findall(r'"(?:FullName|Name)"\s*:\s*"([^"]+)"', units.decode(), re.IGNORECASE)))
    for file in sorted(lists.glob("names-*.txt")):
        digest.update(file.read_bytes())
        found += file.read_text(encoding="utf-8").split("\n")
    for name in found:
        if words := words_of(name):
            yield from [words] * _LIST_WEIGHT


def words_of(text: str) -> list[str]:
    return [plain(word) for word in _TOKEN.findall(text)]


def runs(words: list[str]) -> Iterator[int]:
    for start in range(len(words) - _SHARED_WORDS + 1):
        yield run_key(words[start : start + _SHARED_WORDS])


def run_key(words: list[str]) -> int:
    return int.from_bytes(hashlib.blake2b(" ".join(words).encode(), digest_size=8).digest(), "big")


def runs_of_words(pages: Iterable[str]) -> set[int]:
    return {run for page in pages for run in runs(words_of(page))}


def model_of(paragraphs: list[list[str]], told: Counts) -> dict[str, np.ndarray]:
    counted = collections.Counter(word for words in paragraphs for word in words)
    known = [w for w, n in counted.items() if n >= _RAREST_SYLLABLE and w.isalpha() and is_syllable(w)]
    words = ["<start>", "<number>", "<other>", *sorted(known, key=lambda w: (-counted[w], w))]
    ids = {word: index for index, word in enumerate(words)}
    size = len(words)
    stream: list[int] = []
    for paragraph in paragraphs:
        stream += (START, START)
        stream += (ids.get(w, NUMBER if w[0].isdigit() else OTHER) for w in paragraph)
    flow = np.array(stream, dtype=np.int64)
    first, second, third = flow[:-2], flow[1:-1], flow[2:]
    single = np.bincount(flow[flow != START], minlength=size).astype(float) + 0.1
    base = single / single.sum()
    whole = third != START
    pair_keys, pair_n = np.unique((second * size + third)[whole], return_counts=True)
    last = pair_keys // size
    told["pairs_seen"], told["known_syllables"] = len(pair_keys), len(known)
    pair_p = discounted(last, pair_n, base[pair_keys % size], size)
    kept = pair_n >= _RAREST_PAIR
    # the rows of triples hang on the pairs that lead to them: the start of a text is such a pair too
    lead_keys = np.union1d(pair_keys[kept], [START * size + START])
    whole &= ~((second == START) & (first != START))
    lead = np.searchsorted(lead_keys, first * size + second)
    lead = np.where(lead_keys[np.minimum(lead, len(lead_keys) - 1)] == first * size + second, lead, -1)
    inside = whole & (lead >= 0)
    triple_keys, triple_n = np.unique((lead * size + third)[inside], return_counts=True)
    lower = dict(zip(pair_keys.tolist(), pair_p.tolist(), strict=True))
    below = np.array([lower[k] for k in ((lead_keys[triple_keys // size] % size) * size + triple_keys % size).tolist()])
    triple_p = discounted(triple_keys // size, triple_n, below, len(lead_keys))
    often = triple_n >= _RAREST_TRIPLE
    told["pairs"], told["triples"] = int(kept.sum()), int(often.sum())
    pair_cost = np.zeros(len(lead_keys))
    pair_cost[np.searchsorted(lead_keys, pair_keys[kept])] = -np.log(pair_p[kept])
    pair_cost[0] = 15.0
    return {
        "words": np.frombuffer("\n".join(words).encode(), dtype=np.uint8),
        "single": steps(-np.log(base)),
        "single_back": steps(back_off(last[kept], pair_p[kept], base[pair_keys[kept] % size], size)),
        "pairs_of": np.bincount(lead_keys // size, minlength=size).astype(np.uint16),
        "pair_next": (lead_keys % size).astype(np.uint16),
        "pair": steps(pair_cost),
        "pair_back": steps(back_off(triple_keys[often] // size, triple_p[often], below[often], len(lead_keys))),
        "triples_of": np.bincount(triple_keys[often] // size, minlength=len(lead_keys)).astype(np.uint16),
        "triple_next": (triple_keys[often] % size).astype(np.uint16),
        "triple": steps(-np.log(triple_p[often])),
    }


def discounted(row: np.ndarray, n: np.ndarray, lower: np.ndarray, rows: int) -> np.ndarray:
    """Probability of each entry within its row, its discount given to the lower order."""
    total = np.bincount(row, weights=n, minlength=rows)
    kinds = np.bincount(row, minlength=rows)
    return (n - _DISCOUNT) / total[row] + _DISCOUNT * kinds[row] / total[row] * lower


def back_off(row: np.ndarray, p: np.ndarray, lower: np.ndarray, rows: int) -> np.ndarray:
    """Cost of leaving a row: what its kept entries leave over, shared out as the lower order does."""
    left = 1 - np.bincount(row, weights=p, minlength=rows)
    free = 1 - np.bincount(row, weights=lower, minlength=rows)
    return -np.log(np.clip(left, 1e-4, 1) / np.clip(free, 1e-4, None))


def steps(costs: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(costs * STEPS), 0, 255).astype(np.uint8)


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """As numpy's .npz, with fixed times: the same arrays give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


if __name__ == "__main__":
    main()
