"""Many documents to one index of Elasticsearch, in requests that the server can take.

A request holds about MAX_REQUEST_BYTES. Where the server says that it has too much to do, in whole or for single
documents, the same is sent again, later each time, and nothing new meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Any, TypeVar

import msgspec
from tenacity import RetryCallState, Retrying, retry_if_result, stop_before_delay, wait_random_exponential

from search.adapters.elasticsearch_query import to_engine
from search.adapters.elasticsearch_server import WRITING_PATIENCE_S, IndexGone, RequestRefused, Server
from search.document import IndexDocument
from search.errors import DocumentRefused, IndexUnavailable

Each = TypeVar("Each")

MAX_REQUEST_BYTES = 2 << 20
MAX_REQUEST_DOCUMENTS = 500

_IN_MEMORY_BYTES = 8 << 20
_AHEAD = 2  # requests that are made while the server still works on earlier ones
_CONFLICTS = 5
_CONFLICT, _TOO_MANY, _AWAY = 409, 429, 503


@dataclass(frozen=True, slots=True)
class Placed:
    """A document that waits in a file to be sent."""

    revision: int
    at: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Action:
    id: str
    lines: tuple[bytes, ...]


@dataclass(slots=True)
class Outcome:
    conflicts: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # id -> what the server says


class Bulk:
    """Writes to what stands under the alias `target`; where nothing does, nothing is made."""

    def __init__(self, server: Server, target: str) -> None:
        self._server = server
        self._target = target

    def put(self, documents: Iterable[IndexDocument]) -> None:
        """Replace what is held where it is not newer. A source that breaks has changed nothing.

        Raises DocumentRefused after all others have been sent.
        """
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
            waiting = _written_down(documents, file)
            refused: dict[str, str] = {}
            for ids in _lots((id_, placed.size_bytes) for id_, placed in waiting.items()):
                refused |= self._put_lot(ids, waiting, file)
        _tell(refused)

    def put_new(self, documents: Iterable[IndexDocument]) -> None:
        """As `put`, into an index that nobody else writes to and nothing is removed from; without reading it."""
        refused: dict[str, str] = {}
        with ThreadPoolExecutor(1) as sender:
            under_way: list[Future[Outcome]] = []
            for actions in _requests(_with_revision(document) for document in documents):
                if len(under_way) == _AHEAD:
                    refused |= under_way.pop(0).result().refused
                under_way.append(sender.submit(self._send, actions))
            for each in under_way:
                refused |= each.result().refused
        _tell(refused)

    def remove(self, ids: Iterable[str]) -> None:
        actions = (Action(id_, (_line({"delete": {"_id": id_}}),)) for id_ in dict.fromkeys(ids))
        for lot in _requests(actions):
            _tell(self._send(lot).refused)

    def _put_lot(self, ids: Sequence[str], waiting: dict[str, Placed], file: IO[bytes]) -> dict[str, str]:
        refused: dict[str, str] = {}
        for _ in range(_CONFLICTS):
            held = self._held(ids)
            actions = [
                Action(id_, (_conditional(id_, held.get(id_)), _read(file, waiting[id_])))
                for id_ in ids
                if id_ not in held or held[id_]["_source"]["revision"] <= waiting[id_].revision
            ]
            outcome = self._send(actions)
            refused |= outcome.refused
            ids = outcome.conflicts
            if not ids:
                return refused
        raise IndexUnavailable("search.index_busy", retry=True)

    def _held(self, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        told = self._server.write(
            lambda client: client.mget(index=self._target, ids=ids, source_includes=["revision"])
        )["docs"]
        if any(each.get("error", {}).get("type") == "index_not_found_exception" for each in told):
            raise IndexGone("search.index_gone", server=self._server.address, retry=True)
        return {each["_id"]: each for each in told if each.get("found")}

    def _send(self, actions: Sequence[Action]) -> Outcome:
        outcome = Outcome()
        left = list(actions)

        def attempt() -> bool:
            nonlocal left
            left = self._request(left, outcome) if left else []
            return bool(left)

        def give_up(_: RetryCallState) -> None:
            raise IndexUnavailable("search.index_overloaded", server=self._server.address, retry=True)

        wait = wait_random_exponential(multiplier=0.2, max=5.0)
        stop = stop_before_delay(WRITING_PATIENCE_S)
        Retrying(retry=retry_if_result(bool), wait=wait, stop=stop, retry_error_callback=give_up)(attempt)
        return outcome

    def _request(self, actions: Sequence[Action], outcome: Outcome) -> list[Action]:
        """Send these in one request, or one by one where that is refused; returns those to be sent again."""
        try:
            answer = self._server.write(
                lambda client: client.bulk(
                    index=self._target,
                    require_alias=True,
                    operations=[line for action in actions for line in action.lines],
                    filter_path="errors,items.*.status,items.*.error.type,items.*.error.reason",
                )
            )
        except RequestRefused as refusal:
            if len(actions) == 1:
                outcome.refused[actions[0].id] = str(refusal.values.get("detail", ""))
                return []
            half = len(actions) // 2
            return self._request(actions[:half], outcome) + self._request(actions[half:], outcome)
        again = []
        for action, item in zip(actions, answer["items"] if answer["errors"] else (), strict=False):
            (told,) = item.values()
            failure = told.get("error", {})
            if told["status"] == _CONFLICT:
                outcome.conflicts.append(action.id)
            elif told["status"] in (_TOO_MANY, _AWAY):
                again.append(action)
            elif failure.get("type") == "index_not_found_exception":
                raise IndexGone("search.index_gone", server=self._server.address, retry=True)
            elif failure:
                outcome.refused[action.id] = f"{failure.get('type')}: {failure.get('reason')}"[:200]
        return again


def _written_down(documents: Iterable[IndexDocument], file: IO[bytes]) -> dict[str, Placed]:
    """The newest of each id, as it will be sent."""
    waiting: dict[str, Placed] = {}
    at = 0
    for document in documents:
        held = waiting.get(document.id)
        if held is None or held.revision <= document.revision:
            line = to_engine(document)
            file.write(line)
            waiting[document.id] = Placed(document.revision, at, len(line))
            at += len(line)
    return waiting


def _read(file: IO[bytes], placed: Placed) -> bytes:
    file.seek(placed.at)
    return file.read(placed.size_bytes)


def _conditional(id_: str, held: dict[str, Any] | None) -> bytes:
    """Only while what is held is still what was looked at."""
    if held is None:
        return _line({"create": {"_id": id_}})
    return _line({"index": {"_id": id_, "if_seq_no": held["_seq_no"], "if_primary_term": held["_primary_term"]}})


def _with_revision(document: IndexDocument) -> Action:
    head = {"_id": document.id, "version": document.revision, "version_type": "external_gte"}
    return Action(document.id, (_line({"index": head}), to_engine(document)))


def _line(told: Any) -> bytes:
    return msgspec.json.encode(told)


def _lots(sized: Iterable[tuple[Each, int]]) -> Iterator[list[Each]]:
    """What fits into one request, in order."""
    lot: list[Each] = []
    size = 0
    for each, size_bytes in sized:
        if lot and (size + size_bytes > MAX_REQUEST_BYTES or len(lot) == MAX_REQUEST_DOCUMENTS):
            yield lot
            lot, size = [], 0
        lot.append(each)
        size += size_bytes
    if lot:
        yield lot


def _requests(actions: Iterable[Action]) -> Iterator[list[Action]]:
    return _lots((action, sum(map(len, action.lines))) for action in actions)


def _tell(refused: dict[str, str]) -> None:
    if refused:
        raise DocumentRefused(refused, next(iter(refused.values())))
