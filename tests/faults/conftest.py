from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import holdings as real
from tests.faults.holdings import Holdings


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("faults") / "template"
    root.mkdir()
    real.create(root, files=2)
    return root


@pytest.fixture
def holdings(template: Path, tmp_path: Path) -> Iterator[Holdings]:
    made = real.copy(template, tmp_path / "here")
    yield made
    made.close()
    real.remove(tmp_path / "here")
