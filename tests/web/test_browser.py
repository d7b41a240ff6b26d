"""The pages in a real browser: charts are drawn, nothing is refused or logged, languages and modes change."""

from __future__ import annotations

from typing import Any

import pytest

Page = Any  # of playwright, which may not be there

pytestmark = pytest.mark.browser


def opened(page: Page, address: str) -> None:
    """Open a page, and wait until its answer is there."""
    page.goto(address)
    page.locator("h1 ~ .sub, .head ~ .sub").first.wait_for(timeout=60_000)


@pytest.mark.parametrize("language", ["en", "tr", "uk", "zh"])
@pytest.mark.parametrize("key", ["sales.win_rate", "finance.whale_curve", "sales.performance"])
def test_charts_are_drawn_in_every_language(page: Page, site: str, key: str, language: str) -> None:
    opened(page, f"{site}/a/{key}?language={language}")
    chart = page.locator(".vz[data-ready]").first
    chart.wait_for(timeout=20_000)
    assert chart.bounding_box()["height"] > 100
    assert page.locator("tbody tr").count() > 2


def test_a_month_stands_in_one_line_in_chinese_below_both_charts(page: Page, site: str) -> None:
    opened(page, f"{site}/a/sales.velocity?by=month&language=zh")
    page.locator(".vz[data-ready]").nth(1).wait_for(timeout=20_000)
    assert page.locator("tbody tr").first.bounding_box()["height"] < 45


def test_light_and_dark(page: Page, site: str) -> None:
    opened(page, f"{site}/a/sales.win_rate")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("[data-toggle-theme]").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_switch_changes_address_and_figures(page: Page, site: str) -> None:
    opened(page, f"{site}/a/sales.win_rate")
    before = page.locator("tfoot").inner_text()
    page.get_by_role("link", name="all created deals").click()
    page.wait_for_url("**of=all**")
    page.locator("tfoot").wait_for()
    assert page.locator("tfoot").inner_text() != before
    assert page.locator(".switch a[aria-current]").inner_text() == "all created deals"


def test_the_language_is_kept_from_page_to_page(page: Page, site: str) -> None:
    page.goto(f"{site}/analyses")
    page.get_by_role("link", name="TR", exact=True).click()
    assert page.locator("html").get_attribute("lang") == "tr"
    page.locator(".links a").first.click()
    assert page.locator("html").get_attribute("lang") == "tr"


@pytest.mark.parametrize("width", [320, 390, 768])
def test_no_sideways_scroll_on_small_screens(page: Page, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, f"{site}/a/sales.leak_ledger?choose=region")
    page.locator(".vz[data-ready]").wait_for(timeout=20_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_the_content(page: Page, site: str) -> None:
    opened(page, f"{site}/a/sales.win_rate")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.wait_for_url("**#main")  # the browser goes there in its own time


def test_the_list_is_cut_to_the_words_typed(page: Page, site: str) -> None:
    page.goto(f"{site}/analyses?language=tr")
    whole = page.locator(".links li:visible").count()
    page.locator("[data-find] input").fill("musteri kayip")  # without the marks on the letters
    found = page.locator(".links li:visible")
    assert 0 < found.count() < whole
    page.locator("[data-find] input").fill("xyzzy")
    assert found.count() == 0
    assert page.locator("[data-none]").is_visible()
    page.locator("[data-find] input").fill("")
    assert found.count() == whole
