"""archive backup OUT: a copy of the holdings as they are at one instant, beside whatever goes on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from archive import i18n
from archive.backup import back_up
from archive.cli.errors import FINDINGS
from archive.cli.holdings import add_as_user, caller, opened
from archive.cli.output import Output, plain
from archive.health import size


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path, metavar="OUT", help=i18n.text("backup.out"))
    add_as_user(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    with opened() as app, out.progress(i18n.text("backup.working")) as show:
        actor = caller(app, args.as_user)
        place, made = back_up(app, args.directory.absolute(), actor=actor, progress=show)
        keys = app.keys.directory
    told = [plain(each) | {"message": i18n.text(f"backup.{each.rule}", place=each.place)} for each in made.findings]
    out.document(plain(made) | {"backup": str(place), "findings": told})
    figures: dict[str, Any] = {"objects": made.objects, "size": size(made.objects_bytes), "waiting": made.waiting}
    out.say(i18n.text("backup.done", place=place, findings=len(told), **figures))
    for finding in told:
        out.say(finding["message"])
    out.say(i18n.text("backup.keys_apart", directory=keys))
    return FINDINGS if told else 0
