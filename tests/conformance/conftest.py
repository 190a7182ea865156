"""What the suites of one contract share: each of its adapters in turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from search.index import SearchIndex
from tests.conformance.quarantine import Place, in_directory, in_s3
from tests.conformance.search_index import KINDS, Opening, of_kind


@pytest.fixture(params=[in_directory, in_s3], ids=["filesystem", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    made: Place = request.param(tmp_path)
    return made


@pytest.fixture
def on_own_disk(tmp_path: Path) -> Place:
    return in_directory(tmp_path)


@pytest.fixture
def in_bucket(tmp_path: Path) -> Place:
    return in_s3(tmp_path)


@pytest.fixture(scope="module", params=KINDS)
def opening(request: pytest.FixtureRequest) -> Iterator[Opening]:
    with of_kind(request.param) as opening:
        yield opening


@pytest.fixture
def index(opening: Opening, tmp_path: Path) -> Iterator[SearchIndex]:
    with closing(opening(tmp_path)) as opened:
        yield opened
