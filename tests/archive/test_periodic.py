from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text

from archive.bootstrap import App
from archive.periodic import Group, Job, Periodic


@dataclass
class Seconds:
    """A clock of seconds that is set by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Runs:
    """Which jobs ran, in order; those named in `failing` then fail."""

    of: list[str] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)

    def job(self, name: str, every_s: float) -> Job:
        return Job(name, every_s, self._run(name))

    def _run(self, name: str) -> Callable[[App], int]:
        def run(_: App) -> int:
            self.of.append(name)
            if name in self.failing:
                raise ValueError("nội dung không được ghi nhật ký")
            return 1

        return run


def look(periodic: Periodic, clock: Seconds, runs: Runs, now: float) -> list[str]:
    before = len(runs.of)
    clock.now = now
    periodic.look()
    return runs.of[before:]


def test_each_job_runs_at_once_and_then_whenever_its_time_has_passed(app: App) -> None:
    clock, runs = Seconds(), Runs()
    periodic = Periodic(app, Group("test", 7, (runs.job("often", 5), runs.job("seldom", 60))), clock)
    seen = [look(periodic, clock, runs, at) for at in (0, 4, 5, 9, 11, 60)]
    assert seen == [["often", "seldom"], [], ["often"], [], ["often"], ["often", "seldom"]]
    periodic.release()


def test_one_process_works_and_another_goes_on_when_it_ends(app: App) -> None:
    clock, first, second = Seconds(), Runs(), Runs()
    working = Periodic(app, Group("test", 7, (first.job("a", 5),)), clock)
    waiting = Periodic(app, Group("test", 7, (second.job("a", 5),)), clock)
    working.look()
    waiting.look()
    assert (first.of, second.of) == (["a"], [])
    working.release()
    waiting.look()
    assert second.of == ["a"]
    waiting.release()


def test_whoever_lost_the_database_session_lost_the_work(app: App) -> None:
    clock, first, second = Seconds(), Runs(), Runs()
    working, waiting = (Periodic(app, Group("test", 7, (runs.job("a", 5),)), clock) for runs in (first, second))
    working.look()
    with app.engine.connect() as other:
        others = "datname = current_database() and pid <> pg_backend_pid()"
        other.execute(text(f"select pg_terminate_backend(pid) from pg_stat_activity where {others}"))
    app.engine.dispose()
    waiting.look()
    clock.now = 10
    working.look()
    assert (first.of, second.of) == (["a"], ["a"])
    working.release()
    waiting.release()


def test_a_job_that_fails_keeps_no_other_from_its_work_and_is_tried_again_soon(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    clock, runs = Seconds(), Runs(failing={"bad"})
    periodic = Periodic(app, Group("test", 7, (runs.job("bad", 86_400), runs.job("good", 86_400))), clock)
    assert look(periodic, clock, runs, 0) == ["bad", "good"]
    assert "nội dung" not in caplog.text
    assert "ValueError" in caplog.text
    assert look(periodic, clock, runs, 9) == []
    assert look(periodic, clock, runs, 10) == ["bad"]
    assert look(periodic, clock, runs, 29) == []
    runs.failing.clear()
    assert look(periodic, clock, runs, 30) == ["bad"]
    assert look(periodic, clock, runs, 80_000) == []
    periodic.release()
