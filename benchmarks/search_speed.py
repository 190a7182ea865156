"""How quickly does the one-machine index answer, and how well, with every word wanted and with the query eased?

Corpus: 2,249 articles of 17 laws with 237 questions and relevance judgements (../shared/data/search). Speed is measured
on short queries as people type them: runs of 1 to 4 words of a random article, half of them without tones, a fifth as
phrases; and on the whole questions. `python -m benchmarks.search_speed` writes results/search-speed.json.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks._machine import machine
from ocr.letters import fold
from search.adapters.tantivy import TantivyIndex
from search.document import IndexDocument
from search.highlight import find, place
from search.query import EVERYTHING, Query, parse
from search.words import words

SEED = 20260101
QUERIES = 1000
COPIES = 20  # for the speed of a bigger index: 44,980 documents
BULK = 200
DATA = Path(__file__).parents[2] / "shared/data/search"
RESULT = Path(__file__).parent / "results/search-speed.json"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument("--out", type=Path, default=RESULT)
    given = options.parse_args()
    if not given.data.is_dir():
        sys.exit(f"no corpus at {given.data}")
    articles = lines(given.data / "corpus.jsonl")
    questions = {each["id"]: each["text"] for each in lines(given.data / "queries.dev.jsonl")}
    judged = judgements(given.data / "qrels.dev.tsv")
    result: dict[str, Any] = {
        "question": " ".join((__doc__ or "").split("\n")[0].split()),
        "corpus": f"{len(articles)} articles of laws, {len(questions)} questions",
        "seed": SEED,
        "machine": machine(),
    }
    with tempfile.TemporaryDirectory() as directory:
        index = TantivyIndex(Path(directory) / "small")
        result["rebuild_documents_per_second"] = round(rebuild(index, documents(articles, 1)))
        result["short_queries_ms"] = speed(index, short_queries(articles))
        result["short_queries_with_marks_ms"] = speed(index, short_queries(articles), marks=True)
        result["questions_ms"] = speed(index, [parse(text) for text in questions.values()])
        for name, ask in (("every_word", strict), ("eased_where_nothing_has_every_word", eased)):
            result["questions_" + name] = relevance(index, questions, judged, ask)
        result["eased_questions_ms"] = speed(index, [eased(index, parse(text)) for text in questions.values()])
        index.close()
        index = TantivyIndex(Path(directory) / "large")
        result[f"of_{COPIES}_copies"] = {
            "documents": COPIES * len(articles),
            "rebuild_documents_per_second": round(rebuild(index, documents(articles, COPIES))),
            "index_megabytes": round(size_bytes(Path(directory) / "large") / 1e6),
            "short_queries_ms": speed(index, short_queries(articles)),
        }
        index.close()
    given.out.parent.mkdir(exist_ok=True)
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=2))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def judgements(path: Path) -> dict[str, set[str]]:
    judged: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        question, article, relevant = line.split("\t")
        if int(relevant) > 0:
            judged.setdefault(question, set()).add(article)
    return judged


def documents(articles: list[dict[str, Any]], copies: int) -> Iterator[IndexDocument]:
    for copy in range(copies):
        for number, article in enumerate(articles):
            yield IndexDocument(
                id=f"{article['id']}#{copy}",
                revision=1,
                receipt=f"BN-{copy}-{number:07d}",
                code=None,
                title=article["title"] or "",
                text=article["text"],
                page_offsets=(0,),
                agency="a",
                fond=None,
                dossier=None,
                dossier_code=None,
                task=1,
                state="published",
                level="open",
                subject=article["law"],
            )


def rebuild(index: TantivyIndex, made: Iterable[IndexDocument]) -> float:
    """Documents a second, in bulks as the outbox is drained, commits included."""
    held = list(made)
    started = time.perf_counter()
    with index.rebuilding() as fresh:
        for at in range(0, len(held), BULK):
            fresh.put(held[at : at + BULK])
    return len(held) / (time.perf_counter() - started)


def short_queries(articles: list[dict[str, Any]]) -> list[Query]:
    chance = random.Random(SEED)
    queries = []
    while len(queries) < QUERIES:
        found = words(chance.choice(articles)["text"])
        length = chance.randint(1, 4)
        if len(found) < length:
            continue
        at = chance.randrange(len(found) - length + 1)
        text = " ".join(found[at : at + length])
        text = fold(text) if chance.random() < 0.5 else text
        queries.append(parse(f'"{text}"' if chance.random() < 0.2 else text))
    return queries


def speed(index: TantivyIndex, queries: list[Query], *, marks: bool = False) -> dict[str, float]:
    """Milliseconds for the first ten hits and the exact total; with `marks` also their snippets."""

    def ask(query: Query) -> None:
        for hit in index.search(query, EVERYTHING, limit=10).hits:
            if marks:
                place(find(query, hit.text), hit.text, hit.page_offsets)

    for query in queries[:50]:
        ask(query)
    taken = sorted(timed(lambda query=query: ask(query)) for query in queries)  # type: ignore[misc]
    return {"p50": round(statistics.median(taken), 2), "p95": round(taken[int(len(taken) * 0.95)], 2)}


def timed(call: Callable[[], None]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def strict(index: TantivyIndex, query: Query) -> Query:
    return query


def eased(index: TantivyIndex, query: Query) -> Query:
    """What is asked in the end, where the query is eased because nothing has every word."""
    found = index.search(query, EVERYTHING, limit=1).total
    return query if found else query.eased() or query


def relevance(
    index: TantivyIndex,
    questions: dict[str, str],
    judged: dict[str, set[str]],
    ask: Callable[[TantivyIndex, Query], Query],
) -> dict[str, float]:
    gains, recalls_10, recalls_100, answered = [], [], [], 0
    for question, relevant in judged.items():
        hits = index.search(ask(index, parse(questions[question])), EVERYTHING, limit=100).hits
        ranked = [hit.id.rpartition("#")[0] for hit in hits]
        answered += bool(ranked)
        found = [1 / math.log2(rank + 2) for rank, article in enumerate(ranked[:10]) if article in relevant]
        best = sum(1 / math.log2(rank + 2) for rank in range(min(10, len(relevant))))
        gains.append(sum(found) / best)
        recalls_10.append(len(relevant & set(ranked[:10])) / len(relevant))
        recalls_100.append(len(relevant & set(ranked)) / len(relevant))
    return {
        "ndcg_at_10": round(statistics.mean(gains), 4),
        "recall_at_10": round(statistics.mean(recalls_10), 4),
        "recall_at_100": round(statistics.mean(recalls_100), 4),
        "questions_with_hits": round(answered / len(judged), 4),
    }


def size_bytes(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
