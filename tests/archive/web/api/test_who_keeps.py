"""Who reads what of keeping: each list for those whom its page is for, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archive.access.permissions import Role
from archive.db.accounts import Agency
from tests.archive.web.conftest import Program
from tests.factories import Factory

EVERYBODY = frozenset(Role)
RECORDS = frozenset({Role.CLERK, Role.REVIEWER, Role.RECORDS_MANAGER, Role.OFFICIAL, Role.LEADER})
READERS = {
    "/agencies": EVERYBODY,
    "/holders?q=TD01": EVERYBODY,
    "/schedules": RECORDS,
    "/retention/figures": {Role.RECORDS_MANAGER},
    "/retention/proposals": {Role.RECORDS_MANAGER},
    "/retention/due": {Role.RECORDS_MANAGER},
    "/retention/ready": {Role.RECORDS_MANAGER},
    "/retention/notices": {Role.RECORDS_MANAGER},
    "/dispositions": {Role.RECORDS_MANAGER},
    "/holds": {Role.RECORDS_MANAGER, Role.LEADER, Role.AUDITOR},
    "/paper/boxes": {Role.CLERK, Role.RECORDS_MANAGER},
    "/paper/loans": {Role.CLERK, Role.RECORDS_MANAGER},
    "/paper/figures": {Role.CLERK, Role.RECORDS_MANAGER},
    "/scanners": {Role.CLERK, Role.RECORDS_MANAGER},
    "/programme": RECORDS | {Role.AUDITOR},
    "/programme/quality": RECORDS | {Role.AUDITOR},
    "/programme/tasks/3": RECORDS | {Role.AUDITOR},
    "/programme/targets/1": RECORDS | {Role.AUDITOR},
    "/programme/workbook": RECORDS | {Role.AUDITOR},
    "/programme/sheets/task": RECORDS | {Role.AUDITOR},
    "/accounts": {Role.OPERATOR},
    "/audit/events": {Role.AUDITOR},
    "/drills": {Role.RECORDS_MANAGER, Role.AUDITOR, Role.OPERATOR},
}
WRITES = {
    ("POST", "/agencies", '{"code": "MOI", "name": "Phường Mới", "parent": "TD01"}'): {Role.OPERATOR},
    ("POST", "/holds", '{"subjects": ["TD01.2025.0001"], "reason": "a", "authority": "b"}'): {Role.RECORDS_MANAGER},
    ("PUT", "/dossiers/TD01.2025.0001/paper/place", '{"place": "Kho 1"}'): {Role.CLERK, Role.RECORDS_MANAGER},
    ("POST", "/scanners", '{"agency": "TD01", "code": "MQ1", "name": "Máy", "serial": "S1"}'): {
        Role.CLERK,
        Role.RECORDS_MANAGER,
    },
    ("POST", "/retention/notices", "{}"): {Role.RECORDS_MANAGER},
    ("POST", "/accounts", '{"login": "cong-dvc", "name": "Cổng", "kind": "service"}'): {Role.OPERATOR},
    ("PATCH", "/programme/tasks/3", '{"title": "Sổ hộ tịch"}'): {Role.RECORDS_MANAGER},
}


@pytest.mark.parametrize("role", Role)
def test_a_role_reads_what_its_pages_show_and_nothing_else(program: Callable[..., Program], role: Role) -> None:
    asking = program(role)
    answers = {path: asking.get(path).status_code for path in READERS}
    assert answers == {path: 200 if role in readers else 404 for path, readers in READERS.items()}


@pytest.mark.parametrize("role", Role)
def test_a_role_writes_what_its_pages_take_and_nothing_else(
    program: Callable[..., Program], make: Factory, agency: Agency, role: Role
) -> None:
    make.dossier(agency, code="TD01.2025.0001")
    asking = program(role)
    for (method, path, body), writers in WRITES.items():
        headers = {"Content-Type": "application/json", "If-Match": '"1"'}
        answer = asking.ask(method, path, content=body, headers=headers)
        if role in writers:
            assert answer.status_code in {200, 201}, (method, path, answer.text)
        else:
            assert answer.status_code in {403, 404}, (method, path, answer.text)


def test_what_has_not_changed_is_not_sent_again(program: Callable[..., Program]) -> None:
    asking = program(Role.RECORDS_MANAGER)
    asking.post("/scanners", {"agency": "TD01", "code": "MQ1", "name": "Máy", "serial": "S1"})
    for path in (path for path, readers in READERS.items() if Role.RECORDS_MANAGER in readers):
        first = asking.get(path)
        if first.headers["content-type"] == "application/json":
            again = asking.get(path, headers={"If-None-Match": first.headers["etag"]})
            assert (again.status_code, again.content) == (304, b""), path
    known = asking.get("/scanners").headers["etag"]
    asking.post("/scanners", {"agency": "TD01", "code": "MQ2", "name": "Máy", "serial": "S2"})
    assert asking.get("/scanners", headers={"If-None-Match": known}).status_code == 200


def test_nobody_reads_without_a_token_or_with_a_forged_one(program: Callable[..., Program]) -> None:
    asking = program(Role.RECORDS_MANAGER)
    for asking.token in ("", "forged-token"):
        answers = {path: asking.get(path) for path in READERS}
        assert {answer.status_code for answer in answers.values()} == {401}
        assert {answer.headers["content-type"] for answer in answers.values()} == {"application/problem+json"}
