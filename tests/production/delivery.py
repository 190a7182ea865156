"""Clerks who hand in scans whatever happens to the service, and remember what they were promised."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.production.clerk import Clerk, NotTaken
from tests.production.profile import LOOK_S, WITHIN_S, Profile


class Delivery:
    """`with Delivery(profile, files):` hands in one file after the other beside the test; leaving waits for the last.

    What was not taken is handed in again until it is, as a person would who sees no receipt for it.
    """

    def __init__(self, profile: Profile, files: dict[str, Path]) -> None:
        self._profile = profile
        self._files = files
        self.promised: dict[str, str] = {}
        self.refusals: list[NotTaken] = []
        self._giving_up = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="delivery")

    def __enter__(self) -> Self:
        with self._profile.clerk() as clerk:
            self._batch = clerk.open_batch(len(self._files))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._giving_up.set()
        self._thread.join(WITHIN_S)
        assert kind is not None or not self._thread.is_alive(), f"only {len(self.promised)} files were taken"
        self._giving_up.set()
        if kind is None and self._failure is not None:
            raise self._failure

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for digest, file in self._files.items():
                told = self._until_taken(lambda clerk, file=file: clerk.hand_in(self._batch, file))  # type: ignore[misc]
                if told is None:
                    return
                self.promised[digest] = str(told["receipt"])
        except BaseException as failure:
            self._failure = failure

    def _until_taken(self, hand_in: Callable[[Clerk], dict[str, object]]) -> dict[str, object] | None:
        while not self._giving_up.is_set():
            try:
                with self._profile.clerk() as clerk:
                    return hand_in(clerk)
            except NotTaken as refusal:
                self.refusals.append(refusal)
            self._giving_up.wait(LOOK_S)
        return None
