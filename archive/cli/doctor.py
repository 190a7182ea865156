"""archive doctor: what this machine and these holdings lack, and what to do about it."""

from __future__ import annotations

import argparse
import os

from archive import health, i18n
from archive.cli.errors import FINDINGS, UNAVAILABLE
from archive.cli.output import Output
from archive.errors import ArchiveError, InvalidSetting
from archive.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """It takes nothing."""


def run(args: argparse.Namespace, out: Output) -> int:
    checks = health.of_machine() + _of_holdings()
    states = {check.state for check in checks}
    verdict = next(state for state in (health.State.MISSING, health.State.WARNING, health.State.OK) if state in states)
    out.table(
        [i18n.text(f"doctor.{column}") for column in ("check", "state", "found", "advice")],
        [
            (i18n.text(f"doctor.{check.name}"), i18n.text(f"doctor.state_{check.state}"), check.found, check.advice)
            for check in checks
        ],
        title=i18n.text("doctor.title"),
    )
    out.say(i18n.text(f"doctor.verdict_{verdict}"))
    out.document(
        {
            "state": str(verdict),
            "checks": [
                {"name": check.name, "state": str(check.state), "found": check.found, "advice": check.advice}
                for check in checks
            ],
        }
    )
    return {health.State.MISSING: UNAVAILABLE, health.State.WARNING: FINDINGS}.get(verdict, 0)


def _of_holdings() -> list[health.Check]:
    try:
        settings = Settings.read(os.environ)
    except InvalidSetting as error:
        advice = i18n.text("doctor.settings_advice")
        return [health.Check("settings", health.State.MISSING, str(error), advice)]
    checks = health.of_directory(settings.data)
    if any(check.state is health.State.MISSING for check in checks):
        return checks
    from archive.bootstrap import open_app

    try:
        with open_app(settings) as app:
            return checks + health.of_holdings(app)
    except ArchiveError as error:
        return [*checks, health.Check("database", health.State.MISSING, "", str(error))]
