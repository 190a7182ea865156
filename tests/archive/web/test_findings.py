"""What does not fit the form of a document is said beside its field, with what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from archive import i18n
from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.holdings import Item, Page
from metadata import validate
from tests.archive.queries.records import describe, page, read
from tests.archive.web.conftest import Browser
from tests.factories import Factory

Open = Callable[..., Browser]
WHOLE = {
    "type_name": "Quyết định",
    "code_number": "15",
    "code_notation": "QĐ-UBND",
    "issued_date": "2025-03-15",
    "place": "Hà Nội",
    "organ_name": "Ủy ban nhân dân",
    "subject": "Về việc cấp giấy phép",
    "signer_name": "Nguyễn Văn A",
}


@pytest.fixture
def item(make: Factory, agency: Agency) -> Item:
    return make.item(agency, dossier=make.dossier(agency))


def described(app: App, make: Factory, item: Item, **changes: Any) -> None:
    given = {name: value for name, value in {**WHOLE, **changes}.items() if value is not None}
    describe(app, make, item, {name: read(value) for name, value in given.items()})


def field_of(html: str, name: str) -> str:
    found = re.search(rf'<li id="field-{name}".*?</li>', html, flags=re.DOTALL)
    assert found
    return unescape(found[0])


def test_every_rule_has_its_text() -> None:
    tree = ast.parse(Path(validate.__file__).read_text(encoding="utf-8"))
    rules = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Finding"
        if isinstance(call.args[0], ast.Constant)
    }
    assert len(rules) > 10
    texts = {key.removeprefix("finding.") for key in i18n.catalog("vi") if key.startswith("finding.")}
    assert texts == rules | {"absent"}


def test_a_whole_description_is_not_found_fault_with(signed_in: Open, app: App, make: Factory, item: Item) -> None:
    described(app, make, item)
    page = signed_in(Role.CLERK).get(f"/items/{item.code}").text
    assert 'class="finding"' not in page
    assert 'class="missing"' not in page


@pytest.mark.parametrize(
    ("changes", "name", "said"),
    [
        ({"code_notation": "2023/QĐ-UBND"}, "code_notation", "Năm trong ký hiệu là 2023, ngày ban hành thuộc năm 2025"),
        ({"issued_date": "2026-12-31"}, "issued_date", "Ngày 31/12/2026 còn ở tương lai"),
        ({"issued_date": "15 thang 3"}, "issued_date", "“15 thang 3” chưa thành một ngày"),
        ({"code_number": "15-16"}, "code_number", "Số “15-16” không đúng dạng"),
        ({"subject": "x" * 501}, "subject", "Dài 501 ký tự, quá 500 ký tự"),
        ({"type_name": "Quyết nghị"}, "type_name", "Chưa biết loại văn bản “Quyết nghị”"),
        (
            {"valid_from": "2025-06-01", "valid_until": "2025-05-01"},
            "valid_until",
            "Ngày 01/05/2025 lại trước ngày 01/06/2025",
        ),
        (
            {"signing_authority": "KT. CHỦ TỊCH", "signer_position": "CHỦ TỊCH"},
            "signer_position",
            "mà chức vụ lại là “CHỦ TỊCH”",
        ),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(
    signed_in: Open, app: App, make: Factory, item: Item, changes: dict[str, str], name: str, said: str
) -> None:
    described(app, make, item, **changes)
    html = signed_in(Role.CLERK).get(f"/items/{item.code}").text
    assert said in field_of(html, name)
    assert "Có 1 mục cần xem lại" in html
    assert 'class="finding"' not in field_of(html, "organ_name")


def test_what_the_kind_of_document_must_have_is_asked_for_until_somebody_says_it_is_not_there(
    signed_in: Open, app: App, make: Factory, item: Item
) -> None:
    described(app, make, item, place=None)
    clerk = signed_in(Role.CLERK)
    html = clerk.get(f"/items/{item.code}").text
    assert "phải có mục “Địa danh”" in html
    assert 'data-add="place"' in html
    clerk.post(f"/items/{item.code}/fields", {"name": "place", "value": "Hà Nội"})
    assert 'data-add="place"' not in clerk.get(f"/items/{item.code}").text
    clerk.post(f"/items/{item.code}/fields/place", {"remove": "1"})
    assert 'data-add="place"' not in clerk.get(f"/items/{item.code}").text


def test_a_date_that_a_person_gave_as_far_as_it_is_known_is_not_questioned(
    signed_in: Open, app: App, make: Factory, item: Item
) -> None:
    described(app, make, item, issued_date="1962")
    clerk = signed_in(Role.CLERK)
    assert "chưa thành một ngày" in clerk.get(f"/items/{item.code}").text
    clerk.post(f"/items/{item.code}/fields/issued_date", {"value": "1962"})
    assert "chưa thành một ngày" not in clerk.get(f"/items/{item.code}").text


def test_who_only_reads_is_not_asked_to_look_anything_up(signed_in: Open, app: App, make: Factory, item: Item) -> None:
    described(app, make, item, code_number="15-16", place=None)
    html = signed_in(Role.OFFICIAL).get(f"/items/{item.code}").text
    assert 'class="finding"' not in html
    assert 'class="missing"' not in html


def test_a_page_that_was_hardly_read_is_to_be_looked_at_for_a_mark(
    signed_in: Open, app: App, make: Factory, agency: Agency, item: Item
) -> None:
    describe(app, make, item, {"type_name": read("Quyết định")}, page(1, "a"), page(2, "b"), page(3))
    with app.unit_of_work() as uow:
        for number, confidence in ((1, 0.49), (2, 0.5), (3, 0.0)):
            uow.session.get_one(Page, (item.id, number)).confidence = confidence
    make.item(agency, doubtful_fields=5)
    clerk = signed_in(Role.CLERK)
    html = clerk.get(f"/items/{item.code}").text
    assert "không rõ trang 1, nên có thể đã không thấy dấu chỉ độ mật" in html
    assert re.findall(r'data-open="(\d+)"', html) == ["1"]
    queue = clerk.get("/review").text
    assert 'id="unclear"' in queue
    rows = re.findall(r"<tr>.*?</tr>", queue, flags=re.DOTALL)[1:]
    assert str(item.code) in rows[0], "before items with many doubtful fields"
    assert "xem dấu mật" in rows[0]
    assert "xem dấu mật" not in rows[1]
    assert "phải nhìn tận mắt" in clerk.get("/").text
    assert 'id="unclear"' not in signed_in(Role.OFFICIAL, login="tra").get(f"/items/{item.code}").text
