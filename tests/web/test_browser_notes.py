"""A note on a date in a real browser: written below a chart, seen on it, read by pointer and keys, told to everybody else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.web.axe import faults

Page = Any  # of playwright, which may not be there

pytestmark = pytest.mark.browser

CHART = "/a/kpis.net_sales?period=2026"
TEXT = "Fair <b>in</b> İstanbul"


def test_a_note_is_written_below_a_chart_and_read_on_it(page: Page, site: str) -> None:
    page.goto(site + CHART)
    page.locator(".note-add summary").click()
    page.fill(".note-add input[name=text]", TEXT)
    page.fill(".note-add input[name=first]", "2026-03-12")
    page.fill(".note-add input[name=last]", "2026-03-20")
    with page.expect_navigation():
        page.locator(".note-add button[type=submit]").click()
    try:
        assert page.url == site + CHART
        page.locator(".vz[data-ready]").wait_for(timeout=20_000)
        assert page.locator(".on-dates li").all_inner_texts() == [f"12–20 Mar 2026: {TEXT}"]
        page.locator(".vz svg text", has_text=re.compile("^1$")).hover()
        assert page.locator("#vg-tooltip-element").inner_text().split("\n")[-1].endswith(TEXT)
        page.locator(".vz").focus()
        page.keyboard.press("End")
        assert page.locator(".told").inner_text() == f"Note: 12–20 Mar 2026: {TEXT}"
        assert faults(page) == []
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    finally:  # the site is everybody's
        page.goto(f"{site}/notes")
        page.locator("tr", has_text=TEXT).get_by_role("button").click()
    page.locator("main .state").wait_for()
