from __future__ import annotations

from collections.abc import Callable

from archive.access.permissions import Role
from tests.archive.web.conftest import Browser


def test_every_operation_is_listed_below_its_subject(signed_in: Callable[..., Browser]) -> None:
    lan = signed_in(Role.OPERATOR)
    page = lan.get("/api")
    assert page.status_code == 200
    document = lan.get("/api/v1/openapi.json").json()
    for path, operations in document["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}<" in page.text
    assert "page.api." not in page.text
