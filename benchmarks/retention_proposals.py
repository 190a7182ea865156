"""Question: how often is the rule that is proposed from a dossier's title and documents the right one?

Corpus: 159 invented, labelled titles (tests/resources/retention-titles.csv), against the 274 groups of the superseded
schedule of 2011 (../shared/reference/retention-schedules.csv). Thresholds and words were chosen on the half `tune`; the
half `report` was measured, and again after three mends, of which one was prompted by what it had shown (the kind of a
paper is no word of its subject): it is not strictly blind. The titles were written by somebody who knew the schedule:
titles of real holdings are worse. Baselines: one group, the most frequent, for every dossier alike; the group that has
most words of the title.
Unit: titles; ms a dossier. Result: results/retention-proposals.json.
"""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks._machine import machine
from ocr.letters import lower
from retention.propose import Document, Proposal, Proposer, WordedRule
from retention.terms import Term, parse_term

ROOT = Path(__file__).parents[1]
SHEET = ROOT.parent / "shared/reference/retention-schedules.csv"
TITLES = ROOT / "tests/resources/retention-titles.csv"
RESULT = ROOT / "benchmarks/results/retention-proposals.json"
SOURCE = "TT 09/2011"
REPEATS = 20

Labelled = tuple[str, list[Document], WordedRule | None]


def schedule() -> dict[tuple[str, str], WordedRule]:
    with SHEET.open(encoding="utf-8", newline="") as sheet:
        rows = [row for row in csv.DictReader(sheet) if row["source"].startswith(SOURCE)]
    return {
        (row["group_no"], row["record_series_vi"]): WordedRule(
            f"{place:04}", row["record_series_vi"], row["retention"], rank(row["retention"])
        )
        for place, row in enumerate(rows)
    }


def rank(text: str) -> int:
    term = parse_term(text)
    assert isinstance(term, Term)
    return {"permanent": 1_000_000, "event": 10_000}.get(term.kind, 0) + (term.years or 0)


def titles(part: str, known: dict[tuple[str, str], WordedRule]) -> list[Labelled]:
    with TITLES.open(encoding="utf-8", newline="") as sheet:
        return [
            (row["title"], documents(row["documents"]), known.get((row["group"], row["series"])))
            for row in csv.DictReader(sheet)
            if row["part"] == part
        ]


def documents(text: str) -> list[Document]:
    parts = [each.strip().partition(": ") for each in text.split(" ; ") if each.strip()]
    return [Document(subject, kind) for kind, _, subject in parts]


def figures(labelled: list[Labelled], answers: list[WordedRule | None]) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for (_, _, wanted), answer in zip(labelled, answers, strict=True):
        known = "has_series" if wanted else "has_none"
        counts[known] += 1
        counts[f"{known}_proposed"] += answer is not None
        counts["right"] += answer is not None and answer is wanted
        counts["right_term"] += answer is not None and wanted is not None and answer.term == wanted.term
    proposed = counts["has_series_proposed"] + counts["has_none_proposed"]
    return {
        **counts,
        "different_series_proposed": len({answer.key for answer in answers if answer}),
        "precision": round(counts["right"] / proposed, 3) if proposed else None,
        "recall": round(counts["right"] / counts["has_series"], 3),
    }


def main_answer(found: Proposal) -> WordedRule | None:
    return found.proposed[0].rule if found.proposed else None


def most_words(title: str, known: list[WordedRule]) -> WordedRule:
    said = set(lower(title).split())
    return max(known, key=lambda each: (len(said & set(lower(each.title).split())), each.key))


def main() -> None:
    known = schedule()
    proposer = Proposer(known.values())
    result: dict[str, Any] = {"machine": machine(), "schedule": SOURCE, "series": len(known)}
    for part in ("tune", "report"):
        labelled = titles(part, known)
        result[part] = figures(labelled, [main_answer(proposer.propose(title, docs)) for title, docs, _ in labelled])
    labelled = titles("report", known)
    frequent = Counter(wanted for _, _, wanted in labelled if wanted).most_common(1)[0][0]
    result["baseline_one_rule_for_all"] = figures(labelled, [frequent] * len(labelled))
    result["baseline_most_words"] = figures(
        labelled, [most_words(title, list(known.values())) for title, *_ in labelled]
    )
    began = time.perf_counter()
    for _ in range(REPEATS):
        for title, docs, _wanted in labelled:
            proposer.propose(title, docs)
    result["ms_a_dossier"] = round((time.perf_counter() - began) * 1000 / (REPEATS * len(labelled)), 2)
    RESULT.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
