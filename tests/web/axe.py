"""What axe-core finds on an open page."""

from __future__ import annotations

from typing import Any

import pytest

GRAVE = ("serious", "critical")
ALL = {"resultTypes": ["violations"]}
COLOURS = {**ALL, "runOnly": ["color-contrast", "link-in-text-block"]}
# One template makes all rows of a table: with hundreds of them axe takes seconds and finds the same.
FEWER = "document.querySelectorAll('tbody tr:nth-child(n+13)').forEach((row) => row.remove())"


def faults(page: Any) -> list[tuple[str, str, str]]:
    """The serious faults of a page, in light and in dark: mode, rule, the element."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.evaluate(FEWER)
    found: list[tuple[str, str, str]] = []
    for mode, rules in (("light", ALL), ("dark", COLOURS)):  # only the colours differ in the dark
        page.emulate_media(color_scheme=mode)
        told = axe.Axe().run(page, options=rules).response["violations"]
        found += [(mode, each["id"], each["nodes"][0]["html"][:200]) for each in told if each["impact"] in GRAVE]
    return found
