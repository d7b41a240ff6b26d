"""Marks of charts open the rows behind what they tell: every kind of chart, for all and for a rep; only in pages."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from crmetrics.catalogue import open_workspace
from crmetrics.web.application import application
from crmetrics.workspace.boards import Board, Boards, Part
from crmetrics.workspace.people import People
from tests.web.serving import copy_of
from tests.web.signed_in import signed_in

KINDS = {
    "bars": ("sales.team_performance?period=2026", ""),
    "bars with an interval": ("sales.win_rate?by=region&of=all", ""),
    "columns": ("kpis.won_deals?where.region=Greater+London&where.region=Wales", "t"),
    "line": ("kpis.purchases?by=week", "t"),
    "parts": ("sales.loss_reasons", "t"),
    "heat map": ("sales.activity", "t"),
    "cohorts": ("customers.cohort_retention", ""),
    "funnel": ("sales.stage_conversion", "t"),
    "spread": ("sales.time_in_stage", ""),
    "waterfall": ("sales.pipeline_changes?period=last-month", ""),
    "treemap": ("customers.rfm", "count"),
    "curve": ("finance.whale_curve", ""),
    "funnel plot": ("kpis.team_comparison", "xt"),
}
"""Of each kind an address, and the text of a mark that is a count of its rows."""
TRIED = {"admin": 3, "rep": 1}

Mark = dict[str, Any]


@pytest.fixture(scope="module")
def app(demo_company: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return application(copy_of(demo_company("en"), tmp_path_factory.mktemp("marks")))


@pytest.fixture(scope="module")
def clients(app: FastAPI) -> Iterator[dict[str, TestClient]]:
    deals = open_workspace(app.state.site.folder).ask("kpis.won_deals", by="owner").rows
    owner = max((row for row in deals if row.party), key=lambda row: row.n).party
    boss = signed_in(app, "admin")
    rep = signed_in(app, "rep", sees="self", employee_id=owner)
    with boss, rep:
        yield {"admin": boss, "rep": rep}


def specs(page: str) -> list[dict[str, Any]]:
    """The specifications that stand in a page."""
    found = re.findall(r'<script type="application/json" class="spec">(.*?)</script>', page, re.DOTALL)
    return [json.loads(each) for each in found]


def drawn(client: TestClient, address: str) -> list[dict[str, Any]]:
    """The charts of an analysis' page, waited for."""
    for _look in range(100):
        if found := specs(client.get(address).text):
            return found
        time.sleep(0.1)
    raise AssertionError(f"{address} shows no chart")


def marks(spec: dict[str, Any]) -> list[tuple[Mark, str]]:
    """The marks of a chart that lead somewhere, and where."""
    start = "".join(each["value"] for each in spec.get("params", []) if each["name"] == "opens")
    data = [each["data"]["values"] for each in (spec, *spec["layer"]) if "data" in each]
    return [(mark, start + mark["to"]) for values in data for mark in values if "to" in mark]


def counted(client: TestClient, address: str) -> int:
    """How many rows an address of rows opens."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    found = re.search(r">([\d,]+) rows?<", answer.text)
    assert found is not None, address
    return int(found.group(1).replace(",", ""))


@pytest.mark.parametrize("role", ["admin", "rep"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_chart_opens_the_rows_that_it_tells(clients: dict[str, TestClient], kind: str, role: str) -> None:
    address, field = KINDS[kind]
    client = clients[role]
    leading = marks(drawn(client, f"/a/{address}")[0])
    assert leading
    asked = parse_qsl(urlsplit(address).query)
    told = [each for each in leading if not field or re.search("[1-9]", each[0][field])]
    for mark, href in told[:: max(1, len(told) // TRIED[role])]:
        parts = urlsplit(href)
        assert parts.path == f"/a/{address.partition('?')[0]}/rows"
        assert all(each in parse_qsl(parts.query) for each in asked)
        rows = counted(client, href)
        assert rows > 0
        if field:
            assert rows == int(re.sub(r"\D", "", mark[field])), (mark, href)


def test_the_charts_of_a_board_lead_to_rows_under_what_each_part_asks(
    app: FastAPI, clients: dict[str, TestClient]
) -> None:
    asked = "by=region&period=2026&where.country=GB"
    state = app.state.site.state
    rep = People(state).find("rep")
    assert rep is not None
    board = Boards(state, rep.number).keep(Board(rep.number, "Monday", (Part("chart", "kpis.won_deals", asked),)))
    leading = marks(drawn(clients["rep"], f"/boards/{board.number}")[0])
    assert leading
    mark, href = leading[0]
    assert set(parse_qsl(asked)) < set(parse_qsl(urlsplit(href).query))
    assert counted(clients["rep"], href) == int(mark["t"])


def test_names_and_filters_stand_encoded_and_cannot_become_another_address(clients: dict[str, TestClient]) -> None:
    hostile = "where.region=%22%3E%3Cscript%3E&where.region=Wales&where.region=javascript:alert(1)"
    leading = marks(drawn(clients["admin"], f"/a/sales.win_rate?by=region&{hostile}")[0])
    assert leading
    for _mark, href in leading:
        assert href.startswith("/a/sales.win_rate/rows?")
        assert not set("<>\"' \\") & set(href)
        assert counted(clients["admin"], href) > 0


def test_pictures_have_no_links(clients: dict[str, TestClient]) -> None:
    svg = clients["admin"].get("/a/kpis.won_deals.svg").text
    assert "<svg" in svg
    assert "/rows" not in svg
    assert "href" not in svg.replace("xlink:href", "")
