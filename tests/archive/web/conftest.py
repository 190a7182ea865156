"""A browser without a screen: the real application over a fresh catalogue, with cookies and form tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from archive.access.passwords import hash_password
from archive.access.permissions import Role
from archive.access.sessions import digest_of, new_token
from archive.bootstrap import App
from archive.db.accounts import Account, Agency, ApiToken
from archive.ids import new_id
from archive.web.app import create_app
from tests.archive.web.read_item import ReadItem
from tests.conftest import SetClock
from tests.factories import Factory

PASSWORD = "mật khẩu đủ dài 1"
HASH = hash_password(PASSWORD)


class Browser:
    """Keeps its cookies; `post` brings the token of the last page that had a form."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.token = ""

    def get(self, path: str, **headers: str) -> httpx.Response:
        response = self.client.get(path, headers=headers)
        if found := re.search(r'name="csrf" value="(\w+)"', response.text):
            self.token = found[1]
        return response

    def post(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        return self.client.post(
            path, data={"csrf": self.token, **(data or {})}, headers=headers, follow_redirects=False
        )

    def sign_in(self, login: str, password: str = PASSWORD, code: str = "") -> httpx.Response:
        self.get("/sign-in")
        response = self.post("/sign-in", {"login": login, "password": password, "code": code})
        if response.status_code == 303:
            self.get("/")
        return response


@pytest.fixture
def browser(app: App) -> Iterator[Callable[..., Browser]]:
    """`browser()` is nobody yet; each call is another browser."""
    web = create_app(app)
    clients: list[TestClient] = []

    def open_browser(address: str = "127.0.0.1", scheme: str = "http") -> Browser:
        client = TestClient(
            web, base_url=f"{scheme}://archive.test", client=(address, 50000), raise_server_exceptions=False
        )
        clients.append(client)
        return Browser(client)

    yield open_browser
    for client in clients:
        client.close()


@pytest.fixture
def agency(make: Factory) -> Agency:
    return make.agency("TD01")


@pytest.fixture
def account(make: Factory) -> Callable[..., Account]:
    """Somebody who can sign in with PASSWORD."""

    def make_account(login: str, *roles: tuple[Role, Agency], **columns: Any) -> Account:
        created = make.account(login, password_hash=HASH, **columns)
        for role, over in roles:
            make.assignment(created, role, over)
        return created

    return make_account


@pytest.fixture
def signed_in(
    browser: Callable[..., Browser], account: Callable[..., Account], agency: Agency
) -> Callable[..., Browser]:
    """`signed_in(Role.CLERK)`: a browser of somebody with these roles over `agency`."""

    def sign_in(*roles: Role, login: str = "lan") -> Browser:
        account(login, *((role, agency) for role in roles))
        opened = browser()
        assert opened.sign_in(login).status_code == 303
        return opened

    return sign_in


class Program:
    """Names itself by the token of its account at each request of the API."""

    def __init__(self, client: TestClient, token: str) -> None:
        self.client, self.token = client, token

    def ask(self, method: str, path: str, *, key: str | None = None, **how: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **how.pop("headers", {})}
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.client.request(method, f"/api/v1{path}", headers=headers, follow_redirects=False, **how)

    def get(self, path: str, **how: Any) -> httpx.Response:
        return self.ask("GET", path, **how)

    def post(self, path: str, given: Any = None, **how: Any) -> httpx.Response:
        return self.ask("POST", path, json=given, **how)


@pytest.fixture
def program(
    browser: Callable[..., Browser], account: Callable[..., Account], agency: Agency, make: Factory, clock: SetClock
) -> Callable[..., Program]:
    """`program(Role.CLERK)`: the program of a service account with these roles over `agency`, or over `over`."""

    def make_program(*roles: Role, login: str = "may", over: Agency | None = None) -> Program:
        created = account(login, *((role, over or agency) for role in roles))
        token = new_token()
        columns = {"name": "thử", "token_digest": digest_of(token), "created_at": clock()}
        make.save(ApiToken(id=new_id(), account_id=created.id, **columns))
        return Program(browser().client, token)

    return make_program


@pytest.fixture
def read(app: App, make: Factory, agency: Agency, tmp_path: Path) -> ReadItem:
    return ReadItem(app, make, agency, tmp_path)
