"""What can go wrong in searching, as one tree.

SearchError
├── InvalidQuery        the query cannot be searched for; names what is wrong with it
└── IndexUnavailable    the index cannot be read or written now
    └── IndexOutdated   there is an index, but of another form: it must be built anew

`reason` is a message id of the application's catalogs, `values` fill it.
"""

from __future__ import annotations


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


class IndexUnavailable(SearchError):
    pass


class IndexOutdated(IndexUnavailable):
    pass
