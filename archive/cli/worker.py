"""archive worker: the background work without pages, until Ctrl-C or SIGTERM; any number of them on any machines."""

from __future__ import annotations

import argparse
import threading

from archive import i18n
from archive.cli.ending import uninterrupted_end, until_told
from archive.cli.holdings import opened, tell_away
from archive.cli.output import Output
from archive.service import run_background


def add(parser: argparse.ArgumentParser) -> None:
    """It takes nothing."""


def run(args: argparse.Namespace, out: Output) -> int:
    with until_told(), opened(working=True) as app, run_background(app), uninterrupted_end():
        tell_away(app, out)
        out.say(i18n.text("worker.ready", jobs=app.settings.jobs))
        threading.Event().wait()  # nobody sets it: the signal ends the block
    out.say(i18n.text("worker.stopped"))
    return 0
