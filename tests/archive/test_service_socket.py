from __future__ import annotations

import socket
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from archive.access.identity import SYSTEM, Actor
from archive.bootstrap import App
from archive.errors import ArchiveError, Conflict, InvalidInput, NotFound
from archive.service_socket import NAME, Progress, ask, serve_socket


def silent(subject: str, done: int, of: int) -> None:
    return None


def acting(app: App, as_user: str | None, *, token: str | None) -> Actor:
    if as_user == "nobody":
        raise NotFound(what="tài khoản nobody")
    return SYSTEM


def echo(app: App, actor: Actor, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    progress("reading", 1, 2)
    progress("đọc", 2, 2)
    return {"arguments": arguments, "os_user": actor.os_user}


def test_without_a_service_the_command_is_told_so(tmp_path: Path) -> None:
    assert ask(tmp_path, "echo", {}, silent) is None


def test_a_running_service_answers_with_progress_and_the_document(app: App) -> None:
    told: list[tuple[str, int, int]] = []
    with serve_socket(app, {"echo": echo}, acting):
        answer = ask(app.settings.data, "echo", {"tên": "giá trị"}, lambda *each: told.append(each))
    assert answer is not None
    assert answer["arguments"] == {"tên": "giá trị"}
    assert answer["os_user"]
    assert told == [("reading", 1, 2), ("đọc", 2, 2)]


def test_the_token_of_whoever_gives_the_command_is_what_they_act_by(app: App) -> None:
    tokens: list[str | None] = []

    def by_token(app: App, as_user: str | None, *, token: str | None) -> Actor:
        tokens.append(token)
        return SYSTEM

    with serve_socket(app, {"echo": echo}, by_token):
        ask(app.settings.data, "echo", {}, silent, token="cua-lan")
        ask(app.settings.data, "echo", {}, silent)
    assert tokens == ["cua-lan", None]


def test_only_its_owner_may_talk_to_it(app: App) -> None:
    with serve_socket(app, {}, acting):
        assert stat.S_IMODE((app.settings.data / NAME).stat().st_mode) == 0o600
    assert not (app.settings.data / NAME).exists()


def test_a_refusal_arrives_as_it_was_raised(app: App) -> None:
    def refuse(*_: object) -> dict[str, Any]:
        raise InvalidInput("ingest.task_unknown", field="task", number=99)

    with serve_socket(app, {"refuse": refuse, "echo": echo}, acting):
        with pytest.raises(InvalidInput) as refused:
            ask(app.settings.data, "refuse", {}, silent)
        with pytest.raises(NotFound):
            ask(app.settings.data, "echo", {"as_user": "nobody"}, silent)
    assert (refused.value.reason, refused.value.field, refused.value.values["number"]) == (
        "ingest.task_unknown",
        "task",
        99,
    )


def test_a_failure_of_the_program_tells_no_details(app: App) -> None:
    def fail(*_: object) -> dict[str, Any]:
        raise ValueError("words of a document")

    with serve_socket(app, {"fail": fail}, acting), pytest.raises(ArchiveError) as failed:
        ask(app.settings.data, "fail", {}, silent)
    assert failed.value.reason == "error.unexpected"


def test_the_service_goes_on_when_its_client_leaves(app: App) -> None:
    left, done = threading.Event(), threading.Event()

    def work(app: App, actor: Actor, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
        progress("work", 0, 1)
        left.wait(30)
        for _ in range(100):
            progress("work", 1, 1)
        done.set()
        return {}

    class Interrupted(BaseException):
        pass

    def interrupt(*_: object) -> None:
        raise Interrupted

    with serve_socket(app, {"work": work, "echo": echo}, acting):
        with pytest.raises(Interrupted):
            ask(app.settings.data, "work", {}, interrupt)
        left.set()
        assert done.wait(30)
        assert ask(app.settings.data, "echo", {}, silent) is not None


def test_two_services_do_not_share_a_directory(app: App) -> None:
    with serve_socket(app, {}, acting), pytest.raises(Conflict), serve_socket(app, {}, acting):
        pass


def test_a_socket_that_a_killed_service_left_is_replaced(app: App) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(app.settings.data / NAME))
    assert ask(app.settings.data, "echo", {}, silent) is None
    with serve_socket(app, {"echo": echo}, acting):
        assert ask(app.settings.data, "echo", {}, silent) is not None


def test_a_directory_with_a_long_name_is_reached(app: App, tmp_path: Path) -> None:
    data = tmp_path / ("d" * 120) / ("e" * 120)
    data.mkdir(parents=True)
    object.__setattr__(app.settings, "data", data)
    with serve_socket(app, {"echo": echo}, acting):
        assert ask(data, "echo", {}, silent) is not None
