"""Stored objects over HTTP: streamed in blocks, in parts where the browser asks for a range, revalidated by digest.

A big file that is saved comes from the store itself, by a link that lasts a few minutes, where the store gives one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import BinaryIO
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from archive.storage.interface import ObjectStore

BLOCK_BYTES = 256 * 1024
LINKED_BYTES = 8 << 20
LINK_LASTS = timedelta(minutes=5)  # asked for within this time; the transfer may take longer
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def respond(
    request: Request, store: ObjectStore, digest: str, *, media_type: str, file_name: str | None = None
) -> Response:
    """The object's bytes; 206 for one satisfiable range, 416 for another one, 304 where the browser has them.

    302 to the store's own address for a big file to be saved: who may have it was decided here, the bytes pass us by.

    file_name: offered for saving; None shows the object in the page.
    """
    headers = {"ETag": f'"{digest}"', "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    if file_name is not None:
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file_name)}"
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    size = store.size(digest)
    if file_name is not None and size >= LINKED_BYTES:
        link = store.link(digest, file_name=file_name, media_type=media_type, expires=LINK_LASTS)
        if link is not None:
            return RedirectResponse(link, status_code=302, headers={"Cache-Control": "no-store"})
    asked = request.headers.get("range")
    if asked is not None and request.headers.get("if-range", headers["ETag"]) != headers["ETag"]:
        asked = None
    first, last, status = 0, size - 1, 200
    if asked is not None and (found := _RANGE.fullmatch(asked)) and any(found.groups()):
        first, last = _span(found[1], found[2], size)
        if first > last:
            return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
        status = 206
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    blocks = _blocks(store.open(digest), first, last - first + 1)
    return StreamingResponse(blocks, status_code=status, media_type=media_type, headers=headers)


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else (size, size - 1)
    return int(first), min(int(last), size - 1) if last else size - 1


def _blocks(stream: BinaryIO, first: int, length: int) -> Iterator[bytes]:
    with stream:
        stream.seek(first)
        while length > 0:
            block = stream.read(min(BLOCK_BYTES, length))
            if not block:
                return
            length -= len(block)
            yield block
