"""A filter by country is ticked by the country's name in the reader's language; the address keeps the code."""

from __future__ import annotations

import json
import re
from typing import Any

import duckdb
import pytest
from fastapi.testclient import TestClient

from crmetrics.web.application import application
from tests.company import write_company

COUNTRIES = ("DE", "GB", None)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """A shop that sold to two countries and to one that nobody knows."""
    folder = tmp_path_factory.mktemp("countries")
    path = folder / "versions" / "warehouse-000001.duckdb"
    path.parent.mkdir()
    write_company(path, _shop(), reaches="2026-01-01", zone="UTC", currency="EUR")
    with duckdb.connect(str(path)) as connection:
        connection.execute("update meta.facts set value = '1' where name = 'number'")
    told = {"number": 1, "published_at": "2026-01-01 00:00:00", "reaches": "2026-01-01 00:00:00", "note": ""}
    path.with_suffix(".json").write_text(json.dumps(told))
    (path.parent / "current").write_text(path.name)
    (folder / "crmetrics.toml").write_text('company = "Shop"\ncurrency = "EUR"\nzone = "UTC"\nlanguage = "en"\n')
    return TestClient(application(folder), follow_redirects=False)


def _shop() -> dict[str, list[dict[str, Any]]]:
    orders, lines = [], []
    for place in range(30):
        order = {"order_id": f"o{place}", "customer_id": f"c{place % 6}", "ordered_at": f"2025-0{place % 9 + 1}-05"}
        orders.append(order | {"country": COUNTRIES[place % 3]})
        lines.append(
            {"order_id": f"o{place}", "line_no": 1, "product_id": "p", "quantity": 1, "net_amount": 10 + place}
        )
    customers = [{"customer_id": f"c{place}", "country": COUNTRIES[place % 3]} for place in range(6)]
    return {"orders": orders, "order_lines": lines, "customers": customers}


ASKED = "/a/sales.performance?period=2025&by=country"


@pytest.mark.parametrize(
    ("typed", "found", "others"),
    [("Ger", "Germany", "United"), ("gb", "United Kingdom", "Germany"), ("kingdom", "United Kingdom", "Germany")],
)
def test_the_list_finds_by_the_name_and_by_the_code(client: TestClient, typed: str, found: str, others: str) -> None:
    part = client.get(f"/a/sales.performance/values?choose=country&find.country={typed}", headers={"X-Part": "1"}).text
    assert f"<span>{found}</span>" in part
    assert others not in part


def test_the_list_the_chip_and_the_table_say_the_name_and_the_address_the_code(client: TestClient) -> None:
    client.cookies.set("language", "tr")
    page = client.get(f"{ASKED}&where.country=GB&where.country=DE&choose=country").text
    client.cookies.clear()
    assert re.search(r'name="where.country" value="GB" checked><span>Birleşik Krallık</span>', page)
    assert "Almanya" in page
    assert "where.country=DE" in page
    told = client.get("/a/sales.performance.json?period=2025&by=country").json()
    assert {row["party"] for row in told["rows"]} == {"DE", "GB", None}
    assert told["names"]["party"] == {"DE": "Germany", "GB": "United Kingdom"}
    lines = client.get("/a/sales.performance.csv?period=2025&by=country").text.splitlines()
    assert any(line.startswith("GB,United Kingdom,") for line in lines)


@pytest.mark.parametrize(("language", "first"), [("en", "DE"), ("uk", "GB")])
def test_the_rows_behind_a_figure_are_sorted_by_the_name_that_is_read(
    client: TestClient, language: str, first: str
) -> None:
    """Germany, United Kingdom; Велика Британія, Німеччина. The blank ones are last, both ways."""
    asked = f"/a/sales.performance/rows.json?period=2025&cell=amount&language={language}&sort="
    told = [row["country"] for row in client.get(asked + "country").json()["rows"]]
    assert [told[0], told[-1], len(told)] == [first, None, 30]
    assert [*dict.fromkeys(told)] == [first, *({"DE", "GB"} - {first}), None]
    turned = [row["country"] for row in client.get(asked + "-country").json()["rows"]]
    assert [*dict.fromkeys(turned)] == [*({"DE", "GB"} - {first}), first, None]


def test_the_rows_behind_a_figure_and_the_page_of_a_customer_say_it(client: TestClient) -> None:
    rows = client.get("/a/sales.performance/rows?period=2025&by=country&cell=amount&at.party=GB").text
    assert "United Kingdom" in rows
    assert "<td>GB</td>" not in rows
    assert "United Kingdom" in client.get("/customers/c1").text
