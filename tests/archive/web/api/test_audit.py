"""The trail and the drills over the API."""

from __future__ import annotations

import re
from collections.abc import Callable

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.drill import run_daily
from tests.archive.web.conftest import Program
from tests.conftest import SetClock
from tests.factories import Factory

Open = Callable[..., Program]
AN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def test_the_auditor_reads_what_was_done_without_ids_or_details(program: Open, make: Factory) -> None:
    operator, auditor = program(Role.OPERATOR), program(Role.AUDITOR, login="kiem-tra")
    operator.post("/accounts", {"login": "cong-dvc", "name": "Cổng", "kind": "service"})
    operator.post("/accounts/cong-dvc/assignments", {"role": "clerk", "agency": "TD01"})
    operator.post("/accounts/cong-dvc/tokens", {"name": "Mã của cổng"})
    listed = auditor.get("/audit/events?limit=200")
    tags = [event["tag"] for event in listed.json()["items"]]
    assert tags[:3] == ["token.created", "assignment.given", "account.created"]
    assert not AN_ID.search(listed.text)
    assert "Mã của cổng" not in listed.text
    (given,) = auditor.get("/audit/events?tag=assignment.given").json()["items"]
    assert (given["agency"], given["actor"], given["subject"]) == ("TD01", "Nguyễn Văn may", "cong-dvc")
    assert auditor.get("/audit/events?tag=gi.do").status_code == 422
    assert auditor.get("/audit/events?cursor=khong-phai").status_code == 422
    far = program(Role.AUDITOR, login="xa", over=make.agency("XA", parent=make.agency("YB")))
    assert far.get("/audit/events").json()["items"] == []


def test_drills_are_told_to_those_who_may_run_one(program: Open, make: Factory, app: App, clock: SetClock) -> None:
    make.stored_object("ab" * 32, 1)
    clock.advance(days=2)
    auditor = program(Role.AUDITOR)
    assert auditor.get("/drills").json()["items"] == []
    run_daily(app)
    (drill,) = auditor.get("/drills").json()["items"]
    assert drill["attempts"] > 0
    assert drill["passed"] is (drill["gave_way"] == [])
