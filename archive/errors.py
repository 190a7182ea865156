"""What can go wrong in the application, as one tree.

ArchiveError
├── InvalidInput            what was given cannot be taken; names the field
│   ├── InvalidSetting      an ARCHIVE_* variable
│   ├── FileTooBig
│   └── WrongType           a file of a type that is not taken
├── NotAllowed
├── SignInRefused
├── NotFound
├── Gone                    it was there for the asker, and is no longer
├── Conflict                the record is not in a state that allows this
├── ObjectMissing
├── ObjectDamaged
└── PartUnavailable         commands end with 3
    ├── NoHoldings
    ├── PartNotInstalled
    ├── DatabaseUnavailable
    │   └── DatabaseRefuses     the server answers, and does not take the account
    ├── DatabaseNewer
    ├── StoreUnavailable
    │   └── StoreRefuses        the server answers, and does not take the account
    ├── StoreMisconfigured      the server answers, but nothing may be kept there as it is
    │   └── StoreMissing        its buckets are not there
    ├── ClockOff
    ├── DiskFull
    └── KeysDiffer

Each carries a message id of archive.i18n and the values that fill it; its text says what to do next.
"""

from __future__ import annotations

from typing import ClassVar

from archive import i18n


class ArchiveError(Exception):
    """retry: whether doing the same again later can succeed."""

    message_id: ClassVar[str] = "error.unexpected"
    retry: ClassVar[bool] = False

    def __init__(self, reason: str | None = None, **values: object) -> None:
        self.reason = reason or self.message_id
        self.values = values
        super().__init__(self.reason, values)

    def __str__(self) -> str:
        return i18n.filled(self.reason, self.values)


class InvalidInput(ArchiveError):
    message_id = "error.invalid_input"

    def __init__(self, reason: str | None = None, *, field: str = "", **values: object) -> None:
        self.field = field
        super().__init__(reason, field=field, **values)


class InvalidSetting(InvalidInput):
    message_id = "error.setting_unreadable"


class FileTooBig(InvalidInput):
    message_id = "file.too_big"


class WrongType(InvalidInput):
    message_id = "file.type_unknown"


class NotAllowed(ArchiveError):
    message_id = "error.not_allowed"


class SignInRefused(ArchiveError):
    message_id = "sign_in.refused"


class NotFound(ArchiveError):
    message_id = "error.not_found"


class Gone(ArchiveError):
    message_id = "error.gone"


class Conflict(ArchiveError):
    message_id = "error.conflict"


class ObjectMissing(ArchiveError):
    message_id = "error.object_missing"


class ObjectDamaged(ArchiveError):
    message_id = "error.object_damaged"


class PartUnavailable(ArchiveError):
    message_id = "error.part_unavailable"
    retry = True


class NoHoldings(PartUnavailable):
    message_id = "error.no_holdings"
    retry = False


class PartNotInstalled(PartUnavailable):
    message_id = "error.part_not_installed"
    retry = False


class DatabaseUnavailable(PartUnavailable):
    message_id = "error.database_unavailable"


class DatabaseRefuses(DatabaseUnavailable):
    message_id = "error.database_refuses"


class DatabaseNewer(PartUnavailable):
    message_id = "error.database_newer"
    retry = False


class StoreUnavailable(PartUnavailable):
    message_id = "error.store_unavailable"


class StoreRefuses(StoreUnavailable):
    message_id = "error.store_refuses"


class StoreMisconfigured(PartUnavailable):
    message_id = "error.store_misconfigured"
    retry = False


class StoreMissing(StoreMisconfigured):
    message_id = "error.store_missing"


class ClockOff(PartUnavailable):
    message_id = "error.clock_off"
    retry = False


class DiskFull(PartUnavailable):
    message_id = "error.disk_full"


class KeysDiffer(PartUnavailable):
    message_id = "error.keys_differ"
    retry = False
