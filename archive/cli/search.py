"""archive search QUERY: items by what is in them, with the pages and places of the words."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from archive import i18n
from archive.actions.readings import run_search
from archive.cli.holdings import add_as_user, caller, opened
from archive.cli.output import Output
from archive.errors import InvalidInput
from archive.queries.searching import to_json
from archive.queries.views import SearchHit


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", metavar="QUERY", help=i18n.text("search.query"))
    parser.add_argument(
        "--filter", action="append", default=[], metavar="FIELD=VALUE", dest="filters", help=i18n.text("search.filter")
    )
    parser.add_argument("--limit", type=int, default=10, metavar="N", help=i18n.text("search.limit"))
    parser.add_argument("--offset", type=int, default=0, metavar="N", help=i18n.text("search.offset"))
    add_as_user(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    filters = _filters(args.filters)
    with opened() as app:
        actor = caller(app, args.as_user)
        result = run_search(app, args.query, actor=actor, filters=filters, limit=args.limit, offset=args.offset)
    out.document(to_json(result))
    if result.eased:
        out.say(i18n.text("search.eased"))
    out.say(i18n.text("search.found", total=result.total, shown=len(result.hits)))
    columns = [i18n.text(f"column.{name}") for name in ("receipt", "dossier", "title", "page", "found", "score")]
    if result.hits:
        out.table(columns, [_row(hit) for hit in result.hits])
    return 0


def _filters(given: Sequence[str]) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = {}
    for condition in given:
        name, equals, value = condition.partition("=")
        if not (name and equals and value):
            raise InvalidInput("search.filter_form", field="filter", given=condition)
        filters.setdefault(name, []).append(value)
    return filters


def _row(hit: SearchHit) -> tuple[object, ...]:
    pages = ", ".join(str(page.number) for page in hit.pages)
    snippet = hit.pages[0].snippet if hit.pages else ""
    return hit.item.receipt, hit.item.dossier_code, hit.item.title, pages, " ".join(snippet.split()), f"{hit.score:.2f}"
