"""archive demo: invented agencies, people and dossiers, through the real actions. Again: nothing is doubled."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from archive import i18n
from archive.bootstrap import App
from archive.cli.errors import FINDINGS
from archive.cli.holdings import opened
from archive.cli.output import Output
from archive.demo import dossiers, people
from archive.demo.samples import SampleDossier, Samples, read_samples
from archive.queries.views import ItemLine
from archive.service import run_background

LOOK_S = 0.5
SECRET = "gate.secret_mark"  # noqa: S105


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-samples", action="store_true", help=i18n.text("demo.no_samples"))


def run(args: argparse.Namespace, out: Output) -> int:
    samples = read_samples()
    with opened(create=True, working=True) as app:
        passwords = people.make_people(app, samples)
        batches: list[str] = []
        shown: list[tuple[SampleDossier, ItemLine]] = []
        if not args.no_samples:
            dossiers.make_dossiers(app, samples)
            batches = _deliver(app, samples, out)
            dossiers.review_and_publish(app, samples)
            shown = [(each, line) for each in samples.dossiers for line in dossiers.view(app, each.code).items]
        stopped = dossiers.stopped(app)
        accounts = people.accounts_file(app)
    out.document(
        {
            "data": str(app.settings.data),
            "accounts_file": str(accounts),
            "batches": batches,
            "stopped": stopped,
            "items": [_item(each, line) for each, line in shown],
        }
    )
    _show(shown, stopped, out)
    out.say(i18n.text("demo.accounts", path=accounts))
    columns = [i18n.text(f"column.{name}") for name in ("login", "password", "person")]
    named = {person.login: person.name for person in people.PEOPLE}
    out.table(columns, [(login, password, named.get(login)) for login, password in passwords.items()])
    return FINDINGS if stopped.keys() - {SECRET} else 0


def _deliver(app: App, samples: Samples, out: Output) -> list[str]:
    """Receive what is missing and wait until all of it is described or stopped; returns the batches' numbers."""
    missing = [(each, files) for each in samples.dossiers if (files := dossiers.undelivered(app, each))]
    if not missing and not dossiers.under_way(app):
        out.say(i18n.text("demo.ready"))
        return []
    batches: list[str] = []
    with run_background(app) as background:
        received = 0
        with out.progress(i18n.text("demo.delivering"), sum(len(files) for _, files in missing)) as show:

            def count(*_: object) -> None:
                nonlocal received
                received += 1
                show(received, None)

            for each, files in missing:
                batches.append(dossiers.deliver(app, each, files, count))
        waiting = dossiers.under_way(app)
        with out.progress(i18n.text("demo.working"), waiting) as show:
            while left := dossiers.under_way(app):
                show(waiting - left, None)
                time.sleep(LOOK_S)
        for number in batches:
            background.wait_for(number)  # until the index knows them
    return batches


def _item(dossier: SampleDossier, line: ItemLine) -> dict[str, object]:
    return {
        "dossier": dossier.code,
        "task": dossier.task_number,
        "receipt": line.receipt,
        "code": line.code,
        "state": line.state,
        "type_name": line.type_name,
        "notation": line.notation,
        "issued_date": line.issued_date,
        "subject": line.subject,
        "page_count": line.page_count,
        "confidence": line.confidence,
        "doubtful_fields": line.doubtful_fields,
    }


def _show(shown: Sequence[tuple[SampleDossier, ItemLine]], stopped: dict[str, int], out: Output) -> None:
    columns = ("dossier", "kind", "number", "date", "subject", "pages", "confidence", "state")
    rows = [
        (
            dossier.code,
            line.type_name,
            line.notation,
            line.issued_date,
            line.subject,
            line.page_count,
            "" if line.confidence is None else f"{line.confidence:.0%}",
            i18n.text(f"state.{line.state}"),
        )
        for dossier, line in shown
    ]
    if rows:
        out.table([i18n.text(f"column.{name}") for name in columns], rows, title=i18n.text("demo.table"))
    secret = stopped.get(SECRET, 0)
    if secret:
        out.say(i18n.text("demo.stopped", count=secret))
    for reason, count in sorted(stopped.items()):
        if reason != SECRET:
            out.note(i18n.text("demo.failed", count=count, reason=i18n.text(reason).partition(".")[0]))
