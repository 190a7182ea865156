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


SECRETS = {
    "ARCHIVE_DATABASE_URL": "postgresql://u:bi-mat@h/db",
    "ARCHIVE_OBJECT_STORE_URL": "https://u:bi-mat@h:9000/kho",
    "ARCHIVE_SEARCH_URL": "https://u:bi-mat@h:9200/kho",
    "ARCHIVE_TOKEN": "bi-mat",
    "ARCHIVE_SMTP_URL": "smtps://kho:bi-mat@thu.coquan.gov.vn:465",
}


def test_every_secret_may_lie_in_a_file_and_nothing_else_may(tmp_path: Path) -> None:
    assert {entry.name for entry in Settings.described() if entry.secret} == SECRETS.keys()
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(f"{value}\nchú thích\n", encoding="utf-8")
    read = Settings.read({f"{name}_FILE": str(tmp_path / name) for name in SECRETS})
    assert read == Settings.read(SECRETS)
    assert read.production
    assert "bi-mat" not in repr(read)
    with pytest.raises(InvalidSetting, match="ARCHIVE_PORT_FILE"):
        Settings.read({"ARCHIVE_PORT_FILE": str(tmp_path / "ARCHIVE_TOKEN")})


def test_a_secret_given_twice_or_in_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    held = tmp_path / "held"
    held.write_text("bi-mat")
    with pytest.raises(InvalidSetting, match=r"ARCHIVE_TOKEN .*hai lần.*ARCHIVE_TOKEN_FILE"):
        Settings.read({"ARCHIVE_TOKEN": "x", "ARCHIVE_TOKEN_FILE": str(held)})
    with pytest.raises(InvalidSetting, match=rf"{tmp_path / 'none'}.*ARCHIVE_TOKEN_FILE"):
        Settings.read({"ARCHIVE_TOKEN_FILE": str(tmp_path / "none")})
    held.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidSetting, match="ARCHIVE_TOKEN_FILE"):
        Settings.read({"ARCHIVE_TOKEN_FILE": str(held)})
    held.write_text("mysql://u:bi-mat@h/db")
    with pytest.raises(InvalidSetting) as wrong:
        Settings.read({"ARCHIVE_DATABASE_URL_FILE": str(held)})
    assert "bi-mat" not in str(wrong.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ARCHIVE_OBJECT_STORE_URL", "http://h:9000"), ("ARCHIVE_OBJECT_STORE_URL", "s3://u:bi-mat@h"),
        ("ARCHIVE_OBJECT_STORE_URL", "http://u@h:9000"), ("ARCHIVE_OBJECT_STORE_URL", "http://u:bi-mat@h:9000/Kho"),
        ("ARCHIVE_OBJECT_STORE_URL", "http://u:bi-mat@h:99999"), ("ARCHIVE_OBJECT_STORE_URL", "http://u:bi-mat@h?x=1"),
        ("ARCHIVE_OBJECT_STORE_PUBLIC_URL", "https://u:bi-mat@h"), ("ARCHIVE_OBJECT_STORE_PUBLIC_URL", "https://h/x"),
        ("ARCHIVE_SEARCH_URL", "http://h:9200/Kho"), ("ARCHIVE_SEARCH_URL", "http:///kho"),
        ("ARCHIVE_CA_FILE", "/no/such/file"), ("ARCHIVE_CA_FILE", "/bin/sh"), ("ARCHIVE_TOKEN", " "),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_meant_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=f"{name}.*cần"):
        Settings.read({name: value})


def test_the_keys_lie_in_the_data_directory_unless_they_are_elsewhere(tmp_path: Path) -> None:
    assert Settings(data=tmp_path).keys_directory == tmp_path / "keys"
    assert Settings.read({"ARCHIVE_KEYS": str(tmp_path / "k")}).keys_directory == tmp_path / "k"


def test_authorities_are_read_as_a_path(tmp_path: Path) -> None:
    authorities = tmp_path / "ca.pem"
    authorities.write_text("-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n")
    assert Settings.read({"ARCHIVE_CA_FILE": str(authorities)}).ca_file == authorities


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ARCHIVE_SMTP_URL", "http://thu.coquan.gov.vn"),
        ("ARCHIVE_SMTP_URL", "smtps://thu.coquan.gov.vn:99999"),
        ("ARCHIVE_MAIL_FROM", "kho@coquan.gov.vn\nBcc: ai-do@noi-khac.vn"),
        ("ARCHIVE_MAIL_FROM", "kho ho so"),
        ("ARCHIVE_WEBHOOK_HOSTS", "https://motcua.gov.vn/"),
        ("ARCHIVE_WEBHOOK_HOSTS", "10.0.0.0/99"),
        ("ARCHIVE_PUBLIC_URL", "https://kho.gov.vn/duong-dan"),
    ],
)
def test_where_is_told_is_read_strictly(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=name):
        Settings.read({name: value})


def test_hosts_of_webhooks_are_names_patterns_and_networks() -> None:
    read = Settings.read({"ARCHIVE_WEBHOOK_HOSTS": "MotCua.hanoi.gov.vn, *.danang.gov.vn,10.0.0.0/24, ::1"})
    assert read.webhook_hosts == ("motcua.hanoi.gov.vn", "*.danang.gov.vn", "10.0.0.0/24", "::1")
