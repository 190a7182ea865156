"""What a public service is told of papers on file, and what it takes."""

from __future__ import annotations

import pytest

from archive.bootstrap import App
from tests.archive.reuse import ReuseWorld
from tests.conftest import SetClock
from tests.factories import Factory


@pytest.fixture
def world(app: App, make: Factory, clock: SetClock) -> ReuseWorld:
    return ReuseWorld(app, make, clock)


def test_a_paper_on_file_is_told_with_its_trust_and_a_hidden_holder(world: ReuseWorld) -> None:
    world.agreement()
    item = world.paper()
    answer = world.ask()
    (paper,) = answer.papers
    assert (paper.reference, paper.type_name, paper.level) == (item.code, "Giấy khai sinh", "conditional")
    assert (paper.holder.name, paper.holder.identifier) == ("N. V. An", "…123")
    assert paper.trust.second_person
    assert paper.trust.master_sha256 == paper.trust.sealed_sha256 == item.master_digest
