from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.errors import BadCode
from metadata.names import file_name, item_code

dossiers = st.lists(st.from_regex(r"[A-Z0-9]{1,6}", fullmatch=True), min_size=1, max_size=5).map(".".join)


@settings(deadline=None)
@given(dossiers, st.integers(1, 9_999_999))
def test_an_item_code_says_dossier_and_ordinal(dossier: str, ordinal: int) -> None:
    found = re.fullmatch(r"(.+)\.(\d{7})", item_code(dossier, ordinal))
    assert found
    assert (found[1], int(found[2])) == (dossier, ordinal)


def test_a_file_is_named_by_dossier_and_seven_figures() -> None:
    assert file_name("H49.64.33.2001.160", 1) == "H49.64.33.2001.160.0000001.pdf"


@pytest.mark.parametrize("dossier", ["", ".", "a/b", "../x", "H26..1", "H26 1", "H26.", "x\0", "-x"])
def test_a_dossier_code_that_cannot_be_part_of_a_file_name_is_refused(dossier: str) -> None:
    with pytest.raises(BadCode):
        file_name(dossier, 1)


@pytest.mark.parametrize("ordinal", [0, -1, 10_000_000])
def test_an_ordinal_outside_seven_figures_is_refused(ordinal: int) -> None:
    with pytest.raises(BadCode):
        item_code("H26", ordinal)
