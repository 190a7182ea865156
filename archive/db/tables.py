"""All tables: importing this module registers every row class."""

from __future__ import annotations

from archive.db import accounts, digitization, doors, holdings, installation, retention, reuse, telling, trail
from archive.db.base import Row

METADATA = Row.metadata
MODULES = (accounts, digitization, doors, holdings, installation, retention, reuse, telling, trail)
