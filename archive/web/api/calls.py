"""What every operation of the API is given, and how a write is answered once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Header, Path, Query, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert

from archive.db.trail import IdempotencyKey
from archive.db.unit_of_work import UnitOfWork
from archive.errors import InvalidInput
from archive.ids import new_id
from archive.web.deps import SignedIn, Visit, bearer_of
from archive.web.security import RevisionMissing, RevisionStale, SignInNeeded

REPLAYED = "Idempotent-Replayed"
Told = TypeVar("Told")
_KEYS = cast(Table, IdempotencyKey.__table__)


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
        asked = _digest(visit.request, given)
        mine = insert(_KEYS).values(
            id=new_id(), account_id=visit.actor.account_id, key=key, request_digest=asked, at=visit.now
        )
        row_id = uow.session.scalar(mine.on_conflict_do_nothing().returning(_KEYS.c.id))
        if row_id is None:
            return cast(Told, _again(uow, visit, key, asked))
        answer = jsonable_encoder(act(uow))
        kept = uow.session.get_one(IdempotencyKey, row_id)
        kept.status, kept.answer = status, {"body": _without(answer, untold)}
    return cast(Told, JSONResponse(answer, status_code=status))


def _again(uow: UnitOfWork, visit: Visit, key: str, asked: str) -> JSONResponse:
    kept = uow.session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.account_id == visit.actor.account_id, IdempotencyKey.key == key)
    ).one()
    if kept.request_digest != asked:
        raise InvalidInput("api.key_used", field="Idempotency-Key")
    assert kept.answer is not None
    assert kept.status is not None
    return JSONResponse(kept.answer["body"], status_code=kept.status, headers={REPLAYED: "true"})


def _digest(request: Request, given: object) -> str:
    told = [request.method, request.url.path, request.url.query, jsonable_encoder(given)]
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _without(answer: Any, untold: Collection[str]) -> Any:
    return {name: None if name in untold else value for name, value in answer.items()} if untold else answer
