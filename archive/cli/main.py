"""The command `archive`: finds the module of one command, runs it, turns what went wrong into an exit code."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from archive import i18n
from archive.cli.output import Output
from archive.cli.parser import Parser


class CommandModule(Protocol):
    """What each module of a command offers; it is imported only when its command was asked for."""

    def add(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""
        ...

    def run(self, args: argparse.Namespace, out: Output) -> int:
        """Do it; 0 done, 1 findings. What it raises is looked up in archive.cli.errors."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    module: str

    @property
    def help(self) -> str:
        return i18n.text(f"command.{self.name}")


COMMANDS = (
    Command("ocr", "archive.cli.ocr"),
    Command("extract", "archive.cli.extract"),
    Command("pdf", "archive.cli.pdf"),
    Command("ingest", "archive.cli.ingest"),
    Command("batch", "archive.cli.batch"),
    Command("search", "archive.cli.search"),
    Command("show", "archive.cli.show"),
    Command("agency", "archive.cli.agency"),
    Command("programme", "archive.cli.programme"),
    Command("export", "archive.cli.later"),
    Command("retention", "archive.cli.retention"),
    Command("hold", "archive.cli.hold"),
    Command("dispose", "archive.cli.dispose"),
    Command("fixity", "archive.cli.fixity"),
    Command("audit", "archive.cli.audit"),
    Command("reindex", "archive.cli.reindex"),
    Command("reconcile", "archive.cli.reconcile"),
    Command("backup", "archive.cli.backup"),
    Command("restore", "archive.cli.restore"),
    Command("serve", "archive.cli.serve"),
    Command("worker", "archive.cli.worker"),
    Command("setup", "archive.cli.setup"),
    Command("doctor", "archive.cli.doctor"),
    Command("demo", "archive.cli.demo"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; exit codes: 0 done, 1 findings, 2 wrong use, 3 a part is not available."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser, module = _parser(words)
    args = parser.parse_args(words)
    if module is None:
        parser.print_help(sys.stderr)
        return 2
    out = Output(json_mode="--json" in words)
    from archive.cli.errors import report

    try:
        return module.run(args, out)
    except KeyboardInterrupt:
        out.note(i18n.text("cli.stopped"))
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left: nothing more can be said to it
        return 1
    except Exception as error:
        return report(error, out)


def _parser(words: Sequence[str]) -> tuple[argparse.ArgumentParser, CommandModule | None]:
    """The whole parser, with the arguments of the one command that was asked for."""
    parser = Parser(
        prog="archive",
        description=i18n.text("cli.description"),
        epilog=i18n.text("cli.epilog"),
    )
    commands = parser.add_subparsers(dest="command", metavar="LỆNH")
    asked = next((word for word in words if not word.startswith("-")), None)
    module: CommandModule | None = None
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help.capitalize() + ".")
        sub.add_argument("--json", action="store_true", help=i18n.text("cli.json"))
        if command.name == asked:
            module = importlib.import_module(command.module)
            assert module is not None
            module.add(sub)
    return parser, module


if __name__ == "__main__":
    sys.exit(main())
