"""The page of a customer and the search that leads there: what it tells, to whom, in which language."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from crmetrics.catalogue import open_workspace
from crmetrics.web.application import application
from crmetrics.workspace.people import People
from crmetrics.workspace.state import open_state
from crmetrics.workspace.tokens import Tokens
from tests.web.test_pages import HOSTILE, publish_company

TABLES: dict[str, list[dict[str, Any]]] = {
    "customers": [
        {"customer_id": "C1", "name": "Işık Su A.Ş.", "city": "İzmir", "owner_id": "ana", "created_at": "2023-01-05"},
        {"customer_id": "C2", "name": HOSTILE, "owner_id": "bo", "created_at": "2024-01-05"},
        {"customer_id": "C/3 ?", "name": "Slash & Co", "owner_id": "bo", "created_at": "2024-01-05"},
        {"customer_id": "C4.json", "name": "Dotted Ltd", "owner_id": "bo", "created_at": "2024-01-05"},
    ],
    "employees": [{"employee_id": "ana", "name": "Ana"}, {"employee_id": "bo", "name": "Bo"}],
    "orders": [
        {"order_id": "O1", "customer_id": "C1", "ordered_at": "2025-02-01 10:00:00", "owner_id": "ana"},
        {"order_id": "O2", "customer_id": "C1", "ordered_at": "2025-03-13 10:00:00", "owner_id": "ana"},
        {"order_id": "O3", "customer_id": "C1", "ordered_at": "2025-06-01 10:00:00", "owner_id": "ana", "is_cancelled": True},
        {"order_id": "O4", "customer_id": "C2", "ordered_at": "2025-06-01 10:00:00", "owner_id": "bo"},
    ],
    "order_lines": [
        {"order_id": "O1", "line_no": 1, "product_id": "P", "quantity": 1, "net_amount": 100},
        {"order_id": "O2", "line_no": 1, "product_id": "P", "quantity": 1, "net_amount": 50.25},
        {"order_id": "O3", "line_no": 1, "product_id": "P", "quantity": 1, "net_amount": 999},
        {"order_id": "O4", "line_no": 1, "product_id": "P", "quantity": 1, "net_amount": 7},
    ],
    "products": [{"product_id": "P", "name": "Filter", "category": "Filters"}],
    "deals": [
        {"deal_id": "D1", "customer_id": "C1", "owner_id": "ana", "name": "Depo filtresi",
         "stage": "Offer", "amount": 40, "created_at": "2025-05-01"},
        {"deal_id": "D2", "customer_id": "C2", "owner_id": "bo", "name": "Other", "stage": "lost", "amount": 40,
         "created_at": "2025-05-01", "is_won": False, "closed_at": "2025-07-01", "loss_reason": HOSTILE},
        {"deal_id": "D3.json", "customer_id": "C2", "owner_id": "bo", "name": "Dotted deal", "stage": "Offer", "amount": 90,
         "created_at": "2025-05-01"},
    ],
    "tickets": [{"ticket_id": "T1", "customer_id": "C1", "created_at": "2025-08-01", "subject": HOSTILE, "is_complaint": True}],
    "responses": [{"response_id": "R1", "customer_id": "C1", "kind": "csat", "score": 4, "scale_max": 5,
                   "answered_at": "2025-09-01"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("customers")
    publish_company(made, TABLES)
    return made


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(application(folder), base_url="http://127.0.0.1") as opened:
        yield opened


def test_the_page_tells_what_is_recorded(client: TestClient) -> None:
    page = client.get("/customers/C1").text
    assert "Işık Su A.Ş." in page
    for told in (
        "€150.25",
        "2 orders in all",
        "Depo filtresi",
        "Complaint T1",
        "Order O3 cancelled",
        "median gap",
    ):
        assert told in page
    assert "4.0000" not in page
    assert re.search(r": 4\b", page)
    assert "€1,149" not in page  # what was cancelled is told of, and not counted


def test_names_and_texts_harm_nobody(client: TestClient) -> None:
    for address in ("/customers/C1", "/customers/C2", "/customers?q=script"):
        page = client.get(address).text
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page


def test_the_timeline_is_cut_to_one_kind(client: TestClient) -> None:
    page = client.get("/customers/C1?kind=order").text
    assert "Order O1" in page
    assert "Complaint T1" not in page
    assert client.get("/customers/C1?kind=nothing").status_code == 404


def test_the_same_as_data(client: TestClient) -> None:
    told = client.get("/customers/C1.json").json()
    assert told["value"]["net"] == pytest.approx(150.25)
    assert [each["id"] for each in told["timeline"] if each["kind"] in ("ticket", "order")][:2] == ["T1", "O3"]
    assert told["open_deals"][0]["deal_id"] == "D1"


def test_a_number_with_odd_signs_is_found_and_opened(client: TestClient) -> None:
    hit = client.get("/customers.json", params={"q": "slash"}).json()["customers"][0]
    assert "Slash &amp; Co" in client.get(hit["href"]).text


def test_a_number_that_ends_as_a_file_does_has_its_page_and_its_data(client: TestClient) -> None:
    for address, name, key in (
        ("/customers/C4.json", "Dotted Ltd", "customer_id"),
        ("/deals/D3.json", "Dotted deal", "deal_id"),
    ):
        page = client.get(address)
        assert page.headers["content-type"].startswith("text/html")
        assert name in page.text
        assert client.get(f"{address}.json").json()[key] == address.rsplit("/", 1)[1]
    assert client.get("/customers/nobody.json").status_code == 404


def test_the_search_has_something_to_begin_with(client: TestClient) -> None:
    page = client.get("/customers").text
    assert page.index('href="/customers/C2"') < page.index('href="/customers/C1"')  # who ordered last stands first
    assert "C/3" not in page  # never ordered
    assert page.index('href="/deals/D3.json"') < page.index('href="/deals/D1"')
    assert "D3.json, €90" in page
    assert 'href="/deals/D2"' not in page  # it is decided
    assert "Latest customers" not in client.get("/customers?q=su").text


@pytest.mark.parametrize("language", ["en", "tr", "uk", "zh"])
def test_the_words_that_the_search_proposes_find_something(client: TestClient, language: str) -> None:
    page = client.get("/customers", params={"language": language}).text
    addresses = re.findall(r'href="(/customers\?q=[^"]+)"', page)
    assert len(addresses) == 4
    for address in addresses:
        assert 'href="/a/' in client.get(address).text, address
    client.cookies.clear()


def test_a_deal_that_is_found_has_a_page_of_its_own(client: TestClient) -> None:
    hit = client.get("/customers.json", params={"q": "D1"}).json()["deals"][0]
    assert hit["href"] == "/deals/D1"
    assert 'href="/deals/D1"' in client.get("/customers/C1").text
    assert "Depo filtresi" in client.get(hit["href"]).text


@pytest.mark.parametrize("typed", ["ışık", "IŞIK", "isik su", "Işık", "C1", "su ışık"])
def test_a_name_is_found_however_it_is_typed(client: TestClient, typed: str) -> None:
    assert [hit["name"] for hit in client.get("/customers.json", params={"q": typed}).json()["customers"]] == [
        "Işık Su A.Ş."
    ]


@pytest.mark.parametrize("typed", ["ışık", "IŞIK", "Işık", "işik"])
def test_a_large_company_is_searched_by_the_usual_spellings(
    folder: Path, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmetrics.analysis.search.FOLDED_UP_TO", 0)
    with TestClient(application(folder), base_url="http://127.0.0.1") as client:
        found = client.get("/customers.json", params={"q": typed}).json()["customers"]
    assert [hit["name"] for hit in found] == ([] if typed == "işik" else ["Işık Su A.Ş."])


def test_questions_are_found_in_another_language(client: TestClient) -> None:
    hits = client.get("/customers.json", params={"q": "kazanma oranı"}).json()["analyses"]
    assert "/a/sales.win_rate" in [hit["href"] for hit in hits]


@pytest.mark.parametrize("typed", ["", "   ", "%", "'; drop table customers", "x" * 5000, "\x00"])
def test_any_search_is_answered(client: TestClient, typed: str) -> None:
    assert client.get("/customers", params={"q": typed}).status_code == 200


@pytest.mark.parametrize("language", ["tr", "uk", "zh"])
def test_the_page_speaks_the_reader_s_language(client: TestClient, language: str) -> None:
    page = client.get(f"/customers/C1?language={language}").text
    for english in ("Timeline", "Bought by month", "Complaint T1", "orders in all", "Outlook"):
        assert english not in page


def test_what_stands_one_after_another_is_parted_as_the_language_parts_it(client: TestClient) -> None:
    english, chinese = (client.get(f"/customers/C1?language={language}").text for language in ("en", "zh"))
    assert "İzmir, known since" in english
    assert re.search(r"Order O1, <b>", english)
    assert "İzmir，2023年1月5日" in chinese
    assert re.search(r"订单 O1，<b>", chinese)
    assert "C1，" in client.get("/customers?q=C1&language=zh").text
    client.cookies.clear()


def test_a_rep_opens_his_own_customers_alone(folder: Path, tmp_path: Path) -> None:
    state = open_state(tmp_path)
    site = application(folder)
    site.state.site.state = state
    rep = People(state).add("ana", "rep", employee_id="ana")
    secret = Tokens(state).make(rep.number, "test", 1)
    with TestClient(site, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {secret}"}) as client:
        assert client.get("/customers/C1").status_code == 200
        for address in ("/customers/C2", "/customers/C2.json", "/customers/nobody"):
            refused = client.get(address)
            assert refused.status_code == 404
        found = client.get("/customers.json", params={"q": "c"}).json()
        assert "C2" not in str(found["customers"])


def test_the_analyses_tell_of_him_and_slow_ones_come_by_themselves(demo_company: Callable[[str], Path]) -> None:
    folder = demo_company("en")
    customer = open_workspace(folder).ask("customers.rfm").rows[0]
    with TestClient(application(folder), base_url="http://127.0.0.1") as client:
        for _try in range(120):
            page = client.get(f"/customers/{customer.customer_id}").text
            if "data-waiting" not in page:
                break
            time.sleep(0.5)
        assert "data-waiting" not in page
        assert "waiting.js" not in page
        assert 'href="/a/customers.churn_risk?where.customer=' in page
