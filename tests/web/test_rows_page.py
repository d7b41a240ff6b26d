"""The rows behind a figure, opened from the page and as files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from fastapi.testclient import TestClient

from crmetrics.catalogue import open_workspace
from crmetrics.web.application import application
from crmetrics.web.rows_page import addresses
from tests.web.test_pages import HOSTILE, publish

WON_BY_OWNER = "/a/kpis.won_deals/rows?by=owner&period=2025&cell=n"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("rows")
    publish(folder, 1)
    with TestClient(application(folder), base_url="http://127.0.0.1") as opened:
        yield opened


def test_the_page_says_whose_rows_they_are_and_harms_nobody(client: TestClient) -> None:
    page = client.get(f"{WON_BY_OWNER}&at.party=ana").text
    assert page.count("<tr><td>") == 2
    assert "2 rows" in page
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


def test_the_total_opens_all_rows_and_files_say_the_same(client: TestClient) -> None:
    told = json.loads(client.get(WON_BY_OWNER.replace("/rows?", "/rows.json?")).text)
    assert [row["deal_id"] for row in told["rows"]] == ["0", "2"]
    lines = list(csv.DictReader(io.StringIO(client.get(WON_BY_OWNER.replace("/rows?", "/rows.csv?")).text)))
    assert [line["deal_id"] for line in lines] == ["0", "2"]
    assert client.get(WON_BY_OWNER.replace("/rows?", "/rows.xlsx?")).content[:2] == b"PK"


def test_sorting_turns_round_and_keeps_the_question(client: TestClient) -> None:
    page = client.get(f"{WON_BY_OWNER}&sort=deal_id").text
    assert page.count("aria-sort") == page.count('aria-sort="ascending"') == 1
    assert "▲" not in page, "the style draws the arrow by aria-sort"
    assert "sort=-deal_id" in page
    first, second = ('<td><a class="q" href="/deals/0">', '<td><a class="q" href="/deals/2">')
    assert page.index(first) < page.index(second)
    turned = client.get(f"{WON_BY_OWNER}&sort=-deal_id").text
    assert turned.index(second) < turned.index(first)


@pytest.mark.parametrize("language", ["tr", "uk", "zh"])
def test_the_page_speaks_the_reader_s_language(client: TestClient, language: str) -> None:
    page = client.get(f"{WON_BY_OWNER}&language={language}").text
    assert "Back to the answer" not in page
    assert "The figure says" not in page


def test_a_label_and_its_value_are_parted_as_the_language_parts_them(client: TestClient) -> None:
    for language, colon in (("en", ": "), ("zh", "：")):
        rows = client.get(f"{WON_BY_OWNER}&language={language}").text
        assert re.search(f"<h1>[^<:：]+{colon}[^<:：]+</h1>", rows)
        answer = client.get(f"/a/kpis.won_deals?by=owner&period=2025&language={language}", follow_redirects=True).text
        assert re.search(f'class="trust">.*</svg>[^<:：]+{colon}[^<:：]+</p>', answer)
    client.cookies.clear()


@pytest.mark.parametrize(
    "address",
    [
        "/a/kpis.won_deals/rows",
        "/a/kpis.won_deals/rows?cell=nothing",
        "/a/kpis.won_deals/rows?cell=n&at.region=West",
        "/a/kpis.won_deals/rows?cell=n&sort=deals",
        "/a/kpis.won_deals/rows?cell=n&where.nowhere=x",
        "/a/kpis.won_deals/rows?cell=n&viewer=all",
    ],
)
def test_a_forged_address_is_refused_in_words(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code in (400, 404)
    assert "Traceback" not in answer.text
    assert answer.text.count("<h1>") == 1


@pytest.mark.parametrize("number", ["0", "-1", "99", "x", "²", "99999999999999999999"])
def test_a_page_that_is_not_there_shows_no_rows_or_the_first(client: TestClient, number: str) -> None:
    assert client.get(f"{WON_BY_OWNER}&page={number}").status_code == 200


def test_the_cells_of_an_answer_lead_to_their_rows(demo_company: Callable[[str], Path]) -> None:
    """Every link that an answer's page gives opens as many rows as its cell says."""
    folder = demo_company("en")
    answer = open_workspace(folder).ask("kpis.won_deals", by="owner")
    address = addresses(answer, {"by": "owner", "page": "2"})
    with TestClient(application(folder), base_url="http://127.0.0.1") as client:
        for row in [*answer.rows, answer.total]:
            found = address("n", row)
            assert found is not None
            assert "page" not in dict(parse_qsl(urlsplit(found).query))
            assert len(json.loads(client.get(found.replace("/rows?", "/rows.json?")).text)["rows"]) == row.n
    assert address("party", answer.rows[0]) is None
