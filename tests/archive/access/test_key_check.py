"""A machine whose keys are not those of the holdings is refused before it encrypts anything."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from archive.access.key_check import PURPOSES, check_keys
from archive.access.keys import Keys
from archive.bootstrap import App
from archive.db.installation import KeyCheck
from archive.errors import KeysDiffer


def known(app: App) -> set[str]:
    with app.unit_of_work() as uow:
        return set(uow.session.scalars(select(KeyCheck.name)))


def test_the_first_machine_makes_the_keys_and_a_second_one_needs_the_same(app: App, tmp_path: Path) -> None:
    check_keys(app.engine, app.keys)
    assert known(app) == {f"{purpose}-0001" for purpose in PURPOSES}
    check_keys(app.engine, app.keys)

    second = Keys(tmp_path / "second")
    with pytest.raises(KeysDiffer, match=r"Thiếu khoá columns-0001.*Hãy chép"):
        check_keys(app.engine, second)
    assert not second.directory.exists()

    shutil.copytree(app.keys.directory, second.directory)
    check_keys(app.engine, second)
    assert second.current("lookup") == app.keys.current("lookup")


def test_other_keys_of_the_same_names_are_refused_and_not_made_known(app: App, tmp_path: Path) -> None:
    check_keys(app.engine, app.keys)
    other = Keys(tmp_path / "other")
    for purpose in PURPOSES:
        other.current(purpose)
    other.rotate("columns")
    before = known(app)
    with pytest.raises(KeysDiffer, match=rf"Khoá columns-0001 trong {other.directory} không phải khoá của kho này"):
        check_keys(app.engine, other)
    assert known(app) == before


def test_keys_that_were_used_before_checks_were_kept_become_known(app: App) -> None:
    name, key = app.keys.current("columns")
    check_keys(app.engine, app.keys)
    assert name in known(app)
    assert Keys(app.keys.directory).named(name) == key


def test_a_rotated_key_is_asked_of_every_machine_from_then_on(app: App, tmp_path: Path) -> None:
    check_keys(app.engine, app.keys)
    second = Keys(tmp_path / "second")
    shutil.copytree(app.keys.directory, second.directory)
    rotated = app.keys.rotate("columns")
    check_keys(app.engine, app.keys)
    assert rotated in known(app)
    with pytest.raises(KeysDiffer, match=f"Thiếu khoá {rotated}"):
        check_keys(app.engine, second)


def test_a_damaged_key_file_is_said_to_be_that(app: App) -> None:
    check_keys(app.engine, app.keys)
    (app.keys.directory / "columns-0001.key").write_text("không phải khoá", encoding="utf-8")
    with pytest.raises(KeysDiffer, match="Không đọc được khoá columns-0001"):
        check_keys(app.engine, Keys(app.keys.directory))


def test_what_the_database_keeps_is_not_the_key(app: App) -> None:
    check_keys(app.engine, app.keys)
    with app.unit_of_work() as uow:
        values = set(uow.session.scalars(select(KeyCheck.value)))
    assert not values & {app.keys.named(name).hex() for name in known(app)}
