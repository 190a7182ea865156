"""The pages as a browser in the office reaches them: TLS, the proxy of docker-compose.yml, the real web process."""

from __future__ import annotations

import hashlib
import io
import re
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select

from archive.db.accounts import Session
from tests.composed.stack import Stack
from tests.e2e import world
from tests.production.clerk import TOKEN

pytestmark = pytest.mark.slow
CLIENT = "127.0.0.7"  # where the browser sits: another address than the proxy's own
BIG_BYTES = 40 << 20


@pytest.fixture
def browser(stack: Stack, trusting: ssl.SSLContext) -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(verify=trusting, local_address=CLIENT)
    with httpx.Client(base_url=stack.inside.url, transport=transport, timeout=120) as client:
        yield client


def token_of(browser: httpx.Client, path: str) -> str:
    found = TOKEN.search(browser.get(path).raise_for_status().text)
    assert found is not None
    return found[1]


def sign_in(browser: httpx.Client, **headers: str) -> httpx.Response:
    form = {"login": "lan", "password": world.PASSWORD, "csrf": token_of(browser, "/sign-in")}
    return browser.post("/sign-in", data=form, headers={"Origin": str(browser.base_url), **headers})


def open_batch(browser: httpx.Client) -> str:
    form = {"agency": world.AGENCY, "task": "5", "expected": "1", "dossier": "", "csrf": token_of(browser, "/")}
    answer = browser.post("/batches", data=form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


def hand_in(browser: httpx.Client, batch: str, name: str, content: io.BufferedIOBase) -> httpx.Response:
    headers = {"Accept": "application/json", "X-CSRF-Token": token_of(browser, "/")}
    return browser.post(f"/batches/{batch}/files", files={"files": (name, content)}, headers=headers)


def test_signing_in_gives_cookies_that_go_by_tls_alone(browser: httpx.Client) -> None:
    answer = sign_in(browser)
    assert answer.status_code == 303
    cookies = answer.headers.get_list("set-cookie")
    assert any("archive_session=" in cookie for cookie in cookies)
    assert all("Secure" in cookie and "HttpOnly" in cookie for cookie in cookies if "Max-Age=0" not in cookie)
    page = browser.get("/")
    assert page.status_code == 200
    assert page.headers["strict-transport-security"].startswith("max-age=")
    assert "server" not in page.headers or "/" not in page.headers["server"]


def test_the_address_on_record_is_the_browsers_whatever_it_claims(browser: httpx.Client, stack: Stack) -> None:
    assert sign_in(browser, **{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}).status_code == 303
    with stack.app.unit_of_work() as uow:
        last = uow.session.scalars(select(Session.address).order_by(Session.id.desc())).first()
    assert last == CLIENT


def test_who_is_no_trusted_proxy_is_not_believed(stack: Stack) -> None:
    transport = httpx.HTTPTransport(local_address=CLIENT)
    with httpx.Client(base_url=f"http://{stack.inside.at['web:8000']}", transport=transport) as other:
        answer = other.get("/sign-in", headers={"X-Forwarded-Proto": "https"})
    assert "strict-transport-security" not in answer.headers
    assert "Secure" not in answer.headers["set-cookie"]


def test_without_tls_one_is_sent_to_it(stack: Stack) -> None:
    answer = httpx.get(f"http://{stack.inside.at['proxy:8080']}/search?q=a", headers={"Host": "luutru.test"})
    assert (answer.status_code, answer.headers["location"]) == (308, "https://luutru.test/search?q=a")


def test_a_form_of_another_site_is_refused(browser: httpx.Client) -> None:
    assert sign_in(browser, Origin="https://elsewhere.test").status_code == 403


def test_a_big_file_passes_and_is_described(browser: httpx.Client, stack: Stack, tmp_path: Path) -> None:
    big = tmp_path / "quyet_dinh_lon.pdf"
    content = world.LATER.read_bytes() + b"\n%" + b"x" * BIG_BYTES + b"\n%%EOF\n"
    big.write_bytes(content)
    sign_in(browser)
    batch = open_batch(browser)
    with big.open("rb") as file:
        [told] = hand_in(browser, batch, big.name, file).raise_for_status().json()["files"]
    assert told["outcome"] == "stored", told
    digest = hashlib.sha256(content).hexdigest()
    stack.wait(lambda: stack.app.store.contains(digest), "the master is in the store")
    stack.wait(lambda: items(browser, batch) == {"review": 1}, "the worker has described it")


def items(browser: httpx.Client, batch: str) -> dict[str, int]:
    return dict(browser.get(f"/api/v1/batches/{batch}").raise_for_status().json()["items"])


def test_signed_links_are_read_through_the_proxy_and_nothing_else_of_the_store(
    browser: httpx.Client, stack: Stack, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"%PDF-1.7 " + b"y" * 100)
    digest = stack.app.store.put(tmp_path / "file").digest
    link = stack.app.store.link(
        digest, file_name="Văn bản.pdf", media_type="application/pdf", expires=timedelta(minutes=5)
    )
    assert link is not None
    assert link.startswith(stack.inside.url)
    answer = browser.get(link)
    assert (answer.status_code, hashlib.sha256(answer.content).hexdigest()) == (200, digest)
    assert answer.headers["content-type"] == "application/pdf"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert browser.get(link, headers={"Range": "bytes=0-3"}).content == b"%PDF"
    plain = urlsplit(link).path
    assert browser.get(plain).status_code == 403
    assert browser.get(link.replace("X-Amz-Expires=300", "X-Amz-Expires=3000")).status_code == 403
    assert browser.put(link, content=b"other").status_code == 403
    assert browser.get("/minio/health/live").status_code == 404


def test_a_store_that_is_away_is_told_by_the_service_itself_with_a_time_to_come_back(
    browser: httpx.Client, stack: Stack
) -> None:
    sign_in(browser)
    batch = open_batch(browser)
    stack.servers["minio"].stop()
    try:
        answer = hand_in(browser, batch, world.LATER.name, io.BytesIO(world.LATER.read_bytes() + b"%2"))
    finally:
        stack.servers["minio"].start()
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "đang khởi động lại" not in answer.text, "not the proxy's page"


def test_while_the_pages_are_away_the_proxy_says_so_in_vietnamese(browser: httpx.Client, stack: Stack) -> None:
    assert stack.stop_service("web") == 0
    try:
        answer = browser.get("/")
    finally:
        stack.start_service("web")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert re.search("Hãy chờ.*tải lại trang", answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert browser.get("/sign-in").status_code == 200, "and finds them again"


def test_the_proxys_log_keeps_no_words_that_people_search_for(browser: httpx.Client, stack: Stack) -> None:
    browser.get("/search", params={"q": "mot-nguoi-ten-rieng"})
    log = (stack.proxy.directory / "access").read_text()
    assert '"GET /search"' in log
    assert "mot-nguoi" not in log


def test_a_worker_told_to_stop_ends_cleanly_and_is_no_longer_healthy(stack: Stack) -> None:
    assert stack.stop_service("worker") == 0
    assert not stack.healthy("worker")
    stack.start_service("worker")
