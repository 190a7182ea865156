"""What the counter asks of the records service: the only module that speaks its API."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

import httpx

ANSWERS_WITHIN_S = 60.0
BLOCK_BYTES = 1 << 20
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Refused(Exception):
    """The service understood and said no; `str()` is its sentence, in Vietnamese."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Unreachable(Exception):
    """Nothing was heard, or nothing that is an answer of the service: whether it was done is not known."""


class Archive:
    """One service account. Every write carries a key made before it: who asks again gets the first answer."""

    def __init__(self, url: str, token: str) -> None:
        require_safe(url)
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "vi"}
        self._http = httpx.Client(base_url=url.rstrip("/"), headers=headers, timeout=ANSWERS_WITHIN_S)

    def close(self) -> None:
        self._http.close()

    def look_up(self, question: dict[str, Any]) -> dict[str, Any]:
        """The owner's identifier travels in the body, and is kept by neither side."""
        return self._json("POST", "/api/v1/reuse/lookups", json=question)

    def use(self, lookup: str, paper: str, how: str) -> dict[str, Any]:
        return self._json(
            "POST", f"/api/v1/reuse/lookups/{_part(lookup)}/papers/{_part(paper)}/uses", json={"how": how}
        )

    def pdf(self, path: str) -> bytes:
        """path: as the use named it."""
        return self._send("GET", path, follow_redirects=True).content

    def open_batch(self, agency: str, task: int, *, key: str) -> str:
        given = {"agency": agency, "task": task}
        return str(self._json("POST", "/api/v1/batches", json=given, headers={"Idempotency-Key": key})["batch"])

    def deliver(self, batch: str, name: str, content: BinaryIO, *, key: str) -> dict[str, Any]:
        """With its digest, so that bytes that changed on the way are not taken. Returns outcome and receipt."""
        digest = hashlib.sha256()
        for block in _blocks(content):
            digest.update(block)
        size = content.tell()
        content.seek(0)
        headers = {
            "File-Name": quote(PurePath(name).name, safe=""),
            "File-SHA256": digest.hexdigest(),
            "Idempotency-Key": f"{key}-{digest.hexdigest()}",
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
        }
        return self._json("POST", f"/api/v1/batches/{_part(batch)}/files", content=_blocks(content), headers=headers)

    def close_batch(self, batch: str, expected: int, *, key: str) -> dict[str, Any]:
        given, headers = {"expected": expected}, {"Idempotency-Key": f"{key}-close"}
        return self._json("POST", f"/api/v1/batches/{_part(batch)}/closures", json=given, headers=headers)

    def files(self, batch: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            asked = {"limit": "200"} | ({"cursor": cursor} if cursor else {})
            page = self._json("GET", f"/api/v1/batches/{_part(batch)}/files", params=asked)
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found

    def _json(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        try:
            return dict(self._send(method, path, **given).json())
        except ValueError as not_json:
            raise Unreachable from not_json

    def _send(self, method: str, path: str, **given: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **given)
        except httpx.HTTPError as failure:
            raise Unreachable from failure
        if answer.is_success:
            return answer
        try:
            detail = str(answer.json()["detail"])
        except (ValueError, KeyError, TypeError) as not_a_problem:
            raise Unreachable from not_a_problem
        raise Refused(answer.status_code, detail)


def require_safe(url: str) -> None:
    """A token in clear over a network is a token lost. Raises ValueError."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise ValueError("not an address")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("http is for this machine only")


def _blocks(content: BinaryIO) -> Iterator[bytes]:
    while block := content.read(BLOCK_BYTES):
        yield block


def _part(text: str) -> str:
    return quote(text, safe="")
