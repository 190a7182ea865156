"""The item page and its forms, over an item whose page says: Quyết định số 15."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy import func, select

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Correction, Filing, Item
from archive.db.trail import AuditEvent
from tests.archive.web.conftest import Browser
from tests.archive.web.read_item import WORDS, ReadItem
from tests.factories import Factory

Open = Callable[..., Browser]


def test_doubtful_fields_come_first_with_their_place(signed_in: Open, read: ReadItem) -> None:
    page = signed_in(Role.CLERK).get(read.path).text
    assert page.index('id="field-code_number" class="doubtful"') < page.index('id="field-type_name"')
    assert 'data-box="0.4,0.1,0.45,0.13"' in page
    assert "chưa duyệt" in page


def test_opening_an_item_is_recorded_as_a_reading(signed_in: Open, read: ReadItem, app: App) -> None:
    lan = signed_in(Role.CLERK)
    lan.get(read.path)
    lan.get(read.path)
    with app.unit_of_work() as uow:
        readings = select(func.count()).where(AuditEvent.tag == "item.read", AuditEvent.subject_id == str(read.item.id))
        assert uow.session.scalar(readings) == 1


@pytest.mark.parametrize("part", ["pages/1/image", "pages/1/words", "marks?q=15"])
def test_whatever_is_fetched_of_an_item_is_recorded_as_a_reading(
    signed_in: Open, read: ReadItem, app: App, part: str
) -> None:
    assert signed_in(Role.OFFICIAL).get(f"{read.path}/{part}").status_code == 200
    with app.unit_of_work() as uow:
        tags = uow.session.scalars(select(AuditEvent.tag).where(AuditEvent.subject_id == str(read.item.id)))
        assert "item.read" in set(tags)


def test_accepting_a_field_answers_with_the_side_anew(signed_in: Open, read: ReadItem) -> None:
    lan = signed_in(Role.CLERK)
    lan.get(read.path)
    answer = lan.post(
        f"{read.path}/fields/code_number/accept", {"revision": read.now().revision}, **{"hx-request": "true"}
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="field-code_number" class="settled"' in answer.text
    assert read.now().doubtful_fields == 0


def test_a_correction_keeps_what_was_read_and_works_without_scripts(signed_in: Open, read: ReadItem, app: App) -> None:
    lan = signed_in(Role.CLERK)
    lan.get(read.path)
    answer = lan.post(f"{read.path}/fields/code_number", {"value": " 16 ", "revision": read.now().revision})
    assert answer.status_code == 303
    page = lan.get(answer.headers["location"]).text
    assert "máy đọc:" in page
    with app.unit_of_work() as uow:
        correction = uow.session.scalars(select(Correction)).one()
    assert (correction.read_as, correction.value) == ({"value": "15"}, {"value": "16"})


def test_a_field_that_the_paper_lacks_is_removed(signed_in: Open, read: ReadItem) -> None:
    lan = signed_in(Role.CLERK)
    lan.get(read.path)
    lan.post(f"{read.path}/fields/code_number", {"value": "15", "remove": "1"})
    assert 'id="field-code_number"' not in lan.get(read.path).text


def test_an_overtaken_change_is_refused_with_what_to_do(signed_in: Open, read: ReadItem) -> None:
    lan = signed_in(Role.CLERK)
    lan.get(read.path)
    before = read.now().revision
    lan.post(f"{read.path}/fields/code_number/accept", {"revision": before})
    late = lan.post(f"{read.path}/fields/code_number", {"value": "17", "revision": before}, **{"hx-request": "true"})
    assert late.status_code == 409
    assert "tải lại" in late.text


def test_a_date_that_is_none_is_refused_in_words(signed_in: Open, read: ReadItem) -> None:
    lan = signed_in(Role.CLERK)
    lan.get(read.path)
    answer = lan.post(f"{read.path}/fields", {"name": "issued_date", "value": "hôm qua"})
    assert answer.status_code == 422
    assert 'id="error-detail"' in answer.text


def test_one_reviews_another_publishes_and_nobody_both(signed_in: Open, read: ReadItem) -> None:
    lan, minh = signed_in(Role.RECORDS_MANAGER), signed_in(Role.RECORDS_MANAGER, login="minh")
    lan.get(read.path)
    minh.get(read.path)
    lan.post(f"{read.path}/review")
    assert read.now().state == "reviewed"
    refused = lan.post(f"{read.path}/publish", {"level": "open"})
    assert refused.status_code == 403
    assert "người thứ hai" in refused.text
    assert minh.post(f"{read.path}/publish", {"level": "open"}).status_code == 303
    assert (read.now().state, read.now().level) == ("published", "open")


def test_a_return_needs_a_reason(signed_in: Open, read: ReadItem) -> None:
    lan = signed_in(Role.RECORDS_MANAGER)
    lan.get(read.path)
    lan.post(f"{read.path}/review")
    assert lan.post(f"{read.path}/return", {"reason": " "}).status_code == 422
    assert lan.post(f"{read.path}/return", {"reason": "thiếu ngày"}).status_code == 303
    assert read.now().state == "described"
    page = lan.get(read.path).text
    assert "trả lại để sửa: thiếu ngày" in page[page.index('id="returned"') : page.index('id="fields"')]
    lan.post(f"{read.path}/review")
    page = lan.get(read.path).text
    assert 'id="returned"' not in page
    assert "trả lại để sửa: thiếu ngày" in page


def test_what_waits_for_a_dossier_says_so_in_place_of_the_button(signed_in: Open, read: ReadItem, app: App) -> None:
    lan, minh = signed_in(Role.RECORDS_MANAGER), signed_in(Role.RECORDS_MANAGER, login="minh")
    lan.get(read.path)
    lan.post(f"{read.path}/review")
    assert "Người khác phải công bố" in lan.get(read.path).text
    with app.unit_of_work() as uow:
        item = uow.session.get_one(Item, read.item.id)
        item.code = item.dossier_id = None
    page = minh.get(read.path).text
    assert "chưa thuộc hồ sơ nào" in page
    assert "Người khác phải công bố" not in page
    assert 'id="publish"' not in page


@pytest.mark.parametrize("act", ["move", "replace", "supplement"])
@pytest.mark.parametrize(("target", "said"), [("H99.không.có", "Không tìm thấy"), (" ", "Chưa ghi mã")])
def test_a_code_that_was_typed_wrong_is_told_as_one(
    signed_in: Open, read: ReadItem, act: str, target: str, said: str
) -> None:
    lan = signed_in(Role.RECORDS_MANAGER)
    lan.get(read.path)
    answer = lan.post(f"{read.path}/filing", {"act": act, "target": target, "reason": "nhầm hồ sơ"})
    assert answer.status_code == 422
    assert said in answer.text


def test_filing_is_corrected_with_a_reason(
    signed_in: Open, read: ReadItem, make: Factory, agency: Agency, app: App
) -> None:
    other = make.dossier(agency)
    lan = signed_in(Role.RECORDS_MANAGER)
    lan.get(read.path)
    assert lan.post(f"{read.path}/filing", {"act": "burn", "reason": "x"}).status_code == 422
    moved = lan.post(f"{read.path}/filing", {"act": "move", "target": other.code, "reason": "nhầm hồ sơ"})
    assert moved.status_code == 303
    assert read.now().dossier_id == other.id
    assert lan.post(f"{read.path}/filing", {"act": "withdraw", "reason": "nộp nhầm"}).status_code == 303
    assert read.now().state == "withdrawn"
    with app.unit_of_work() as uow:
        assert set(uow.session.scalars(select(Filing.act))) == {"moved", "withdrawn"}


@pytest.mark.parametrize("act", ["withdraw", "replace"])
def test_what_is_taken_from_sight_beside_its_page_leads_to_what_is_there_now(
    signed_in: Open, read: ReadItem, make: Factory, agency: Agency, act: str
) -> None:
    receipt = make.receipt(make.batch(agency))
    make.item(agency, receipt=receipt, title="Bản quét rõ hơn")
    lan = signed_in(Role.RECORDS_MANAGER)
    lan.get(read.path)
    form = {"act": act, "target": receipt.number, "reason": "quét nhầm"}
    answer = lan.post(f"{read.path}/filing", form, **{"hx-request": "true"})
    assert answer.status_code == 200
    shown = lan.get(answer.headers["hx-redirect"])
    assert shown.status_code == 200
    assert ("Bản quét rõ hơn" in shown.text) is (act == "replace")


def test_the_words_of_a_page_come_with_their_places(signed_in: Open, read: ReadItem) -> None:
    answer = signed_in(Role.OFFICIAL).get(f"{read.path}/pages/1/words").json()
    assert answer["lines"][0][0] == ["Quyết", 0.1, 0.1, 0.19, 0.13]
    assert [word[0] for word in answer["lines"][0]] == list(WORDS)


@pytest.mark.parametrize("query", ["quyết định", "quyet dinh"])
def test_marks_lie_on_the_searched_words(signed_in: Open, read: ReadItem, query: str) -> None:
    answer = signed_in(Role.OFFICIAL).get(f"{read.path}/marks?q={query}").json()
    assert [box[0] for box in answer["pages"]["1"]] == pytest.approx([0.1, 0.2])


def test_a_query_without_words_has_no_marks(signed_in: Open, read: ReadItem) -> None:
    lan = signed_in(Role.OFFICIAL)
    assert lan.get(f"{read.path}/marks?q=").json() == {"pages": {}}
    assert lan.get(f"{read.path}/marks?q=...").status_code == 422


def test_page_image_strip_and_master_are_handed_out(signed_in: Open, read: ReadItem) -> None:
    lan = signed_in(Role.OFFICIAL)
    image = lan.get(f"{read.path}/pages/1/image")
    assert image.headers["content-type"] == "image/jpeg"
    assert lan.get(f"{read.path}/pages/1/image", **{"if-none-match": image.headers["etag"]}).status_code == 304
    strip = lan.get(f"{read.path}/pages/1/strip?top=0.05&bottom=0.2&marks=0.1,0.1,0.2,0.13")
    assert Image.open(io.BytesIO(strip.content)).width == 720
    master = lan.get(f"{read.path}/master")
    assert master.content == b"%PDF-1.7 master bytes"
    assert "qd%2015.pdf" in master.headers["content-disposition"]
    part = lan.get(f"{read.path}/master", range="bytes=0-3")
    assert (part.status_code, part.content) == (206, b"%PDF")


def test_everything_of_an_item_is_hidden_from_other_agencies(
    browser: Open, account: Callable[..., object], make: Factory, read: ReadItem
) -> None:
    account("xa", (Role.RECORDS_MANAGER, make.agency("XA")))
    stranger = browser()
    stranger.sign_in("xa")
    unknown = stranger.get("/items/BN-khong-co")
    for part in (
        "",
        "/pages/1/image",
        "/pages/1/words",
        "/pages/1/strip?top=0&bottom=1",
        "/marks?q=a",
        "/pdf",
        "/master",
    ):
        answer = stranger.get(read.path + part)
        assert (answer.status_code, answer.text) == (404, unknown.text), part
    for part in ("/review", "/publish", "/fields/code_number/accept"):
        assert stranger.post(read.path + part).status_code == 404, part


def test_programs_read_the_same_item_without_inner_ids(signed_in: Open, read: ReadItem) -> None:
    answer = signed_in(Role.OFFICIAL).get(f"/api/v1{read.path}").json()
    assert {field["name"]: field["value"] for field in answer["fields"]} == {
        "type_name": "Quyết định",
        "code_number": "15",
    }
    assert str(read.item.id) not in str(answer)


def test_while_an_item_is_under_way_its_receipt_is_shown(signed_in: Open, make: Factory, agency: Agency) -> None:
    receipt = make.receipt(make.batch(agency))
    make.item(agency, receipt=receipt, state="received")
    page = signed_in(Role.CLERK).get(f"/items/{receipt.number}")
    assert page.status_code == 200
    assert "đang được xử lý" in page.text


def test_who_may_only_read_sees_no_buttons(signed_in: Open, read: ReadItem) -> None:
    page = signed_in(Role.OFFICIAL).get(read.path).text
    for part in ("data-accept", "data-correct", 'id="review"', 'id="publish"', "/filing"):
        assert part not in page, part


def test_a_withdrawn_item_comes_back_from_the_page_of_its_receipt(
    signed_in: Callable[..., Browser], read: ReadItem
) -> None:
    manager = signed_in(Role.RECORDS_MANAGER)
    manager.get(read.path)
    manager.post(f"{read.path}/filing", {"act": "withdraw", "reason": "nộp nhầm"})
    page = manager.get(read.path)
    assert "Khôi phục văn bản đã rút" in page.text
    assert "qd 15.pdf" not in page.text
    back = manager.post(f"{read.path}/filing", {"act": "restore", "reason": "rút nhầm"})
    assert (back.status_code, read.now().state) == (303, "described")
    clerk = signed_in(Role.CLERK, login="mai")
    manager.post(f"{read.path}/filing", {"act": "withdraw", "reason": "nộp nhầm"})
    assert "Khôi phục" not in clerk.get(read.path).text
    clerk.get("/account")
    assert clerk.post(f"{read.path}/filing", {"act": "restore", "reason": "rút nhầm"}).status_code == 404
