"""Uploads and manifests as a program sees them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import httpx
import pytest

from archive.access.permissions import Role
from archive.db.accounts import Agency
from archive.db.digitization import Batch
from tests.archive.web.conftest import Program
from tests.archive.web.tus_client import TusClient
from tests.factories import Factory

Programs = Callable[..., Program]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def batch(make: Factory, agency: Agency) -> Batch:
    return make.batch(agency)


def tus(program: Program) -> TusClient:
    return TusClient(program.client, {"Authorization": f"Bearer {program.token}"})


def test_its_sender_sees_how_far_an_upload_is_and_what_became_of_it(program: Programs, batch: Batch) -> None:
    lan, mai = program(Role.CLERK), program(Role.CLERK, login="mai")
    address = tus(lan).begun(batch.number, PDF, "hộp 12/một.pdf", sha256="", modified="1767316500000")
    tus(lan).send(address, PDF[:9])
    listed = lan.get(f"/batches/{batch.number}/uploads").json()["items"]
    assert [(each["upload"], each["name"], each["received_bytes"], each["state"]) for each in listed] == [
        (address, "hộp 12/một.pdf", 9, "open")
    ]
    assert listed[0]["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert mai.get(f"/batches/{batch.number}/uploads").json()["items"] == []
    assert mai.get(f"/uploads/{address.rpartition('/')[2]}").status_code == 404
    tus(lan).send(address, PDF[9:], 9)
    ended = lan.get(f"/uploads/{address.rpartition('/')[2]}").json()
    assert (ended["state"], ended["outcome"], ended["name"]) == ("taken", "stored", None)
    assert ended["receipt"].startswith("BN-TD01-")
    assert lan.get(f"/batches/{batch.number}/uploads").json()["items"] == []


def test_a_refused_upload_tells_its_reason_later_too(program: Programs, batch: Batch) -> None:
    lan = program(Role.CLERK)
    address = tus(lan).begun(batch.number, PDF, sha256="0" * 64)
    assert tus(lan).send(address, PDF).status_code == 422
    told = lan.get(f"/uploads/{address.rpartition('/')[2]}").json()
    assert (told["state"], told["status"]) == ("refused", 422)
    assert "SHA-256" in told["reason"]


def put(lan: Program, number: str, sheet: str, query: str = "", key: str | None = None) -> httpx.Response:
    return lan.ask(
        "PUT",
        f"/batches/{number}/manifest{query}",
        content=sheet.encode(),
        headers={"Content-Type": "text/csv"},
        key=key,
    )


def test_a_manifest_is_tried_then_kept_once_and_compared(program: Programs, batch: Batch) -> None:
    lan = program(Role.CLERK)
    assert lan.get(f"/batches/{batch.number}/manifest").status_code == 404
    wrong = put(lan, batch.number, "Tên tệp,Số trang\nmột.pdf,không\n", "?dry_run=true")
    assert [(each["line"], each["rule"]) for each in wrong.json()["findings"]] == [(2, "manifest.pages_invalid")]
    sheet = "Tên tệp,Số trang\nmột.pdf,1\nhai.pdf,2\n"
    assert put(lan, batch.number, sheet, "?dry_run=true").json()["taken"] is False
    assert lan.get(f"/batches/{batch.number}/manifest").status_code == 404
    kept = put(lan, batch.number, sheet, key="k1")
    assert (kept.status_code, kept.json()["lines"], kept.json()["taken"]) == (200, 2, True)
    assert put(lan, batch.number, sheet, key="k1").headers["idempotent-replayed"] == "true"
    tus(lan).send(tus(lan).begun(batch.number, PDF, "hai.pdf"), PDF)
    told = lan.get(f"/batches/{batch.number}/manifest").json()
    assert [(line["line"], line["state"]) for line in told["lines"]] == [(2, "missing"), (3, "found")]
    assert put(lan, batch.number, "Tên tệp\n").status_code == 409


def test_another_agencys_batch_is_not_there(program: Programs, make: Factory) -> None:
    lan, elsewhere = program(Role.CLERK), make.batch(make.agency("TD97"))
    assert lan.get(f"/batches/{elsewhere.number}/manifest").status_code == 404
    assert lan.get(f"/batches/{elsewhere.number}/uploads").status_code == 404
    assert put(lan, elsewhere.number, "Tên tệp\nmột.pdf\n").status_code == 404
