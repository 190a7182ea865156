from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive.bootstrap import App
from tests.archive.integrations.webhooks.receiver import Receiver, receiving
from tests.archive.integrations.webhooks.world import World
from tests.conftest import SetClock
from tests.factories import Factory


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def second() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> World:
    return World(app, make, clock)
