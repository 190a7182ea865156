from __future__ import annotations

from archive.ids import new_id


def test_ids_are_version_7_and_sort_in_the_order_they_were_made() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert {value.version for value in made} == {7}
