"""Online Retail, 541,909 lines of a shop, from the file to the printed page: one journey in one browser, step by step."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.axe import faults
from tests.web.printed import pages_of
from tests.web.serving import serving

Page = Any  # of playwright, which may not be there

pytestmark = pytest.mark.browser

SALES = "/a/kpis.net_sales?period=2010-12-01..2012-01-01&by=country"
IRELAND = {"tr": "İrlanda", "uk": "Ірландія", "zh": "爱尔兰"}
QUESTION = {"tr": "Ne kadar satıldı?", "uk": "Скільки продано?", "zh": "销售了多少?"}


@pytest.fixture(scope="module")
def shop(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site without data: the first test brings them."""
    with serving(tmp_path_factory.mktemp("retail")) as (base, _site):
        yield base


@pytest.fixture(scope="module")
def known(real_data: Path) -> dict[str, Any]:
    told = json.loads((real_data / "expected" / "online_retail_uci.json").read_text(encoding="utf-8"))["figures"]
    return {name: each["value"] for name, each in told.items()}


def test_from_the_file_to_the_dashboard(page: Page, shop: str, real_data: Path, known: dict[str, Any]) -> None:
    page.goto(shop)
    page.wait_for_url("**/import")
    page.set_input_files("input[type=file]", real_data / "online_retail_uci" / "online_retail_all.csv.gz")
    page.get_by_label("Called").fill("shop")
    page.get_by_role("button", name="Send").click()
    page.locator("#work").wait_for(state="detached", timeout=120_000)
    assert "InvoiceNo" in page.locator("tbody").first.inner_text()
    assert faults(page) == []
    while page.locator(".asks").count():
        for question in page.locator(".asks fieldset").all():
            answer_to(question)
        page.get_by_role("button", name="Answer").click()
        page.wait_for_load_state()
    page.get_by_role("button", name="Import", exact=True).click()
    page.locator("#work").wait_for()
    page.reload()  # how far it is survives that
    page.locator("#work").wait_for(state="detached", timeout=240_000)
    assert re.search(rf"\b{known['rows']:,}\b", page.locator("tbody").first.inner_text())
    assert faults(page) == []
    page.get_by_role("link", name="See what changed").click()
    page.locator(".kpis a.tile").first.wait_for(timeout=120_000)


def answer_to(question: Any) -> None:
    """The shop is British; what else is asked is as it was proposed."""
    if question.locator("input[type=radio]").count():
        question.get_by_label("Yes").check()
    else:
        question.locator("input").fill("GBP")


def test_filter_drill_and_export(page: Page, shop: str, known: dict[str, Any]) -> None:
    page.goto(shop + SALES)
    page.locator("tfoot").wait_for(timeout=60_000)
    total = page.context.request.get(shop + SALES.replace("?", ".json?")).json()["total"]["value"]
    assert total == pytest.approx(known["net_all"], abs=0.01)
    page.locator(".dims a", has_text="Country").first.click()
    page.locator("[data-typed]").fill("au")
    page.locator(".ticks li").nth(5).wait_for(state="detached")
    page.locator(".ticks li").filter(has_text=re.compile("^Australia")).locator("input").check()
    page.get_by_role("button", name="Show what is ticked").click()
    page.wait_for_url("**where.country=AU**")
    page.locator("tfoot").wait_for(timeout=60_000)
    assert page.locator("tbody tr").count() == 1
    with page.expect_download() as download:
        page.locator(".give summary").click()
        page.locator(".give a", has_text=re.compile("^CSV$")).click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    row = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    page.locator("tbody td a").first.click()
    page.wait_for_url("**/rows?**")
    page.locator("tbody tr").first.wait_for(timeout=60_000)
    assert "where.country=AU" in page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as behind:
        amounts = [float(each["net_amount"]) for each in csv.DictReader(behind)]
    assert row["party"] == "AU"
    assert float(row["value"]) == pytest.approx(sum(amounts), abs=0.01)


@pytest.mark.parametrize("language", ["tr", "uk", "zh"])
def test_it_is_printed_in_every_language(page: Page, shop: str, language: str) -> None:
    page.goto(f"{shop}{SALES}&language={language}")
    page.locator(".vz[data-ready]").first.wait_for(timeout=60_000)
    last = page.locator("tfoot td").last.inner_text()
    menu = page.locator(".side a").first.inner_text()
    paper = [unicodedata.normalize("NFKC", text) for text in pages_of(page.pdf(format="A4", print_background=True))]
    assert len(paper) >= 2
    assert "".join(QUESTION[language].split()) in "".join(unicodedata.normalize("NFKC", each) for each in paper)
    assert "EIRE" not in "".join(paper)  # a country by its name in the reader's language, whatever the file calls it
    assert IRELAND[language] in "".join(paper)
    assert "".join(last.split()) in "".join(paper)
    assert "".join(menu.split()) not in "".join(paper)
