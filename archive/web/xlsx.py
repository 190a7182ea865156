"""A workbook as an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from fastapi import Response

from archive.queries.sheets import Cell, write_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(name: str, sheets: Mapping[str, Iterable[Sequence[Cell]]]) -> Response:
    """name: offered for saving, without its suffix."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.xlsx"}
    return Response(write_xlsx(sheets), media_type=XLSX, headers=headers)
