"""Texts for people: message id -> text, one catalog a language. `vi` is complete, `en` is for operators."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib import resources

LANGUAGES = ("vi", "en")


def text(message_id: str, /, *, language: str = "vi", **values: object) -> str:
    """The message with its {placeholders} filled; a date as people write it."""
    return filled(message_id, values, language=language)


def filled(message_id: str, values: Mapping[str, object], *, language: str = "vi") -> str:
    """As `text`, for values that came with an error or a finding.

    Falls back from any language to Vietnamese. An id without a text, and a placeholder without a value, are
    mistakes of the program, but they must not hide the failure that is being told: the id itself, or "…", is shown.
    """
    pattern = catalog(language).get(message_id) or catalog("vi").get(message_id)
    if pattern is None:
        return message_id
    return pattern.format_map(_Values(values))


@cache
def catalog(language: str) -> dict[str, str]:
    """All messages of a language, ids joined with dots: `[file] empty = …` is `file.empty`."""
    if language not in LANGUAGES:
        raise KeyError(language)
    source = resources.files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    messages: dict[str, str] = {}
    _flatten(tomllib.loads(source), "", messages)
    return messages


def _flatten(table: dict[str, object], prefix: str, messages: dict[str, str]) -> None:
    for key, value in table.items():
        if isinstance(value, dict):
            _flatten(value, f"{prefix}{key}.", messages)
        elif isinstance(value, str):
            messages[prefix + key] = value
        else:
            raise TypeError(f"{prefix}{key}: a message is a string")


def day(value: date) -> str:
    return value.strftime("%d/%m/%Y")


class _Values(dict[str, object]):
    def __getitem__(self, key: str) -> object:
        value = super().__getitem__(key)
        return day(value) if isinstance(value, date) and not isinstance(value, datetime) else value

    def __missing__(self, key: str) -> str:
        return "…"
