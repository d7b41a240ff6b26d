"""The rooms around the analyses in a real browser: search, dashboards, import, record, quarantine, duplicates and rows."""

from __future__ import annotations

from typing import Any

import pytest

Page = Any  # of playwright, which may not be there

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ROOMS = (
    "/customers?q=a",
    "/customers/0000001",
    "/deals/D0000064",
    "/boards",
    "/boards/add?key=sales.win_rate",
    "/import",
    "/history",
    "/quarantine",
    "/duplicates",
    "/a/sales.win_rate/rows?cell=won",
)


@pytest.mark.parametrize("address", ROOMS)
def test_a_room_can_be_used_by_everybody(page: Page, site: str, address: str) -> None:
    """No serious fault for a screen reader in light and dark, nothing to push sideways on a telephone, focus that is seen."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.goto(site + address)
    for mode in ("light", "dark"):
        page.emulate_media(color_scheme=mode)
        found = axe.Axe().run(page).response["violations"]
        grave = [(each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in GRAVE]
        assert grave == [], mode
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".side").bounding_box()["height"] < 100
    for _each in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(RING), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


GRAVE = ("serious", "critical")
RING = """() => {
  const has = (e) => { const s = getComputedStyle(e);
    return (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none"; };
  for (let e = document.activeElement; e && e !== document.body; e = e.parentElement) { if (has(e)) return true; }
  return document.activeElement === document.body;
}"""
