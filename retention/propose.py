"""Which rules of the schedules speak of a dossier: candidates with scores and reasons, or why there is none.

Deterministic, and open to a look: the share of a title's telling words that a rule has, the share of the rule's words
that the title has, less what contradicts (retention/words.toml). What is not clear enough is not proposed.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise

from ocr.letters import fold, lower
from retention.words import NUMBERS, Contrast, Words, words

LEAST_SCORE = 0.4  # found on the tuning half of tests/resources/retention-titles.csv
LEAST_LEAD = 0.08  # before the next candidate with another term, as a share of the best score
LEAST_LEAD_SAME_TERM = 0.05
DOCUMENT_SCORE = 0.6  # a rule that a document alone speaks for
DOCUMENT_WEIGHT = 0.35  # of a word that stands in documents only
GROUP_WEIGHT = 0.5  # of a word of the heading
PAIR_WEIGHT = 1.5  # two words that follow each other say more than both apart
SYNONYM_WEIGHT = 0.8
STRANGE_WEIGHT = 0.4  # of a word that no rule has, as a share of the rarest word's
MOST_CANDIDATES, MOST_DOCUMENT_RULES = 5, 3

BRANCH = " - "  # parts a group of records from one of its kinds

Chunks = tuple[tuple[str, ...], ...]
Feature = tuple[str, ...]  # one word, or two that follow each other


@dataclass(frozen=True, slots=True)
class WordedRule:
    """A rule as the scorer sees it.

    group: the heading under which it stands. term: equal for rules that keep equally long; rank: the greater, the
    longer.
    """

    key: str
    title: str
    term: str
    rank: int
    group: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """text: its title or subject; type_name: what kind of paper it is, "" where that is not known.

    name: how reasons call it.
    """

    text: str
    type_name: str = ""
    name: str = ""


class ReasonKind(StrEnum):
    WORDS = "words"  # words of the title that the rule has
    MEANT = "meant"  # words of the rule that the title says otherwise
    AGREES = "agrees"  # period, paper, gravity, … that both have
    DIFFERS = "differs"  # … that speaks against it
    UNSAID = "unsaid"  # … that the rule asks for and the title does not tell
    DOCUMENT = "document"  # the document that speaks for it, not the dossier's title


@dataclass(frozen=True, slots=True)
class Reason:
    """text: the words themselves, or the name of a contrast."""

    kind: ReasonKind
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """score: 0 to 1."""

    rule: WordedRule
    score: float
    reasons: tuple[Reason, ...]


class Silence(StrEnum):
    """Why nothing is proposed."""

    NO_RULES = "no_rules"
    NOTHING_FITS = "nothing_fits"  # no rule has the title's words
    TOO_WEAK = "too_weak"  # the best has too few of them
    TOO_CLOSE = "too_close"  # two with different terms fit nearly alike


@dataclass(frozen=True, slots=True)
class Proposal:
    """proposed: one for the dossier, and more for documents that ask for a longer term; empty: `silence` says why.

    candidates: the best by the dossier's title and documents, the best first, whether or not one is proposed.
    """

    proposed: tuple[Candidate, ...]
    candidates: tuple[Candidate, ...]
    silence: Silence | None


class Proposer:
    """Over the rules in force; made once, asked for many dossiers."""

    def __init__(self, rules: Iterable[WordedRule]) -> None:
        self._rules = tuple(rules)
        self._indexes: dict[bool, _Index] = {}

    def propose(self, title: str, documents: Sequence[Document] = ()) -> Proposal:
        if not self._rules:
            return Proposal((), (), Silence.NO_RULES)
        index = self._index(with_tones=lower(title) != fold(title))
        candidates = index.candidates(title, documents)
        silence = _silence(candidates)
        main = () if silence else candidates[:1]
        extra = _of_documents(index, documents, main)
        return Proposal((*main, *extra), candidates, None if main or extra else silence)

    def _index(self, *, with_tones: bool) -> _Index:
        if with_tones not in self._indexes:
            self._indexes[with_tones] = _Index(self._rules, words(with_tones=with_tones))
        return self._indexes[with_tones]


@dataclass(frozen=True, slots=True)
class _Rule:
    worded: WordedRule
    features: Mapping[Feature, float]
    parts: tuple[Mapping[Feature, float], ...]  # between commas: any of them may be what a title speaks of
    values: tuple[frozenset[str], ...]  # of each contrast
    asked: tuple[frozenset[str], ...]  # those that a title is expected to have
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A title as it is compared.

    said: by the title; helped: with what its documents say; told: the weight of all that the title says.
    """

    title: Chunks
    meant: Chunks
    said: Mapping[Feature, float]
    helped: Mapping[Feature, float]
    told: float
    values: tuple[frozenset[str], ...]  # of each contrast


class _Index:
    def __init__(self, rules: Sequence[WordedRule], known: Words) -> None:
        self._words = known
        chunks = [known.chunks(rule.title) for rule in rules]
        headings = [known.chunks(rule.group) for rule in rules]
        both = [(*title, *heading) for title, heading in zip(chunks, headings, strict=True)]
        had = Counter(feature for each in both for feature in _features(each, known.silent))
        self._idf = {feature: _weight(feature) * math.log(1 + len(rules) / count) for feature, count in had.items()}
        self.rules = tuple(self._rule(*each) for each in zip(rules, chunks, headings, strict=True))
        self._vocabulary = known.silent | {word for feature in had for word in feature}
        self._strange = STRANGE_WEIGHT * math.log(1 + len(rules))
        self._having: dict[Feature, list[int]] = defaultdict(list)
        for place, rule in enumerate(self.rules):
            for feature in rule.features:
                self._having[feature].append(place)

    def candidates(self, title: str, documents: Sequence[Document]) -> tuple[Candidate, ...]:
        """The best by the title, helped by what the documents say."""
        asked = self._asked(title, documents)
        places = {place for feature in asked.helped for place in self._having[feature]}
        scored = (self._scored(self.rules[place], asked) for place in places)
        fitting = (found for found in scored if found.score > 0)
        return tuple(sorted(fitting, key=lambda found: (-found.score, found.rule.key))[:MOST_CANDIDATES])

    def _asked(self, title: str, documents: Sequence[Document]) -> _Asked:
        chunks = self._words.chunks(title)
        said = self._said(chunks)
        helped = dict(said)
        for document in documents:
            for feature, weight in self._said(self._words.chunks(document.text)).items():
                helped[feature] = max(helped.get(feature, 0.0), DOCUMENT_WEIGHT * weight)
        told = math.fsum(self._idf[feature] * weight for feature, weight in said.items())
        told += self._strange * self._words.strange(title, self._vocabulary)
        papers = {document.type_name for document in documents}
        kinds = self._words.chunks(papers.pop()) if len(papers) == 1 else ()  # all of one kind, such as letters only
        values = tuple(contrast.found((*chunks, *kinds)) for contrast in self._words.contrasts)
        return _Asked(chunks, self._words.meant(chunks), said, helped, told, values)

    def _rule(self, worded: WordedRule, chunks: Chunks, heading: Chunks) -> _Rule:
        parts = tuple(part for chunk in chunks if (part := self._weighed(_features((chunk,), self._words.silent))))
        under = self._weighed(_features(heading, self._words.silent))
        features = {feature: GROUP_WEIGHT * weight for feature, weight in under.items()}
        features |= self._weighed(_features(chunks, self._words.silent))
        contrasts, whole = self._words.contrasts, (*chunks, *heading)
        values = tuple(each.found(whole) for each in contrasts)
        asked = tuple(each.found(chunks[:1] if each.head else whole) for each in contrasts)
        said = frozenset(word for chunk in whole for word in chunk) - NUMBERS
        return _Rule(worded, features, parts, values, asked, said)

    def _weighed(self, features: Iterable[Feature]) -> dict[Feature, float]:
        return {feature: self._idf[feature] for feature in features if feature in self._idf}

    def _said(self, chunks: Chunks) -> dict[Feature, float]:
        """1 for what is said, less for what is meant by it; only what some rule has."""
        said = {feature: SYNONYM_WEIGHT for means in self._words.meant(chunks)
                for feature in _features((means,), self._words.silent)}  # fmt: skip
        said |= dict.fromkeys(_features(chunks, self._words.silent), 1.0)
        return {feature: weight for feature, weight in said.items() if feature in self._idf}

    def _scored(self, rule: _Rule, asked: _Asked) -> Candidate:
        helped = asked.helped
        matched = {feature: weight * helped[feature] for feature, weight in rule.features.items() if feature in helped}
        total = math.fsum(matched.values())  # exact, in whatever order a set comes
        of_title = min(1.0, total / asked.told) if asked.told else 0.0
        of_part = max((_share(part, helped) for part in rule.parts), default=0.0)
        of_rule = total / math.fsum(rule.features.values())
        score = of_title**0.5 * (0.35 + 0.4 * of_part + 0.25 * of_rule)
        reasons = _told(matched, asked.title, asked.meant, rule, self._words.joining)
        for contrast, has, wanted, found in zip(
            self._words.contrasts, rule.values, rule.asked, asked.values, strict=True
        ):
            left, reason = _contrasted(contrast, has, wanted, found)
            score *= left
            reasons += reason
        return Candidate(rule.worded, round(score, 4), tuple(reasons))


def _features(chunks: Iterable[Sequence[str]], silent: frozenset[str]) -> set[Feature]:
    found: set[Feature] = set()
    for chunk in chunks:
        found |= {(word,) for word in chunk if word not in silent}
        found |= {pair for pair in pairwise(chunk) if silent.isdisjoint(pair)}
    return found


def _weight(feature: Feature) -> float:
    return 1.0 if len(feature) == 1 else PAIR_WEIGHT


def _share(part: Mapping[Feature, float], said: Mapping[Feature, float]) -> float:
    had = math.fsum(weight * said.get(feature, 0.0) for feature, weight in part.items())
    return had / math.fsum(part.values())


def _contrasted(
    contrast: Contrast, has: frozenset[str], asked: frozenset[str], found: frozenset[str]
) -> tuple[float, list[Reason]]:
    if has & found:
        return 1.0, [Reason(ReasonKind.AGREES, contrast.name)]
    if has and found:
        return contrast.clash, [Reason(ReasonKind.DIFFERS, contrast.name)]
    if asked:
        return contrast.silence, [Reason(ReasonKind.UNSAID, contrast.name)]
    return (contrast.surplus if found else 1.0), []


def _told(
    matched: Mapping[Feature, float], title: Chunks, meant: Chunks, rule: _Rule, joining: frozenset[str]
) -> list[Reason]:
    """The words as people read them: runs of the text that the rule has too."""
    telling = {word for feature in matched for word in feature}
    reasons = []
    for kind, chunks in ((ReasonKind.WORDS, title), (ReasonKind.MEANT, meant)):
        runs = [run for chunk in chunks for run in _runs(chunk, rule.words, joining) if not telling.isdisjoint(run)]
        telling -= {word for run in runs for word in run}
        if runs:
            reasons.append(Reason(kind, ", ".join(dict.fromkeys(" ".join(run) for run in runs))))
    return reasons


def _runs(chunk: Sequence[str], had: frozenset[str], joining: frozenset[str]) -> list[list[str]]:
    found = [list(run) for inside, run in groupby(chunk, lambda word: word in had) if inside]
    for run in found:
        while run and run[0] in joining:
            run.pop(0)
        while run and run[-1] in joining:
            run.pop()
    return found


def _silence(candidates: Sequence[Candidate]) -> Silence | None:
    if not candidates:
        return Silence.NOTHING_FITS
    best = candidates[0]
    if best.score < LEAST_SCORE:
        return Silence.TOO_WEAK
    for other in candidates[1:]:
        least = LEAST_LEAD_SAME_TERM if other.rule.term == best.rule.term else LEAST_LEAD
        if best.score - other.score < least * best.score or _undecided(best, other):
            return Silence.TOO_CLOSE
    return None


def _undecided(best: Candidate, other: Candidate) -> bool:
    """Two kinds of one group, and the title does not tell what parts them: whether a case was grave, for example."""
    unsaid = [{reason for reason in each.reasons if reason.kind is ReasonKind.UNSAID} for each in (best, other)]
    return _stem(best.rule) == _stem(other.rule) and bool(unsaid[0] & unsaid[1])


def _stem(rule: WordedRule) -> tuple[str, str]:
    stem, _, kind = rule.title.rpartition(BRANCH)
    return rule.group, stem or kind


def _of_documents(index: _Index, documents: Sequence[Document], main: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """What single documents are sure of, where it keeps the dossier longer than what its title says."""
    longest = max((each.rule.rank for each in main), default=0)
    found: dict[str, Candidate] = {}
    for document in documents:
        candidates = index.candidates(document.text, [Document("", document.type_name)])
        if not candidates or candidates[0].score < DOCUMENT_SCORE or _silence(candidates):
            continue
        best = candidates[0]
        if best.rule.rank > longest and best.score > getattr(found.get(best.rule.key), "score", 0.0):
            reason = Reason(ReasonKind.DOCUMENT, document.name or document.text)
            found[best.rule.key] = Candidate(best.rule, best.score, (reason, *best.reasons))
    ranked = sorted(found.values(), key=lambda each: (-each.rule.rank, -each.score, each.rule.key))
    return tuple(ranked[:MOST_DOCUMENT_RULES])
