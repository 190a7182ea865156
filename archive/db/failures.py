"""PostgreSQL that is away, or takes nobody in: told as ours, without its address's password."""

from __future__ import annotations

import re

import psycopg
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from archive import i18n
from archive.errors import DatabaseRefuses, DatabaseUnavailable

_REFUSED = (  # what the server says -> message id
    (r"password authentication failed|no password supplied|authentication failed", "postgres.credentials"),
    (r'role ".*" does not exist|is not permitted to log in', "postgres.credentials"),
    (r'database ".*" does not exist', "postgres.no_database"),
    (r"no pg_hba\.conf entry", "postgres.not_from_here"),
    (r"permission denied", "postgres.no_right"),
)
_AWAY = (
    (r"Connection refused|No such file or directory", "postgres.nobody_listens"),
    (r"timeout expired|timed out|No route to host|unreachable", "postgres.no_answer"),
    (r"could not translate host name|failed to resolve|Name or service not known", "postgres.no_host"),
    (r"starting up|shutting down|in recovery|terminating connection|closed the connection", "postgres.starting"),
    (r"too many (clients|connections)|remaining connection slots", "postgres.no_connection_free"),
    (r"could not extend file|No space left", "postgres.full"),
    (r"certificate", "postgres.certificate"),
)


def is_away(failure: BaseException) -> bool:
    """Whether the database is what failed, and not the statement."""
    if isinstance(failure, DBAPIError) and failure.connection_invalidated:
        return True
    return isinstance(failure, OperationalError | InterfaceError | PoolTimeout | psycopg.OperationalError)


def waited_too_long(failure: BaseException) -> bool:
    """Whether a lock was not had within lock_timeout."""
    return isinstance(getattr(failure, "orig", failure), psycopg.errors.LockNotAvailable)


def lacks_right(failure: BaseException) -> bool:
    """Whether the account may not do this: it does not own the database."""
    return isinstance(getattr(failure, "orig", failure), psycopg.errors.InsufficientPrivilege)


def as_ours(failure: BaseException, url: URL) -> DatabaseUnavailable:
    """In a sentence for people; what it was exactly is its cause."""
    if isinstance(failure, PoolTimeout):
        return DatabaseUnavailable(detail=i18n.text("postgres.no_connection_free"))
    told = str(failure.orig if isinstance(failure, DBAPIError) else failure)
    address = f"{url.host or url.query.get('host', '')}:{url.port or 5432}"
    values: dict[str, object] = {"address": address, "user": url.username, "database": url.database}
    for kind, table in ((DatabaseRefuses, _REFUSED), (DatabaseUnavailable, _AWAY)):
        for pattern, message in table:
            if re.search(pattern, told):
                return kind(detail=i18n.filled(message, values))
    return DatabaseUnavailable(detail=" ".join(told.split())[:300].rstrip("."))
