"""A chart as people use it: a click on a bar opens its rows, and so does Enter on another."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.web.test_browser_analysis import drawn

pytestmark = pytest.mark.browser


def rows_opened(page: Any) -> int:
    """How many rows the page says that it shows."""
    page.wait_for_url("**/rows?**")
    return int(re.sub(r"\D", "", page.locator("section header .mut").inner_text()))


def test_a_click_opens_a_bar_and_enter_another(page: Any, site: str) -> None:
    drawn(page, f"{site}/a/kpis.won_deals?by=owner&period=2026")
    bars = page.locator(".vz .mark-rect path")
    bars.nth(1).hover()
    page.wait_for_function("document.querySelector('.vz').style.cursor === 'pointer'")
    won = bars.nth(1).evaluate("bar => bar.__data__.tooltip")["Won deals"]
    bars.nth(1).click()
    assert rows_opened(page) == int(won)
    assert "period=2026" in page.url
    page.go_back()
    page.locator(".vz[data-ready]").wait_for()
    page.locator(".vz").focus()
    told = page.locator(".told")
    assert told.inner_text() == "The arrow keys go from value to value, Enter opens the rows."
    for _press in range(3):
        page.keyboard.press("ArrowRight")
    found = re.fullmatch(r"Owner: (.*), Won deals: ([\d,]+).*", told.inner_text())
    assert found is not None
    name, won = found.groups()
    page.keyboard.press("Enter")
    assert rows_opened(page) == int(won.replace(",", ""))
    assert name in page.locator(".sub").inner_text()
    assert len(page.context.pages) == 1
