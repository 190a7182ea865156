"""What every operation of the API is given, and how a write is answered once."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Header, Path, Query, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

from archive.access.encryption import lookup_digest
from archive.actions.repetition import Answered, answered, keep_answer
from archive.db.unit_of_work import UnitOfWork
from archive.web.deps import SignedIn, Visit, bearer_of
from archive.web.security import RevisionMissing, RevisionStale, SignInNeeded

REPLAYED = "Idempotent-Replayed"
Told = TypeVar("Told")


def _program(request: Request, visit: SignedIn) -> Visit:
    """A browser sends its cookie by itself, a token only where a program means it."""
    if bearer_of(request) is None:
        raise SignInNeeded
    return visit


def _revision(
    if_match: Annotated[
        str | None, Header(max_length=100, description='the revision that you have seen, in quotes: `"7"`')
    ] = None,
) -> int:
    if if_match is None:
        raise RevisionMissing
    number = if_match.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise RevisionStale
    return int(number)


Reader = SignedIn
Writer = Annotated[Visit, Depends(_program)]
Revision = Annotated[int, Depends(_revision)]
Reference = Annotated[str, Path(min_length=1, max_length=200)]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next` or `previous` of a page")]
Limit = Annotated[int, Query(ge=1, le=200)]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="made by you, new for each write: the same one again is answered as before, and nothing is done",
    ),
]


def once(
    visit: Visit,
    key: str | None,
    given: object,
    act: Callable[[UnitOfWork], Told],
    *,
    status: int = 200,
    untold: Collection[str] = (),
) -> Told:
    """Do it, and keep the answer under the key in the same commit; a repetition gets that answer.

    given: what the caller asked for; the same key with something else is refused. untold: names in the answer that are
    secrets: they are told once and never kept. Who repeats while the first is under way waits for it; a failure keeps
    nothing, so that the key can be tried again. What is returned is a response with what act gave, typed as that: so a
    route says what it answers with.
    """
    with visit.unit_of_work() as uow:
        if key is None:
            return cast(Told, JSONResponse(jsonable_encoder(act(uow)), status_code=status))
        asked = _digest(visit, given)
        before = answered(uow, key, asked, actor=visit.actor, now=visit.now)
        if before is not None:
            return cast(Told, JSONResponse(before.answer["body"], before.status, headers={REPLAYED: "true"}))
        answer = jsonable_encoder(act(uow))
        keep_answer(uow, key, Answered(status, {"body": _without(answer, untold)}), actor=visit.actor)
    return cast(Told, JSONResponse(answer, status_code=status))


def _digest(visit: Visit, given: object) -> str:
    """Keyed: what was given may be somebody's identifier or password."""
    url = visit.request.url
    told = [visit.request.method, url.path, url.query, jsonable_encoder(given)]
    return lookup_digest(visit.app.keys, "api.call", json.dumps(told, sort_keys=True, ensure_ascii=False))[0]


def _without(answer: Any, untold: Collection[str]) -> Any:
    return {name: None if name in untold else value for name, value in answer.items()} if untold else answer
