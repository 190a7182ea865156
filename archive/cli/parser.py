"""A parser of command lines that speaks as the rest of the program does."""

from __future__ import annotations

import argparse
import gettext
import sys
from typing import NoReturn

from archive import i18n

# what argparse says by itself -> the id of our text, with the same %-places
_TEXTS = {
    "usage: ": "arguments.usage",
    "positional arguments": "arguments.positional",
    "options": "arguments.options",
    "show this help message and exit": "arguments.help",
    "argument %(argument_name)s: %(message)s": "arguments.of_one",
    "ambiguous option: %(option)s could match %(matches)s": "arguments.ambiguous",
    "expected %s argument": "arguments.number",
    "expected %s arguments": "arguments.number",
    "expected at least one argument": "arguments.at_least_one",
    "expected at most one argument": "arguments.at_most_one",
    "expected one argument": "arguments.one",
    "ignored explicit argument %r": "arguments.none",
    "invalid %(type)s value: %(value)r": "arguments.value",
    "invalid choice: %(value)r (choose from %(choices)s)": "arguments.choice",
    "not allowed with argument %s": "arguments.not_together",
    "one of the arguments %s is required": "arguments.one_of",
    "the following arguments are required: %s": "arguments.required",
    "unknown parser %(parser_name)r (choices: %(choices)s)": "arguments.command",
    "unrecognized arguments: %s": "arguments.unknown",
}


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, i18n.text("cli.wrong_use", detail=message, command=self.prog) + "\n")


def _said(message: str) -> str:
    """argparse asks gettext, whose catalogues are compiled files chosen by the terminal's locale: ours is one text."""
    known = _TEXTS.get(message)
    return i18n.text(known) if known else gettext.gettext(message)


def _said_of_many(one: str, many: str, number: int) -> str:
    return _said(one if number == 1 else many)


setattr(argparse, "_", _said)  # noqa: B010 - the name it looks its texts up by; it offers no other way
setattr(argparse, "ngettext", _said_of_many)  # noqa: B010
