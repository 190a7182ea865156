from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, MutableMapping
from datetime import timedelta
from typing import Any, cast

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from archive.access.permissions import Role
from archive.actions.api_tokens import make_api_token
from archive.actions.uploads import end_expired_uploads, take_whole_uploads
from archive.bootstrap import App
from archive.db.accounts import Account, Agency
from archive.db.digitization import Batch, BatchEntry
from archive.db.doors import Upload
from archive.db.holdings import Item, Receipt
from archive.db.trail import AuditEvent
from archive.errors import StoreUnavailable
from archive.storage.uploads import Claim, UploadFiles
from archive.web.tus import routes
from tests.archive.web.conftest import Browser
from tests.archive.web.tus_client import TusClient
from tests.conftest import SetClock
from tests.factories import Factory

Open = Callable[..., Browser]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n" + b"% " + bytes(range(32, 127)) * 40 + b"\n%%EOF\n"


@pytest.fixture
def batch(make: Factory, agency: Agency) -> Batch:
    return make.batch(agency)


@pytest.fixture
def lan(signed_in: Open, batch: Batch) -> TusClient:
    browser = signed_in(Role.CLERK)
    browser.get("/account")
    return TusClient(browser.client, {"X-CSRF-Token": browser.token})


def lent(claim: Claim | None) -> Claim:
    assert claim is not None, "nobody is at it"
    return claim


def rows(app: App, kind: type[Any]) -> list[Any]:
    with app.unit_of_work() as uow:
        return list(uow.session.scalars(select(kind)))


def test_a_file_that_comes_in_parts_is_received_once_and_whole(app: App, lan: TusClient, batch: Batch) -> None:
    upload = lan.begun(batch.number, PDF, sha256="")
    assert lan.offset(upload) == 0
    assert lan.send(upload, PDF[:1000]).headers["upload-offset"] == "1000"
    assert lan.offset(upload) == 1000
    last = lan.send(upload, PDF[1000:], 1000)
    assert (last.status_code, last.headers["archive-outcome"]) == (204, "stored")
    (receipt,) = rows(app, Receipt)
    assert last.headers["archive-receipt"] == receipt.number
    assert receipt.digest == hashlib.sha256(PDF).hexdigest()
    assert app.quarantine.held(str(receipt.id)).name == "tờ trình.pdf"
    assert not app.uploads.keys(), "nothing of it lies twice"
    assert lan.offset(upload) == len(PDF), "whoever lost the last answer asks and is told"
    assert lan.ask("HEAD", upload).headers["archive-receipt"] == receipt.number


def test_location_is_a_path_whatever_the_host_header_says(lan: TusClient, batch: Batch) -> None:
    lan.headers |= {"X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "https"}
    assert lan.create(batch.number, PDF).headers["location"].startswith("/tus/")


def test_a_program_uploads_with_its_token_and_needs_no_form_token(
    app: App, browser: Open, account: Callable[..., Account], agency: Agency, batch: Batch, make: Factory
) -> None:
    program = account("may-quet", (Role.CLERK, agency))
    boss = make.actor(Role.OPERATOR, agency)
    with app.unit_of_work() as uow:
        token = make_api_token(uow, program.id, "máy", actor=boss, now=app.clock())
    scanner = TusClient(browser().client, {"Authorization": f"Bearer {token}"})
    upload = scanner.begun(batch.number, PDF)
    assert scanner.send(upload, PDF).headers["archive-outcome"] == "stored"
    scanner.headers["Authorization"] = "Bearer forged"
    assert scanner.create(batch.number, PDF).status_code == 401


def test_bytes_that_differ_from_their_digest_are_refused_and_explained(app: App, lan: TusClient, batch: Batch) -> None:
    upload = lan.begun(batch.number, PDF, sha256="0" * 64)
    answer = lan.send(upload, PDF)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "SHA-256" in answer.json()["detail"]
    assert lan.ask("HEAD", upload).headers["archive-outcome"] == "refused"
    (entry,) = rows(app, BatchEntry)
    assert (entry.outcome, entry.reason) == ("refused", "file.digest_differs")
    assert not rows(app, Receipt)
    assert not app.uploads.keys()


def test_what_is_no_document_is_refused_with_the_reason(lan: TusClient, batch: Batch) -> None:
    answer = lan.send(lan.begun(batch.number, b"MZ\x90\x00" * 9, "hai.pdf"), b"MZ\x90\x00" * 9)
    assert (answer.status_code, answer.headers["archive-outcome"]) == (415, "refused")


def test_an_empty_file_is_refused_at_once(app: App, lan: TusClient, batch: Batch) -> None:
    assert lan.create(batch.number, b"", "rỗng.pdf").status_code == 422
    assert [entry.outcome for entry in rows(app, BatchEntry)] == ["refused"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"X-CSRF-Token": ""}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Upload-Defer-Length": "1"}, 400),
        ({"Upload-Concat": "partial"}, 400),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "many"}, 400),
        ({"Upload-Length": str(3 << 30)}, 413),
        ({"Upload-Metadata": "filename !!!"}, 422),
        ({"Upload-Metadata": ""}, 422),
    ],
)
def test_what_is_not_taken_is_refused_before_anything_is_written(
    app: App, lan: TusClient, batch: Batch, headers: dict[str, str], status: int
) -> None:
    told = {"Upload-Length": "10", "Upload-Metadata": "filename YQ==", **headers}
    answer = lan.ask("POST", "/tus/", headers=told)
    assert answer.status_code == status, answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.json()["detail"]
    assert not rows(app, Upload)
    assert not app.uploads.keys()


def test_content_along_with_the_creation_is_refused(app: App, lan: TusClient) -> None:
    assert lan.ask("POST", "/tus/", b"x" * 100, headers={"Upload-Length": "100"}).status_code == 400


def test_a_digest_that_is_none_is_refused(lan: TusClient, batch: Batch) -> None:
    assert lan.create(batch.number, PDF, sha256="abc").status_code == 422


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "2.0"}, 412),
        ({"X-CSRF-Token": "forged"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Upload-Offset": "7"}, 409),
        ({"Upload-Offset": "x"}, 400),
    ],
)
def test_a_part_that_is_not_taken_leaves_the_upload_as_it_was(
    app: App, lan: TusClient, batch: Batch, headers: dict[str, str], status: int
) -> None:
    upload = lan.begun(batch.number, PDF)
    assert lan.send(upload, PDF[:100], headers=headers).status_code == status
    assert lan.offset(upload) == 0
    assert lan.send(upload, PDF).headers["archive-outcome"] == "stored"
    assert rows(app, Receipt)[0].digest == hashlib.sha256(PDF).hexdigest()


def test_more_bytes_than_were_announced_are_refused_and_none_of_them_kept(lan: TusClient, batch: Batch) -> None:
    upload = lan.begun(batch.number, PDF)
    lan.send(upload, PDF[:500])
    assert lan.send(upload, PDF, 500).status_code == 400
    assert lan.offset(upload) == 500
    assert lan.send(upload, PDF[500:], 500).headers["archive-outcome"] == "stored"


def test_nobody_but_its_sender_knows_of_an_upload(
    app: App,
    lan: TusClient,
    batch: Batch,
    signed_in: Open,
    make: Factory,
    account: Callable[..., Account],
    browser: Open,
) -> None:
    upload = lan.begun(batch.number, PDF)
    colleague = signed_in(Role.CLERK, login="mai")
    colleague.get("/account")
    mai = TusClient(colleague.client, {"X-CSRF-Token": colleague.token})
    for method in ("HEAD", "PATCH", "DELETE"):
        headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        assert mai.ask(method, upload, PDF if method == "PATCH" else b"", headers=headers).status_code == 404
    assert lan.offset(upload) == 0
    assert TusClient(browser().client).ask("HEAD", upload).status_code == 401
    account("kim", (Role.CLERK, make.agency("TD77")))
    other = browser()
    other.sign_in("kim")
    other.get("/account")
    kim = TusClient(other.client, {"X-CSRF-Token": other.token})
    assert kim.create(batch.number, PDF).status_code == 404


@pytest.mark.parametrize("key", ["..", "%2e%2e", "0" * 32, "x" * 32, "../../etc/passwd", "a" * 500])
def test_a_key_that_is_none_of_ours_is_not_found(lan: TusClient, key: str) -> None:
    answer = lan.send(f"/tus/{key}", b"x")
    assert answer.status_code in {404, 405}
    assert lan.ask("HEAD", f"/tus/{key}").status_code in {404, 405}


def test_a_cancelled_upload_is_gone_with_its_bytes(app: App, lan: TusClient, batch: Batch) -> None:
    upload = lan.begun(batch.number, PDF)
    lan.send(upload, PDF[:100])
    assert lan.ask("DELETE", upload).status_code == 204
    assert lan.ask("HEAD", upload).status_code == 410
    assert lan.send(upload, PDF[100:], 100).status_code == 410
    assert not app.uploads.keys()
    assert "upload.ended" in {event.tag for event in rows(app, AuditEvent)}


def test_a_batch_waits_for_its_uploads_unless_they_are_given_up(
    app: App, signed_in: Open, lan: TusClient, batch: Batch
) -> None:
    upload = lan.begun(batch.number, PDF)
    browser = Browser(cast(TestClient, lan.client))
    browser.token = lan.headers["X-CSRF-Token"]
    answer = browser.post(f"/batches/{batch.number}/close")
    assert answer.status_code == 409
    assert "1 tệp đang gửi dở" in answer.text
    assert browser.post(f"/batches/{batch.number}/close", {"give_up": "1"}).status_code == 303
    assert lan.send(upload, PDF).status_code == 410
    assert lan.create(batch.number, PDF).status_code == 409


def test_an_upload_that_is_not_finished_in_time_is_given_up(
    app: App, lan: TusClient, batch: Batch, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = lan.begun(batch.number, PDF)
    row = rows(app, Upload)[0]
    assert end_expired_uploads(app) == 0
    with app.unit_of_work() as uow:
        uow.session.get_one(Upload, row.id).begun_at -= timedelta(days=8)
    assert lan.send(upload, PDF).status_code == 410
    assert end_expired_uploads(app) == 1
    assert not app.uploads.keys()
    assert lan.ask("HEAD", upload).status_code == 410


def test_bytes_that_no_unfinished_upload_names_are_removed_after_a_while(
    app: App, lan: TusClient, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.uploads.create("0" * 32)
    lan.begun(batch.number, PDF)
    end_expired_uploads(app)
    assert len(app.uploads.keys()) == 2, "somebody may be about to name them"
    monkeypatch.setattr(UploadFiles, "age_s", lambda *_: 4000.0)
    end_expired_uploads(app)
    assert len(app.uploads.keys()) == 1


def test_a_server_that_dies_after_the_last_byte_takes_the_file_when_it_is_back(
    app: App, lan: TusClient, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable(detail="gone")

    upload = lan.begun(batch.number, PDF)
    with monkeypatch.context() as patched:
        patched.setattr(type(app.quarantine), "receive", away)
        assert lan.send(upload, PDF).status_code == 503
        with pytest.raises(StoreUnavailable):
            take_whole_uploads(app)
    assert [row.state for row in rows(app, Upload)] == ["whole"]
    assert take_whole_uploads(app) == 1
    assert take_whole_uploads(app) == 0
    assert len(rows(app, Receipt)) == len(rows(app, Item)) == 1
    assert lan.ask("HEAD", upload).headers["archive-outcome"] == "stored"


def test_who_lost_the_right_to_deliver_meanwhile_delivers_nothing(
    app: App, lan: TusClient, batch: Batch, clock: SetClock
) -> None:
    key = lan.begun(batch.number, PDF).rpartition("/")[2]
    with lent(app.uploads.try_claim(key)) as claim:  # as if the server had died behind the last byte
        claim.append(PDF)
        claim.sync()
    with app.unit_of_work() as uow:
        uow.session.get_one(Account, rows(app, Upload)[0].account_id).disabled_at = clock()
    assert take_whole_uploads(app) == 0
    assert [row.state for row in rows(app, Upload)] == ["ended"]
    assert not rows(app, Receipt)


def test_no_name_of_a_file_reaches_the_database_or_the_log(
    app: App, lan: TusClient, batch: Batch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    name = "danh sách tối mật.pdf"
    upload = lan.begun(batch.number, PDF, name)
    lan.offset(upload)
    lan.send(upload, PDF)
    with app.engine.connect() as connection:
        for table in ("upload", "arrival", "batch_entry", "audit_event", "receipt", "item"):
            told = connection.exec_driver_sql(f"select coalesce(string_agg(t::text, ' '), '') from {table} t").scalar()
            assert "tối mật" not in str(told)
    assert "tối mật" not in caplog.text


def test_what_the_server_can_do_is_told_to_anybody(browser: Open, agency: Agency) -> None:
    answer = browser().client.options("/tus/")
    assert answer.headers["tus-extension"] == "creation,expiration,termination"
    assert answer.headers["tus-max-size"] == str(2 << 30)


def test_a_silent_line_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "SILENT_S", 0.01)

    async def never() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def heard() -> MutableMapping[str, Any]:
        return await routes.patient(never)()

    assert asyncio.run(heard()) == {"type": "http.disconnect"}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=4000), cuts=st.lists(st.integers(1, 1500), max_size=6))
def test_any_parts_in_any_number_make_the_same_file(
    app: App, lan: TusClient, batch: Batch, content: bytes, cuts: list[int]
) -> None:
    whole = PDF + content
    upload = lan.begun(batch.number, whole, sha256="")
    at = 0
    for cut in cuts:
        if at == len(whole):
            break
        part = whole[at : at + cut]
        assert lan.send(upload, part, at).status_code == 204
        at += len(part)
        assert lan.offset(upload) == at
    if at < len(whole):
        assert lan.send(upload, whole[at:], at).headers["archive-outcome"] in {"stored", "duplicate"}
    digests = {receipt.digest for receipt in rows(app, Receipt)}
    assert hashlib.sha256(whole).hexdigest() in digests
