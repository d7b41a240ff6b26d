"""Every page there is, found by the routes themselves, in a real browser: for who cannot see it, on a telephone, by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crmetrics.catalogue import find, keys
from crmetrics.intake.uploads import Uploads
from crmetrics.web.admission import SESSION
from crmetrics.web.application import ROOMS, application
from crmetrics.web.site import Site
from crmetrics.workspace.boards import Board, Boards, Part
from crmetrics.workspace.passwords import Passwords
from crmetrics.workspace.people import People
from crmetrics.workspace.segments import Opened, Segment, Segments
from crmetrics.workspace.sessions import Sessions
from tests.web.axe import faults
from tests.web.serving import copy_of, serving
from tests.web.signed_in import site_of

Page = Any  # of playwright, which may not be there

pytestmark = pytest.mark.browser

NO_PAGES = {  # what is asked by GET and shows nothing by itself
    "/a": "leads to /analyses",
    "/a/{key}/waiting": "tells a script how far the work is",
    "/sign-in/company": "leads to the sign-in of the company",
    "/sign-in/company/back": "comes from there",
}
FILES = (".json", ".csv", ".xlsx", ".svg", ".png")
ADDRESSES = {  # where what stands in the braces must be something that is there; a page may be looked at in several states
    "/": ("/?period=last-month",),
    "/a/{key}": (
        "/a/sales.win_rate?where.region=Wales&choose=region",
        "/a/sales.velocity?by=month",
    ),
    "/a/{key}/values": ("/a/sales.win_rate/values?choose=region",),
    "/a/{key}/effects": ("/a/sales.win_rate/effects",),
    "/a/{key}/rows": ("/a/sales.win_rate/rows?cell=won", "/a/kpis.buyers/rows?cell=value"),
    "/boards/add": ("/boards/add?key=sales.win_rate",),
    "/boards/{number}": ("/boards/1", "/boards/1?change=1"),
    "/customers": ("/customers?q=a",),
    "/customers/{customer:path}": ("/customers/0000001",),
    "/deals/{deal:path}": ("/deals/D0000064",),
    "/import/{number}": ("/import/1",),
    "/new-password/{secret}": ("/new-password/{secret}",),
    "/people/{number}": ("/people/1",),
}


def pages() -> list[str]:
    """The addresses of all pages; a new page is here by itself, or its test says what is missing."""
    site = site_of(application(Path("unused")))
    routes = [route for room in ROOMS for route in room.routes(site).routes if "GET" in route.methods]
    paths = [route.path for route in routes if not route.path.startswith("/api") and not route.path.endswith(FILES)]
    return [address for path in paths if path not in NO_PAGES for address in ADDRESSES.get(path, (path,))]


def kinds_of_answers() -> list[str]:
    """One analysis for every set of columns and chart: those that share both, as most KPIs do, are one page with other figures."""
    return list({(tuple(find(key).row.__annotations__), repr(find(key).chart)): key for key in keys()}.values())


@dataclass(frozen=True)
class Peopled:
    """A site with somebody to sign in, a dashboard, files that were sent, a link for a new password."""

    base: str
    site: Site
    link: str

    def sign_in(self, page: Page) -> None:
        secret = Sessions(self.site.state).start(People(self.site.state).all()[0])
        page.context.add_cookies([{"name": SESSION, "value": secret, "url": self.base}])

    def open(self, page: Page, address: str) -> None:
        """Open a page, and wait until what comes by itself has come."""
        if not address.startswith(("/sign-in", "/new-password")):
            self.sign_in(page)
        page.goto(self.base + address.replace("{secret}", self.link))
        page.locator("[data-waiting]").first.wait_for(state="detached", timeout=90_000)
        page.wait_for_load_state()  # the page that waited may be followed by the one that was waited for
        for chart in page.locator(".vz").all():
            chart.locator("svg, canvas").first.wait_for(timeout=20_000)


@pytest.fixture(scope="module")
def peopled(demo_company: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peopled]:
    with serving(copy_of(demo_company("en"), tmp_path_factory.mktemp("every_page"))) as (base, site):
        ada = People(site.state).add("ada@example.com", "admin")
        parts = (Part("figure", "sales.win_rate"), Part("chart", "sales.win_rate"), Part("text", text="Look at Wales."))
        Boards(site.state, ada.number).keep(Board(ada.number, "Monday", parts))
        buyers = Opened("kpis.buyers", "value", "/a/kpis.buyers/rows?cell=value")
        Segments(site.state, ada.number).keep(Segment(ada.number, "Buyers", buyers))
        uploads = Uploads(site.folder)
        uploads.place_of(sent := uploads.begin("shop", "ada@example.com"), "orders.csv").write_text(ORDERS)
        uploads.look(sent.number)
        yield Peopled(base, site, Passwords(site.state).make_link(ada))


ORDERS = "Order No,Customer No,Order Date,Item,Qty,Net Amount\n" + "".join(
    f"A{n},C{n % 7},2026-0{n % 9 + 1}-1{n % 9},Filter {n % 3},{n % 4 + 1},{n * 1.25:.2f}\n" for n in range(1, 60)
)


@pytest.mark.parametrize("address", pages())
def test_a_page_can_be_used_by_everybody(page: Page, peopled: Peopled, address: str) -> None:
    """No serious fault for a screen reader in light and dark, nothing to push sideways on a telephone, focus that is seen."""
    peopled.open(page, address)
    assert faults(page) == []
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for _each in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(RING), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


@pytest.mark.parametrize(("place", "address"), tuple(enumerate(pages())))
def test_a_page_can_be_used_in_another_language(page: Page, peopled: Peopled, place: int, address: str) -> None:
    language = ("tr", "uk", "zh")[place % 3]
    peopled.open(page, f"{address}{'&' if '?' in address else '?'}language={language}")
    assert page.locator("html").get_attribute("lang") == {"zh": "zh-Hans"}.get(language, language)
    assert faults(page) == []
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_mistake_can_be_read_by_everybody(browser: Any, peopled: Peopled) -> None:
    page = browser.new_page()  # its console tells of the 404
    peopled.open(page, "/a/sales.nothing")
    assert faults(page) == []
    page.context.close()


@pytest.mark.parametrize("key", kinds_of_answers())
def test_an_answer_can_be_used_by_everybody(page: Page, peopled: Peopled, key: str) -> None:
    peopled.open(page, f"/a/{key}")
    assert faults(page) == []


RING = """() => {
  const has = (e) => { const s = getComputedStyle(e);
    return (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none"; };
  for (let e = document.activeElement; e && e !== document.body; e = e.parentElement) { if (has(e)) return true; }
  return document.activeElement === document.body;
}"""
