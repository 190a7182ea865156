"""A person at a browser: signs in, hands in scans, searches, reads; speaks HTTP and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.e2e import world

ANSWERS_WITHIN_S = 120.0
TOKEN = re.compile(r'(?:name="csrf" value|data-csrf)="([^"]+)"')


class NotTaken(Exception):
    """The service did not do what it was asked: it said no (status), or nothing that could be heard (None)."""

    def __init__(self, status: int | None, text: str = "", retry_after: str | None = None) -> None:
        super().__init__(f"{status}: {text[:300]}")
        self.status = status
        self.text = text
        self.retry_after = retry_after


class Clerk:
    """Whatever is asked of the service raises NotTaken where it is not done."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=ANSWERS_WITHIN_S)
        form = {"login": login, "password": password, "csrf": self._token_of("/sign-in")}
        self._done(self.http.build_request("POST", "/sign-in", data=form), 303)
        self._token = self._token_of("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def open_batch(self, expected: int, *, dossier: str = "") -> str:
        form = {"agency": world.AGENCY, "task": "5", "expected": str(expected), "dossier": dossier}
        return self.send("/batches", form).headers["location"].rpartition("/")[2]

    def hand_in(self, batch: str, file: Path) -> dict[str, Any]:
        """What became of it."""
        with file.open("rb") as content:
            request = self.http.build_request(
                "POST",
                f"/batches/{batch}/files",
                files={"files": (file.name, content)},
                headers={"Accept": "application/json", "X-CSRF-Token": self._token},
            )
            [told] = self._done(request, 200).json()["files"]
        return dict(told)

    def hand_in_all(self, batch: str, files: Iterable[Path]) -> list[dict[str, Any]]:
        return [self.hand_in(batch, file) for file in files]

    def close_batch(self, batch: str) -> None:
        self.send(f"/batches/{batch}/close", {})

    def send(self, path: str, form: dict[str, str]) -> httpx.Response:
        """A form of a page."""
        return self._done(self.http.build_request("POST", path, data=form | {"csrf": self._token}), 303)

    def batch(self, batch: str) -> dict[str, Any]:
        return self._json(f"/api/v1/batches/{batch}")

    def search(self, query: str) -> dict[str, Any]:
        return self._json("/api/v1/search", q=query)

    def read(self, path: str) -> bytes:
        """A file, by way of the object store's own address where the service names one."""
        return self._done(self.http.build_request("GET", path), 200, follow=True).content

    def _json(self, path: str, **asked: str) -> dict[str, Any]:
        return dict(self._done(self.http.build_request("GET", path, params=asked), 200).json())

    def _token_of(self, path: str) -> str:
        answer = self._done(self.http.build_request("GET", path), 200)
        found = TOKEN.search(answer.text)
        assert found, answer.text[:300]
        return found[1]

    def _done(self, request: httpx.Request, status: int, *, follow: bool = False) -> httpx.Response:
        try:
            answer = self.http.send(request, follow_redirects=follow)
        except httpx.TransportError as failure:
            raise NotTaken(None, str(failure)) from failure
        if answer.status_code != status:
            raise NotTaken(answer.status_code, answer.text, answer.headers.get("retry-after"))
        return answer
