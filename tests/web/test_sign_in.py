"""Signing in and out, passwords and their links, my account, people: as a browser does it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from crmetrics.vocabulary.errors import BadValue
from crmetrics.web.admission import SESSION
from crmetrics.web.application import application
from crmetrics.web.server import access_of, is_own
from crmetrics.web.sign_in_page import safe_address
from crmetrics.workspace import passwords
from crmetrics.workspace.audit import Audit
from crmetrics.workspace.passwords import Passwords
from crmetrics.workspace.people import People
from crmetrics.workspace.sessions import Sessions
from crmetrics.workspace.state import open_state
from tests.web.signed_in import HOME, send, signed_in, site_of, token_of
from tests.web.test_pages import publish

GOOD = "correct horse battery"


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=64))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[FastAPI]:
    """A site with one administrator, ada."""
    publish(tmp_path, 1)
    made = application(tmp_path)
    state = site_of(made).state
    Passwords(state).set(People(state).add("ada@example.com", "admin"), GOOD)
    yield made
    state.close()


def browser(app: FastAPI, base: str = HOME) -> TestClient:
    return TestClient(app, base_url=base, follow_redirects=False)


def sign_in(client: TestClient, password: str = GOOD, name: str = "ada@example.com", **more: str) -> int:
    return send(client, "/sign-in", "/sign-in", name=name, password=password, **more).status_code


def test_signing_in_goes_on_where_one_was(app: FastAPI) -> None:
    client = browser(app)
    away = client.get("/a/sales.win_rate?of=amount&where.owner=bo").headers["location"]
    assert away == "/sign-in?next=%2Fa%2Fsales.win_rate%3Fof%3Damount%26where.owner%3Dbo"
    page = client.get(away).text
    assert 'value="/a/sales.win_rate?of=amount&amp;where.owner=bo"' in page
    assert "/a/sales" not in re.sub(r"<input[^>]*>", "", page)  # who is nobody sees no menu
    answer = send(client, "/sign-in", away, name="ADA@example.com", password=GOOD, next="/a/sales.win_rate?of=amount")
    assert (answer.status_code, answer.headers["location"]) == (303, "/a/sales.win_rate?of=amount")
    assert client.get("/me").status_code == 200
    assert [each.kind for each in Audit(site_of(app).state).latest()] == ["sign_in"]


def test_a_wrong_password_tells_nothing(app: FastAPI) -> None:
    client = browser(app)
    known = send(client, "/sign-in", "/sign-in", name="ada@example.com", password="wrong")
    unknown = send(client, "/sign-in", "/sign-in", name="ida@example.com", password="wrong")
    assert (known.status_code, unknown.status_code) == (401, 401)
    assert known.text.replace("ada@", "") == unknown.text.replace("ida@", "")
    assert SESSION not in known.cookies
    assert [(each.who, each.kind) for each in Audit(site_of(app).state).latest()] == [
        ("ida@example.com", "refused"),
        ("ada@example.com", "refused"),
    ]


def test_who_goes_on_guessing_must_wait_even_with_the_right_one(app: FastAPI) -> None:
    client = browser(app)
    assert [sign_in(client, "wrong") for _again in range(5)] == [401] * 5
    answer = send(client, "/sign-in", "/sign-in", name="ada@example.com", password=GOOD)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert "Too many tries" in answer.text


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/\nx", "evil"]
)
def test_signing_in_leads_nowhere_else(app: FastAPI, address: str) -> None:
    assert safe_address(address) == "/"
    client = browser(app)
    answer = send(client, "/sign-in", "/sign-in", name="ada@example.com", password=GOOD, next=address)
    assert answer.headers["location"] == "/"


def test_a_planted_session_is_not_taken_over(app: FastAPI) -> None:
    """Whatever a browser held before, it holds something new after signing in, and the old is nobody."""
    for planted in (
        "planted by somebody",
        Sessions(site_of(app).state).start(People(site_of(app).state).named("ada@example.com")),
    ):
        client = browser(app)
        client.cookies.set(SESSION, planted, domain="127.0.0.1")
        token = re.search(r'name="csrf" value="(\w+)"', client.get("/sign-in").text)
        given = client.post(
            "/sign-in",
            data={"csrf": token.group(1) if token else token_of(client), "name": "ada@example.com", "password": GOOD},
        )
        fresh = given.cookies[SESSION]
        assert fresh != planted
        stranger = browser(app)
        stranger.cookies.set(SESSION, planted)
        assert stranger.get("/").headers.get("location") == "/sign-in"
        stranger.cookies.clear()
        stranger.cookies.set(SESSION, fresh)
        assert stranger.get("/me").status_code == 200


def test_cookies_are_for_the_browser_alone(app: FastAPI) -> None:
    plain = browser(app)
    page = plain.get("/sign-in")
    assert "HttpOnly" in page.headers["set-cookie"]
    given = send(plain, "/sign-in", "/sign-in", name="ada@example.com", password=GOOD).headers.get_list("set-cookie")
    (session,) = [each for each in given if each.startswith(f"{SESSION}=")]
    assert all(mark in session for mark in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=604800"))
    assert "Secure" not in session
    secure = browser(app, "https://crm.example.com")
    given = send(secure, "/sign-in", "/sign-in", name="ada@example.com", password=GOOD).headers.get_list("set-cookie")
    (session,) = [each for each in given if each.startswith(f"__Host-{SESSION}=")]
    assert all(mark in session for mark in ("HttpOnly", "SameSite=lax", "Path=/", "Secure"))
    assert "Domain" not in session


def test_signing_out_ends_the_session_itself(app: FastAPI) -> None:
    client = browser(app)
    sign_in(client)
    held = client.cookies[SESSION]
    assert client.post("/sign-out").status_code == 403  # no other site can do it
    assert send(client, "/sign-out", "/me").headers["location"] == "/sign-in"
    again = browser(app)
    again.cookies.set(SESSION, held)
    assert again.get("/").headers["location"] == "/sign-in"


def test_a_new_password_signs_out_everywhere_else(app: FastAPI) -> None:
    here, there = browser(app), browser(app)
    assert (sign_in(here), sign_in(there)) == (303, 303)
    wrong = send(here, "/me/password", "/me", old="wrong", password="another good one", again="another good one")
    assert "until now is wrong" in wrong.text
    differ = send(here, "/me/password", "/me", old=GOOD, password="another good one", again="another good two")
    assert "not the same" in differ.text
    assert there.get("/me").status_code == 200
    done = send(here, "/me/password", "/me", old=GOOD, password="another good one", again="another good one")
    assert done.status_code == 303
    assert here.get("/me").status_code == 200
    assert there.get("/me").headers["location"].startswith("/sign-in")
    assert sign_in(there) == 401
    assert sign_in(there, "another good one") == 303


def test_a_change_of_rights_signs_out(app: FastAPI) -> None:
    admin, rep = signed_in(app, "admin", "ada@example.com"), signed_in(app, "rep", "bo@example.com")
    number = People(site_of(app).state).named("bo@example.com").number
    assert rep.get("/me").status_code == 200
    assert send(admin, f"/people/{number}", "/people", role="manager", employee_id="bo").status_code == 303
    assert rep.get("/me").headers["location"].startswith("/sign-in")
    assert People(site_of(app).state).by_number(number).role == "manager"
    own = People(site_of(app).state).named("ada@example.com").number
    assert send(admin, f"/people/{own}", "/people", role="admin", sees="team").status_code == 303
    assert admin.get("/people").status_code == 200  # who changed himself goes on, in a new session
    refused = send(admin, f"/people/{own}", "/people", role="rep")
    assert "only administrator" in refused.text


def test_a_link_of_an_administrator_sets_a_password_once(app: FastAPI) -> None:
    admin = signed_in(app, "admin", "ada@example.com")
    added = send(admin, "/people", "/people", name="bo@example.com", role="rep", employee_id="bo")
    link = re.search(r"(/new-password/[\w-]+)", added.text)
    assert link is not None
    person = browser(app)
    assert "bo@example.com" in person.get(link.group(1)).text
    assert send(person, link.group(1), link.group(1), password="short", again="short").status_code == 400
    assert send(person, link.group(1), link.group(1), password=GOOD, again=GOOD).headers["location"] == "/"
    assert person.get("/me").status_code == 200
    assert browser(app).get(link.group(1)).status_code == 404
    assert "used or has ended" in browser(app).get(link.group(1)).text
    kinds = [each.kind for each in Audit(site_of(app).state).latest()]
    assert kinds[:2] == ["password", "rights"]


def test_what_cannot_be_said_of_a_person_is_told_on_the_page(app: FastAPI) -> None:
    admin = signed_in(app, "admin", "ada@example.com")
    for fields, said in (
        ({"name": "Ada@example.com", "role": "rep"}, "already"),
        ({"name": "bo", "role": "boss"}, "not a role"),
        ({"name": "bo", "role": "rep", "employee_id": "zz"}, "no employee"),
        ({"name": "", "role": "rep"}, "not a name"),
        ({"name": "bo", "role": "rep", "sees": "everything"}, "not a scope"),
    ):
        answer = send(admin, "/people", "/people", **fields)
        assert answer.status_code == 400
        assert said in answer.text
    assert len(People(site_of(app).state).all()) == 1


def test_a_disabled_person_is_out_and_can_be_let_in_again(app: FastAPI) -> None:
    admin, rep = signed_in(app, "admin", "ada@example.com"), signed_in(app, "rep", "bo@example.com")
    number = People(site_of(app).state).named("bo@example.com").number
    send(admin, f"/people/{number}/disable", "/people")
    assert rep.get("/me").headers["location"].startswith("/sign-in")
    assert "disabled" in admin.get("/people").text
    send(admin, f"/people/{number}/enable", "/people")
    assert not People(site_of(app).state).by_number(number).is_disabled


def test_a_token_is_shown_once_and_taken_back(app: FastAPI) -> None:
    client = signed_in(app, "admin", "ada@example.com")
    made = send(client, "/me/tokens", "/me", name="<b>BI</b>", days="30")
    secret = re.search(r"crm_[\w-]+", made.text)
    assert secret is not None
    assert secret.group() not in client.get("/me").text
    assert "&lt;b&gt;BI" in client.get("/me").text
    program = browser(app)
    bearer = {"Authorization": f"Bearer {secret.group()}"}
    assert program.get("/people", headers=bearer).status_code == 200
    assert (
        program.post("/me/language", data={"language": "tr"}, headers=bearer).status_code == 303
    )  # no form token needed
    send(client, "/me/tokens/1/end", "/me")
    assert program.get("/people", headers=bearer).status_code == 401
    assert send(client, "/me/tokens", "/me", name="x", days="1000").status_code == 400


def test_the_language_of_a_person(app: FastAPI) -> None:
    client = signed_in(app, "admin", "ada@example.com")
    send(client, "/me/language", "/me", language="uk")
    assert '<html lang="uk">' in client.get("/me").text
    send(client, "/me/language", "/me", language="klingon")
    assert '<html lang="en">' in client.get("/me").text


def test_the_audit_can_be_read_and_filtered(app: FastAPI) -> None:
    client = signed_in(app, "admin", "ada@example.com")
    audit = Audit(site_of(app).state)
    for number in range(120):
        audit.note("<i>bo</i>", "export", f"/a/x{number}.csv")
    page = client.get("/audit?kind=export").text
    assert "&lt;i&gt;bo" in page
    assert "/a/x119.csv" in page
    older = re.search(r'href="(/audit\?kind=export&amp;before=\d+)"', page)
    assert older is not None
    assert "/a/x3.csv" in client.get(older.group(1).replace("&amp;", "&")).text
    assert "Nothing yet" in client.get("/audit?who=nobody&before=999999999999999999999").text
    audit.note("terminal", "rights", "Bo: rep")
    audit.note("", "refused", "an old link")
    told = client.get("/audit?language=tr").text
    assert "<td>uç birim</td>" in told
    assert "<td>terminal</td>" not in told
    assert "<td></td><td>Oturum açma reddedildi</td>" in told  # who it was is not known


def test_others_reach_the_pages_only_once_somebody_can_sign_in(tmp_path: Path) -> None:
    assert access_of(tmp_path, "127.0.0.1", behind_proxy=False).is_local
    for host, behind_proxy in (("0.0.0.0", False), ("192.168.1.5", False), ("::", False), ("127.0.0.1", True)):
        with pytest.raises(BadValue, match="user add NAME --role admin"):
            access_of(tmp_path, host, behind_proxy)
    state = open_state(tmp_path)
    ada = People(state).add("ada", "admin")
    with pytest.raises(BadValue, match="nobody could sign in"):
        access_of(tmp_path, "0.0.0.0", behind_proxy=False)  # added, and without a password
    Passwords(state).set(ada, GOOD)
    assert not access_of(tmp_path, "0.0.0.0", behind_proxy=False).is_local
    assert not access_of(tmp_path, "127.0.0.1", behind_proxy=True).is_local
    assert access_of(tmp_path, "::1", behind_proxy=False).knows("[::1]:8765")
    assert [is_own(host) for host in ("localhost", "127.8.8.8", "::1", "10.0.0.1", "example.com")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_before_the_first_import_people_sign_in_and_are_added(tmp_path: Path) -> None:
    made = application(tmp_path)
    state = site_of(made).state
    Passwords(state).set(People(state).add("ada@example.com", "admin"), GOOD)
    client = browser(made)
    assert client.get("/sign-in").status_code == 200
    assert sign_in(client) == 303
    assert client.get("/").headers["location"] == "/import"
    for address in ("/import", "/people", "/me", "/audit", "/boards", "/notes"):
        assert client.get(address).status_code in (200, 303), address
    assert send(client, "/people", "/people", name="bo@example.com", role="viewer").status_code < 400
    assert People(state).find("bo@example.com") is not None
    state.close()
