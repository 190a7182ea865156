"""SIGKILL to a real server while files are uploaded to it: nothing is lost or doubled; what it had stays."""

from __future__ import annotations

import hashlib
import random
import socket
import subprocess
import threading
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from archive.access.identity import SYSTEM
from archive.access.permissions import Role
from archive.actions.api_tokens import make_api_token
from archive.actions.ingest import close_batch, open_batch
from archive.bootstrap import utc_now
from archive.db.accounts import Agency
from archive.db.digitization import Batch, BatchEntry
from archive.db.doors import Upload
from archive.db.holdings import Item, Receipt
from archive.reconcile import reconcile
from archive.service import sweep_left_overs
from tests.archive.web.tus_client import BODY, TusClient
from tests.factories import Factory
from tests.faults.holdings import AGENCY, Holdings, kill, wait_until

pytestmark = pytest.mark.slow
SEED = 20261123
BLOCK = 64 << 10
SIZE = 24 << 20  # three times what is synced at once
KILLS = 2


class Server:
    """`archive serve`, killed and started again as often as a test likes."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = self._holdings.start("serve", "--port", str(self.port))
        assert wait_until(self._answers, self.process)

    def kill(self) -> None:
        if self.process is not None:
            kill(self.process)
            self.process = None

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=10).status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
def server(holdings: Holdings) -> Iterator[Server]:
    made = Server(holdings)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def client(holdings: Holdings, server: Server) -> Iterator[TusClient]:
    make = Factory(holdings.app, utc_now)
    with holdings.app.unit_of_work() as uow:
        agency = uow.session.scalars(select(Agency).where(Agency.code == AGENCY)).one()
    account = make.account("may-quet")
    make.assignment(account, Role.CLERK, agency)
    with holdings.app.unit_of_work() as uow:
        token = make_api_token(uow, account.id, "máy", actor=SYSTEM, now=utc_now())
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=120) as http:
        yield TusClient(http, {"Authorization": f"Bearer {token}"})


@pytest.fixture
def batch(holdings: Holdings) -> Batch:
    with holdings.app.unit_of_work() as uow:
        return open_batch(uow, agency_code=AGENCY, task_number=3, actor=SYSTEM, now=utc_now())


def paper(seed: int, size_bytes: int = SIZE) -> bytes:
    return b"%PDF-1.7\n" + random.Random(seed).randbytes(size_bytes) + b"\n%%EOF\n"


def send_until_killed(client: TusClient, server: Server, upload: str, content: bytes, kill_at: int) -> None:
    """From where the server stands; it is killed when so many bytes were handed to the line."""
    start = client.offset(upload)

    def blocks() -> Iterator[bytes]:
        for at in range(start, len(content), BLOCK):
            if at >= kill_at:
                server.kill()
            yield content[at : at + BLOCK]

    told = {"Content-Type": BODY, "Upload-Offset": str(start), "Content-Length": str(len(content) - start)}
    headers = {"Tus-Resumable": "1.0.0", **client.headers, **told}
    with pytest.raises(httpx.TransportError):
        client.client.patch(upload, content=blocks(), headers=headers)


def assert_received_once(holdings: Holdings, batch: Batch, content: bytes) -> None:
    with holdings.app.unit_of_work() as uow:
        entries = uow.session.scalars(select(BatchEntry).where(BatchEntry.batch_id == batch.id)).all()
        receipts = uow.session.scalars(select(Receipt).where(Receipt.batch_id == batch.id)).all()
        assert [entry.outcome for entry in entries] == ["stored"]
        assert [receipt.digest for receipt in receipts] == [hashlib.sha256(content).hexdigest()]
        assert len(uow.session.scalars(select(Item).where(Item.receipt_id == receipts[0].id)).all()) == 1
        close_batch(uow, batch.id, expected=1, actor=SYSTEM, now=utc_now())
    assert not holdings.app.uploads.keys()
    sweep_left_overs(holdings.app)  # of the killed one, as the service does by itself after some seconds
    assert reconcile(holdings.app).findings == ()


def test_killed_again_and_again_in_the_middle_it_goes_on_where_it_stood(
    holdings: Holdings, server: Server, client: TusClient, batch: Batch
) -> None:
    content = paper(1)
    upload = client.begun(batch.number, content, sha256="")
    chance = random.Random(SEED)
    stood = 0
    for kill_at in sorted(chance.sample(range(BLOCK, len(content) - BLOCK), KILLS)):
        send_until_killed(client, server, upload, content, kill_at)
        server.start()
        offset = client.offset(upload)
        assert stood <= offset <= kill_at + BLOCK
        stood = offset
    assert stood > 0
    assert client.send(upload, content[stood:], stood).headers["archive-outcome"] == "stored"
    assert_received_once(holdings, batch, content)


def test_killed_between_the_last_byte_and_the_receipt_the_file_is_received_all_the_same(
    holdings: Holdings, server: Server, client: TusClient, batch: Batch
) -> None:
    """Its sender never comes back: the next service takes what was whole."""
    content = paper(2)
    upload = client.begun(batch.number, content)
    lost: list[Exception] = []

    def send() -> None:
        try:
            client.send(upload, content)
        except httpx.TransportError as gone:
            lost.append(gone)

    sender = threading.Thread(target=send)
    sender.start()
    process = server.process
    assert process is not None
    assert wait_until(lambda: _state(holdings) in {"whole", "taken"}, process)
    server.kill()
    sender.join()
    server.start()
    assert server.process is not None
    assert wait_until(lambda: _state(holdings) == "taken", server.process)
    assert wait_until(lambda: not holdings.app.uploads.keys(), server.process)
    assert_received_once(holdings, batch, content)


def _state(holdings: Holdings) -> str | None:
    with holdings.app.unit_of_work() as uow:
        return uow.session.scalar(select(Upload.state))
