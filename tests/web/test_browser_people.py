"""The first administrator, a manager and a rep in a real browser, on a demo company of their own."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from crmetrics.warehouse.scope import Scope
from crmetrics.web.admission import SESSION
from crmetrics.web.application import application
from crmetrics.web.site import Site
from crmetrics.workspace.passwords import Passwords
from crmetrics.workspace.people import People
from crmetrics.workspace.sessions import Sessions

Page = Any  # of playwright, which may not be there
PASSWORD = "four words for tests"

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def own(demo_company: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Site]]:
    """A site over a copy of the demo company: the others' stays without people."""
    folder = tmp_path_factory.mktemp("people")
    shutil.copytree(demo_company("en") / "versions", folder / "versions")
    shutil.copy(demo_company("en") / "crmetrics.toml", folder)
    app = application(folder)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", app.state.site
    server.should_exit = True
    thread.join(10)


def test_from_nobody_to_a_rep_who_sees_his_rows(page: Page, own: tuple[str, Site]) -> None:
    """As it goes in life: the first one adds himself, then a manager and a rep, who sign in and ask the same question."""
    base, site = own
    page.goto(f"{base}/people")
    assert "Nobody has been added yet" in page.locator(".banner").inner_text()
    page.fill("input[name=name]", "ada@example.com")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/")
    page.goto(f"{base}/me")
    people = People(site.state)
    for name, role, employee in (("mara", "manager", leader(site)), ("remy", "rep", busiest(site))):
        Passwords(site.state).set(people.add(name, role, employee_id=employee), PASSWORD)
    won = {name: decided_as(page, base, name) for name in ("ada@example.com", "mara", "remy")}
    assert 0 < won["remy"] < won["mara"] < won["ada@example.com"]
    assert page.context.request.get(f"{base}/people").status == 403
    assert page.get_by_role("link", name="People and rights").count() == 0


def leader(site: Site) -> str:
    return str(asked(site, f"select manager_id as who from employees where employee_id = '{busiest(site)}'"))


def busiest(site: Site) -> str:
    return str(asked(site, "select owner_id as who from deals group by owner_id order by count(*) desc, owner_id"))


def asked(site: Site, sql: str) -> Any:
    with site.catalogue().warehouse(Scope()) as warehouse:
        return warehouse.query(sql).values("who")[0]


def decided_as(page: Page, base: str, name: str) -> int:
    """Sign in, ask how many deals were decided, after whoever was signed in before has gone."""
    page.locator(".whoami button").click()
    page.wait_for_url("**/sign-in")
    page.goto(f"{base}/sign-in?next=/me")
    page.get_by_label("Name or e-mail").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/me")
    assert page.locator(".whoami a").inner_text() == name
    response = page.context.request.get(f"{base}/a/sales.win_rate.json?period=last-12-months")
    page.goto(f"{base}/a/sales.win_rate?period=last-12-months")
    page.locator("tfoot").wait_for(timeout=60_000)
    n = int(response.json()["total"]["n"])
    assert re.search(rf"\b{n:,}\b", page.locator("tfoot").inner_text())
    return n


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("address", ["/people", "/people/1", "/me", "/audit", "/sign-in"])
def test_axe_finds_no_serious_fault(page: Page, own: tuple[str, Site], address: str, mode: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    base, site = own
    people = People(site.state)
    admin = people.find("ada@example.com") or people.add("ada@example.com", "admin")
    page.emulate_media(color_scheme=mode)
    if address != "/sign-in":
        secret = Sessions(site.state).start(admin)
        page.context.add_cookies([{"name": SESSION, "value": secret, "url": base}])
    page.goto(base + address)
    found = axe.Axe().run(page).response["violations"]
    grave = [
        (each["id"], each["nodes"][0]["html"][:200]) for each in found if each["impact"] in ("serious", "critical")
    ]
    assert grave == []


@pytest.mark.parametrize("language", ["en", "tr", "uk", "zh"])
def test_nothing_is_wider_than_a_phone_in_any_language(page: Page, own: tuple[str, Site], language: str) -> None:
    base, site = own
    people = People(site.state)
    admin = people.find("ada@example.com") or people.add("ada@example.com", "admin")
    page.set_viewport_size({"width": 360, "height": 780})
    page.context.add_cookies([{"name": SESSION, "value": Sessions(site.state).start(admin), "url": base}])
    for address in ("/people", "/me", "/audit"):
        page.goto(f"{base}{address}?language={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
