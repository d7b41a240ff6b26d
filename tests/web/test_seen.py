"""What names persons goes into the audit wherever it stands: on dashboards and in the search, too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from crmetrics.web.application import application
from crmetrics.workspace.audit import Audit
from tests.warehouse.test_scope import CUSTOMERS, LINES, ORDERS, PEOPLE, PRODUCTS
from tests.web.signed_in import send, signed_in, site_of
from tests.web.test_pages import publish_company


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    shop = {"employees": PEOPLE, "customers": CUSTOMERS, "orders": ORDERS, "order_lines": LINES, "products": PRODUCTS}
    publish_company(tmp_path, shop)
    return application(tmp_path)


def noted(app: FastAPI, name: str) -> list[str]:
    return [each.about for each in Audit(site_of(app).state).latest(who=name, kind="personal")]


def board(client: TestClient, **part: str) -> str:
    fields = {"key": "kpis.net_sales", "kind": "table", "title": "Board", **part}
    return str(send(client, "/boards/add", **fields).headers["location"])


def test_a_dashboard_that_names_customers(app: FastAPI) -> None:
    boss = signed_in(app, "admin", "boss")
    for part in ({"query": "period=2025"}, {"query": "period=2025&by=customer", "kind": "figure"}):
        assert boss.get(board(boss, **part)).status_code == 200
    assert noted(app, "boss") == [], "no customer was named"
    there = board(boss, query="period=2025&by=customer")
    for _time in range(2):
        assert boss.get(there).status_code == 200
    assert noted(app, "boss") == ["kpis.net_sales"]


@pytest.mark.parametrize("address", ["/customers", "/customers?q=c1", "/customers.json?q=c1"])
def test_a_search_that_names_customers(app: FastAPI, address: str) -> None:
    boss, masked = signed_in(app, "admin", "boss"), signed_in(app, "viewer", "masked")
    assert boss.get("/customers?q=nobody+at+all").status_code == 200
    assert noted(app, "boss") == []
    for client in (boss, masked):
        assert client.get(address).status_code == 200
    assert (noted(app, "boss"), noted(app, "masked")) == (["search"], [])


def test_a_customer_of_somebody_else_is_no_link(app: FastAPI) -> None:
    """An order of hers with a customer of a colleague: she reads his number, and is not led to a page that she may not see."""
    boss, eve = signed_in(app, "admin", "boss"), signed_in(app, "rep", "eve", sees="self", employee_id="eve")
    address = "/a/kpis.purchases/rows?period=2025&cell=value"
    for client, open_to, named in ((boss, {"c1", "c2", "c3"}, {"c1", "c2", "c3", "gone", None}), (eve, set(), {"c1"})):
        linked = set(re.findall(r'href="/customers/([^"]+)"', client.get(address).text))
        assert linked == open_to
        assert all(client.get(f"/customers/{each}").status_code == 200 for each in linked)
        told = client.get(address.replace("rows?", "rows.json?")).json()
        assert {row["customer_id"] for row in told["rows"]} == named
    assert eve.get("/customers/c1").status_code == 404


@pytest.mark.parametrize(("role", "is_offered"), [("admin", True), ("viewer", False)])
def test_only_who_may_take_rows_away_is_offered_them_as_files(app: FastAPI, role: str, is_offered: bool) -> None:
    client, address = signed_in(app, role), "/a/kpis.purchases/rows?period=2025&cell=value"
    for ending in ("xlsx", "csv", "json"):
        assert (f'href="rows.{ending}?' in client.get(address).text) is is_offered
        taken = client.get(address.replace("rows?", f"rows.{ending}?"))
        assert taken.status_code == (200 if is_offered else 403)


def test_a_search_that_finds_more_than_it_shows_says_so(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = signed_in(app, "admin", "boss")
    for most, is_cut in ((2, True), (3, False)):
        monkeypatch.setattr("crmetrics.web.search_page.MOST", most)
        page = boss.get("/customers?q=c").text
        assert page.count('<a href="/customers/c') == most
        assert ("Only the first 2 are shown" in page) is is_cut
