"""The first pages: every analysis, every language, hostile names, mistakes."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fastapi.testclient import TestClient

from crmetrics.catalogue import keys
from crmetrics.clean.ledger import make_tables
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.table import Header, ShownTable
from crmetrics.presenting.words import alphabetical, say
from crmetrics.vocabulary.errors import BadValue, NoWorkspace
from crmetrics.vocabulary.unit import Unit
from crmetrics.web.application import application
from crmetrics.web.pages import column_classes
from crmetrics.web.server import run
from tests.company import write_company

LANGUAGES = ("en", "tr", "uk", "zh")
CODES = {"zh": "zh-Hans"}
HOSTILE = "<script>alert('x')</script>"


def publish(folder: Path, number: int) -> None:
    """Put a version in place as an import does."""
    deals: list[dict[str, Any]] = [
        {
            "deal_id": str(place),
            "stage": "won",
            "owner_id": owner,
            "amount": 10,
            "is_won": place % 2 == 0,
            "closed_at": "2025-05-05",
        }
        for place, owner in enumerate(["ana", "bo", "ana", "=cmd"])
    ]
    employees = [{"employee_id": "ana", "name": HOSTILE}, {"employee_id": "bo", "name": "Bo"}]
    path = folder / "versions" / f"warehouse-{number:06d}.duckdb"
    path.parent.mkdir(exist_ok=True)
    write_company(path, {"deals": deals, "employees": employees}, reaches="2026-01-01", zone="UTC", currency="EUR")
    with duckdb.connect(str(path)) as connection:
        make_tables(connection)  # what an import notes in a version
        connection.execute("update meta.facts set value = $number where name = 'number'", {"number": str(number)})
    told = {"number": number, "published_at": "2026-01-01 00:00:00", "reaches": "2026-01-01 00:00:00", "note": ""}
    path.with_suffix(".json").write_text(json.dumps(told))
    (path.parent / "current").write_text(path.name)
    (folder / "crmetrics.toml").write_text(
        'company = "Filters & Co"\ncurrency = "EUR"\nzone = "UTC"\nlanguage = "en"\n'
    )


def publish_company(folder: Path, tables: Mapping[str, Any]) -> None:
    """A first version that holds these rows, up to 1 January 2026."""
    publish(folder, 1)
    path = folder / "versions" / "warehouse-000001.duckdb"
    path.unlink()
    write_company(path, tables, reaches="2026-01-01", zone="UTC", currency="EUR")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = tmp_path_factory.mktemp("site")
    publish(folder, 1)
    return TestClient(application(folder))


@pytest.fixture(autouse=True)
def _forget_the_language(client: TestClient) -> None:
    client.cookies.clear()


def test_the_list_names_every_analysis(client: TestClient) -> None:
    page = client.get("/analyses").text
    for key in keys():
        assert f'href="/a/{key}"' in page
    assert "Filters &amp; Co" in page


@pytest.mark.parametrize("key", keys())
def test_every_page_in_every_language(client: TestClient, key: str) -> None:
    """One after the other, so that the answer is worked out once, by whichever worker."""
    told = []
    for language in LANGUAGES:
        answer = client.get(f"/a/{key}", params={"language": language})
        while answer.status_code == 202:  # it is being worked out
            time.sleep(0.02)
            answer = client.get(f"/a/{key}", params={"language": language})
        told.append(
            (language, answer.status_code, re.findall('<html lang="([^"]*)">', answer.text), answer.text.count("<h1>"))
        )
    assert told == [(each, 200, [CODES.get(each, each)], 1) for each in LANGUAGES]


def test_headers_allow_nothing_from_outside_and_nothing_inline(client: TestClient) -> None:
    answer = client.get("/a/sales.win_rate")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert not re.search(r"<[a-z]+[^>]*\s(style|on[a-z]+)=", answer.text)
    assert not re.search(r'(src|href)="(https?:)?//', answer.text)


def test_a_hostile_name_is_text(client: TestClient) -> None:
    page = client.get("/a/sales.win_rate", params={"period": "2025"}).text
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("address", ["/people/{n}", "/boards/{n}", "/boards/{n}.json", "/a/sales.win_rate?page=²"])
def test_a_forged_number_breaks_nothing(client: TestClient, address: str) -> None:
    assert client.get(address.format(n="9" * 40)).status_code < 500


def test_the_same_answer_as_data(client: TestClient) -> None:
    answer = client.get("/a/sales.win_rate.json", params={"period": "2025", "where.owner": "bo"}).json()
    assert answer["key"] == "sales.win_rate"
    assert answer["total"]["lost"] == 1
    table = client.get("/a/sales.win_rate.csv", params={"period": "2025"})
    assert table.headers["content-type"].startswith("text/csv")
    assert "'=cmd" in table.text
    sheet = client.get("/a/sales.win_rate.xlsx", params={"period": "2025"})
    assert sheet.content[:2] == b"PK"


def test_the_address_holds_the_question(client: TestClient) -> None:
    page = client.get("/a/sales.win_rate", params={"period": "2025", "of": "amount", "where.owner": "bo"}).text
    assert '<a href="/a/sales.win_rate?period=2025&amp;where.owner=bo&amp;of=amount" aria-current="true">' in page
    assert 'href="/a/sales.win_rate?period=2025&amp;of=amount"' in page  # the filter's way out
    assert '<input type="hidden" name="where.owner" value="bo">' in page


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/a/sales.nothing", 404, "There is no analysis"),
        ("/a/sales.win_rate?of=joy", 404, "is not a choice"),
        ("/a/sales.win_rate?where=country", 404, "no choice"),
        ("/a/sales.win_rate?viewer=all", 404, "no choice"),
        ("/a/sales.win_rate?period=13", 400, "is not a period"),
        ("/a/sales.win_rate?where.moon=full", 404, "is not a dimension"),
        ("/a/sales.win_rate?compare=never", 404, "is not something to compare with"),
        ("/a/..%2F..%2Fetc", 404, ""),
        ("/static/..%2Fserver.py", 404, ""),
    ],
)
def test_a_mistake_is_a_page_with_a_sentence(client: TestClient, address: str, status: int, sentence: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert sentence in answer.text
    assert "Traceback" not in answer.text


def test_a_mistake_as_data(client: TestClient) -> None:
    answer = client.get("/a/sales.win_rate.json?of=joy")
    assert answer.status_code == 404
    assert "is not a choice" in answer.json()["detail"]


def test_what_pages_load_is_ours(client: TestClient) -> None:
    for name in ("style.css", "page.js", "theme.js"):
        assert client.get(f"/static/{name}").status_code == 200


def test_a_new_version_is_taken_up(tmp_path: Path) -> None:
    """The published version changes under a running site: the next page shows it."""
    publish(tmp_path, 1)
    site = TestClient(application(tmp_path))
    assert ", version 1" in site.get("/").text
    publish(tmp_path, 2)
    assert ", version 2" in site.get("/").text


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoWorkspace, match="There is no folder"):
        run(tmp_path / "nowhere", "127.0.0.1", 8765, None)


def test_a_port_that_is_taken_is_told_as_a_command_reads_it(tmp_path: Path) -> None:
    """Without signs between thousands, in every language."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadValue) as refused:
            run(tmp_path, "127.0.0.1", port, None)
    for language in LANGUAGES:
        assert f"crmetrics serve --port {port + 1}" in say(refused.value.message, format_for(language, "EUR"))


def test_without_data_the_pages_begin_with_the_import(tmp_path: Path) -> None:
    with TestClient(application(tmp_path), base_url="http://127.0.0.1") as empty:
        page = empty.get("/")
        assert page.url.path == "/import"
        assert page.status_code == 200
        assert empty.get("/api/catalogue").status_code == 400
        assert empty.get("/api/me").json()["role"] == "admin"


def test_the_list_stands_in_the_order_of_the_readers_alphabet(client: TestClient) -> None:
    for language in ("en", "tr", "uk", "zh"):
        page = client.get("/analyses", params={"language": language}).text
        for section in re.findall(r"<ul class=.links.>(.*?)</ul>", page, re.DOTALL):
            titles = re.findall(r"<a class=.q.[^>]*>(.*?)</a>", section)
            assert titles == sorted(titles, key=lambda title: alphabetical(title, language))
    assert sorted(
        ["zar", "şans", "sıra", "İl", "Isı", "çek", "ad", "ciro"], key=lambda text: alphabetical(text, "tr")
    ) == [
        "ad",
        "ciro",
        "çek",
        "Isı",
        "İl",
        "sıra",
        "şans",
        "zar",
    ]
    assert sorted(["ящик", "їжа", "CRM", "ґрунт", "гай", "дім"], key=lambda text: alphabetical(text, "uk")) == [
        "CRM",
        "гай",
        "ґрунт",
        "дім",
        "їжа",
        "ящик",
    ]
    assert sorted(["销售", "客户", "成本"], key=lambda text: alphabetical(text, "zh")) == ["成本", "客户", "销售"]


def test_the_menu_is_open_where_the_page_stands(client: TestClient) -> None:
    page = client.get("/a/sales.win_rate").text
    assert re.findall(r"<details open><summary>(.*?)</summary>", page) == ["Sales"]
    assert "<details open>" not in client.get("/").text


def test_a_page_beyond_the_last_is_the_last(client: TestClient) -> None:
    rows = re.compile(r"<tbody>(.*?)</tbody>", re.DOTALL)
    first = rows.search(client.get("/a/sales.win_rate?by=owner").text)
    beyond = rows.search(client.get("/a/sales.win_rate?by=owner&page=99").text)
    assert first is not None
    assert beyond is not None
    assert first.group(1) == beyond.group(1)


def test_days_stand_in_one_line_and_sentences_have_room() -> None:
    heads = tuple(
        Header(name, name, "", unit, is_number)
        for name, unit, is_number in (
            ("n", Unit.COUNT, True),
            ("on", Unit.DATE, False),
            ("why", Unit.TEXT, False),
            ("who", Unit.TEXT, False),
        )
    )
    table = ShownTable(heads, (("1", "1 Oct 2026", "the deal stands twice as long as usual", "Bo"),), None, "", 0, 1)
    assert column_classes(table) == ["n", "day", "long", ""]
