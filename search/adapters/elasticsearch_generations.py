"""Generations of an index on one Elasticsearch: which is in use, and how another takes its place.

    NAME                     an alias: the generation in use
    NAME-f<form>-<random>    one generation, an index
    NAME-f<form>-<random>-making    the alias of a generation that is being built

Only indices with such a name and the product in their mapping's `_meta` are ever removed.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from search.adapters.elasticsearch_query import META, mapping
from search.adapters.elasticsearch_server import IndexGone, Server
from search.errors import IndexForeign, IndexOutdated, IndexUnavailable

_BUILDING = {
    "number_of_shards": 1,  # word statistics are of a shard: with one, ranks are those of the whole
    "number_of_replicas": 0,
    "refresh_interval": "-1",  # what was written is shown when the whole of it is there, by us
    "translog": {"durability": "async"},
}
_IN_USE = {"auto_expand_replicas": "0-1", "translog": {"durability": "request"}}


class Generations:
    def __init__(self, server: Server, name: str) -> None:
        self.name = name
        self._server = server
        self._ours = re.compile(rf"{re.escape(name)}-f\d+-[0-9a-f]{{12}}")

    def current(self) -> str | None:
        """The generation in use; None where there is none yet.

        Raises IndexOutdated for one of another form, IndexForeign where under the name lies something else.
        """
        held = self._told_of(self.name)
        if not held:
            return None
        for index, told in held.items():
            if index == self.name or not _is_ours(told):
                raise IndexForeign("search.index_foreign", name=self.name, index=index, server=self._server.address)
        index, told = next(iter(held.items()))
        if len(held) > 1 or not _is_whole(told):
            raise IndexOutdated("search.index_outdated", directory=f"{self._server.address}/{self.name}")
        return index

    def create(self) -> str:
        """An empty generation that is not yet in use."""

        def attempt(client: Any) -> Any:
            index = f"{self.name}-f{META['form']}-{uuid.uuid4().hex[:12]}"
            return client.indices.create(
                index=index, mappings=mapping(), settings=_BUILDING, aliases={making(index): {}}
            )

        return str(self._server.write(attempt)["index"])

    def use(self, index: str) -> None:
        """Make this generation the one in use, whole on the server's disk and at once, and remove the others."""
        self._server.write(lambda client: client.indices.put_settings(index=index, settings=_IN_USE))
        self._server.write(lambda client: client.indices.flush(index=index))
        self._server.write(lambda client: client.indices.refresh(index=index))
        if not _is_whole(self._told_of(index).get(index, {})):
            raise IndexUnavailable("search.index_gone", server=self._server.address, retry=True)
        self.current_or_outdated()  # somebody may have put another thing under the name meanwhile
        self._server.write(lambda client: client.indices.update_aliases(actions=self._to_use(index)))

    def remove_unused(self, used: str | None) -> None:
        """Remove what builds that never ended left behind."""
        in_use = set(self._told_of(self.name)) | {used}
        for index in self._all():
            if index not in in_use:
                self.remove(index)

    def drop(self, index: str) -> None:
        """Remove a generation that was to be the one in use, unless it is after all."""
        if self.current_or_outdated() != index:
            self.remove(index)

    def remove(self, index: str) -> None:
        self._server.write(lambda client: client.indices.delete(index=index, ignore_unavailable=True))

    def current_or_outdated(self) -> str | None:
        """As `current`, for whoever is about to replace it."""
        try:
            return self.current()
        except IndexOutdated:
            return None

    def _to_use(self, index: str) -> list[dict[str, Any]]:
        """What is still to be done, together; nothing but the first where it was done and its answer lost."""
        actions: list[dict[str, Any]] = [{"add": {"index": index, "alias": self.name}}]
        if making(index) in self._told_of(index).get(index, {}).get("aliases", {}):
            actions.append({"remove": {"index": index, "alias": making(index)}})
        for old in {*self._told_of(self.name), *self._all()} - {index}:
            ours = self._ours.fullmatch(old)
            actions.append({"remove_index": {"index": old}} if ours else {"remove": {"index": old, "alias": self.name}})
        return actions

    def _told_of(self, index: str) -> dict[str, Any]:
        """What the server tells of an index or alias: index -> mappings and aliases."""
        try:
            told: dict[str, Any] = self._server.read(
                lambda client: client.indices.get(index=index, features=["mappings", "aliases"])
            )
        except IndexGone:
            return {}
        return told

    def _all(self) -> list[str]:
        told = self._told_of(f"{self.name}-f*")
        return [index for index in told if self._ours.fullmatch(index) and _is_ours(told[index])]


def making(index: str) -> str:
    """The alias under which an index is written while it is built: to a name that is gone nothing can be written."""
    return f"{index}-making"


def _is_ours(told: dict[str, Any]) -> bool:
    meta = told.get("mappings", {}).get("_meta", {})
    return isinstance(meta, dict) and meta.get("product") == META["product"]


def _is_whole(told: dict[str, Any]) -> bool:
    """Of this form, and no field was added or taken away by others."""
    held, ours = told.get("mappings", {}), mapping()
    kinds = {name: each.get("type") for name, each in held.get("properties", {}).items()}
    return (
        held.get("_meta") == META
        and held.get("dynamic") == "strict"
        and kinds == {name: each["type"] for name, each in ours["properties"].items()}
    )
