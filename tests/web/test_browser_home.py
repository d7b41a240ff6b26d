"""The first page and what the data can answer in a real browser: four languages, light and dark, a phone, the keyboard, paper."""

from __future__ import annotations

from typing import Any

import pytest

Page = Any  # of playwright, which may not be there

pytestmark = pytest.mark.browser


def opened(page: Page, address: str) -> None:
    """Open the first page, and wait until it has looked through the data."""
    page.goto(address)
    page.locator(".kpis a.tile").first.wait_for(timeout=60_000)


@pytest.mark.parametrize("language", ["en", "tr", "uk", "zh"])
def test_nothing_is_wider_than_a_phone_in_any_language(page: Page, site: str, language: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    opened(page, f"{site}/?period=last-month&language={language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".finds li").count() > 0
    assert page.locator(".spark").count() >= 6
    page.goto(f"{site}/answers")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_by_keyboard_to_another_period_and_to_the_proof(page: Page, site: str) -> None:
    opened(page, f"{site}/")
    last_month = page.get_by_role("link", name="Last month")
    last_month.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**period=last-month**")
    opened(page, page.url)
    assert page.locator("h1").inner_text() == "What changed last month"
    page.locator(".kpis a.tile").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/a/kpis.net_sales?period=2026-10-01..2026-11-01**")


def test_what_is_slow_arrives_by_itself(page: Page, site: str) -> None:
    opened(page, f"{site}/?period=last-month")
    page.locator("[data-waiting]").wait_for(state="detached", timeout=90_000)
    assert page.locator("#steps tbody tr").count() > 5
    assert page.locator("h1").count() == 1


def test_a_word_of_another_language_finds_it_while_it_is_typed(page: Page, site: str) -> None:
    page.goto(f"{site}/analyses?language=en")
    found = page.locator(".links li:visible")
    whole = found.count()
    for typed in ("kayıp", "відтік", "流失"):
        page.locator("[data-find] input").fill(typed)
        assert 0 < found.count() < whole / 3
        assert page.locator('.links a[href="/a/customers.churn_rate"]').is_visible()


def test_on_paper_it_is_light_and_whole(page: Page, site: str) -> None:
    page.emulate_media(color_scheme="dark", media="print")
    opened(page, f"{site}/?period=last-month")
    assert not page.locator(".side").is_visible()
    assert page.locator("#steps").is_visible()
    paper = page.pdf(format="A4")
    assert paper[:5] == b"%PDF-"
    assert 1 <= paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") <= 4
