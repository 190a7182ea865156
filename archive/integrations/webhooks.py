"""Tells other systems what happened, in the order of the sealed trail; one event at a time to each of them."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from archive.actions.webhook_answers import Telling, endpoints_due, next_telling, record_answer
from archive.audit_events import canonical
from archive.bootstrap import App
from archive.destinations import Destinations
from archive.integrations.webhook_sender import Sender

SIDE_BY_SIDE = 8  # receivers that are told at the same time: one that does not answer keeps no other waiting
BUSY_S = 5.0  # then whatever else is told has its turn


def tell_webhooks(app: App) -> int:
    """A portion for every endpoint that has something to be told. Returns how many events receivers took."""
    with app.unit_of_work() as uow:
        due = endpoints_due(uow, now=app.clock())
    if not due:
        return 0
    sender = Sender(Destinations(app.settings.webhook_hosts), app.settings.ca_file)
    with ThreadPoolExecutor(SIDE_BY_SIDE, "webhook") as pool:
        return sum(pool.map(partial(tell_endpoint, app, sender, until=time.monotonic() + BUSY_S), due))


def tell_endpoint(app: App, sender: Sender, endpoint_id: uuid.UUID, *, until: float = float("inf")) -> int:
    """One after the other until there is none, one is not taken, or the time is over."""
    told = 0
    while time.monotonic() < until:
        with app.unit_of_work() as uow:
            telling = next_telling(uow, endpoint_id, now=app.clock())
        if telling is None:
            break
        answer = sender.send(
            telling.url,
            body_of(app, telling),
            message_id=telling.event.message_id,
            secret=telling.secret,
            now=app.clock(),
        )
        told += answer.problem is None
        with app.unit_of_work() as uow:
            if not record_answer(uow, telling, answer, now=app.clock()):
                break
    return told


def body_of(app: App, telling: Telling) -> bytes:
    message = telling.event.message
    link = (app.settings.public_url or "") + message["data"]["link"]
    return canonical({**message, "data": {**message["data"], "link": link}})
