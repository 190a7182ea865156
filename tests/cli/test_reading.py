from __future__ import annotations

import pytest

from archive.cli.reading import page_numbers
from archive.errors import InvalidInput


@pytest.mark.parametrize(
    ("asked", "numbers"), [("1", [1]), ("1-3", [1, 2, 3]), ("7,1-3,2", [1, 2, 3, 7]), (" 2 , 4-4", [2, 4])]
)
def test_pages_are_asked_for_in_ranges(asked: str, numbers: list[int]) -> None:
    assert page_numbers(asked, 9) == numbers


@pytest.mark.parametrize("asked", ["", "a", "1-", "-3", "1-2-3", "１", "0", "3-1", "1-10", "99999999999"])
def test_pages_that_are_not_there_or_not_pages_are_wrong_use(asked: str) -> None:
    with pytest.raises(InvalidInput):
        page_numbers(asked, 9)
