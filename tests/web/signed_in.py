"""Signed-in clients and sent forms, for tests of pages."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from crmetrics.web.admission import SESSION
from crmetrics.web.site import Site
from crmetrics.workspace.people import People
from crmetrics.workspace.sessions import Sessions

HOME = "http://127.0.0.1"


def site_of(app: FastAPI) -> Site:
    """The site behind an application."""
    found: Site = app.state.site
    return found


def signed_in(app: FastAPI, role: str, name: str = "", **given: Any) -> TestClient:
    """A client signed in as a person of that role; `given` is what People.add takes: sees, employee_id, language.

    Once somebody is added, whoever is not signed in is sent to the sign-in page: `TestClient(app)` is nobody from then on.
    """
    state = site_of(app).state
    people = People(state)
    name = name or role
    person = people.find(name) or people.add(name, role, **given)
    client = TestClient(app, base_url=HOME, follow_redirects=False)
    client.cookies.set(SESSION, Sessions(state).start(person))
    return client


def token_of(client: TestClient, page: str = "/") -> str:
    """The token that the forms of a page carry."""
    found = re.search(r'name="csrf" (?:content|value)="([0-9a-f]{64})"', client.get(page).text)
    if found is None:
        raise AssertionError(f"{page} carries no token")
    return found.group(1)


def send(client: TestClient, address: str, page: str = "/", **fields: Any) -> Response:
    """Send a form as the browser does that has loaded `page`: with its token."""
    answer: Response = client.post(address, data={"csrf": token_of(client, page), **fields})
    return answer
