"""How a command that runs until it is told to stop is told, and what it writes meanwhile."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

CLIENTS = ("elastic_transport", "urllib3")  # what they could not reach is told once, by us
SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def until_told() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does, by KeyboardInterrupt: what was opened in it is closed."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for client in CLIENTS:
        logging.getLogger(client).setLevel(logging.ERROR)

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in SIGNALS}
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted_end() -> Iterator[None]:
    """The interrupt ends the block and goes no further; an impatient second one must not leave half of it running."""
    try:
        yield
    except KeyboardInterrupt:
        pass  # that is how it is told to stop
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
