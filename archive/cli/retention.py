"""archive retention ACT: how long dossiers are kept, and by which schedules; each act has its module."""

from __future__ import annotations

import argparse
import importlib
from typing import Protocol, cast

from archive import i18n
from archive.cli.output import Output

ACTS = {  # in the order of the help
    "due": "archive.cli.terms",
    "run": "archive.cli.terms",
    "explain": "archive.cli.terms",
    "import": "archive.cli.schedules",
    "schedules": "archive.cli.schedules",
    "propose": "archive.cli.schedules",
    "drill": "archive.cli.drill",
}


class ActModule(Protocol):
    """What the module of an act offers."""

    def add_act(self, act: str, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments of one of its acts."""
        ...

    def run_act(self, args: argparse.Namespace, out: Output) -> int:
        """Do `args.act`; as CommandModule.run."""
        ...


def add(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    for act in ACTS:
        explained = i18n.text(f"retention_command.{act}")
        sub = acts.add_parser(act, help=explained, description=explained.capitalize() + ".")
        sub.add_argument("--json", action="store_true", help=i18n.text("cli.json"))
        _module(act).add_act(act, sub)


def run(args: argparse.Namespace, out: Output) -> int:
    return _module(args.act).run_act(args, out)


def _module(act: str) -> ActModule:
    return cast(ActModule, importlib.import_module(ACTS[act]))
