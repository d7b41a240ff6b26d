"""The first page, what the data can answer, and the list of analyses: in four languages, for each who asks, as data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from crmetrics.catalogue import OpenCatalogue, keys, open_workspace
from crmetrics.findings import briefing
from crmetrics.vocabulary.spelling import folded
from crmetrics.warehouse.scope import Viewer
from crmetrics.web.application import application
from tests.web.signed_in import signed_in
from tests.web.test_pages import HOSTILE, publish

LANGUAGES = ("en", "tr", "uk", "zh")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Four deals, all closed in May 2025, one of them of somebody with a hostile name."""
    folder = tmp_path_factory.mktemp("home")
    publish(folder, 1)
    return TestClient(application(folder))


@pytest.fixture(scope="module")
def demo(demo_company: Callable[[str], Path]) -> Iterator[tuple[TestClient, dict[str, Any]]]:
    workspace = demo_company("en")
    truth = json.loads((workspace / "exports" / "truth.json").read_text(encoding="utf-8"))
    with TestClient(application(workspace)) as client:
        assert client.get("/.json").status_code == 200  # looks through the data once
        yield client, truth


def shown(client: TestClient, **asked: str) -> str:
    """The first page, whole: the data beside it waits for every answer, the page itself would say that it is working."""
    assert client.get("/.json", params=asked).status_code == 200
    return client.get("/", params=asked).text


@pytest.fixture(autouse=True)
def _forget_the_language(small: TestClient) -> None:
    small.cookies.clear()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ["/", "/?period=this-month", "/answers", "/analyses"])
def test_every_page_in_every_language(small: TestClient, address: str, language: str) -> None:
    answer = small.get(address, params={"language": language} | ({"period": "2025-05"} if address == "/" else {}))
    assert answer.status_code == 200
    assert answer.text.count("<h1>") == 1
    assert not re.search(r"<[a-z]+[^>]*\s(style|on[a-z]+)=", answer.text)
    assert not re.search(r">[^<]*\{\w+\}", answer.text)  # a place that nobody filled in
    assert HOSTILE not in answer.text


def test_a_company_whose_data_answer_little_is_led_to_what_would(small: TestClient) -> None:
    page = small.get("/answers").text
    missing = re.findall(r"<td><code>(.*?)</code></td>.*?<b>(\d+)", page)
    assert ("order_lines", missing[0][1]) == missing[0] or "orders" in missing[0][0]
    counts = [int(count) for _name, count in missing]
    assert counts == sorted(counts, reverse=True)
    told = small.get("/answers.json").json()
    locked = [each for each in told["analyses"] if each["state"] == "locked"]
    assert sum(len(each["analyses"]) for each in told["unlocking"]) == len(locked) == sum(counts)
    assert {each["table"] for each in told["tables"]} == {"Deals", "Employees"}


def test_the_list_names_every_analysis(small: TestClient) -> None:
    listed = small.get("/analyses").text
    assert all(f'href="/a/{key}"' in listed for key in keys())
    assert {each["key"] for each in small.get("/analyses.json").json()} == set(keys())
    assert small.get("/a", follow_redirects=False).headers["location"] == "/analyses"


@pytest.mark.parametrize("typed", ["churn", "kayıp", "KAYIP", "отток", "плинність", "流失"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_word_of_any_language_finds_it_in_every_language(small: TestClient, typed: str, language: str) -> None:
    found = [each["key"] for each in small.get("/analyses.json", params={"q": typed, "language": language}).json()]
    assert "customers.churn_rate" in found
    assert len(found) < len(keys()) / 3


@pytest.mark.parametrize("apostrophe", ["'", "’", "ʼ", "`"])
def test_an_apostrophe_is_found_however_it_is_typed(small: TestClient, apostrophe: str) -> None:
    asked = {"q": f"об{apostrophe}єднання", "language": "uk"}
    assert "data.merge_effect" in [each["key"] for each in small.get("/analyses.json", params=asked).json()]


def test_nothing_found_is_said(small: TestClient) -> None:
    page = small.get("/analyses", params={"q": "xyzzy"}).text
    assert "data-sought" not in page
    assert re.search(r"<p[^>]*role=.status. data-none>", page)
    assert folded("İSTANBUL Isı Ürün") == "istanbul isi urun"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/?period=13", "is not a period"),
        ("/?compare=never", "is not something to compare with"),
        ("/?where.moon=full", "is not a dimension"),
    ],
)
def test_a_mistake_is_a_page_with_a_sentence(small: TestClient, address: str, sentence: str) -> None:
    answer = small.get(address)
    assert answer.status_code in (400, 404)
    assert sentence in answer.text
    assert small.get(address.replace("/?", "/.json?")).status_code in (400, 404)


def test_what_is_planted_is_told(demo: Any) -> None:
    client, truth = demo
    told = client.get("/.json", params={"period": "last-month"}).json()
    steps = {each["key"]: [] for each in told["steps"]}
    for each in told["steps"]:
        steps[each["key"]].append(each["sentence"])
    assert any(
        sentence.startswith(f"{truth['deals']['leak']['source']} leaks ") for sentence in steps["sales.leak_ledger"]
    )
    assert any(truth["deals"]["leak"]["stage"] in sentence for sentence in steps["sales.leak_ledger"])
    assert any(truth["follow_ups"]["late_team"] in sentence for sentence in steps["sales.follow_up_delay"])
    waiting = truth["follow_ups"]["open_deals_without_next_step"]
    assert any(sentence.startswith(f"{waiting} open deals have no next step") for sentence in steps["sales.pipeline"])
    assert "sold below cost" in steps["sales.product_performance"][0]
    assert "sales.stale_deals" in steps
    money = [each["money"] or 0 for each in told["steps"]]
    assert money == sorted(money, reverse=True)
    sentences = [each["sentence"] for each in (*told["changes"], *told["steps"])]
    assert len(set(sentences)) == len(sentences)


def test_the_figures_of_the_page_are_those_of_the_scorecard(demo: Any) -> None:
    client, truth = demo
    told = client.get("/.json", params={"period": "2026-10"}).json()
    figures = {each["key"]: each for each in told["figures"]}
    assert figures["kpis.net_sales"]["value"] == pytest.approx(truth["sales"]["by_month"]["2026-10"]["net_sales"])
    assert figures["kpis.net_sales"]["before"] == pytest.approx(truth["sales"]["by_month"]["2026-09"]["net_sales"])
    assert len(figures["kpis.net_sales"]["series"]) == 13
    page = shown(client, period="2026-10")
    assert page.count('class="tile over') == len(figures) >= 8
    assert page.count('class="spark"') >= 6


def test_every_proof_opens(demo: Any) -> None:
    client, _truth = demo
    page = shown(client, period="last-month")
    proofs = {each.replace("&amp;", "&") for each in re.findall(r'href="(/a/[^"]+)"', page) if "?" in each}
    assert len(proofs) > 10
    bars = {each for each in proofs if each.startswith("/a/kpis.net_sales/rows?")}
    months = [f"{y}-{m:02}-01" for y, m in ((2025 + at // 12, at % 12 + 1) for at in range(9, 23))]
    assert {re.search(r"period=([^&]+)", each)[1] for each in bars} == {f"{a}..{b}" for a, b in pairwise(months)}
    assert all("period=2026-10-01..2026-11-01" in each for each in proofs - bars if "net_sales" in each)
    catalogue = set(keys())
    assert {re.split(r"[/?]", each)[2] for each in proofs} <= catalogue
    few = sorted(proofs)[:: max(1, len(proofs) // 4)]
    assert [client.get(f"{each}").status_code for each in few] == [200] * len(few)


def test_the_switch_keeps_the_filters(demo: Any) -> None:
    client, truth = demo
    team = truth["follow_ups"]["late_team"]
    page = shown(client, **{"where.team": team, "period": "last-month"})
    assert 'href="/?where.team=Home+customers&amp;period=last-week"' in page
    assert 'href="/?period=last-month"' in page  # the way out of the filter
    assert re.search(r'href="/a/kpis.net_sales\?where.team=Home\+customers&amp;period=2026-10-01', page)


@pytest.fixture(scope="module")
def demo_catalogue(demo_company: Callable[[str], Path]) -> Iterator[OpenCatalogue]:
    catalogue = open_workspace(demo_company("en"))
    with closing(catalogue.engine):
        yield catalogue


def test_a_representative_is_told_of_his_own(demo: Any, demo_catalogue: OpenCatalogue) -> None:
    _client, truth = demo
    rep = Viewer("rep", "self", truth["deals"]["strong_rep"]["owner_id"])
    told = briefing(demo_catalogue, rep, "last-month")
    whole = briefing(demo_catalogue, period="last-month")
    own, all_ = ({line.declared.key: line.value("value") for line in each.lines} for each in (told, whole))
    assert 0 < (own["sales.pipeline"] or 0) < (all_["sales.pipeline"] or 0)
    listed = demo_catalogue.ask("sales.pipeline", viewer=rep, by="owner")
    assert listed.total.amount == pytest.approx(own["sales.pipeline"])
    sentences = " ".join(str(each.finding.message) for each in (*told.changes, *told.steps))
    assert truth["follow_ups"]["late_team"] not in sentences
    assert "people with a target" not in sentences


def test_a_filter_is_called_by_its_name(small: TestClient) -> None:
    page = shown(small, **{"period": "2025-05", "where.owner": "bo"})
    assert re.search(r'<span class="k">Owner</span> Bo ×</a>', page)
    assert "</span> bo ×" not in page


def test_what_a_signed_in_representative_opens_is_his_and_kept_from_others(tmp_path: Path) -> None:
    """Ana won two deals of 10 and Bo none: each page tells of its own, the administrator's of all, and a stranger sees nothing."""
    publish(tmp_path, 1)
    app = application(tmp_path)
    asked = {"period": "2025-05"}
    seen = {}
    for name, role, given in (
        ("boss", "admin", {}),
        ("ana", "rep", {"sees": "self", "employee_id": "ana"}),
        ("bo", "rep", {"sees": "self", "employee_id": "bo"}),
    ):
        client = signed_in(app, role, name, **given)
        told = client.get("/.json", params=asked).json()
        seen[name] = {each["key"]: each["value"] for each in told["figures"]}["kpis.won_amount"]
        assert client.get("/answers").status_code == client.get("/analyses").status_code == 200
    assert (seen["boss"], seen["ana"], seen["bo"]) == (20, 20, 0)
    stranger = TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)
    assert [stranger.get(each).status_code for each in ("/", "/answers", "/analyses")] == [303] * 3
    assert [stranger.get(each).status_code for each in ("/.json", "/answers.json")] == [401] * 2
