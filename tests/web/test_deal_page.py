"""The page of one deal: what it tells, what is not known said in words, whose deals they are, what is masked and noted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from crmetrics.web.application import application
from crmetrics.workspace.audit import Audit
from crmetrics.workspace.people import People
from crmetrics.workspace.state import open_state
from tests.web.signed_in import signed_in, site_of
from tests.web.test_pages import publish_company

HOSTILE = "<script>alert(1)</script>"
ODD = ["a/b", "50% off?", "with space", 'it\'s "quoted"', "<b>bold</b>", "../people", "%", "#7&8", "Ğ 商机"]


def won(number: int) -> list[tuple[str, dict[str, Any]]]:
    """A won deal that stayed ten days in each of two stages: table and row."""
    deal = f"W{number}"
    return [
        ("deals", {"deal_id": deal, "owner_id": "bo", "stage": "Won", "is_won": True, "amount": 10, "currency": "EUR",
                   "created_at": "2025-01-01", "closed_at": "2025-01-21"}),
        ("deal_stages", {"deal_id": deal, "stage": "New", "entered_at": "2025-01-01", "left_at": "2025-01-11"}),
        ("deal_stages", {"deal_id": deal, "stage": "Offer", "entered_at": "2025-01-11", "left_at": "2025-01-21"}),
    ]  # fmt: skip


TABLES: dict[str, list[dict[str, Any]]] = {
    "customers": [{"customer_id": "C1", "name": "Işık Su", "city": "İzmir", "kind": "company", "owner_id": "ana"},
                  {"customer_id": "P", "name": "Ayşe Yılmaz", "kind": "person", "owner_id": "ana"}],
    "employees": [{"employee_id": "ana", "name": "Ana", "team": "West"}, {"employee_id": "bo", "name": "Bo", "team": "East"}],
    "stages": [{"pipeline": "main", "stage": stage, "stage_no": place, "kind": kind}
               for place, (stage, kind) in enumerate((("New", "open"), ("Offer", "open"), ("Won", "won"), ("Lost", "lost")), 1)],
    "deals": [
        {"deal_id": "D1", "customer_id": "C1", "owner_id": "ana", "name": HOSTILE, "stage": "Offer", "amount": 2000, "currency": "USD",
         "source": "Fair", "created_at": "2025-11-02", "expected_close_on": "2025-12-20"},
        {"deal_id": "BARE", "stage": "Somewhere", "customer_id": "GONE"},
        {"deal_id": "LOST", "customer_id": "P", "owner_id": "bo", "name": "Ayşe Yılmaz kitchen", "stage": "Lost", "is_won": False,
         "amount": 5, "currency": "EUR", "created_at": "2025-05-01", "closed_at": "2025-05-11", "loss_reason": "Price"},
        *({"deal_id": odd, "owner_id": "bo", "stage": "New"} for odd in ODD),
    ],
    "deal_stages": [
        {"deal_id": "D1", "stage": "New", "entered_at": "2025-11-02", "left_at": "2025-11-06"},
        {"deal_id": "D1", "stage": "Offer", "entered_at": "2025-11-06"},
    ],
    "deal_changes": [
        {"deal_id": "D1", "changed_at": "2025-11-20", "field_name": "expected_close_on", "old_value": "2025-12-01",
         "new_value": "2025-12-20"},
        {"deal_id": "D1", "changed_at": "2025-11-21", "field_name": "amount", "old_value": "a lot", "new_value": "2000.00"},
        {"deal_id": "D1", "changed_at": "2025-11-22", "field_name": "owner_id", "old_value": "bo", "new_value": "ana"},
    ],
    "deal_products": [{"deal_id": "D1", "line_no": 1, "product_id": "F", "quantity": 4, "unit_price": 500}],
    "products": [{"product_id": "F", "name": "Filter"}],
    "quotes": [{"quote_id": "Q1", "deal_id": "D1", "customer_id": "C1", "owner_id": "ana", "sent_at": "2025-12-02",
                "amount": 1900, "currency": "USD", "expires_on": "2025-12-16"}],
    "exchange_rates": [{"currency": "USD", "rated_on": "2025-01-01", "rate_to_company": 0.5}],
    "activities": [
        {"activity_id": "A1", "kind": "call", "deal_id": "D1", "owner_id": "ana", "created_at": "2025-12-09",
         "done_at": "2025-12-09", "subject": "Survey"},
        {"activity_id": "A2", "kind": "note", "deal_id": "D1", "owner_id": "ana", "created_at": "2025-12-08", "subject": "Wants two"},
    ],
}  # fmt: skip
for each in range(3):
    for table, row in won(each):
        TABLES[table].append(row)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("deals")
    publish_company(made, TABLES)
    return made


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(application(folder), base_url="http://127.0.0.1") as opened:
        yield opened


@pytest.fixture
def people(folder: Path, tmp_path: Path) -> FastAPI:
    """The site with somebody added, whose state is kept elsewhere."""
    app = application(folder)
    site_of(app).state = open_state(tmp_path)
    People(site_of(app).state).add("first", "admin")
    return app


def read(text: str) -> str:
    """What a reader sees of a page's middle."""
    main = text[text.index("<main") : text.index("</main")]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main))).replace("\u00a0", " ")


def test_the_page_tells_what_it_is_and_where_it_stands(client: TestClient) -> None:
    page = client.get("/deals/D1").text
    assert HOSTILE not in page
    assert 'href="/customers/C1">Işık Su</a>' in page
    told = read(page)
    for wanted in (
        "İzmir",
        "owner Ana, team West",
        "$2,000",
        "€1,000",
        "56 days, median of won deals 10 days",
        "No next step is planned; the last activity was 23 days ago.",
        "The expected close has passed: it was 20 Dec 2025, 12 days ago.",
        "Its close was put off 1 time, from 1 Dec 2025 to 20 Dec 2025.",
        "It has stood in Offer for 56 days; half of the 3 won deals left it within 10 days.",
        "Quote Q1 of $1,900 expired on 16 Dec 2025 without an answer.",
        "Filter 4 $500 $2,000",
        "Amount: a lot → $2,000",
        "Owner: Bo → Ana",
        "Wants two",
    ):
        assert wanted in told


def test_the_chance_says_where_it_comes_from(client: TestClient) -> None:
    for _try in range(60):
        page = client.get("/deals/D1").text
        if "data-waiting" not in page:
            break
    told = read(page)
    assert "Win probability" in told
    assert "too few to learn from" in told
    assert "every deal has the record of its stage" in told
    assert "too long in the stage" in told


def test_a_decided_deal_tells_how_it_ended(client: TestClient) -> None:
    told = read(client.get("/deals/LOST").text)
    assert "Lost on 11 May 2025, 10 days after it was created." in told
    assert "Reason: Price." in told
    assert "Outlook" not in told


def test_what_is_not_known_is_said(client: TestClient) -> None:
    told = read(client.get("/deals/BARE").text)
    for wanted in (
        "Customer GONE, of whom nothing else is recorded that you may see",
        "no owner",
        "No next step is planned, and no activity is recorded.",
        "No expected close is set.",
        "No amount is recorded, so nothing is expected of it.",
        "There is no stage history of this deal",
        "when it was created is not known",
        "No quote is recorded.",
        "Nothing is planned.",
    ):
        assert wanted in told
    assert "/customers/GONE" not in client.get("/deals/BARE").text


@pytest.mark.parametrize("number", ODD)
def test_a_number_with_odd_signs_is_found_and_opened(client: TestClient, number: str) -> None:
    (hit,) = client.get("/customers.json", params={"q": number}).json()["deals"][:1]
    page = client.get(hit["href"])
    assert page.status_code == 200
    assert number in read(page.text)
    assert "<b>bold</b>" not in page.text
    assert client.get(f"/deals/{quote(number, safe='')}.json").json()["deal_id"] == number


def test_the_timeline_is_cut_to_one_kind(client: TestClient) -> None:
    told = read(client.get("/deals/D1?kind=change").text)
    assert "Owner: Bo → Ana" in told
    assert "Wants two" not in told
    told = read(client.get("/deals/D1?kind=note").text)
    assert "Wants two" in told
    assert "Survey" not in told
    assert client.get("/deals/D1?kind=nothing").status_code == 404


def test_the_same_as_data(client: TestClient) -> None:
    told = client.get("/deals/D1.json").json()
    assert (told["record"]["amount"], told["worth"], told["days_in_stage"]) == (2000, 1000, 56)
    assert told["slips"] == {"times": 1, "first_on": "2025-12-01"}
    assert [each["stage"] for each in told["stays"]] == ["New", "Offer"]
    assert client.get("/api/deals/D1").json() == told
    (hit,) = client.get("/api/deals?q=kitchen").json()["deals"]
    assert hit == {"deal_id": "LOST", "name": "Ayşe Yılmaz kitchen", "stage": "Lost", "customer_id": "P"}


@pytest.mark.parametrize("language", ["tr", "uk", "zh"])
def test_the_page_speaks_the_reader_s_language(client: TestClient, language: str) -> None:
    for deal in ("D1", "BARE", "LOST"):
        told = read(client.get(f"/deals/{deal}?language={language}").text)
        for english in ("stage", "Timeline", "Outlook", "deal", "owner", "recorded", "days", "close"):
            assert english not in told, english


def test_deals_are_linked_wherever_they_are_named(client: TestClient) -> None:
    for address in ("/customers/C1", "/customers?q=D1"):
        assert 'href="/deals/D1"' in client.get(address).text
    assert 'href="/deals/LOST"' in client.get("/customers/P").text  # of its timeline alone, for it is decided
    stale = client.get("/a/sales.stale_deals", follow_redirects=True).text
    assert stale.count('href="/deals/D1"') == 2  # its number and its name
    lost = "/a/sales.win_rate/rows?period=2025&by=owner&cell=lost&at.party=bo"
    assert 'href="/deals/LOST"' in client.get(lost).text


def test_a_rep_opens_his_own_deals_alone(people: FastAPI) -> None:
    rep = signed_in(people, "rep", "ana", employee_id="ana")
    assert rep.get("/deals/D1").status_code == 200
    for address in ("/deals/LOST", "/deals/LOST.json", "/deals/nothing", "/deals/BARE"):
        assert rep.get(address).status_code == 404
    assert rep.get("/api/deals/LOST").status_code in (403, 404)
    mate = signed_in(people, "manager", "bo", employee_id="bo")
    assert mate.get("/deals/LOST").status_code == 200
    assert mate.get("/deals/D1").status_code == 404


def test_personal_data_are_masked_and_their_sight_is_noted(people: FastAPI) -> None:
    reader = signed_in(people, "viewer", "reader")
    told = reader.get("/deals/LOST").text
    assert "Yılmaz" not in told
    assert "A… Y…" in told
    assert Audit(site_of(people).state).latest(who="reader") == []
    analyst = signed_in(people, "admin", "ada")
    for _time in range(2):
        assert "Ayşe Yılmaz" in analyst.get("/deals/LOST").text
    assert [(each.kind, each.about) for each in Audit(site_of(people).state).latest(who="ada")] == [
        ("personal", "deal LOST")
    ]
