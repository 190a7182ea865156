"""All tables: importing this module registers every row class."""

from __future__ import annotations

from archive.db import accounts, digitization, holdings, installation, retention, trail
from archive.db.base import Row

METADATA = Row.metadata
MODULES = (accounts, digitization, holdings, installation, retention, trail)
