"""Holds over the API: placed on records by their codes, lifted by a second person."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select

from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Agency
from archive.db.retention import HoldRow
from tests.archive.web.conftest import Program
from tests.factories import Factory

Open = Callable[..., Program]
WHY = {"reason": "Thanh tra cấp phép", "authority": "Quyết định 12/QĐ-TTr"}


def placed(app: App) -> int:
    with app.unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).select_from(HoldRow)) or 0


def test_a_second_person_lifts_what_the_first_placed(program: Open, make: Factory, agency: Agency, app: App) -> None:
    dossier = make.dossier(agency)
    item = make.item(agency, dossier=dossier)
    manager, second = program(Role.RECORDS_MANAGER), program(Role.RECORDS_MANAGER, login="tuan")
    given = {"subjects": [dossier.code, item.code], **WHY}
    made = manager.post("/holds", given, key="giu")
    assert made.status_code == 201, made.text
    assert manager.post("/holds", given, key="giu").json() == made.json()
    assert placed(app) == 2
    number = made.json()[0]["number"]
    assert (made.json()[0]["code"], made.json()[0]["state"]) == (dossier.code, "active")
    assert "id" not in made.json()[0]
    own = manager.post(f"/holds/{number}/liftings", {"reason": "Xong"})
    assert (own.status_code, "không được tự gỡ" in own.json()["detail"]) == (409, True)
    lifted = second.post(f"/holds/{number}/liftings", {"reason": "Thanh tra xong"})
    assert (lifted.status_code, lifted.json()["lift_reason"]) == (201, "Thanh tra xong")
    assert second.post(f"/holds/{number}/liftings", {"reason": "Lại"}).status_code == 409
    of_item = manager.get(f"/items/{item.code}/holds").json()
    assert [hold["state"] for hold in of_item["holds"]] == ["active", "lifted"]
    assert len(manager.get(f"/dossiers/{dossier.code}/holds").json()["holds"]) == 2
    assert [hold["number"] for hold in manager.get("/holds?state=lifted").json()["items"]] == [number]


def test_on_all_that_are_named_or_on_none(program: Open, make: Factory, agency: Agency, app: App) -> None:
    dossier = make.dossier(agency)
    manager = program(Role.RECORDS_MANAGER)
    assert manager.post("/holds", {"subjects": [dossier.code, "KHÔNG-CÓ"], **WHY}).status_code == 404
    wrongs: tuple[dict[str, object], ...] = ({"subjects": []}, {"reason": ""}, {"authority": " "}, {"thừa": 1})
    for wrong in wrongs:
        given = {"subjects": [dossier.code], **WHY, **wrong}
        assert manager.post("/holds", given).status_code == 422, wrong
    assert placed(app) == 0


def test_holds_of_another_agency_are_not_there(program: Open, make: Factory, agency: Agency, app: App) -> None:
    dossier = make.dossier(agency)
    number = program(Role.RECORDS_MANAGER).post("/holds", {"subjects": [dossier.code], **WHY}).json()[0]["number"]
    far = make.agency("XA")
    stranger, clerk = program(Role.RECORDS_MANAGER, login="xa", over=far), program(Role.CLERK, login="hoa")
    unknown = stranger.get("/holds/TD-TD01-2026-99999")
    for asking in (stranger, clerk):
        assert asking.get(f"/holds/{number}").json() == unknown.json()
        assert asking.post(f"/holds/{number}/liftings", {"reason": "Xong"}).status_code == 404
        assert asking.post("/holds", {"subjects": [dossier.code], **WHY}).status_code == 404
        assert asking.get(f"/dossiers/{dossier.code}/holds").status_code == 404
    assert placed(app) == 1
