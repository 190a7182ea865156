"""/tus/: uploads that resume, by tus 1.0, for people (cookie and form token) and programs (bearer token).

tuspyserver takes POST and PATCH; what it lacks is here: who may ask is settled before a byte of the body is read, HEAD
and DELETE speak of our catalogue, a silent line ends, and an upload that is whole is received before its last PATCH is
answered. What is answered to an upload that is done bears `Archive-Outcome` and `Archive-Receipt`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive
from tuspyserver import create_tus_router

from archive.actions.arrivals import Received
from archive.actions.uploads import begin_upload, cancel_upload, take_upload
from archive.bootstrap import App
from archive.errors import InvalidInput, StoreUnavailable
from archive.ids import id_of
from archive.queries.uploads import UNFINISHED, UploadView, not_found, upload
from archive.web.deps import Visit, bearer_of, signed_in
from archive.web.security import CSRF_HEADER, require_own_form
from archive.web.tus.answers import TUS, VERSION, Refusal, answered, problem_of
from archive.web.tus.storage import Storage

SILENT_S = 30.0  # a line that brought nothing for so long is cut: its client may be asking anew already
TAKE_WAIT_S, TAKE_LOOK_S = 60.0, 0.1
BODY = "application/offset+octet-stream"
EXTENSIONS = "creation,expiration,termination"
NOT_OFFERED = ("upload-defer-length", "upload-concat")


def patient(receive: Receive) -> Receive:
    """As `receive`; a client that is silent for too long is gone."""

    async def heard() -> Message:
        try:
            return await asyncio.wait_for(receive(), SILENT_S)
        except TimeoutError:
            return {"type": "http.disconnect"}

    return heard


class TusRoute(APIRoute):
    """Answers every failure with a problem in words, and tells the version of the protocol each time."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                response = await handle(Request(request.scope, patient(request.receive)))
            except Exception as failure:
                return problem_of(request, failure)
            response.headers.setdefault("Tus-Resumable", VERSION)
            if "location" in response.headers:  # a path: hosts are the proxies' affair, and what a client says of them
                response.headers["location"] = urlsplit(response.headers["location"]).path
            return response

        return handled


def tus_router(app: App) -> APIRouter:
    taken = create_tus_router(
        prefix=TUS,
        max_size=app.settings.max_file_bytes,
        days_to_keep=app.settings.upload_days,
        pre_create_dep=beginning,  # type: ignore[arg-type]  # all three may be awaited
        file_dep=begun,  # type: ignore[arg-type]
        upload_complete_dep=completing,  # type: ignore[arg-type]
        storage=Storage(app),
    )
    router = APIRouter(route_class=TusRoute)
    router.add_api_route(f"{TUS}/", offered, methods=["OPTIONS"])
    router.add_api_route(f"{TUS}/{{uuid}}", headed, methods=["HEAD"])
    router.add_api_route(f"{TUS}/{{uuid}}", cancelled, methods=["DELETE"])
    for route in taken.routes:
        if isinstance(route, APIRoute) and (methods := sorted({"POST", "PATCH"} & (route.methods or set()))):
            router.add_api_route(route.path, route.endpoint, methods=methods, dependencies=[Depends(admitted)])
    return router


def offered(request: Request) -> Response:
    """What this server can do; asked by clients before they know anything else."""
    limit = request.app.state.parts.app.settings.max_file_bytes
    headers = {"Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(limit)}
    return Response(status_code=204, headers=headers)


def admitted(request: Request) -> Visit:
    """Before anything is read: the version, who asks, and that the request is one that we take."""
    if request.headers.get("tus-resumable") != VERSION:
        raise Refusal(412, "upload.version")
    visit = signed_in(request)
    if bearer_of(request) is None:
        require_own_form(request, request.headers.get(CSRF_HEADER, ""))
    if request.method == "POST":
        _require_creation(request)
    elif request.method == "PATCH":
        _require_bytes(request, visit)
    request.state.visit = visit
    return visit


def _require_creation(request: Request) -> None:
    if any(name in request.headers for name in NOT_OFFERED) or request.headers.get("content-length", "0") != "0":
        raise Refusal(400, "upload.extension", values={"extensions": EXTENSIONS})
    if not request.headers.get("upload-length", "").isdecimal():
        raise Refusal(400, "upload.no_length")


def _require_bytes(request: Request, visit: Visit) -> None:
    if request.headers.get("content-type") != BODY:
        raise Refusal(415, "upload.body_type", values={"type": BODY})
    if not request.headers.get("content-length", "").isdecimal():
        raise Refusal(411, "upload.no_length")
    found = view_of(visit, request.path_params["uuid"])
    if found.state == "ended" or visit.now >= found.expires_at:
        raise Refusal(410, "upload.ended")
    if found.state != "open":
        raise Refusal(409, "upload.not_open")


async def beginning(request: Request) -> Callable[..., Awaitable[None]]:
    """Writes the upload down before tuspyserver makes room for it."""

    async def begin(metadata: dict[str, str], announced: dict[str, Any]) -> None:
        if not metadata.get("filename"):
            raise InvalidInput("upload.no_name", field="filename")
        request.state.key = await run_in_threadpool(_begin, request.state.visit, metadata, announced["size"])

    return begin


def _begin(visit: Visit, metadata: dict[str, str], size_bytes: int) -> str:
    visit.app.uploads.require_room(size_bytes)
    with visit.unit_of_work() as uow:
        return begin_upload(
            uow,
            batch_number=metadata.get("batch", ""),
            size_bytes=size_bytes,
            digest=metadata.get("sha256", "").lower() or None,
            limit_bytes=visit.app.settings.max_file_bytes,
            actor=visit.actor,
            now=visit.now,
        ).hex


async def begun(request: Request) -> Callable[..., dict[str, str]]:
    return lambda metadata: {"uid": request.state.key} if hasattr(request.state, "key") else {}


async def completing(request: Request, response: Response) -> Callable[..., Awaitable[None]]:
    """Called when all bytes are here."""

    async def complete(key: str, metadata: dict[str, str]) -> None:
        received = await run_in_threadpool(take, request.state.visit, key)
        if received.outcome == "refused":
            raise Refusal(received.status or 422, received.reason or "", values=received.values)
        for name, value in answered(received.outcome, received.receipt).items():
            response.headers[name] = value

    return complete


def headed(request: Request, uuid: str) -> Response:
    """How much is here. An upload that is whole was received, whoever was interrupted at that."""
    visit = admitted(request)
    found = view_of(visit, uuid)
    if found.state in UNFINISHED and found.received_bytes == found.size_bytes:
        take(visit, uuid)
        found = view_of(visit, uuid)
    if found.state == "ended" or (found.state in UNFINISHED and found.received_bytes is None):
        raise Refusal(410, "upload.ended")
    done = found.state not in UNFINISHED
    headers = {
        "Upload-Offset": str(found.size_bytes if done else found.received_bytes),
        "Upload-Length": str(found.size_bytes),
        "Cache-Control": "no-store",
    }
    return Response(headers=headers | (answered(found.outcome, found.receipt) if done else {}))


def cancelled(request: Request, uuid: str) -> Response:
    visit = admitted(request)
    view_of(visit, uuid)
    key = id_of(uuid)
    if key is None:
        raise not_found()
    cancel_upload(visit.app, key, actor=visit.actor)
    return Response(status_code=204)


def take(visit: Visit, key: str) -> Received:
    """Waits for whoever is at it. Raises StoreUnavailable when that takes too long: then it is taken later."""
    found, end = id_of(key), time.monotonic() + TAKE_WAIT_S
    if found is None:
        raise not_found()
    while (claim := visit.app.uploads.try_claim(key)) is None:
        seen = view_of(visit, key)
        if seen.state not in UNFINISHED:
            return _became(seen)
        if time.monotonic() > end:
            raise StoreUnavailable("upload.busy")
        time.sleep(TAKE_LOOK_S)
    return take_upload(visit.app, found, claim, actor=visit.actor)


def view_of(visit: Visit, key: str) -> UploadView:
    with visit.unit_of_work() as uow:
        return upload(visit.app, uow.session, key, actor=visit.actor)


def _became(seen: UploadView) -> Received:
    if seen.outcome is None:
        raise Refusal(410, "upload.ended")
    reason = seen.reason
    return Received(
        seen.outcome, seen.receipt, reason.id if reason else None, dict(reason.values) if reason else {}, seen.status
    )
