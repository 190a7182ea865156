"""SIGKILL to web and workers at seeded instants: whoever is left, or comes after, goes on with the dead one's work."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import pytest

from tests.production import scans
from tests.production.delivery import Delivery
from tests.production.profile import MACHINES, Profile, assert_whole

pytestmark = pytest.mark.slow

STEPS_OF_AN_ITEM = 7
FILES = 4
SEEDS = (20260302, 20260303, 20260304)
ROUNDS = 4


def hand_in(profile: Profile, files: dict[str, Path]) -> None:
    with profile.clerk() as clerk:
        batch = clerk.open_batch(len(files))
        clerk.hand_in_all(batch, files.values())


def gone_on(profile: Profile, delivery: Delivery, steps: int) -> bool:
    return profile.steps_done() >= steps or (delivery.over and profile.finished())


def promised(delivery: Delivery, receipts: int) -> bool:
    return len(delivery.promised) >= receipts


@pytest.mark.parametrize("seed", SEEDS)
def test_the_other_worker_goes_on_with_a_dead_ones_work(profile: Profile, tmp_path: Path, seed: int) -> None:
    files = scans.tiny(tmp_path, FILES)
    instant = random.Random(seed).randrange(1, STEPS_OF_AN_ITEM * FILES - 1)
    hand_in(profile, files)
    profile.wait(lambda: profile.steps_done() >= instant, f"{instant} steps are done")
    profile.kill(MACHINES[seed % 2])
    profile.wait(profile.finished, "the worker that is left has done everything")
    assert profile.steps_done() == STEPS_OF_AN_ITEM * FILES, "a step that had been recorded was run again"
    assert_whole(profile, files)


def test_other_machines_go_on_with_what_two_dead_ones_left(profile: Profile, tmp_path: Path) -> None:
    """Nothing that is needed lies on one machine alone: those that come after have empty directories."""
    files = scans.tiny(tmp_path, FILES)
    hand_in(profile, files)
    profile.wait(lambda: profile.steps_done() >= STEPS_OF_AN_ITEM, "work is under way")
    for machine in MACHINES:
        profile.kill(machine)
    for machine in ("worker-3", "worker-4"):
        profile.start_worker(machine)
    profile.wait(profile.finished, "the new machines have done everything")
    assert_whole(profile, files)


def test_workers_that_die_again_and_again_at_any_instant(profile: Profile, tmp_path: Path) -> None:
    files = scans.tiny(tmp_path, FILES + ROUNDS)
    chance = random.Random(SEEDS[0])
    with Delivery(profile, files) as delivery:
        for number in range(ROUNDS):
            goal = profile.steps_done() + chance.randrange(2 * STEPS_OF_AN_ITEM)
            profile.wait(partial(gone_on, profile, delivery, goal), "it goes on")
            profile.kill(chance.choice([machine for machine in profile.processes if machine != "web"]))
            profile.start_worker(f"worker-{number + 3}")
    profile.wait(profile.finished, "everything is done")
    assert_whole(profile, files)


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_a_web_process_that_dies_amid_uploads_loses_and_doubles_nothing(
    profile: Profile, tmp_path: Path, seed: int
) -> None:
    files = scans.tiny(tmp_path, 3 * FILES)
    chance = random.Random(seed)
    with Delivery(profile, files) as delivery:
        for goal in sorted(chance.sample(range(1, len(files) - 1), 2)):
            profile.wait(partial(promised, delivery, goal), f"{goal} receipts were given")
            profile.kill("web")
            profile.start_web()
    assert delivery.refusals, "nobody noticed that the service was away"
    receipts = profile.receipts()
    assert {digest: receipts.get(digest) for digest in delivery.promised} == delivery.promised
    profile.wait(profile.finished, "everything is done")
    assert_whole(profile, files)


def test_everything_dies_at_once_and_comes_back(profile: Profile, tmp_path: Path) -> None:
    files = scans.tiny(tmp_path, 2 * FILES)
    with Delivery(profile, files) as delivery:
        profile.wait(lambda: len(delivery.promised) >= FILES and profile.steps_done() >= 3, "both are under way")
        for machine in list(profile.processes):
            profile.kill(machine)
        profile.start_all()
    profile.wait(profile.finished, "everything is done")
    assert_whole(profile, files)
