"""Style sheet, scripts and front-end packages: read once, served under their digest, cached for ever."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response

from archive.errors import PartNotInstalled

OWN = Path(__file__).parent / "static"
PACKAGES = Path(__file__).parents[2] / "node_modules"
FROM_PACKAGES = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "tus.js": "tus-js-client/dist/tus.min.js",
    "openseadragon.js": "openseadragon/build/openseadragon/openseadragon.min.js",
}
MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    compressed: bytes
    media_type: str
    digest: str


class Assets:
    """All static files by name; a changed file has another address, so that no browser keeps an old one."""

    def __init__(self, packages: Path = PACKAGES) -> None:
        sources = {path.name: path for path in OWN.iterdir() if path.suffix in MEDIA_TYPES}
        sources |= {name: packages / path for name, path in FROM_PACKAGES.items()}
        self._assets = {name: _read(path) for name, path in sources.items()}

    def url(self, name: str) -> str:
        return f"/static/{self._assets[name].digest}/{name}"

    def respond(self, request: Request, digest: str, name: str) -> Response:
        asset = self._assets.get(name)
        if asset is None:
            return Response(status_code=404)
        headers = {"Cache-Control": FOR_EVER if digest == asset.digest else "no-cache", "Vary": "Accept-Encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(asset.compressed, media_type=asset.media_type, headers=headers)
        return Response(asset.body, media_type=asset.media_type, headers=headers)


def _read(path: Path) -> Asset:
    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise PartNotInstalled("web.packages_missing", part=path.name, path=str(path)) from None
    return Asset(body, gzip.compress(body, mtime=0), MEDIA_TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:16])
