"""Pages of holds: what somebody sees and does at the list, at a dossier and at an item."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

from sqlalchemy.orm import Session

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Item, Receipt
from archive.drill import run_daily
from tests.archive.web.conftest import Browser
from tests.conftest import SetClock
from tests.factories import Factory

Open = Callable[..., Browser]
WHY = {"hold_reason": "Thanh tra cấp phép", "authority": "Quyết định 12/QĐ-TTr"}


def receipt_of(app: App, item: Item) -> str:
    with Session(app.engine) as session:
        return session.get_one(Receipt, item.receipt_id).number


def test_a_dossier_is_held_from_its_page_and_a_second_person_lifts_it_there(
    signed_in: Open, make: Factory, agency: Agency
) -> None:
    dossier = make.dossier(agency)
    manager, second = signed_in(Role.RECORDS_MANAGER), signed_in(Role.RECORDS_MANAGER, login="tuan")
    path = f"/dossiers/{dossier.code}"
    assert "Không có lệnh tạm dừng hủy nào" in manager.get(path).text
    assert manager.post(f"{path}/holds", WHY).headers["location"].startswith(path)
    page = unescape(manager.get(path).text)
    assert "Hồ sơ đang bị giữ" in page
    assert "Quyết định 12/QĐ-TTr" in page
    assert "Bạn đã đặt lệnh này" in page
    number = "TD-TD01-2026-00001"
    lift = f"/holds/{number}/lift"
    assert f'action="{lift}"' not in page
    refused = manager.post(lift, {"hold_reason": "Xong", "back": "record"})
    assert refused.status_code == 409
    assert "không được tự gỡ" in unescape(refused.text)
    assert f'action="{lift}"' in second.get(path).text
    unreasoned = second.post(lift, {"hold_reason": " ", "back": "record"})
    assert unreasoned.status_code == 422
    assert "Chưa ghi lý do" in unescape(unreasoned.text)
    assert second.post(lift, {"hold_reason": "Thanh tra xong", "back": "record"}).status_code == 303
    page = unescape(second.get(path).text)
    assert "Hồ sơ đang bị giữ" not in page
    assert "Thanh tra xong" in page


def test_what_was_typed_stays_when_it_is_not_taken(signed_in: Open, make: Factory, agency: Agency) -> None:
    dossier = make.dossier(agency)
    manager = signed_in(Role.RECORDS_MANAGER)
    manager.get(f"/dossiers/{dossier.code}")
    refused = manager.post(f"/dossiers/{dossier.code}/holds", {**WHY, "authority": " "})
    assert refused.status_code == 422
    assert "Thanh tra cấp phép" in unescape(refused.text)
    listed = manager.post("/holds", {"subjects": f"{dossier.code}\nKHÔNG-CÓ", "reason": "A", "authority": "B"})
    assert listed.status_code == 404
    assert "KHÔNG-CÓ" in unescape(listed.text)
    assert dossier.code in listed.text


def test_several_records_are_held_from_the_list(signed_in: Open, make: Factory, agency: Agency, app: App) -> None:
    dossier = make.dossier(agency)
    item = make.item(agency, dossier=dossier)
    manager = signed_in(Role.RECORDS_MANAGER)
    manager.get("/holds")
    subjects = f"{dossier.code}\n\n {receipt_of(app, item)} "
    assert manager.post("/holds", {"subjects": subjects, "reason": "A", "authority": "B"}).status_code == 303
    page = unescape(manager.get("/holds").text)
    assert dossier.code in page
    assert str(item.code) in page
    assert "Chưa có lệnh nào được gỡ" in unescape(manager.get("/holds?state=lifted").text)


def test_an_item_is_held_from_its_page_where_its_dossiers_holds_are_seen_too(
    signed_in: Open, make: Factory, agency: Agency, app: App
) -> None:
    dossier = make.dossier(agency)
    item = make.item(agency, dossier=dossier)
    manager = signed_in(Role.RECORDS_MANAGER)
    path = f"/items/{receipt_of(app, item)}"
    manager.get(path)
    assert manager.post(f"{path}/holds", WHY).status_code == 303
    assert manager.post(f"/dossiers/{dossier.code}/holds", {**WHY, "authority": "Tòa án"}).status_code == 303
    page = unescape(manager.get(path).text)
    assert "Quyết định 12/QĐ-TTr" in page
    assert "Tòa án" in page


def test_who_may_not_see_holds_sees_none(signed_in: Open, make: Factory, agency: Agency) -> None:
    dossier = make.dossier(agency)
    manager, clerk = signed_in(Role.RECORDS_MANAGER), signed_in(Role.CLERK, login="hoa")
    manager.get(f"/dossiers/{dossier.code}")
    manager.post(f"/dossiers/{dossier.code}/holds", WHY)
    page = clerk.get(f"/dossiers/{dossier.code}").text
    assert "TD-TD01" not in page
    assert "/holds" not in page
    assert clerk.get("/holds").status_code == 404
    assert clerk.post(f"/dossiers/{dossier.code}/holds", WHY).status_code in {403, 404}
    assert clerk.post("/holds/TD-TD01-2026-00001/lift", {"hold_reason": "A"}).status_code == 404
    leader = signed_in(Role.LEADER, login="phuc")
    page = leader.get("/holds").text
    assert "TD-TD01-2026-00001" in page
    assert "<textarea" not in page


def test_the_newest_drill_is_told(signed_in: Open, make: Factory, app: App, clock: SetClock) -> None:
    make.stored_object("ab" * 32, 1)
    clock.advance(days=2)
    manager = signed_in(Role.RECORDS_MANAGER)
    assert "Diễn tập xoá" not in unescape(manager.get("/holds").text)
    run_daily(app)
    page = unescape(manager.get("/holds").text)
    assert "lần thử xoá và ghi đè" in page or "có cách đã lọt" in page
