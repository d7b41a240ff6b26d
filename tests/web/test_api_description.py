"""The API against its own description: whatever the description allows is answered, and nothing makes it fall."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from crmetrics.catalogue import find, keys
from crmetrics.web.application import application
from tests.web.test_pages import publish

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
ADDRESSES = [
    "/api/catalogue",
    "/api/catalogue/{key}",
    "/api/me",
    "/api/notes",
    "/api/segments",
    "/api/segments/{number}",
    *(f"/api/ask/{key}" for key in keys()),
    *(f"/api/ask/{key}/rows" for key in keys() if find(key).behind),
]


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("described")
    publish(folder, 1)
    return schemathesis.openapi.from_asgi("/api/openapi.json", application(folder))


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_the_description_allows_is_answered(described: Any, address: str) -> None:
    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=described[address]["GET"].as_strategy())
    def asked(case: schemathesis.Case) -> None:
        answer = case.call_and_validate(checks=CHECKS)
        assert answer.status_code in (200, 400, 401, 404)  # 401: with a token that was made up

    asked()
