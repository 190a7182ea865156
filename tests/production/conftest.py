from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.production.profile import Profile


@pytest.fixture
def profile(make_profile: Callable[..., Profile]) -> Profile:
    """Web and two workers run; pages are kept and not read."""
    made = make_profile()
    made.start_all()
    return made
