"""A client that openapi-python-client makes of our description, against the application over a real connection."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.web.app import create_app
from tests.archive.web.conftest import Program
from tests.archive.web.read_item import ReadItem

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[4]
PDF = b"%PDF-1.7 scan "


@dataclass(frozen=True)
class Made:
    """Modules of the client, by their place in it."""

    client: Any

    def __getitem__(self, name: str) -> Any:
        return importlib.import_module(f"archive_client.{name}")


@pytest.fixture
def url(app: App) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(create_app(app), port=0, log_config=None, access_log=False))
    ready, serving = threading.Event(), server.startup

    async def startup(*args: Any, **how: Any) -> None:
        await serving(*args, **how)
        ready.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(60)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(60)


@pytest.fixture
def made(
    url: str, app: App, program: Callable[..., Program], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Made]:
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(create_app(app).openapi()), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(description), "--meta", "none",
         "--config", str(ROOT / "docs" / "api-client.yml"), "--output-path", str(tmp_path / "archive_client")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "will not be generated" not in done.stdout, done.stdout
    monkeypatch.syspath_prepend(tmp_path)
    client = importlib.import_module("archive_client").AuthenticatedClient(url, program(Role.CLERK).token)
    yield Made(client)
    for name in [name for name in sys.modules if name.partition(".")[0] == "archive_client"]:
        del sys.modules[name]


def test_a_delivery_is_opened_filled_closed_and_reconciled(made: Made) -> None:
    given = made["models"].BatchGiven(agency="TD01", task=3, expected=1)
    opening = made["api.batches.open_batch"]
    first, again = (opening.sync(client=made.client, body=given, idempotency_key="k-1") for _ in range(2))
    assert first == again
    file = made["types"].File(payload=io.BytesIO(PDF))
    sent = made["api.batches.deliver_file"].sync(first.batch, client=made.client, body=file, file_name="a.pdf")
    assert sent.outcome == "stored", sent
    closing = made["models"].BatchClosing()
    closed = made["api.batches.close_batch"].sync(first.batch, client=made.client, body=closing)
    assert (closed.expected, closed.unexplained) == (1, 0)


def test_an_item_is_read_with_its_fields(made: Made, read: ReadItem) -> None:
    receipt = read.path.rpartition("/")[2]
    item = made["api.items.get_item"].sync(receipt, client=made.client)
    assert {field.name: field.value for field in item.fields} == {"type_name": "Quyết định", "code_number": "15"}


def test_a_list_is_walked_by_its_cursors(made: Made) -> None:
    given = made["models"].BatchGiven(agency="TD01", task=3)
    opened = [made["api.batches.open_batch"].sync(client=made.client, body=given).batch for _ in range(3)]
    listing, found, more = made["api.batches.list_batches"], list[str](), dict[str, str]()
    while True:
        page = listing.sync(client=made.client, limit=2, **more)
        found += [line.batch for line in page.items]
        if not page.next_:
            break
        more = {"cursor": page.next_}
    assert found == opened[::-1]


def test_what_goes_wrong_comes_as_a_problem(made: Made) -> None:
    missing = made["api.batches.get_batch"].sync(number="LO-X", client=made.client)
    assert (type(missing).__name__, missing.status) == ("Problem", 404)
