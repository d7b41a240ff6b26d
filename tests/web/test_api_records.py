"""The REST API beyond questions: customers, targets and the record, by whose rights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from fastapi.testclient import TestClient

from crmetrics.catalogue import open_workspace
from crmetrics.intake.imports import import_sources
from crmetrics.web.application import application
from crmetrics.workspace.people import People
from crmetrics.workspace.state import open_state
from crmetrics.workspace.tokens import Tokens
from tests.web.shop import CUSTOMERS_AND_ORDERS

TARGET: dict[str, Any] = {"kpi": "kpis.net_sales", "party": "company", "period": "2025-03", "value": 500}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = tmp_path / "files"
    files.mkdir()
    (files / "customers.csv").write_text("id,name,email,tax\nC1,Işık Ltd,a@x.example,T1\nC2,Other,b@x.example,T2\n")
    orders = [f"O{n},C{n % 2 + 1},2025-03-{n:02},{n}.50" for n in range(1, 20)]
    (files / "orders.csv").write_text("no,customer,day,amount\n" + "\n".join(orders) + "\n")
    (tmp_path / "mapping.toml").write_text(CUSTOMERS_AND_ORDERS)
    import_sources(tmp_path / "workspace", [files], tmp_path / "mapping.toml")
    return tmp_path / "workspace"


@pytest.fixture
def ask(folder: Path) -> Iterator[Callable[..., Any]]:
    """Ask as a person of a role, by a token."""
    state = open_state(folder)
    people = {role: People(state).add(role, role) for role in ("admin", "rep", "viewer")}
    secrets = {role: Tokens(state).make(person.number, "test", 1) for role, person in people.items()}
    with TestClient(application(folder), base_url="http://127.0.0.1") as client:

        def asked(
            method: str, address: str, role: str = "admin", more: Mapping[str, str] = MappingProxyType({}), **sent: Any
        ) -> Any:
            headers = {"Authorization": f"Bearer {secrets[role]}", **more}
            return client.request(method, address, headers=headers, **sent)

        yield asked


def test_customers_are_found_and_told(ask: Callable[..., Any]) -> None:
    found = ask("GET", "/api/customers?q=isik").json()["customers"]
    assert [each["customer_id"] for each in found] == ["C1"]
    told = ask("GET", "/api/customers/C1").json()
    assert told["profile"]["name"] == "Işık Ltd"
    assert len(told["timeline"]) == 9
    missing = ask("GET", "/api/customers/C9")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert ask("GET", "/api/customers/C1", "rep").status_code == 404  # a rep without an employee sees nobody
    assert ask("GET", "/api/customers?q=isik", "viewer").status_code == 403
    assert ask("GET", "/api/customers").status_code == 422


def test_what_is_found_comes_in_parts(ask: Callable[..., Any]) -> None:
    told = [ask("GET", f"/api/customers?q=t&rows=1&page={page}").json() for page in (1, 2, 3)]
    assert [[each["customer_id"] for each in part["customers"]] for part in told] == [["C1"], ["C2"], []]
    assert [part["is_cut"] for part in told] == [True, False, False]
    assert ask("GET", "/api/deals?q=t").json() == {"deals": [], "is_cut": False}
    assert ask("GET", "/api/customers?q=t&rows=0").status_code == 400
    described = ask("GET", "/api/openapi.json").json()["paths"]["/api/customers"]["get"]["parameters"]
    assert {each["name"] for each in described} == {"q", "page", "rows"}


def test_a_target_is_set_changed_and_removed(ask: Callable[..., Any], folder: Path) -> None:
    assert ask("PUT", "/api/targets", json=TARGET).json()["target"]["value"] == 500
    assert ask("PUT", "/api/targets", json={**TARGET, "value": 600}).status_code == 200
    (target,) = ask("GET", "/api/targets").json()["targets"]
    assert (target["value"], target["starts_on"], target["ends_on"]) == (600, "2025-03-01", "2025-04-01")
    attained = open_workspace(folder).ask("kpis.target_attainment", period="2025-03")
    assert [row.key for row in attained.rows] == ["kpis.net_sales"]
    key = {name: target[name] for name in ("kpi", "scope", "scope_id", "starts_on")}
    assert ask("DELETE", "/api/targets", json=key).status_code == 200
    assert ask("GET", "/api/targets").json() == {"targets": []}
    assert ask("DELETE", "/api/targets", json=key).status_code == 404


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({**TARGET, "value": "much"}, 400),
        ({**TARGET, "value": "1e400x"}, 400),
        ({**TARGET, "kpi": "kpis.return_share", "value": "1e999999"}, 400),
        ({**TARGET, "value": "1e-999999999"}, 400),
        ({**TARGET, "value": "0e999999999"}, 400),
        ({**TARGET, "kpi": "kpis.nothing"}, 404),
        ({**TARGET, "party": "team:nobody"}, 403),
        ({**TARGET, "period": "someday"}, 400),
        ({}, 404),
    ],
)
def test_a_target_that_says_nothing_is_refused(ask: Callable[..., Any], sent: dict[str, Any], status: int) -> None:
    answer = ask("PUT", "/api/targets", json=sent)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert ask("GET", "/api/targets").json() == {"targets": []}


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'"x"', b"1" * 20_000, b"[" * 9_000])
def test_a_body_that_is_no_object_is_refused(ask: Callable[..., Any], body: bytes) -> None:
    assert ask("PUT", "/api/targets", content=body).status_code == 400


@pytest.mark.parametrize(
    "address",
    ["customers?q=isik", "customers/C1", "deals?q=x", "targets", "imports", "me", "notes", "segments", "catalogue"],
)
def test_what_has_not_changed_is_not_sent_again(ask: Callable[..., Any], address: str) -> None:
    """By its mark, also where a proxy that packs answers has made it a weak one, and among others."""
    first = ask("GET", f"/api/{address}")
    mark = first.headers["etag"]
    for held in (mark, f"W/{mark}", f'"other", {mark}'):
        again = ask("GET", f"/api/{address}", more={"If-None-Match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", mark)
    assert ask("GET", f"/api/{address}", more={"If-None-Match": '"other"'}).content == first.content


def test_who_may_not_is_told(ask: Callable[..., Any]) -> None:
    for role in ("rep", "viewer"):
        assert ask("PUT", "/api/targets", role, json=TARGET).status_code == 403
        assert ask("GET", "/api/imports", role).status_code == 403


def test_the_record_tells_what_was_done(ask: Callable[..., Any]) -> None:
    ask("PUT", "/api/targets", json=TARGET)
    told = ask("GET", "/api/imports").json()
    assert told["current"] == 2
    assert [step["source"] for step in told["steps"]] == ["targets-set-here", "shop"]
    assert told["steps"][1]["files"][0]["read"] > 0
