from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import func, select

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Account, Agency
from archive.db.digitization import Batch, BatchEntry
from archive.web.pages import batches
from tests.archive.web.conftest import Browser
from tests.factories import Factory

Open = Callable[..., Browser]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def open_batch(browser: Browser, **given: str) -> str:
    browser.get("/batches/new")
    answer = browser.post("/batches", {"agency": "TD01", "task": "5", **given})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def send(browser: Browser, path: str, *files: tuple[str, bytes], **headers: str) -> dict[str, object]:
    answer = browser.client.post(
        f"{path}/files",
        files=[("files", (name, content)) for name, content in files],
        headers={"X-CSRF-Token": browser.token, "Accept": "application/json", **headers},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_file_gets_its_receipt_and_a_bad_one_its_reason(signed_in: Open, agency: Agency) -> None:
    lan = signed_in(Role.CLERK)
    path = open_batch(lan, expected="3")
    good, bad, again = send(lan, path, ("một.pdf", PDF), ("hai.pdf", b"MZ\x90\x00"), ("ba.pdf", PDF))["files"]
    assert (good["outcome"], again["outcome"]) == ("stored", "duplicate")
    assert good["receipt"] == again["receipt"]
    assert good["receipt"].startswith("BN-TD01-")
    assert bad["outcome"] == "refused"
    assert bad["status"] == 415
    page = lan.get(path).text
    assert str(bad["reason"]) in page.replace("&#39;", "'").replace("&#34;", '"')
    assert f"trùng với biên nhận {good['receipt']}" in page


def rows_of(page: str) -> list[str]:
    """The text of each row of the page's tables."""
    rows = re.findall(r"<tr.*?</tr>", page, flags=re.DOTALL)
    return [unescape(" ".join(re.sub(r"<[^>]+>", " ", row).split())) for row in rows]


def send_as_form(browser: Browser, path: str, *files: tuple[str, bytes]) -> str:
    parts = [("files", (name, content)) for name, content in files]
    return browser.client.post(f"{path}/files", data={"csrf": browser.token}, files=parts).text


def test_a_plain_form_sends_all_files_and_tells_the_receipt_or_the_reason_of_each(
    signed_in: Open, agency: Agency
) -> None:
    lan = signed_in(Role.CLERK)
    path = open_batch(lan)
    rows = rows_of(send_as_form(lan, path, ("tờ một.pdf", PDF), ("hai.pdf", b"MZ\x90\x00"), ("ba.pdf", PDF)))[1:]
    assert re.fullmatch(r"tờ một\.pdf BN-TD01-2026-\d{7} Đã nhận an toàn.*", rows[0])
    assert rows[1].startswith("hai.pdf từ chối Đây là chương trình")
    assert re.fullmatch(r"ba\.pdf BN-TD01-2026-\d{7} đã có trong kho.*", rows[2])
    assert "tờ một" not in lan.get(path).text, "what has not passed the gate has no name in the batch"


def test_a_form_that_comes_to_a_closed_batch_says_so_of_each_file(signed_in: Open, agency: Agency) -> None:
    lan = signed_in(Role.CLERK)
    path = open_batch(lan)
    lan.post(f"{path}/close", {})
    rows = rows_of(send_as_form(lan, path, ("một.pdf", PDF), ("hai.pdf", PDF)))[1:]
    assert [row.split()[0] for row in rows] == ["một.pdf", "hai.pdf"]
    assert all("đã đóng, không nhận thêm tệp" in row for row in rows)


def test_a_form_without_files_asks_to_choose_some(signed_in: Open, agency: Agency) -> None:
    lan = signed_in(Role.CLERK)
    assert "Chưa chọn tệp nào" in send_as_form(lan, open_batch(lan), ("", b""))


def test_the_sender_is_told_of_each_receipt_what_became_of_it(signed_in: Open, make: Factory, agency: Agency) -> None:
    batch = make.batch(agency)
    stopped, waiting, read, secret = (make.receipt(batch) for _ in range(4))
    make.item(agency, receipt=stopped, state="stopped", stop_reason="file.damaged")
    make.item(agency, receipt=waiting, state="received")
    make.item(agency, receipt=read)
    make.item(agency, receipt=secret, state="stopped", stop_reason="gate.secret_mark", stop_values={"page": 1})
    told = signed_in(Role.CLERK).get(f"/batches/{batch.number}/outcomes").json()
    assert told == {
        stopped.number: {
            "bad": True,
            "text": "Tệp bị hỏng hoặc bị cắt cụt, không đọc được. Hãy quét lại hoặc xuất lại tệp rồi nộp.",
        },
        waiting.number: {"bad": False, "text": "Đã nhận an toàn, đang chờ xử lý."},
        read.number: {"bad": False, "text": "chờ duyệt"},
        secret.number: {"bad": True, "text": "Đã dừng. Hãy liên hệ cán bộ bảo mật."},
    }
    assert signed_in(Role.OFFICIAL, login="tra").get(f"/batches/{batch.number}/outcomes").status_code == 404


def test_a_long_batch_is_turned_by_its_ordinals_and_reconciled_whole(
    signed_in: Open, make: Factory, agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "ENTRIES", 4)
    batch = make.batch(agency)
    receipts = [make.receipt(batch).number for _ in range(10)]
    clerk = signed_in(Role.CLERK)
    path, seen = f"/batches/{batch.number}", []
    while path:
        page = clerk.get(path).text
        assert "<b>10</b>" in page
        seen.append([number for number in receipts if number in page.partition('id="entries"')[2]])
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(following[1]) if following else ""
    assert seen == [receipts[:4], receipts[4:8], receipts[8:]]
    back = re.search(r'rel="prev" href="([^"]+)"', page)
    assert back
    assert receipts[4] in clerk.get(unescape(back[1])).text


def test_files_without_the_pages_token_are_not_taken(signed_in: Open, agency: Agency) -> None:
    lan = signed_in(Role.CLERK)
    path = open_batch(lan)
    answer = lan.client.post(f"{path}/files", files=[("files", ("a.pdf", PDF))])
    assert answer.status_code == 403
    assert "chưa có tệp nào" in lan.get(path).text


def test_a_delivery_bigger_than_the_biggest_file_is_refused_before_it_is_read(signed_in: Open, agency: Agency) -> None:
    lan = signed_in(Role.CLERK)
    path = open_batch(lan)
    headers = {
        "X-CSRF-Token": lan.token,
        "Content-Length": str(1 << 40),
        "Content-Type": "multipart/form-data; boundary=x",
    }
    answer = lan.client.post(f"{path}/files", content=b"--x--", headers=headers)
    assert answer.status_code == 413


def test_progress_tells_the_page_when_a_file_moved_on(signed_in: Open, make: Factory, agency: Agency) -> None:
    batch = make.batch(agency)
    make.item(agency, receipt=make.receipt(batch), state="received")
    lan = signed_in(Role.CLERK)
    page = lan.get(f"/batches/{batch.number}").text
    poll = re.search(r'hx-get="(/batches/[^"]+/progress\?seen=[^"]+)"', page)
    assert poll
    assert "xong 0 trên 1" in page
    still = lan.get(poll[1].replace("&amp;", "&"))
    assert "hx-trigger" not in still.headers
    make.item(agency, receipt=make.receipt(batch), state="described")
    moved = lan.get(poll[1].replace("&amp;", "&"))
    assert moved.headers["hx-trigger"] == "batchMoved"
    assert "xong 1 trên 2" in moved.text


def test_a_finished_batch_is_not_polled(signed_in: Open, make: Factory, agency: Agency, app: App) -> None:
    batch = make.batch(agency, closed_at=app.clock(), expected=1)
    make.item(agency, receipt=make.receipt(batch), state="described")
    page = signed_in(Role.CLERK).get(f"/batches/{batch.number}").text
    assert "every 2s" not in page
    assert "every 5s" not in page
    assert "mọi tệp đã nộp đều được giải thích" in page


def test_a_missing_file_is_said_in_words(signed_in: Open, make: Factory, agency: Agency, app: App) -> None:
    batch = make.batch(agency, closed_at=app.clock(), expected=3)
    make.item(agency, receipt=make.receipt(batch), state="described")
    assert "Còn thiếu 2 tệp" in signed_in(Role.CLERK).get(f"/batches/{batch.number}").text


def test_closing_takes_the_number_of_the_paper(signed_in: Open, agency: Agency, app: App) -> None:
    lan = signed_in(Role.CLERK)
    path = open_batch(lan)
    assert lan.post(f"{path}/close", {"expected": "bảy"}).status_code == 422
    assert lan.post(f"{path}/close", {"expected": "7"}).status_code == 303
    with app.unit_of_work() as uow:
        batch = uow.session.scalars(select(Batch)).one()
    assert batch.expected == 7
    assert batch.closed_at is not None
    assert "data-upload" not in lan.get(path).text


@pytest.mark.parametrize(
    "given", [{"dossier": "KHÔNG.CÓ"}, {"expected": "nhiều"}, {"task": "99"}, {"agency": "KHAC"}, {"task": "năm"}]
)
def test_a_batch_that_cannot_be_opened_says_why(signed_in: Open, agency: Agency, given: dict[str, str]) -> None:
    lan = signed_in(Role.CLERK)
    lan.get("/batches/new")
    answer = lan.post("/batches", {"agency": "TD01", "task": "5", **given})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text or 'id="error-detail"' in answer.text


def test_who_may_not_deliver_is_offered_no_form(signed_in: Open, make: Factory, agency: Agency) -> None:
    batch = make.batch(agency)
    reader = signed_in(Role.LEADER)
    assert "data-upload" not in reader.get(f"/batches/{batch.number}").text
    assert reader.get("/batches/new").status_code == 404


def test_who_delivers_for_another_agency_only_reads_this_ones_batch(
    browser: Open, account: Callable[..., Account], make: Factory, agency: Agency
) -> None:
    batch = make.batch(agency)
    account("thu", (Role.LEADER, agency), (Role.CLERK, make.agency("KHAC")))
    thu = browser()
    thu.sign_in("thu")
    assert "data-upload" not in thu.get(f"/batches/{batch.number}").text
    assert thu.get("/batches/new").status_code == 200


def test_a_plain_form_brings_files_bigger_than_any_other_form(
    signed_in: Callable[..., Browser], app: App, agency: Agency
) -> None:
    lan = signed_in(Role.CLERK)
    lan.get("/batches/new")
    lan.post("/batches", {"agency": agency.code, "task": "3"})
    page = lan.get("/batches/LO-TD01-2026-00001")
    files = {"files": ("to.pdf", b"%PDF-1.7\n" + b" " * (3 << 20), "application/pdf")}
    path = f"/batches/LO-TD01-2026-00001/files?csrf={lan.token}"
    answer = lan.client.post(path, files=files, data={"csrf": lan.token})
    assert (page.status_code, answer.status_code) == (200, 200)
    with app.unit_of_work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(BatchEntry)) == 1
