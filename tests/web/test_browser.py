"""The pages in a real browser: charts are drawn, nothing is refused or logged, languages and modes change."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn

from crmetrics.web.application import application

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
playwright = pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def site(demo_company: Callable[[str], Path]) -> Iterator[str]:
    """The address of a running site over the demo company."""
    config = uvicorn.Config(application(demo_company("en")), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: playwright.Browser) -> Iterator[playwright.Page]:
    """A page on which every console error and every refusal is a failure."""
    shown = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    faults: list[str] = []
    shown.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    shown.on("pageerror", lambda error: faults.append(str(error)))
    yield shown
    assert faults == []
    shown.close()


@pytest.mark.parametrize("language", ["en", "tr", "uk", "zh"])
@pytest.mark.parametrize("key", ["sales.win_rate", "finance.whale_curve", "sales.performance"])
def test_charts_are_drawn_in_every_language(page: playwright.Page, site: str, key: str, language: str) -> None:
    page.goto(f"{site}/a/{key}?language={language}")
    chart = page.locator(".vz").first
    chart.locator("svg").wait_for(timeout=20_000)
    assert chart.bounding_box()["height"] > 100
    assert page.locator("tbody tr").count() > 2


def test_a_month_stands_in_one_line_in_chinese_below_both_charts(page: playwright.Page, site: str) -> None:
    page.goto(f"{site}/a/sales.velocity?by=month&language=zh")
    page.locator(".vz svg").nth(1).wait_for(timeout=20_000)
    assert page.locator("tbody tr").first.bounding_box()["height"] < 45


def test_light_and_dark(page: playwright.Page, site: str) -> None:
    page.goto(f"{site}/a/sales.win_rate")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("[data-toggle-theme]").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_a_switch_changes_address_and_figures(page: playwright.Page, site: str) -> None:
    page.goto(f"{site}/a/sales.win_rate")
    before = page.locator("tfoot").inner_text()
    page.select_option("select[name=of]", "all")
    page.wait_for_url("**of=all**")
    assert page.locator("tfoot").inner_text() != before
    assert page.locator("select[name=of]").input_value() == "all"


def test_the_language_is_kept_from_page_to_page(page: playwright.Page, site: str) -> None:
    page.goto(f"{site}/analyses")
    page.get_by_role("link", name="TR", exact=True).click()
    assert page.locator("html").get_attribute("lang") == "tr"
    page.locator(".links a").first.click()
    assert page.locator("html").get_attribute("lang") == "tr"


@pytest.mark.parametrize("width", [320, 768])
def test_no_sideways_scroll_on_small_screens(page: playwright.Page, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{site}/a/sales.win_rate")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_the_content(page: playwright.Page, site: str) -> None:
    page.goto(f"{site}/a/sales.win_rate")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_the_list_is_cut_to_the_words_typed(page: playwright.Page, site: str) -> None:
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
