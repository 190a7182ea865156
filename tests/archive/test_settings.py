from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from archive.errors import InvalidSetting
from archive.settings import Settings


def test_without_variables_every_setting_has_its_default() -> None:
    read = Settings.read({"PATH": "/bin"})
    assert (read.data, read.port, read.database_url) == (Path("data").absolute(), 8000, None)
    assert read.max_file_bytes == 2 * 1024**3


def test_variables_are_read_into_their_types(tmp_path: Path) -> None:
    read = Settings.read({"ARCHIVE_DATA": str(tmp_path), "ARCHIVE_PORT": "8080", "ARCHIVE_JOBS": "3"})
    assert (read.data, read.port, read.jobs) == (tmp_path, 8080, 3)


def test_proxies_are_addresses_and_networks() -> None:
    read = Settings.read({"ARCHIVE_TRUSTED_PROXIES": "10.0.0.5, 172.29.248.0/28"})
    assert read.trusted_proxies == ("10.0.0.5/32", "172.29.248.0/28")
    assert Settings().trusted_proxies == ()


def test_an_unknown_variable_stops_the_start_and_names_the_known_ones() -> None:
    with pytest.raises(InvalidSetting, match=r"ARCHIVE_DTA.*ARCHIVE_DATA") as stopped:
        Settings.read({"ARCHIVE_DTA": "/x"})
    assert stopped.value.field == "ARCHIVE_DTA"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ARCHIVE_PORT", "0"), ("ARCHIVE_PORT", "65536"), ("ARCHIVE_PORT", "8000 "), ("ARCHIVE_PORT", "８０８０"),
        ("ARCHIVE_JOBS", ""), ("ARCHIVE_JOBS", "-1"), ("ARCHIVE_JOBS", "two"), ("ARCHIVE_DATA", ""),
        ("ARCHIVE_DATABASE_URL", "mysql://x"), ("ARCHIVE_SEARCH_URL", "localhost:9200"), ("ARCHIVE_HOST", " "),
        ("ARCHIVE_TRUSTED_PROXIES", "*"), ("ARCHIVE_TRUSTED_PROXIES", "10.0.0.1,,"),
    ],
)  # fmt: skip
def test_an_unreadable_value_stops_the_start_and_says_what_is_wanted(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=f"{name}.*cần") as stopped:
        Settings.read({name: value})
    assert "…" not in str(stopped.value) or name.endswith("_URL")


def test_a_wrong_address_with_a_password_is_not_printed() -> None:
    with pytest.raises(InvalidSetting) as stopped:
        Settings.read({"ARCHIVE_DATABASE_URL": "mysql://u:bi-mat@host/db"})
    assert "bi-mat" not in str(stopped.value)


def test_addresses_that_hold_passwords_are_not_in_the_representation() -> None:
    assert "bi-mat" not in repr(Settings(database_url="postgresql://u:bi-mat@host/db"))


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_every_setting_says_its_unit_and_meaning() -> None:
    described = Settings.described()
    assert {entry.name for entry in described} == {"ARCHIVE_" + f.name.upper() for f in dataclasses.fields(Settings)}
    for entry in described:
        assert entry.unit
        assert entry.sentence.endswith(".")
