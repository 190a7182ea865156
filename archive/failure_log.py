"""How a failure of the service's own work is logged."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

log = logging.getLogger("archive.service")


def warn(name: str, failure: Exception) -> None:
    """The text of an error may quote what must not be logged: its kind and place are enough to find it."""
    place = traceback.extract_tb(failure.__traceback__)[-1]
    log.warning("%s: %s at %s:%s", name, type(failure).__name__, Path(place.filename).name, place.lineno)
