"""The page of an analysis: short addresses, filters by value, any order, files as on the page, effects of switches."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fastapi.testclient import TestClient

from crmetrics.catalogue import OpenCatalogue
from crmetrics.web import answering
from crmetrics.web.application import application
from tests.company import write_company

HOSTILE = '"><script>alert(1)</script>'
OWNERS = {"ana": "Ana Demir", "bo": "Bo", "cy": HOSTILE}
REGIONS = ("West", "East", None)


def publish(folder: Path) -> None:
    """A small company of three owners and three regions, one of them blank; its version in place as an import leaves it."""
    deals: list[dict[str, Any]] = [
        {
            "deal_id": f"d{place}",
            "owner_id": list(OWNERS)[place % 3],
            "customer_id": f"c{place % 6}",
            "stage": "won",
            "amount": 10 + place,
            "is_won": place % 4 == 0,
            "closed_at": "2025-05-05",
            "created_at": "2025-04-05",
        }
        for place in range(30)
    ]
    customers = [{"customer_id": f"c{place}", "region": REGIONS[place % 3]} for place in range(6)]
    employees = [{"employee_id": each, "name": name} for each, name in OWNERS.items()]
    path = folder / "versions" / "warehouse-000001.duckdb"
    path.parent.mkdir(exist_ok=True)
    tables = {"deals": deals, "customers": customers, "employees": employees}
    write_company(path, tables, reaches="2026-01-01", zone="UTC", currency="EUR")
    with duckdb.connect(str(path)) as connection:
        connection.execute("update meta.facts set value = '1' where name = 'number'")
    told = {"number": 1, "published_at": "2026-01-01 00:00:00", "reaches": "2026-01-01 00:00:00", "note": ""}
    path.with_suffix(".json").write_text(json.dumps(told))
    (path.parent / "current").write_text(path.name)
    (folder / "crmetrics.toml").write_text('company = "Filters"\ncurrency = "EUR"\nzone = "UTC"\nlanguage = "en"\n')


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("site")
    publish(folder)
    return TestClient(application(folder), follow_redirects=False)


@pytest.fixture(autouse=True)
def _forget_the_language(client: TestClient) -> None:
    client.cookies.clear()


YEAR = "/a/sales.win_rate?period=2025"


def first_cells(page: str) -> list[str]:
    """The first cell of each row of the table."""
    body = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    assert body is not None
    return [re.sub("<.*?>", "", cell) for cell in re.findall(r"<tr><td[^>]*>(.*?)</td>", body[1], re.DOTALL)]


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("period=last-12-months&compare=&by=owner&of=count&as_of=2026-01-01&page=1", ""),
        ("period=custom&first=2025-01-01&last=2025-03-31", "?period=2025-01-01..2025-04-01"),
        ("period=custom&first=2025-03-05&last=", "?period=2025-03-05..2025-03-06"),
        ("period=2025&first=2025-01-01&last=2025-03-31", "?period=2025"),
        ("where.region=&where.region=&sort=", "?where.region="),
        ("find.owner=de&where.owner=ana", "?where.owner=ana"),
        ("by=none&language=tr&page=1", "?by=none&language=tr"),
    ],
)
def test_an_address_says_no_more_than_it_must(client: TestClient, long: str, short: str) -> None:
    answer = client.get(f"/a/sales.win_rate?{long}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/a/sales.win_rate{short}"
    assert client.get(answer.headers["location"]).status_code == 200


def test_a_wrong_day_is_told(client: TestClient) -> None:
    answer = client.get("/a/sales.win_rate?period=custom&first=yesterday&last=2025-01-01")
    assert answer.status_code == 400
    assert "is not a date" in answer.text


def test_the_rows_stand_in_the_order_asked(client: TestClient) -> None:
    names = first_cells(client.get(f"{YEAR}&sort=party").text)
    assert len(names) == 3
    assert names[1:] == ["Ana Demir", "Bo"]  # signs stand before letters
    assert first_cells(client.get(f"{YEAR}&sort=-party").text) == names[::-1]
    page = client.get(f"{YEAR}&sort=-rate").text
    assert 'aria-sort="descending"><a href="/a/sales.win_rate?period=2025&amp;sort=rate#rows"' in page
    assert client.get(f"{YEAR}&sort=nothing").status_code == 404


def test_sorting_does_not_ask_again(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.get(YEAR)

    def never(*_given: Any) -> None:
        raise AssertionError("the answer was worked out again")

    monkeypatch.setattr(OpenCatalogue, "_answer", never)
    assert client.get(f"{YEAR}&sort=lost").status_code == 200
    assert client.get(f"{YEAR}&sort=-lost&page=2").status_code == 200


def test_files_keep_filters_and_order(client: TestClient) -> None:
    table = client.get(f"{'/a/sales.win_rate.csv'}?period=2025&where.owner=ana&where.owner=bo&sort=-party").text
    assert [line.split(",")[0] for line in table.splitlines()] == ["party", "bo", "ana"]
    rows = client.get("/a/sales.win_rate.json?period=2025&sort=-party&where.owner=ana&where.owner=bo").json()["rows"]
    assert [row["party"] for row in rows] == ["bo", "ana"]
    assert client.get("/a/sales.win_rate.csv?period=2025&bom=1").content.startswith(b"\xef\xbb\xbf")


def test_a_file_that_has_not_changed_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/a/sales.win_rate.json?period=2025")
    assert (
        client.get("/a/sales.win_rate.json?period=2025", headers={"If-None-Match": first.headers["etag"]}).status_code
        == 304
    )
    other = client.get(
        "/a/sales.win_rate.json?period=2025&where.owner=bo", headers={"If-None-Match": first.headers["etag"]}
    )
    assert other.status_code == 200
    assert first.headers["cache-control"] == "private, no-store"
    assert "etag" not in client.get(YEAR).headers


def test_the_chart_is_a_picture(client: TestClient) -> None:
    drawn = client.get("/a/sales.win_rate.svg?period=2025").text
    assert drawn.startswith("<svg")
    assert "Win rate by owner" in drawn
    assert "2025" in drawn
    assert client.get("/a/sales.win_rate.png?period=2025").content[:4] == b"\x89PNG"
    assert client.get("/a/sales.win_rate.svg?period=2025&chart=7").status_code == 404


def test_values_are_ticked_with_their_counts(client: TestClient) -> None:
    page = client.get(f"{YEAR}&where.region=West&choose=region").text
    assert re.search(r'name="where.region" value="West" checked><span>West</span><span class="c">10<', page)
    assert re.search(r'name="where.region" value=""><span>\(blank\)</span><span class="c">10<', page)
    assert '<input type="hidden" name="period" value="2025">' in page
    part = client.get("/a/sales.win_rate/values?choose=owner&find.owner=DEM", headers={"X-Part": "1"}).text
    assert "Ana Demir" in part
    assert ">Bo<" not in part
    assert "<html" not in part
    assert "<html" in client.get("/a/sales.win_rate/values?choose=owner").text
    assert HOSTILE not in client.get("/a/sales.win_rate/values?choose=owner").text


def test_what_has_one_value_is_not_to_choose(client: TestClient) -> None:
    page = client.get(YEAR).text
    assert "choose=region" in page
    assert "choose=stage" not in page


def test_each_filter_has_its_own_way_out(client: TestClient) -> None:
    page = client.get(f"{YEAR}&where.owner=ana&where.owner=bo&where.region=").text
    assert (
        'href="/a/sales.win_rate?period=2025&amp;where.region=&amp;where.owner=bo" aria-label="Remove the filter: Owner, Ana Demir"'
        in page
    )
    assert "Remove the filter: Region, (blank)" in page
    assert "Owner: Ana Demir, Bo" in page  # the passport names them, too


def test_a_filter_that_leaves_nothing_says_so(client: TestClient) -> None:
    assert "No row is left under these filters" in client.get(f"{YEAR}&where.owner=nobody").text


def test_switches_show_what_each_would_give(client: TestClient) -> None:
    page = client.get(f"{YEAR}&where.owner=bo").text
    assert 'data-effects-at="/a/sales.win_rate/effects?period=2025&amp;where.owner=bo"' in page
    part = client.get("/a/sales.win_rate/effects?period=2025&where.owner=bo", headers={"X-Part": "1"})
    assert part.headers["x-complete"] == "yes"
    now = client.get("/a/sales.win_rate.json?period=2025&where.owner=bo").json()["total"]["rate"]
    money = client.get("/a/sales.win_rate.json?period=2025&where.owner=bo&of=amount").json()["total"]["rate"]
    assert f"{now:.1%}" in part.text
    assert f"{money:.1%}" in part.text


def test_a_slow_answer_says_that_it_is_worked_out_and_arrives(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "PATIENCE", 0.05)
    let_go, asked = threading.Event(), []
    at_work = OpenCatalogue._answer

    def slow(*given: Any) -> Any:
        asked.append(1)
        let_go.wait(20)
        return at_work(*given)

    monkeypatch.setattr(OpenCatalogue, "_answer", slow)
    address = "/a/sales.deal_size?period=2025"
    waiting = [client.get(address) for _time in range(3)]
    assert [each.status_code for each in waiting] == [202, 202, 202]
    assert '<meta http-equiv="refresh"' in waiting[0].text
    assert client.get("/a/sales.deal_size/waiting?period=2025").json()["ready"] is False
    let_go.set()
    while not client.get("/a/sales.deal_size/waiting?period=2025").json()["ready"]:
        pass
    assert client.get(address).status_code == 200
    assert len(asked) == 1


def test_what_is_loaded_may_be_kept_for_ever(client: TestClient) -> None:
    page = client.get(YEAR).text
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(found) >= 4
    for address in found:
        answer = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" not in client.get("/static/style.css").headers["cache-control"]
    assert client.get("/static/style.000000000000.css").headers["cache-control"] == "no-cache"
