"""Images, words, marks and the master of an item over the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.trail import AuditEvent
from tests.archive.web.conftest import Program
from tests.archive.web.read_item import WORDS, ReadItem

Programs = Callable[..., Program]


def test_words_and_marks_have_their_places(program: Programs, read: ReadItem) -> None:
    lan = program(Role.OFFICIAL)
    page = lan.get(f"{read.path}/pages/1/words").json()
    words = page["lines"][0]["words"]
    assert [word["text"] for word in words] == list(WORDS)
    assert words[0]["box"] == pytest.approx([0.1, 0.1, 0.19, 0.13])
    marks = lan.get(f"{read.path}/marks?q=quyet dinh").json()["pages"]
    assert [page["number"] for page in marks] == [1]
    assert [box[0] for box in marks[0]["boxes"]] == pytest.approx([0.1, 0.2])
    assert lan.get(f"{read.path}/marks?q=...").status_code == 422
    assert lan.get(f"{read.path}/pages/2/words").status_code == 404


def test_the_image_is_not_sent_again_to_who_has_it(program: Programs, read: ReadItem, app: App) -> None:
    lan = program(Role.OFFICIAL)
    path = f"{read.path}/pages/1/image"
    image = lan.get(path)
    assert (image.status_code, image.headers["content-type"]) == (200, "image/jpeg")
    assert lan.get(path, headers={"If-None-Match": image.headers["etag"]}).status_code == 304
    with app.unit_of_work() as uow:
        readings = select(func.count()).where(AuditEvent.tag == "item.read")
        assert uow.session.scalar(readings) == 1, "whatever is fetched of an item is a reading of it"


def test_the_master_comes_whole_or_in_parts(program: Programs, read: ReadItem) -> None:
    lan = program(Role.OFFICIAL)
    whole = lan.get(f"{read.path}/master")
    assert whole.content == b"%PDF-1.7 master bytes"
    assert "qd%2015.pdf" in whole.headers["content-disposition"]
    part = lan.get(f"{read.path}/master", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"%PDF")
    assert lan.get(f"{read.path}/master", headers={"Range": "bytes=99-"}).status_code == 416
    assert lan.get(f"{read.path}/pdf").status_code == 404, "none was sealed"
