"""What is somebody's own is kept by no cache: every address, signed in and by token, and the marks of answers sent back."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from crmetrics.web.admission import OPEN
from crmetrics.web.application import application
from crmetrics.workspace.people import People
from crmetrics.workspace.rights import ROLES
from crmetrics.workspace.tokens import Tokens
from tests.web.signed_in import HOME, signed_in, site_of
from tests.web.test_pages import publish
from tests.web.test_rights import ADDRESSES, sample

ASKED = sorted({(path, right or "") for method, path, right in ADDRESSES if method == "GET"})
MARKED = frozenset({"/api/catalogue", "/api/ask/{key}", "/api/me", "/a/{key}.json", "/a/{key}.csv", "/a/{key}.xlsx"})
"""Some of the addresses whose answers bear a mark; the walk finds the others."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """A site over four deals, two of ana, one of bo; everybody must sign in."""
    folder = tmp_path_factory.mktemp("cached")
    publish(folder, 1)
    made = application(folder)
    People(site_of(made).state).add("first", "admin")
    return made


def by_token(app: FastAPI, name: str) -> TestClient:
    """A client that asks as a program of that person."""
    state = site_of(app).state
    secret = Tokens(state).make(People(state).named(name).number, "walk", 1)
    return TestClient(app, base_url=HOME, headers={"Authorization": f"Bearer {secret}"}, follow_redirects=False)


def is_kept_by_nobody(headers: object) -> bool:
    told = {name.lower(): value.lower() for name, value in headers.items()}  # type: ignore[attr-defined]
    vary = {part.strip() for part in told.get("vary", "").split(",")}
    return {"private", "no-store"} <= {part.strip() for part in told["cache-control"].split(",")} and {
        "cookie",
        "authorization",
    } <= vary


@pytest.mark.parametrize("role", ["nobody", "token", *ROLES])
def test_no_answer_of_any_address_may_be_kept(app: FastAPI, role: str) -> None:
    signed_in(app, "admin", "program")
    if role == "nobody":
        client = TestClient(app, base_url=HOME, follow_redirects=False)
    else:
        client = by_token(app, "program") if role == "token" else signed_in(app, role)
    loose = []
    for path, right in ASKED:
        answer = client.get(sample(path))
        if not is_kept_by_nobody(answer.headers):
            loose.append((path, right or OPEN, answer.status_code))
        if "etag" in answer.headers:
            again = client.get(sample(path), headers={"If-None-Match": answer.headers["etag"]})
            if again.status_code != 304 or not is_kept_by_nobody(again.headers) or again.content:
                loose.append((path, "the same again", again.status_code))
    assert loose == []


def test_what_may_be_kept_is_ours_alone_and_the_same_for_all(app: FastAPI) -> None:
    ana, nobody = signed_in(app, "rep", "ana", employee_id="ana"), TestClient(app, base_url=HOME)
    files = set(re.findall(r"/static/[\w.]+", ana.get("/a/sales.win_rate", follow_redirects=True).text))
    assert len(files) > 3
    for path in files - {path for path in files if "charts" in path}:
        kept = nobody.get(path)
        assert kept.headers["cache-control"].startswith("public")
        assert "set-cookie" not in kept.headers
        assert kept.content == ana.get(path).content
    assert "public" not in nobody.get("/static/none.css").headers["cache-control"]


def test_a_mark_is_worth_nothing_to_another_person_scope_or_language(app: FastAPI) -> None:
    """The mark of each answer, sent back by everybody else: never 304, and never another's answer."""
    people = {
        "admin": signed_in(app, "admin", "admin"),
        "another admin": signed_in(app, "admin", "another admin"),
        "ana": signed_in(app, "rep", "ana", employee_id="ana"),
        "bo": signed_in(app, "rep", "bo", employee_id="bo"),
        "program of bo": by_token(app, "bo"),
        "admin in Turkish": signed_in(app, "admin", "admin"),
    }
    people["admin in Turkish"].cookies.set("language", "tr")
    marked = set()
    for path, _right in ASKED:
        address = sample(path)
        if path == "/api/openapi.json" or "etag" not in people["admin"].get(address).headers:
            continue  # the description is the same for all who speak one language
        marked.add(path)
        for who, others in (("admin", people), ("bo", ("ana", "program of bo"))):
            mark = people[who].get(address).headers.get("etag", '"none"')
            for other in others:
                is_same = (who, other) in (("admin", "admin"), ("bo", "program of bo"))
                status = people[other].get(address, headers={"If-None-Match": mark}).status_code
                assert (status == 304) <= is_same, f"{path}: the mark of {who}, sent by {other}"
    assert marked >= MARKED


def test_a_mark_ends_with_the_right_that_it_was_given_under(app: FastAPI) -> None:
    client = signed_in(app, "manager", "cem")
    mark = client.get("/api/me").headers["etag"]
    people = People(site_of(app).state)
    people.change(people.named("cem").number, role="viewer")
    assert client.get("/api/me", headers={"If-None-Match": mark}).status_code in (200, 303, 401)


def test_no_page_kept_in_the_server_holds_another_persons_form_token(app: FastAPI) -> None:
    """The same address for two who see the same, one after the other: the rows may be shared, the token may not."""
    first, second = signed_in(app, "admin", "admin"), signed_in(app, "admin", "another admin")
    for path in ("/a/sales.win_rate", "/", "/analyses", "/answers", "/a/sales.win_rate/rows"):
        tokens = [set(re.findall(r'name="csrf" (?:content|value)="(\w+)"', client.get(path, follow_redirects=True).text))
                  for client in (first, second, first)]  # fmt: skip
        assert len(tokens[0]) == 1
        assert tokens[0] == tokens[2]
        assert not tokens[0] & tokens[1]
