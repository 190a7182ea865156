"""The whole description of the API, called as each role with what it allows and with what it does not.

No answer is a failure of ours, and none is outside of what the description says. Half of the calls name records that
are there. `CONTRACT_EXAMPLES` asks for more of each operation than continuous integration has time for.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from archive import indexing
from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.trail import Counter
from archive.web.app import create_app
from tests.archive.web.conftest import Program
from tests.archive.web.read_item import ReadItem
from tests.factories import Factory

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "2"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("role", Role)
def test_every_answer_is_what_the_description_says(
    app: App, program: Callable[..., Program], make: Factory, read: ReadItem, role: Role
) -> None:
    make.save(Counter(scope="batch:TD01:2026", value=100))  # of the numbers that the factory gave
    indexing.drain(app)
    asking = program(role)
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", create_app(app))
    known: dict[str, list[str]] = {
        "reference": [read.path.rpartition("/")[2], str(read.item.code)],
        "code": [read.dossier.code, "TD01"],
        "number": ["1", "3"],
        "name": ["code_number", "type_name"],
    }
    failed: dict[str, str] = {}
    called = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @seed(0)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), chosen=st.data())
        def call(case: Any, chosen: st.DataObject) -> None:
            nonlocal called
            called += 1
            for name, values in known.items():
                if name in (case.path_parameters or {}) and chosen.draw(st.booleans()):
                    case.path_parameters[name] = chosen.draw(st.sampled_from(values))
            response = case.call(headers={"Authorization": f"Bearer {asking.token}"})
            case.validate_response(response, checks=CHECKS)

        try:
            call()
        except Exception as failure:  # all of them are wanted at once
            failed[f"{operation.method} {operation.path}"] = f"{type(failure).__name__}: {failure}"[:1500]
    assert called >= 100
    assert not failed, "\n\n".join(f"{name}\n{what}" for name, what in failed.items())
