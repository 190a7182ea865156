from __future__ import annotations

import pytest

from metadata.errors import RegistryError
from metadata.model import FieldName
from metadata.registry import DocumentClass, Task, classes, read_class, read_entry, targets, tasks

ABBREVIATIONS = (
    "NQ QĐ CT QC QyĐ TC TB HD CTr KH PA ĐA DA BC BB TTr HĐ CĐ BGN BTT GUQ GM GGT GNP PG PC PB"  # 27 of Nghị định 30
)
SMALLEST = {
    "name": "Đơn",
    "kind": "form",
    "type_code": "32",
    "legal_basis": "x",
    "fields": ["type_name", "subject"],
    "required": ["type_name"],
}


def test_there_are_24_tasks_and_7_targets_none_with_an_invented_title() -> None:
    assert [task.number for task in tasks()] == list(range(1, 25))
    assert [target.number for target in targets()] == list(range(1, 8))
    for target in targets():
        assert not target.filled_in
        assert "chưa điền tên" in target.title
    for task in tasks():
        assert not task.filled_in
        assert "chưa điền tên" in task.title
        assert (task.owner, task.target, task.planned_quantity, task.unit, task.due_on) == (None,) * 5


def test_the_29_administrative_classes_have_the_codes_01_to_29() -> None:
    administrative = [entry for entry in classes().values() if entry.kind == "administrative"]
    assert sorted(entry.type_code for entry in administrative) == [f"{number:02}" for number in range(1, 30)]


def test_the_27_abbreviations_of_the_decree_are_there_and_official_letters_have_none() -> None:
    administrative = [entry for entry in classes().values() if entry.kind == "administrative"]
    assert {entry.abbreviation for entry in administrative if entry.abbreviation} == set(ABBREVIATIONS.split())
    assert {entry.code for entry in administrative if entry.abbreviation is None} == {"cong_van", "thu_cong"}


def test_every_class_states_its_legal_basis_and_names_its_kind() -> None:
    for entry in classes().values():
        assert entry.legal_basis
        assert FieldName.TYPE_NAME in entry.required
        assert set(entry.required) <= set(entry.fields)


def test_no_two_classes_share_a_name_or_an_abbreviation() -> None:
    names = [name for entry in classes().values() for name in (entry.name, *entry.also_written)]
    abbreviations = [entry.abbreviation for entry in classes().values() if entry.abbreviation]
    assert len(names) == len(set(names))
    assert len(abbreviations) == len(set(abbreviations))


def test_a_complete_class_is_read() -> None:
    entry = read_class("classes/don.toml", "don", dict(SMALLEST))
    assert entry == DocumentClass(
        "don", "Đơn", "form", "32", "x", (FieldName.TYPE_NAME, FieldName.SUBJECT), (FieldName.TYPE_NAME,)
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"colour": "red"}, "unknown keys colour"),
        ({"fields": ["type_name", "shoe_size"]}, "unknown fields shoe_size"),
        ({"required": ["place"]}, "required, but not among fields: place"),
        ({"kind": "letter"}, "kind is 'letter'"),
        ({"type_code": "33"}, "type_code is '33'"),
        ({"type_code": 32}, "type_code has the wrong type"),
        ({"also_written": "Đơn xin"}, "also_written has the wrong type"),
    ],
)
def test_a_class_with_something_wrong_is_refused_with_the_reason(change: dict[str, object], reason: str) -> None:
    with pytest.raises(RegistryError, match=reason):
        read_class("classes/don.toml", "don", {**SMALLEST, **change})


def test_a_class_with_a_key_missing_is_refused() -> None:
    values = {key: value for key, value in SMALLEST.items() if key != "legal_basis"}
    with pytest.raises(RegistryError, match="missing keys legal_basis"):
        read_class("classes/don.toml", "don", values)


def test_a_task_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(RegistryError, match="unknown keys budget"):
        read_entry("tasks", {"number": 1, "title": "x", "filled_in": False, "source": "x", "budget": 3}, Task)
