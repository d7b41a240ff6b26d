"""The page of an analysis as people use it: choose, filter, sort, export, print, by keyboard, and for who cannot see it."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tests.web.printed import pages_of
from tests.web.test_browser import opened

Page = Any

pytestmark = pytest.mark.browser


def drawn(page: Page, address: str) -> None:
    opened(page, address)
    page.locator(".vz[data-ready]").first.wait_for(timeout=20_000)


def test_filter_by_two_values_and_take_one_away(page: Page, site: str) -> None:
    drawn(page, f"{site}/a/sales.win_rate")
    page.locator(".dims a", has_text="Region").click()
    typed = page.locator("[data-typed]")
    typed.wait_for()
    assert typed.evaluate("each => each === document.activeElement")
    typed.fill("WALÉS")
    page.locator(".ticks li").filter(has_text="Wales").wait_for()
    page.locator(".ticks li").nth(1).wait_for(state="detached")
    page.locator(".ticks input").check()
    typed.fill("york")
    page.locator(".ticks li").filter(has_text="Yorkshire").locator("input").check()
    page.get_by_role("button", name="Show what is ticked").click()
    page.wait_for_url("**where.region=Yorkshire**")
    assert sorted(re.findall(r"where\.region=(\w+)", page.url)) == ["Wales", "Yorkshire"]
    assert "find" not in page.url
    chips = page.locator(".chip")
    assert chips.count() == 2
    chips.filter(has_text="Wales").click()
    page.wait_for_url(re.compile(r"where\.region=Yorkshire$"))
    assert page.locator(".chip").count() == 1


def test_choose_a_period_and_two_days(page: Page, site: str) -> None:
    opened(page, f"{site}/a/sales.win_rate?of=all")
    page.select_option("select[name=period]", "last-quarter")
    page.wait_for_url("**/a/sales.win_rate?of=all&period=last-quarter")
    page.select_option("select[name=period]", "custom")
    page.fill("input[name=first]", "2026-02-01")
    page.fill("input[name=last]", "2026-03-31")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**period=2026-02-01..2026-04-01")
    assert "Feb 2026 – Mar 2026" in page.locator(".sub").inner_text()


def test_sort_then_export_then_the_same_in_turkish(page: Page, site: str) -> None:
    opened(page, f"{site}/a/sales.win_rate")
    page.locator("th a", has_text=re.compile("^Lost$")).click()
    page.wait_for_url("**sort=-lost**")
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Lost")
    lost = [int(each) for each in page.locator("tbody td:nth-child(3)").all_inner_texts()]
    assert lost == sorted(lost, reverse=True)
    page.get_by_role("link", name="TR", exact=True).click()
    page.locator("html[lang=tr]").wait_for()
    assert "sort=-lost" in page.url
    page.locator(".give summary").click()
    assert page.locator("#link").input_value() == page.url.partition("#")[0]
    with page.expect_download() as download:
        page.locator(".give a", has_text=re.compile("^CSV$")).click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    column = text.splitlines()[0].split(",").index("lost")
    assert [int(line.split(",")[column]) for line in text.splitlines()[1:]] == lost


def test_what_each_switch_would_give(page: Page, site: str) -> None:
    opened(page, f"{site}/a/sales.win_rate")
    page.get_by_role("link", name="What would each give?").click()
    page.locator(".switch .n").nth(2).wait_for(timeout=30_000)
    assert page.locator("[aria-busy]").count() == 0
    assert re.search(r"\d+\.\d%", page.locator(".switch .n").first.inner_text())


def test_the_chart_is_read_by_keyboard_and_as_a_table(page: Page, site: str) -> None:
    drawn(page, f"{site}/a/sales.win_rate")
    page.locator(".vz").focus()
    assert "arrow keys" in page.locator(".told").inner_text()
    page.keyboard.press("ArrowDown")
    first = page.locator(".told").inner_text()
    page.keyboard.press("ArrowDown")
    second = page.locator(".told").inner_text()
    assert first != second
    assert page.locator("tbody td").first.inner_text() in first
    page.locator(".twin summary").click()
    rows = page.locator(".twin tbody tr")
    rows.first.wait_for()
    assert rows.count() == page.locator("#rows tbody tr").count()


def test_all_is_reached_with_the_keyboard_alone(page: Page, site: str) -> None:
    drawn(page, f"{site}/a/sales.win_rate")
    reached: set[str] = set()
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    for _stop in range(60):
        page.keyboard.press("Tab")
        reached |= set(page.evaluate("(document.activeElement.name || document.activeElement.className)").split())
    assert {"period", "compare", "by", "vz", "tw"} <= reached
    page.locator(".dims a", has_text="Region").focus()
    page.keyboard.press("Enter")
    page.locator(".ticks").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator(".ticks input:checked").count() == 1
    page.keyboard.press("Escape")
    assert page.locator(".ticks").count() == 0
    assert page.evaluate("document.activeElement.textContent").startswith("Region")


@pytest.mark.parametrize("language", ["en", "tr", "uk", "zh"])
def test_it_is_printed(page: Page, site: str, language: str) -> None:
    """The question, what it was filtered by, the chart and the whole table stand on the paper; what can only be pressed does not."""
    drawn(page, f"{site}/a/sales.win_rate?where.owner=E0016&where.owner=E0018&language={language}")
    told = [page.locator(each).inner_text() for each in ("h1", ".chip >> nth=0", "#rows table")]
    menu = page.locator(".side nav").first.inner_text()
    paper = "".join(read(each) for each in pages_of(page.pdf(format="A4", print_background=True)))
    for each in told:
        for word in read(each, " ").split():
            assert word in paper
    assert read(menu) not in paper
    page.set_viewport_size({"width": 703, "height": 1000})  # A4 within its margins
    page.emulate_media(media="print")
    assert not page.locator(".side").is_visible()
    assert not page.locator(".tools").is_visible()
    assert page.locator(".vz svg").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 703


def read(text: str, between: str = "") -> str:
    """A text without its line breaks and marks, its letters as they are typed."""
    return between.join(unicodedata.normalize("NFKC", text).replace("×", "").replace("▲", "").replace("▼", "").split())


def test_the_page_weighs_little(page: Page, site: str) -> None:
    """What is sent over the wire, packed: 400 kB the first time, 40 kB after."""
    sent: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda told: sent.append(told["encodedDataLength"]))
    for most in (400_000, 40_000):
        sent.clear()
        drawn(page, f"{site}/a/sales.win_rate")
        page.wait_for_load_state("networkidle")
        assert 0 < sum(sent) < most, sum(sent)
