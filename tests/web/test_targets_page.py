"""Targets set on the page: seen in the answers, changed, removed, taken back, and refused where they must be."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from crmetrics.catalogue import open_workspace
from crmetrics.intake.imports import import_sources
from crmetrics.intake.undoing import undo
from crmetrics.web.application import application
from crmetrics.workspace.audit import Audit
from tests.web.shop import LINES, ORDERS, SHOP, settled
from tests.web.signed_in import send, signed_in, site_of

MAPPING = f"""
{SHOP}
[files.staff]
match = "staff.csv"
[files.plan]
match = "plan.csv"
[employees]
from = "staff"
employee_id = "id"
name = "name"
team = "team"
{ORDERS}
owner_id = "owner"
{LINES}
[targets]
from = "plan"
kpi = "kpi"
scope = {{ value = "company" }}
starts_on = "start"
ends_on = "end"
target_value = "value"
"""
FORM = {"kpi": "kpis.net_sales", "party": "owner:E1", "period": "2025-06", "value": "1,000"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """A site over sixty orders of two people in two teams; the company's own file plans the orders of May."""
    folder: Path = tmp_path_factory.mktemp("targets")
    files = folder / "files"
    files.mkdir()
    orders = [f"O{n},C{n % 9},E{n % 2 + 1},2025-0{n % 6 + 1}-10,{n}.50" for n in range(60)]
    (files / "orders.csv").write_text("no,customer,owner,day,amount\n" + "\n".join(orders) + "\n")
    (files / "staff.csv").write_text("id,name,team\nE1,Ana,North\nE2,Bo,South\n")
    (files / "plan.csv").write_text("kpi,start,end,value\nkpis.net_sales,2025-05-01,2025-06-01,250\n")
    (folder / "mapping.toml").write_text(MAPPING)
    import_sources(folder / "workspace", [files], folder / "mapping.toml")
    made = application(folder / "workspace")
    signed_in(made, "admin")
    return made


@pytest.fixture(scope="module")
def admin(app: FastAPI) -> TestClient:
    return signed_in(app, "admin")


def sent(client: TestClient, address: str = "/targets", **changed: str) -> Response:
    answer = send(client, address, "/targets", **{**(FORM if address == "/targets" else {}), **changed})
    settled(client, "/targets")
    return answer


def told(app: FastAPI, period: str = "2025-06") -> list[tuple[str, float]]:
    answer = open_workspace(site_of(app).folder).ask("kpis.target_attainment", period=period)
    return [(row.scope_name, row.target.value) for row in answer.rows]


def test_a_target_is_set_seen_changed_removed_and_brought_back(app: FastAPI, admin: TestClient) -> None:
    assert told(app) == []
    assert sent(admin).status_code == 303
    assert told(app) == [("E1", 1000.0)]
    page = admin.get("/targets?period=this-quarter").text
    assert "Ana" in page
    assert re.search(r'<td class="long">[^<]+ of target at', page), "on a telephone it has room for some words a line"
    assert "/a/kpis.net_sales?period=2025-06-01..2025-07-01&amp;where.owner=E1" in page
    sent(admin, value="1,250.50")
    assert told(app) == [("E1", 1250.5)]
    sent(admin, "/targets/remove", target="kpis.net_sales|owner|E1|2025-06-01")
    assert told(app) == []
    done = [each.about for each in Audit(site_of(app).state).latest(3, kind="definition", who="admin")]
    assert [about.removeprefix("target kpis.net_sales owner E1 2025-06-01") for about in reversed(done)] == [
        ": 1000",
        ": 1250.50",
        " removed",
    ]
    undo(site_of(app).folder)
    assert told(app) == [("E1", 1250.5)]
    assert "Set here" in admin.get("/targets").text, "what was taken back is set here again"
    sent(admin, "/targets/remove", target="kpis.net_sales|owner|E1|2025-06-01")


@pytest.mark.parametrize("period", ["", "2025-06"])
def test_days_of_its_own_count_to_the_last_one(app: FastAPI, admin: TestClient, period: str) -> None:
    """Also where the period that the form proposes is left as it is: whoever types days means them."""
    sent(admin, party="team:North", period=period, first="2025-06-03", last="2025-06-12", value="99")
    answer = open_workspace(site_of(app).folder).ask("kpis.target_attainment", period="2025-06")
    assert [(row.scope, row.starts_on, row.last_on) for row in answer.rows] == [
        ("team", date(2025, 6, 3), date(2025, 6, 12))
    ]
    sent(admin, "/targets/remove", target="kpis.net_sales|team|North|2025-06-03")


def test_what_a_file_of_the_company_gives_is_not_set_twice(app: FastAPI, admin: TestClient) -> None:
    sent(admin, party="company", period="2025-05")
    page = admin.get("/targets").text
    assert "files give" in page
    assert 'role="alert"' in page
    assert told(app, "2025-05") == [("company", 250.0)]
    assert not any("company  2025-05" in each.about for each in Audit(site_of(app).state).latest(kind="definition"))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"kpi": "kpis.nothing"}, "kpis.nothing"),
        ({"party": "galaxy:7"}, "galaxy:7"),
        ({"party": "owner:E9"}, "owner:E9"),
        ({"value": "12,5"}, "12,5"),
        ({"value": "-3"}, "-3"),
        ({"period": "someday"}, "someday"),
        ({"period": "", "first": "2025-13-01", "last": "x"}, "2025-13-01"),
        ({"period": "", "first": "2025-02-01", "last": "9999-12-31"}, "9999-12-31"),
    ],
)
def test_a_bad_value_is_named_and_changes_nothing(
    app: FastAPI, admin: TestClient, changed: dict[str, str], named: str
) -> None:
    answer = sent(admin, **changed)
    assert answer.status_code in (400, 403, 404)
    assert named in answer.text
    assert told(app) == []


def test_what_was_typed_stands_in_the_form_beside_what_is_wrong_with_it(admin: TestClient) -> None:
    page = sent(admin, value="much").text
    page = page[page.index('id="set"') :]
    assert 'role="alert"' in page
    assert 'name="value" value="much"' in page
    assert f'<option value="{FORM["kpi"]}" selected>' in page
    assert f'<option value="{FORM["party"]}" selected>' in page
    assert f'<option value="{FORM["period"]}" selected>' in page


def test_a_rep_may_look_but_not_set(app: FastAPI) -> None:
    rep = signed_in(app, "rep", employee_id="E1")
    page = rep.get("/targets").text
    assert 'name="kpi"' not in page
    assert send(rep, "/targets", "/targets", **FORM).status_code == 403
    assert told(app) == []


def test_who_leads_a_team_plans_for_it_alone(app: FastAPI) -> None:
    lead = signed_in(app, "manager", employee_id="E1")
    page = lead.get("/targets").text
    assert 'value="team:North"' in page
    assert "South" not in page
    for party in ("company", "team:South", "owner:E2"):
        assert sent(lead, party=party).status_code == 403
    assert sent(lead, party="team:North").status_code == 303
    assert told(app) == [("North", 1000.0)]
    assert sent(lead, "/targets/remove", target="kpis.net_sales|team|North|2025-06-01").status_code == 303
    assert told(app) == []


def test_numbers_are_read_as_the_language_writes_them(app: FastAPI, admin: TestClient) -> None:
    values: dict[str, Any] = {"tr": "1.250,50", "uk": "1 250,50", "zh": "1,250.50"}
    for language, value in values.items():
        admin.cookies.set("language", language)
        assert sent(admin, value=value).status_code == 303
        assert told(app) == [("E1", 1250.5)]
        sent(admin, "/targets/remove", target="kpis.net_sales|owner|E1|2025-06-01")
    admin.cookies.delete("language")
