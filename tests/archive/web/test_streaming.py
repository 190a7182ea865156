from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from archive.storage.memory import MemoryStore
from archive.web import streaming

BODY = bytes(range(256)) * 4096  # 1 MiB


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    store = MemoryStore()
    source = tmp_path / "body"
    source.write_bytes(BODY)
    digest = store.put(source).digest

    def serve(request: Request) -> Response:
        return streaming.respond(request, store, digest, media_type="application/pdf", file_name="Quyết định 1.pdf")

    return TestClient(Starlette(routes=[Route("/", serve)]))


def test_the_whole_object_comes_back_with_its_name(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.content == BODY
    assert answer.headers["content-length"] == str(len(BODY))
    assert (
        answer.headers["content-disposition"]
        == "attachment; filename*=UTF-8''Quy%E1%BA%BFt%20%C4%91%E1%BB%8Bnh%201.pdf"
    )


@pytest.mark.parametrize(
    ("asked", "part", "said"),
    [
        ("bytes=0-9", BODY[:10], "bytes 0-9/1048576"),
        ("bytes=1048570-", BODY[-6:], "bytes 1048570-1048575/1048576"),
        ("bytes=-4", BODY[-4:], "bytes 1048572-1048575/1048576"),
        ("bytes=10-99999999", BODY[10:], "bytes 10-1048575/1048576"),
    ],
)
def test_a_range_gives_that_part(client: TestClient, asked: str, part: bytes, said: str) -> None:
    answer = client.get("/", headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == part
    assert answer.headers["content-range"] == said
    assert answer.headers["content-length"] == str(len(part))


def test_a_range_past_the_end_is_refused_with_the_size(client: TestClient) -> None:
    for asked in ("bytes=1048576-", "bytes=-0"):
        answer = client.get("/", headers={"Range": asked})
        assert answer.status_code == 416
        assert answer.headers["content-range"] == "bytes */1048576"


@pytest.mark.parametrize("asked", ["bytes=-", "lines=1-2", "bytes=1-2,5-6"])
def test_what_is_not_one_range_of_bytes_gives_the_whole(client: TestClient, asked: str) -> None:
    assert client.get("/", headers={"Range": asked}).status_code == 200


def test_a_browser_that_has_it_is_told_so(client: TestClient) -> None:
    tag = client.get("/").headers["etag"]
    again = client.get("/", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.content == b""


def test_a_part_of_another_version_is_not_mixed_in(client: TestClient) -> None:
    assert client.get("/", headers={"Range": "bytes=0-9", "If-Range": '"other"'}).status_code == 200


class LinkingStore(MemoryStore):
    """A store that browsers reach by themselves."""

    def link(self, digest: str, *, file_name: str, media_type: str, expires: timedelta) -> str | None:
        return (
            f"https://kho.example/{digest}?{urlencode({'name': file_name, 'type': media_type, 's': expires.seconds})}"
        )


@pytest.mark.parametrize(
    ("size", "file_name", "linked"),
    [
        (streaming.LINKED_BYTES, "Sổ đăng ký.pdf", True),
        (streaming.LINKED_BYTES - 1, "Sổ đăng ký.pdf", False),
        (streaming.LINKED_BYTES, None, False),  # shown in the page, whose policy names no other address
    ],
)
def test_a_big_file_to_be_saved_comes_from_the_store_itself(
    tmp_path: Path, size: int, file_name: str | None, linked: bool
) -> None:
    store, source = LinkingStore(), tmp_path / "big"
    source.write_bytes(bytes(size))
    digest = store.put(source).digest

    def serve(request: Request) -> Response:
        return streaming.respond(request, store, digest, media_type="application/pdf", file_name=file_name)

    browser = TestClient(Starlette(routes=[Route("/", serve)]), follow_redirects=False)
    answer = browser.get("/")
    assert answer.status_code == (302 if linked else 200)
    if linked:
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        assert query == {"name": [file_name], "type": ["application/pdf"], "s": ["300"]}
        assert answer.headers["cache-control"] == "no-store"
    else:
        assert len(answer.content) == size
