from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from archive.access.permissions import Role
from archive.db.accounts import Agency
from tests.archive.web.conftest import Browser
from tests.factories import Factory

Open = Callable[..., Browser]


def test_a_dossier_is_closed_with_the_day_its_work_ended_and_opened_again_with_a_reason(
    signed_in: Open, make: Factory, agency: Agency
) -> None:
    held = make.dossier(agency)
    make.item(agency, dossier=held, state="published")
    make.item(agency, dossier=held)
    manager = signed_in(Role.RECORDS_MANAGER)
    path = f"/dossiers/{held.code}"
    page = manager.get(path).text
    assert "Còn 1 văn bản chưa công bố" in page
    assert f'action="{path}/reopen"' not in page
    assert manager.post(f"{path}/close", {"work_ended_on": "2025-12-31"}).status_code == 303
    page = manager.get(path).text
    assert "công việc kết thúc ngày 31/12/2025" in page
    assert f'action="{path}/close"' not in page
    refused = manager.post(f"{path}/reopen", {"reason": "  "})
    assert refused.status_code == 422
    assert "Chưa ghi lý do" in refused.text
    assert manager.post(f"{path}/reopen", {"reason": "còn văn bản nộp muộn"}).status_code == 303
    assert f'action="{path}/close"' in manager.get(path).text


def test_a_day_that_cannot_be_is_not_taken_and_stays_in_the_form(
    signed_in: Open, make: Factory, agency: Agency
) -> None:
    held = make.dossier(agency)
    manager = signed_in(Role.RECORDS_MANAGER)
    path = f"/dossiers/{held.code}"
    manager.get(path)
    for day in ("2024-12-31", "2026-12-31", "", "hôm qua"):
        refused = manager.post(f"{path}/close", {"work_ended_on": day})
        assert refused.status_code == 422
        assert "Hãy nhập lại ngày" in refused.text
        assert f'value="{day}"' in refused.text
    manager.post(f"{path}/close", {"work_ended_on": "2025-12-31"})
    assert manager.post(f"{path}/close", {"work_ended_on": "2025-12-31"}).status_code == 409


def test_who_may_not_file_neither_closes_nor_sees_how(signed_in: Open, make: Factory, agency: Agency) -> None:
    held = make.dossier(agency)
    clerk = signed_in(Role.CLERK)
    path = f"/dossiers/{held.code}"
    assert "/close" not in clerk.get(path).text
    assert clerk.post(f"{path}/close", {"work_ended_on": "2025-12-31"}).status_code in {403, 404}
    assert "đang mở" in clerk.get("/dossiers").text
    foreign = make.dossier(make.agency("KHAC"))
    assert clerk.post(f"/dossiers/{foreign.code}/close", {"work_ended_on": "2025-12-31"}).status_code == 404


def test_a_long_dossier_is_turned_page_by_page(signed_in: Open, make: Factory, agency: Agency) -> None:
    held = make.dossier(agency)
    items = [make.item(agency, dossier=held) for _ in range(103)]
    page = signed_in(Role.CLERK)
    first = page.get(f"/dossiers/{held.code}").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = page.get(unescape(following[1])).text
    assert str(items[99].code) in first
    assert str(items[100].code) not in first
    assert all(str(item.code) in second for item in items[100:])
    assert "103 văn bản" in first
    assert "103 văn bản" in second
