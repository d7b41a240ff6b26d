"""The REST API: what it gives, in parts, by whose rights; what it says when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from crmetrics.analysis.kpi_file import NAME, put
from crmetrics.analysis.own_kpis import AREA
from crmetrics.catalogue import keys, open_workspace
from crmetrics.presenting.json import as_object
from crmetrics.presenting.numbers import format_for
from crmetrics.web.application import application
from crmetrics.workspace.people import People
from crmetrics.workspace.state import open_state
from crmetrics.workspace.tokens import Tokens
from tests.web.test_pages import HOSTILE, publish


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("api")
    publish(made, 1)
    return made


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(application(folder), base_url="http://127.0.0.1") as opened:
        yield opened


def test_the_catalogue_lists_every_question_with_its_choices(client: TestClient) -> None:
    told = client.get("/api/catalogue").json()
    assert [each["key"] for each in told["entries"]] == list(keys())
    win_rate = client.get("/api/catalogue/sales.win_rate").json()
    assert {each["name"] for each in win_rate["choices"]} == {"by", "of"}
    assert win_rate == next(each for each in told["entries"] if each["key"] == "sales.win_rate")


def test_an_answer_is_that_of_the_catalogue(client: TestClient, folder: Path) -> None:
    opened = open_workspace(folder)
    answer = opened.ask("sales.win_rate", period="2025")
    whole = as_object(answer, format_for("en", opened.settings.currency, opened.settings.zone))
    told = client.get("/api/ask/sales.win_rate?period=2025").json()
    assert told["rows"] == whole["rows"]
    assert told["total"] == whole["total"]
    assert HOSTILE in told["names"]["party"].values()  # data, not a page: nothing is changed in it


def test_rows_come_in_parts(client: TestClient) -> None:
    whole = client.get("/api/ask/sales.win_rate?period=2025").json()
    parts = [client.get(f"/api/ask/sales.win_rate?period=2025&page={page}&rows=1").json() for page in range(1, 6)]
    assert [row for part in parts for row in part["rows"]] == whole["rows"]
    assert {part["count"] for part in parts} == {whole["count"]}


def test_the_rows_behind_a_figure(client: TestClient) -> None:
    told = client.get("/api/ask/sales.win_rate/rows?period=2025&cell=won&at.party=ana").json()
    assert [row["deal_id"] for row in told["rows"]] == ["0", "2"]
    assert told["count"] == 2


def test_the_same_again_costs_nothing_until_the_data_change(client: TestClient, folder: Path) -> None:
    first = client.get("/api/ask/sales.win_rate?period=2025")
    again = client.get("/api/ask/sales.win_rate?period=2025", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    turkish = client.get(
        "/api/ask/sales.win_rate?period=2025&language=tr", headers={"If-None-Match": first.headers["etag"]}
    )
    assert turkish.status_code == 200
    publish(folder, 2)
    try:
        renewed = client.get("/api/ask/sales.win_rate?period=2025", headers={"If-None-Match": first.headers["etag"]})
        assert renewed.status_code == 200
        assert renewed.json()["passport"]["data_version"] == 2
    finally:
        (folder / "versions" / "current").write_text("warehouse-000001.duckdb")


@pytest.mark.parametrize(
    ("address", "status", "word"),
    [
        ("/api/ask/sales.win_rat", 404, "sales.win_rate"),
        ("/api/ask/sales.win_rate?of=x", 404, "amount"),
        ("/api/ask/sales.win_rate?viewer=all", 404, "viewer"),
        ("/api/ask/sales.win_rate?period=yesteryear", 400, "yesteryear"),
        ("/api/ask/sales.win_rate?where.nowhere=1", 404, "nowhere"),
        ("/api/ask/sales.win_rate?rows=1000000000", 400, "rows"),
        ("/api/ask/sales.win_rate?page=0", 400, "page"),
        ("/api/ask/sales.win_rate?page=%D9%A1", 400, "page"),
        ("/api/ask/sales.win_rate/rows?cell=x", 404, "won"),
        ("/api/nothing", 404, "/api/nothing"),
    ],
)
def test_what_is_wrong_is_told_as_a_problem(client: TestClient, address: str, status: int, word: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status
    assert word in answer.json()["detail"]
    turkish = client.get(
        address, params={"language": "tr"} if "?" not in address else None, headers={"Cookie": "language=tr"}
    )
    assert turkish.json()["detail"] != answer.json()["detail"]


def test_a_method_that_is_not_taken_is_told(client: TestClient) -> None:
    answer = client.post("/api/catalogue")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.fixture
def of_two(tmp_path: Path) -> Iterator[tuple[TestClient, Callable[[str], dict[str, str]]]]:
    """A site with an administrator and a rep; a function of a name gives the headers of his token."""
    publish(tmp_path, 1)
    state = open_state(tmp_path)
    people = {
        "boss": People(state).add("boss", "admin"),
        "ana": People(state).add("ana", "rep", employee_id="ana"),
        "reader": People(state).add("reader", "viewer"),
    }
    secrets = {name: Tokens(state).make(person.number, "test", 30) for name, person in people.items()}
    with TestClient(application(tmp_path), base_url="http://127.0.0.1") as client:
        yield client, lambda name: {"Authorization": f"Bearer {secrets[name]}"}


def test_a_rep_gets_his_own_rows_and_no_other_s(of_two: Any) -> None:
    client, headers = of_two
    whole = client.get("/api/ask/sales.win_rate?period=2025", headers=headers("boss"))
    own = client.get("/api/ask/sales.win_rate?period=2025", headers=headers("ana"))
    assert [row["party"] for row in own.json()["rows"]] == ["ana"]
    assert len(whole.json()["rows"]) > 1
    # the mark of one viewer's answer is not that of another's
    crossed = client.get(
        "/api/ask/sales.win_rate?period=2025", headers=headers("ana") | {"If-None-Match": whole.headers["etag"]}
    )
    assert crossed.status_code == 200
    opened = client.get("/api/ask/sales.win_rate/rows?period=2025&cell=won&at.party=bo", headers=headers("ana"))
    assert opened.json()["rows"] == []
    assert client.get("/api/me", headers=headers("ana")).json()["sees"] == "self"


def test_without_a_token_or_right_there_is_nothing(of_two: Any) -> None:
    client, headers = of_two
    for address in ("/api/catalogue", "/api/ask/sales.win_rate", "/api/me"):
        refused = client.get(address)
        assert refused.status_code == 401
        assert refused.headers["content-type"] == "application/problem+json"
        assert client.get(address, headers={"Authorization": "Bearer crm_forged"}).status_code == 401
    assert client.get("/api/ask/sales.win_rate", headers=headers("reader")).status_code == 403


def test_what_the_company_counts_in_its_own_way_is_described_to_its_own_people(of_two: Any) -> None:
    client, headers = of_two
    section = {"title": "Secret plan", "question": "How many?", "unit": "count", "over": "deals", "date": "closed_at"}
    put(client.app.state.site.folder / NAME, "secret_plan", {**section, "better": "higher", "aggregate": "count"})
    known = client.get("/api/openapi.json", headers=headers("ana"))
    assert f"/api/ask/{AREA}.secret_plan" in known.json()["paths"]
    anybody = client.get("/api/openapi.json", headers={"If-None-Match": known.headers["etag"]})
    assert anybody.status_code == 200
    assert "secret" not in anybody.text.lower()
    assert "/api/ask/sales.win_rate" in anybody.json()["paths"]


def test_the_description_names_every_question_and_its_choices(client: TestClient) -> None:
    document = client.get("/api/openapi.json").json()
    assert {f"/api/ask/{key}" for key in keys()} <= document["paths"].keys()
    asked = document["paths"]["/api/ask/sales.win_rate"]["get"]
    parameters = {each["name"]: each["schema"] for each in asked["parameters"]}
    assert parameters["of"]["enum"] == ["count", "amount", "all", "honest"]
    assert "where.owner" in parameters
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
