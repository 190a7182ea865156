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
    there = settings.data.is_dir()
    checks = health.of_directory(settings.data) if there or not settings.production else []
    if any(check.state is health.State.MISSING for check in checks) and not settings.production:
        return checks
    from archive import health_parts
    from archive.bootstrap import open_app, parts_only

    try:
        with open_app(settings) as app:
            return checks + health_parts.of_catalogue(app) + health_parts.of_servers(app, catalogue=True)
    except ArchiveError as error:
        checks.append(health_parts.of_refusal(error))
    if settings.production:
        with parts_only(settings) as app:
            checks += health_parts.of_servers(app, catalogue=False)
    return checks
