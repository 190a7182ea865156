"""What can go wrong with schedules, holds and dispositions, as one tree.

RetentionError
├── InvalidSchedule       a schedule's file cannot be taken; names the place
├── HoldRefused           a hold cannot be lifted so
└── TransitionRefused     a disposition does not go from this state to that one
"""

from __future__ import annotations


class RetentionError(Exception):
    """`reason` is a message id of the application's catalogs, `values` fill it."""

    retry = False

    def __init__(self, reason: str, **values: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = values

    def __str__(self) -> str:
        filled = ", ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{self.reason} ({filled})" if filled else self.reason


class InvalidSchedule(RetentionError):
    pass


class HoldRefused(RetentionError):
    pass


class TransitionRefused(RetentionError):
    pass
