"""Commands of the contract whose part is not in this version: they say which one, and change nothing."""

from __future__ import annotations

import argparse

from archive import i18n
from archive.cli.errors import NotYet
from archive.cli.output import Output

PARTS = {  # command -> message id of the part that it needs
    "export": "part.packages",
}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run(args: argparse.Namespace, out: Output) -> int:
    raise NotYet(command=args.command, part=i18n.text(PARTS[args.command]))
