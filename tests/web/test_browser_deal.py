"""The way to a deal and on from it in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest

Page = Any  # of playwright, which may not be there

pytestmark = pytest.mark.browser


def test_from_a_list_of_deals_to_one_and_to_its_customer_and_back(page: Page, site: str) -> None:
    page.goto(f"{site}/a/sales.stale_deals")
    first = page.locator('tbody a[href^="/deals/"]').first
    first.wait_for(timeout=60_000)
    number = first.inner_text()
    first.click()
    page.wait_for_url(f"{site}/deals/{number}")
    assert number in page.locator(".sub").inner_text()
    assert page.locator(".finds li").count() > 0
    bars = page.locator(".stays tbody tr")
    assert bars.count() > 0
    page.locator("#outlook:not([data-waiting])").wait_for(timeout=60_000)
    told = page.locator("#outlook .pairs").first.inner_text()
    assert re.search(r"\d %|\d%", told)
    page.locator(".seg a", has_text="Stages").click()
    page.wait_for_url(re.compile("kind=stage"))
    assert page.locator(".tl li").count() >= bars.count()
    page.locator('.sub a[href^="/customers/"]').click()
    page.locator(f'a[href="/deals/{number}"]').first.click()
    page.wait_for_url(f"{site}/deals/{number}")
    page.emulate_media(media="print")
    assert page.locator(".finds").is_visible()
    assert not page.locator(".tl + .seg, nav .seg").is_visible()
