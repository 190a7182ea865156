"""A client of tus 1.0 as small as it can be, over any httpx client."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

BODY = "application/offset+octet-stream"


@dataclass
class TusClient:
    client: httpx.Client
    headers: dict[str, str] = field(default_factory=dict)

    def create(self, batch: str, content: bytes, name: str | None = "tờ trình.pdf", **said: str) -> httpx.Response:
        """said: further metadata; sha256="" for the content's own."""
        if said.get("sha256") == "":
            said["sha256"] = hashlib.sha256(content).hexdigest()
        told = {"batch": batch, **({"filename": name} if name is not None else {}), **said}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
        return self.ask("POST", "/tus/", headers={"Upload-Length": str(len(content)), "Upload-Metadata": metadata})

    def begun(self, batch: str, content: bytes, name: str = "tờ trình.pdf", **said: str) -> str:
        answer = self.create(batch, content, name, **said)
        assert answer.status_code == 201, answer.text
        return str(httpx.URL(answer.headers["location"]).path)

    def send(
        self, upload: str, part: bytes, offset: int = 0, *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        told = {"Content-Type": BODY, "Upload-Offset": str(offset), **(headers or {})}
        return self.ask("PATCH", upload, part, headers=told)

    def offset(self, upload: str) -> int:
        answer = self.ask("HEAD", upload)
        assert answer.status_code == 200, answer
        return int(answer.headers["upload-offset"])

    def ask(
        self, method: str, path: str, content: bytes = b"", *, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        told = {"Tus-Resumable": "1.0.0", **self.headers, **(headers or {})}
        return self.client.request(method, path, content=content, headers=told, follow_redirects=False)
