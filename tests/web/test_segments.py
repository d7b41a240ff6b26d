"""Segments from the page: kept from the rows behind a figure, listed, used as a filter, shared, each reader with his own rows."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from crmetrics.web.application import application
from tests.warehouse.test_scope import CUSTOMERS, LINES, ORDERS, PEOPLE, PRODUCTS
from tests.web.signed_in import send, signed_in
from tests.web.test_pages import HOSTILE, publish_company

ROWS = "/a/kpis.buyers/rows?period=2025&where.channel=online&cell=value"
SALES = "/a/kpis.net_sales.json?period=2025&by=customer&where.segment="


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    shop = {"employees": PEOPLE, "customers": CUSTOMERS, "orders": ORDERS, "order_lines": LINES, "products": PRODUCTS}
    publish_company(tmp_path, shop)
    return application(tmp_path)


def keep(client: TestClient, title: str, **given: str) -> None:
    """Keep the customers of a page of rows by the form that stands on it."""
    form = re.search(r'<form class="pop keep.*?</form>', client.get(ROWS).text, re.DOTALL)
    assert form is not None
    fields = {name: unescape(value) for name, value in re.findall(r'name="(key|query)" value="([^"]*)"', form[0])}
    answer = send(client, "/segments", ROWS, title=title, **{"kind": "question", **fields, **given})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/boards#segments"


def parties(client: TestClient, number: str = "1") -> list[str]:
    rows = client.get(SALES + number).json()["rows"]
    return sorted(row["party"]["value"] if isinstance(row["party"], dict) else row["party"] for row in rows)


def test_it_is_kept_listed_used_and_removed(app: FastAPI) -> None:
    boss = signed_in(app, "admin", "boss")
    keep(boss, HOSTILE)
    listed = boss.get("/boards").text
    assert HOSTILE not in listed
    assert "1 customer<" in listed
    assert parties(boss) == ["c1"]
    page = boss.get("/a/kpis.net_sales?period=2025&where.segment=1")
    assert "Segment" in page.text
    assert HOSTILE not in page.text
    assert "script" in page.text
    panel = boss.get("/a/kpis.net_sales?period=2025&choose=segment").text
    assert re.search(r'name="where.segment" value="1"', panel)
    assert boss.get("/a/kpis.net_sales/rows?period=2025&cell=value&where.segment=1").status_code == 200
    assert send(boss, "/segments/1/change", what="rename", title="Online").status_code == 303
    assert "Online" in boss.get("/a/kpis.net_sales?period=2025&where.segment=1").text
    assert send(boss, "/segments/1/change", what="fly").status_code == 400
    assert send(boss, "/segments/1/change", what="remove").status_code == 303
    gone = boss.get("/a/kpis.net_sales?period=2025&where.segment=1")
    assert gone.status_code == 404
    assert "There is no segment" in gone.text


def test_a_rep_sees_his_own_customers_of_a_shared_one_and_no_private_one(app: FastAPI) -> None:
    boss, rep = signed_in(app, "admin", "boss"), signed_in(app, "rep", "ann", sees="self", employee_id="ann")
    keep(boss, "Ours", shared="1", query="period=2025&cell=value")
    keep(boss, "Mine")
    assert parties(boss) == ["c1", "c2", "c3", "gone"]
    assert parties(rep) == ["c1"]
    assert "Ours" in rep.get("/boards").text
    assert "Mine" not in rep.get("/boards").text
    assert "Mine" not in rep.get("/a/kpis.net_sales?period=2025&choose=segment").text
    board = {"key": "kpis.net_sales", "query": "period=2025&where.segment=1", "kind": "figure", "title": "Board"}
    shown = rep.get(send(rep, "/boards/add", **board).headers["location"]).text
    assert "Segment: Ours" in shown
    assert "€1<" in shown  # her own order of c1 alone
    there, nowhere = rep.get(SALES + "2"), rep.get(SALES + "77")
    assert there.status_code == nowhere.status_code == 404
    assert there.text.replace("'2'", "") == nowhere.text.replace("'77'", "")
    for what in ("rename", "remove"):
        assert send(rep, "/segments/1/change", what=what, title="x").status_code == 404
    assert send(boss, "/segments/1/change", what="unshare").status_code == 303
    assert rep.get(SALES + "1").status_code == 404


def test_what_was_made_for_one_person_tells_another_nothing(app: FastAPI) -> None:
    """Two who see the same rows share what was made of them, but not the segments that each has kept for himself."""
    boss, other = signed_in(app, "admin", "boss"), signed_in(app, "admin", "other")
    panel = "/a/kpis.net_sales?period=2025&choose=segment"
    assert "Mine" not in boss.get(panel).text
    keep(boss, "Mine")
    assert "Mine" in boss.get(panel).text, "one that was kept a moment ago is offered"
    assert "Mine" not in other.get(panel).text
    assert send(boss, "/segments/1/change", what="remove").status_code == 303
    assert "Mine" not in boss.get(panel).text


def test_programs_list_and_read_them(app: FastAPI) -> None:
    boss, rep = signed_in(app, "admin", "boss"), signed_in(app, "rep", "ann", sees="self", employee_id="ann")
    keep(boss, "Ours", shared="1", query="period=2025&cell=value")
    keep(boss, "Mine", kind="list")
    told = boss.get("/api/segments").json()
    assert told["count"] == 2
    listed = [(each["number"], each["title"], each["kind"], each["customers"]) for each in told["segments"]]
    assert listed == [(2, "Mine", "list", 1), (1, "Ours", "question", 4)]
    assert told["segments"][0] == boss.get("/api/segments/2").json()
    where = {"channel": ["online"]}
    asked = {
        "key": "kpis.buyers",
        "cell": "value",
        "at": {},
        "period": "2025",
        "as_of": None,
        "where": where,
        "choices": {},
    }
    assert told["segments"][0]["question"] == asked
    assert boss.get("/api/segments?rows=1&page=2").json() == {"count": 2, "segments": told["segments"][1:]}
    (own,) = rep.get("/api/segments").json()["segments"]
    assert (own["title"], own["customers"], own["may_change"]) == ("Ours", 1, False)
    there, nowhere = rep.get("/api/segments/2"), rep.get("/api/segments/77")
    assert there.status_code == nowhere.status_code == 404
    assert there.text.replace("'2'", "") == nowhere.text.replace("'77'", "")


def test_a_mark_holds_until_a_segment_that_is_asked_of_changes(app: FastAPI) -> None:
    boss = signed_in(app, "admin", "boss")
    keep(boss, "Ours")
    for address in ("/api/segments", "/api/segments/1", "/api/ask/kpis.net_sales?period=2025&where.segment=1"):
        held = {"If-None-Match": boss.get(address).headers["etag"]}
        assert boss.get(address, headers=held).status_code == 304
        assert send(boss, "/segments/1/change", what="rename", title=f"Renamed for {address}").status_code == 303
        renewed = boss.get(address, headers=held)
        assert renewed.status_code == 200
        assert f"Renamed for {address}" in renewed.text


def test_what_is_no_figure_of_customers_is_not_kept(app: FastAPI) -> None:
    boss = signed_in(app, "admin", "boss")
    assert 'action="/segments"' not in boss.get("/a/kpis.net_sales/rows?period=2025&cell=value").text
    for fields in (
        {"key": "kpis.net_sales", "query": "period=2025&cell=value"},
        {"key": "kpis.nothing", "query": ""},
        {"key": "kpis.buyers", "query": "cell=moon"},
        {"key": "kpis.buyers", "query": "cell=value&where.moon=full"},
        {"key": "kpis.buyers", "query": "cell=value&where.segment=1"},
        {"key": "kpis.buyers", "query": "cell=value", "title": " "},
        {"key": "kpis.buyers", "query": "cell=value", "kind": "x"},
    ):
        assert send(boss, "/segments", **{"title": "x", **fields}).status_code in (400, 404), fields
    assert "None yet." in boss.get("/boards").text.partition('id="segments"')[2]
