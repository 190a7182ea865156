"""Titles as words: tokens, phrases, and the values of contrasts that retention/words.toml knows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from ocr.letters import fold, lower, nfc

NONE = "none"  # of a contrast: phrases that look like a value and are none
PERHAPS = "?"  # ends a value that counts only where there is no other
_TOKEN = re.compile(r"\w+|[^\w\s]")
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_QUARTER = re.compile(r"iv|i{1,3}|[1-4]")
NUMBERS = frozenset({"N", "Y", "Q"})  # tokens that stand for figures

Letters = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Contrast:
    """values: phrase -> value. clash, silence, surplus: what is left of a score, head: see words.toml."""

    name: str
    clash: float
    silence: float
    surplus: float
    head: bool
    values: Mapping[tuple[str, ...], str]
    starts: frozenset[str]
    longest: int

    def found(self, chunks: Iterable[Sequence[str]]) -> frozenset[str]:
        tokens = [token for chunk in chunks for token in chunk]
        values, at = set(), 0
        while at < len(tokens):
            if tokens[at] not in self.starts:
                at += 1
                continue
            for size in range(min(self.longest, len(tokens) - at), 0, -1):
                if (value := self.values.get(tuple(tokens[at : at + size]))) is not None:
                    values.add(value)
                    at += size
                    break
            else:
                at += 1
        sure = frozenset(value for value in values if not value.endswith(PERHAPS)) - {NONE}
        return sure or frozenset(value.removesuffix(PERHAPS) for value in values) - {NONE}


@dataclass(frozen=True, slots=True)
class Words:
    silent: frozenset[str]
    joining: frozenset[str]
    contrasts: tuple[Contrast, ...]
    synonyms: Mapping[tuple[str, ...], tuple[str, ...]]
    longest_synonym: int
    letters: Letters

    def chunks(self, text: str) -> tuple[tuple[str, ...], ...]:
        """Tokens, parted where punctuation parts them."""
        found: list[list[str]] = [[]]
        for token in _TOKEN.findall(self.letters(nfc(text))):
            if token.isalnum():
                found[-1].append(_numbered(token, found[-1]))
            elif token != "/" and found[-1]:  # "chế độ/quy định" are two words for one thing  # noqa: S105
                found.append([])
        return tuple(tuple(chunk) for chunk in found if chunk)

    def strange(self, text: str, known: Container[str]) -> int:
        """How many words nobody knows; names of people and places, which begin with a capital, are not counted."""
        plain = (token for token in _TOKEN.findall(nfc(text)) if token.isalpha() and token[0].islower())
        return sum(self.letters(token) not in known for token in plain)

    def meant(self, chunks: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
        """What synonyms in the text mean in the words of schedules."""
        tokens = [token for chunk in chunks for token in chunk]
        sizes = range(1, self.longest_synonym + 1)
        runs = (
            tuple(tokens[at : at + size]) for at in range(len(tokens)) for size in sizes if at + size <= len(tokens)
        )
        return tuple(dict.fromkeys(self.synonyms[run] for run in runs if run in self.synonyms))


@cache
def words(*, with_tones: bool) -> Words:
    """with_tones False: for a title that was typed without any."""
    source = resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    letters: Letters = lower if with_tones else fold
    return _words(tomllib.loads(source), letters)


def _words(table: Mapping[str, Any], letters: Letters) -> Words:
    synonyms = {
        _phrase(said, letters): _phrase(each["means"], letters) for each in table["synonym"] for said in each["said"]
    }
    return Words(
        silent=frozenset(_phrase(" ".join(table["silent"]), letters)),
        joining=frozenset(_phrase(" ".join(table["joining"]), letters)),
        contrasts=tuple(_contrast(each, letters) for each in table["contrast"]),
        synonyms=synonyms,
        longest_synonym=max(map(len, synonyms)),
        letters=letters,
    )


def _contrast(table: Mapping[str, Any], letters: Letters) -> Contrast:
    values = {_phrase(phrase, letters): value for value, phrases in table["values"].items() for phrase in phrases}
    left = {name: table[name] for name in ("name", "clash", "silence", "surplus")}
    starts, longest = frozenset(phrase[0] for phrase in values), max(map(len, values))
    return Contrast(**left, head=table.get("head", False), values=values, starts=starts, longest=longest)


def _phrase(text: str, letters: Letters) -> tuple[str, ...]:
    return tuple(token if token in NUMBERS else letters(token) for token in text.split())


def _numbered(token: str, before: Sequence[str]) -> str:
    """Figures differ from title to title; that there is one tells something."""
    if before and before[-1] in {"quý", "quy"} and _QUARTER.fullmatch(token):
        return "Q"
    if _YEAR.fullmatch(token):
        return "Y"
    return "N" if token.isdigit() else token
