"""The first administrator, a manager and a rep in a real browser, on a demo company of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from crmetrics.analysis import Answer
from crmetrics.analysis.kept import Asked
from crmetrics.catalogue import OpenCatalogue
from crmetrics.warehouse.scope import Scope
from crmetrics.web.admission import SESSION
from crmetrics.web.site import Site
from crmetrics.workspace.passwords import Passwords
from crmetrics.workspace.people import People
from crmetrics.workspace.sessions import Sessions
from tests.web.serving import copy_of, serving
from tests.web.test_pages import publish

Page = Any  # of playwright, which may not be there
PASSWORD = "four words for tests"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def own(demo_company: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Site]]:
    """A site over a copy of the demo company: the others' stays without people."""
    with serving(copy_of(demo_company("en"), tmp_path_factory.mktemp("people"))) as running:
        yield running


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


def test_who_is_signed_out_while_he_waits_is_led_to_the_sign_in(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the page that follows a slow question would wait for ever."""
    publish(tmp_path, 1)
    let_go, answer = Event(), OpenCatalogue.answer

    def slow(catalogue: OpenCatalogue, asked: Asked) -> Answer[Any]:
        let_go.wait(60)
        return answer(catalogue, asked)

    monkeypatch.setattr(OpenCatalogue, "answer", slow)
    with serving(tmp_path) as (base, site):
        person = People(site.state).add("ana", "admin")
        page.context.add_cookies([{"name": SESSION, "value": Sessions(site.state).start(person), "url": base}])
        try:
            page.goto(f"{base}/a/sales.win_rate")
            assert page.locator("[data-waiting]").count() == 1
            Sessions(site.state).end_all(person.number)
            page.wait_for_url("**/sign-in?next=*")
            page.get_by_label("Password").wait_for()
        finally:
            let_go.set()


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
