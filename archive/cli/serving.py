"""Commands that change something run in the service of their data directory, if one runs."""

from __future__ import annotations

import os
from typing import Any

from archive import i18n
from archive.cli.output import Output
from archive.service_socket import Progress, ask
from archive.settings import Settings


def in_service(command: str, arguments: dict[str, Any], progress: Progress, out: Output) -> dict[str, Any] | None:
    """The document of the command as the running service did it; None where none runs."""
    settings = Settings.read(os.environ)
    if not settings.data.is_dir():
        return None
    try:
        return ask(settings.data, command, arguments, progress, token=settings.token)
    except KeyboardInterrupt:
        out.note(i18n.text("service.goes_on"))
        raise
