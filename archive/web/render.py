"""Templates, and how values are written for people: Vietnamese, times of Hanoi."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission
from archive.queries.views import Message
from archive.web import menu, security
from archive.web.assets import Assets

_MONTH = re.compile(r"(\d{4})-(\d{2})")
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
TEMPLATES = Path(__file__).parent / "templates"


class Renderer:
    """Renders a template with what every page has: who is signed in, what the menu shows, the form's token."""

    def __init__(self, assets: Assets) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"_": i18n.text, "asset": assets.url, "say": say, "field_text": field_text}
        self._environment.filters |= {
            "moment": moment,
            "day": day,
            "size": size,
            "percent": percent,
            "count": count,
            "quantity": quantity,
            "marked": marked,
        }

    def page(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any] | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        actor: Actor | None = getattr(request.state, "actor", None)
        shared = {
            "actor": actor,
            "actor_reads": actor is not None and policy.may(actor, Permission.ITEM_READ),
            "roles": menu.roles(actor) if actor else (),
            "menu": menu.entries(actor) if actor else (),
            "csrf": getattr(request.state, "csrf", None) or security.csrf_token(request),
            "path": request.url.path,
            "notice": notice(request),
            "query": "",
            "unseen": 0,
        }
        body = self._environment.get_template(template).render({**shared, **(values or {})})
        return HTMLResponse(body, status_code=status, headers=dict(headers or {}))


def notice(request: Request) -> str | None:
    """The sentence for ?done=…; only ids of our catalog are ever shown."""
    key = f"page.done.{request.query_params.get('done', '')}"
    return i18n.text(key) if key in i18n.catalog("vi") else None


def say(message: Message) -> str:
    return i18n.text(message.id, **message.values)


def moment(value: datetime | None) -> str:
    return "" if value is None else value.astimezone(HANOI).strftime("%d/%m/%Y %H:%M")


def day(value: date | str | None) -> str:
    """A date as people write it, also one without its day; what is no date stays as it was read."""
    if not value:
        return ""
    if isinstance(value, str):
        if month := _MONTH.fullmatch(value):
            return f"{month[2]}/{month[1]}"
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return str(value)
    return i18n.day(value)


def count(value: int | float) -> str:
    return f"{value:,}".replace(",", ".")


def quantity(value: Decimal | float) -> str:
    """With at most two decimals, as people write it: 12.000 or 2,25."""
    whole, _, decimals = f"{value:,.2f}".partition(".")
    decimals = decimals.rstrip("0")
    return whole.replace(",", ".") + (f",{decimals}" if decimals else "")


def size(value: int | None) -> str:
    """Bytes in the unit that gives at most four figures, with a decimal comma."""
    if value is None:
        return ""
    amount = float(value)
    for unit in ("byte", "KB", "MB", "GB"):
        if amount < 1024 or unit == "GB":
            break
        amount /= 1024
    return f"{amount:.0f} {unit}" if unit == "byte" else f"{amount:.1f} {unit}".replace(".", ",")


def percent(value: float | None) -> str:
    """A share of 1, rounded down: what is not wholly sure is never shown as 100%."""
    return "" if value is None else f"{int(value * 100 + 1e-9)}%"


def field_text(name: str, value: object) -> str:
    if isinstance(value, list):
        return "\n".join(str(part) for part in value)
    if name in {"issued_date", "valid_from", "valid_until", "holder_birth_date"} and isinstance(value, str):
        return day(value)
    return str(value)


def marked(text: str, marks: tuple[tuple[int, int], ...]) -> Markup:
    """The text with the found words in <mark>; marks are ascending [start, end) in characters."""
    parts: list[Markup] = []
    end = 0
    for start, stop in marks:
        if start >= end:
            parts += [escape(text[end:start]), Markup("<mark>{}</mark>").format(text[start:stop])]
            end = stop
    return Markup().join([*parts, escape(text[end:])])
