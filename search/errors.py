"""What can go wrong in searching, as one tree.

SearchError
├── InvalidQuery        the query cannot be searched for; names what is wrong with it
├── DocumentRefused     the index takes these documents in no way; others are not concerned
└── IndexUnavailable    the index cannot be read or written now
    ├── IndexOutdated   there is an index, but of another form: it must be built anew
    └── IndexForeign    under its name lies what is not ours: it is neither read nor written nor replaced

`reason` is a message id of the application's catalogs, `values` fill it.
"""

from __future__ import annotations

from collections.abc import Iterable


class SearchError(Exception):
    """retry: whether the same again, later, may succeed."""

    def __init__(self, reason: str, *, retry: bool = False, **values: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.values = values

    def __str__(self) -> str:
        filled = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{self.reason} ({filled})" if filled else self.reason


class InvalidQuery(SearchError):
    pass


class DocumentRefused(SearchError):
    """ids: of the documents that were refused."""

    def __init__(self, ids: Iterable[str], detail: str) -> None:
        self.ids = tuple(ids)
        super().__init__("search.document_refused", number=len(self.ids), detail=detail)


class IndexUnavailable(SearchError):
    pass


class IndexOutdated(IndexUnavailable):
    pass


class IndexForeign(IndexUnavailable):
    pass
