"""Each server is killed and started again amid intake and work: our own processes go on by themselves."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.production import scans
from tests.production.delivery import Delivery
from tests.production.profile import Profile, Servers, assert_whole

pytestmark = pytest.mark.slow

FILES = 8
SEED = 20260302
PART = {"postgres": "catalogue", "minio": "store", "elasticsearch": "index"}


def away(profile: Profile, part: str) -> bool:
    """Whether the service says so."""
    answer = httpx.get(f"{profile.url}/readyz", timeout=120)
    return answer.json().get(part) is not True


def under_way(profile: Profile, delivery: Delivery, goal: int) -> bool:
    return len(delivery.promised) >= goal and profile.steps_done() >= goal


@pytest.mark.parametrize("name", PART)
def test_killed_twice_amid_intake_and_work(profile: Profile, servers: Servers, tmp_path: Path, name: str) -> None:
    files = scans.tiny(tmp_path, FILES)
    chance = random.Random(SEED)
    with Delivery(profile, files) as delivery:
        for goal in (1, FILES // 2):
            profile.wait(partial(under_way, profile, delivery, goal), "work is under way")
            servers[name].kill()
            if chance.random() < 0.5 or goal > 1:
                profile.wait(lambda: away(profile, PART[name]), f"the service says that {name} is away")
            servers[name].start()
    profile.wait(profile.finished, "everything is done")
    assert_whole(profile, files)
    profile.wait(lambda: not away(profile, PART[name]), f"the service says that {name} is back")


def test_all_three_killed_at_once(profile: Profile, servers: Servers, tmp_path: Path) -> None:
    files = scans.tiny(tmp_path, FILES)
    with Delivery(profile, files) as delivery:
        profile.wait(lambda: len(delivery.promised) >= 3, "work is under way")
        for name in PART:
            servers[name].kill()
        for name in PART:
            servers[name].start()
    profile.wait(profile.finished, "everything is done")
    assert_whole(profile, files)
