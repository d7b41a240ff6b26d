"""Notes on dates: written, changed and removed on a page, below a chart and by the API; on whose charts they stand."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from crmetrics.presenting.annotations import MOST
from crmetrics.web.application import application
from crmetrics.web.notes_page import ROWS
from crmetrics.workspace.annotations import ANNOTATIONS, LONGEST, Annotation, Annotations
from crmetrics.workspace.audit import AUDIT, Audit
from crmetrics.workspace.people import People
from tests.web.signed_in import send, signed_in, site_of, token_of
from tests.web.test_pages import publish

HOSTILE = "<script>alert('x')</script> \"><img src=x>"
CHART = "/a/sales.win_rate?by=month&period=2025"
NOTE = {"text": "Price rise", "first": "2025-05-12"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder = tmp_path_factory.mktemp("notes")
    publish(folder, 1)
    made = application(folder)
    People(site_of(made).state).add("first", "admin")
    return made


@pytest.fixture
def app(published: FastAPI) -> FastAPI:
    """A site on which nothing has been noted yet."""
    for table in (ANNOTATIONS, AUDIT):
        with site_of(published).state.begin(table) as connection:
            connection.execute(table.delete())
    return published


def specs(page: str) -> list[Any]:
    """The charts of a page."""
    found = [part.partition("</script>")[0] for part in page.split('<script type="application/json" class="spec">')[1:]]
    return [json.loads(each) for each in found]


def rep(app: FastAPI, name: str = "ana") -> TestClient:
    return signed_in(app, "rep", f"{name}@example.com", employee_id=name)


def test_a_note_stands_on_the_chart_in_the_list_and_in_the_picture(app: FastAPI) -> None:
    admin = signed_in(app, "admin")
    plain = admin.get(CHART).text
    assert send(admin, "/notes", "/notes", **NOTE).headers["location"] == "/notes#note-1"
    assert "<td" in admin.get("/notes").text
    assert "12 May 2025" in admin.get("/notes").text
    noted = admin.get(CHART).text
    assert '<li value="1"><span class="day">12 May 2025:</span> Price rise</li>' in noted
    assert "Price rise" not in plain
    assert "12 May 2025: Price rise" in json.dumps(specs(noted))
    assert "Price rise" in admin.get(CHART.replace("?", ".svg?")).text
    assert "Price rise" not in admin.get(CHART.replace("2025", "2024")).text  # outside its time


def test_an_answer_is_not_worked_out_again_for_a_note_and_its_picture_gets_another_mark(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, bo = signed_in(app, "admin"), rep(app, "bo")
    addresses = {ending: CHART.replace("?", f".{ending}?") for ending in ("svg", "csv")}
    marks = {ending: admin.get(address).headers["etag"] for ending, address in addresses.items()}
    own_of_bo = bo.get(addresses["svg"]).headers["etag"]
    admin.get(CHART)
    desk = site_of(app).desk
    asked: list[Any] = []
    monkeypatch.setattr(type(desk), "ask", lambda self, question, *rest: asked.append(question))
    send(admin, "/notes", "/notes", **NOTE)
    assert "Price rise" in admin.get(CHART).text
    again = admin.get(addresses["svg"], headers={"If-None-Match": marks["svg"]})
    assert (again.status_code, again.headers["etag"] == marks["svg"]) == (200, False)
    assert admin.get(addresses["svg"], headers={"If-None-Match": again.headers["etag"]}).status_code == 304
    assert admin.get(addresses["csv"], headers={"If-None-Match": marks["csv"]}).status_code == 304
    assert bo.get(addresses["svg"], headers={"If-None-Match": own_of_bo}).status_code == 304  # another's own note
    assert asked == []


def test_a_private_note_is_seen_by_nobody_else_by_any_door(app: FastAPI) -> None:
    ana, bo, admin = rep(app), rep(app, "bo"), signed_in(app, "admin")
    for number in range(2):
        send(ana, "/notes", "/notes", text=f"Secret{number}", first="2025-05-12")
    assert "Secret1" in ana.get(CHART).text
    board = send(ana, "/boards", "/boards", title="Mine").headers["location"].partition("?")[0]
    send(
        ana, f"{board}/change", "/boards", what="add", key="sales.win_rate", kind="chart", query=CHART.partition("?")[2]
    )
    assert "Secret1" in ana.get(board).text
    for other in (bo, admin):
        for address in (
            CHART,
            CHART.replace("?", ".svg?"),
            "/notes",
            "/notes?change=1",
            "/api/notes",
            "/audit",
            "/changes",
        ):
            assert "Secret" not in other.get(address).text, address
        for address in ("/notes/1/remove", "/notes/1/change"):
            assert send(other, address, "/notes", **NOTE).status_code == 404
        answer = other.delete("/api/notes/1", headers={"X-CSRF": token_of(other)})
        assert answer.status_code == 404
        assert answer.json()["detail"] == other.delete("/api/notes/9", headers={"X-CSRF": token_of(other)}).json()[
            "detail"
        ].replace("9", "1")
    assert "Secret0" in ana.get("/notes").text


def test_a_rep_writes_for_himself_and_a_manager_for_everybody(app: FastAPI) -> None:
    ana, boss = rep(app), signed_in(app, "manager")
    refused = send(ana, "/notes", "/notes", **NOTE, shared="1")
    assert refused.status_code == 403
    assert "Price rise" not in ana.get("/notes").text
    assert 'name="shared"' not in ana.get("/notes").text
    assert 'name="shared"' in boss.get("/notes").text
    send(boss, "/notes", "/notes", **NOTE, shared="1")
    assert "Price rise" in ana.get(CHART).text
    assert "everybody, by manager" in ana.get("/notes").text
    assert 'action="/notes/1/remove"' not in ana.get("/notes").text
    assert send(ana, "/notes/1/remove", "/notes").status_code == 403
    assert send(ana, "/notes/1/change", "/notes", text="Mine", first="2025-05-12").status_code == 403
    assert send(signed_in(app, "admin"), "/notes/1/remove", "/notes").status_code == 303  # who wrote it may have left
    noted = [each.about for each in Audit(site_of(app).state).latest(kind="note")]
    assert noted == ["note 1 removed: 2025-05-12..2025-05-12 Price rise", "note 1: 2025-05-12..2025-05-12 Price rise"]


def test_a_note_is_changed_and_kept_to_areas(app: FastAPI) -> None:
    admin = signed_in(app, "admin")
    send(admin, "/notes", "/notes", **NOTE, last="2025-06-02")
    form = admin.get("/notes?change=1").text
    assert 'value="Price rise"' in form
    assert 'value="2025-06-02"' in form
    send(admin, "/notes/1/change", "/notes", text="Istanbul fair", first="2025-05-12", areas=["finance", "data"])
    assert "Istanbul fair" not in admin.get(CHART).text
    send(admin, "/notes/1/change", "/notes", text="Istanbul fair", first="2025-05-12", areas=["finance", "sales"])
    assert "Istanbul fair" in admin.get(CHART).text
    assert "Finance, Sales" in admin.get("/notes").text or "Sales, Finance" in admin.get("/notes").text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"text": "", "first": "2025-05-12"}, "is no note"),
        ({"text": "x" * (LONGEST + 1), "first": "2025-05-12"}, "is no note"),
        ({"text": "x", "first": "yesterday"}, "is not a date"),
        ({"text": "x", "first": "2025-05-12", "last": "2025-05-11"}, "is before the first"),
        ({"text": "x", "first": "2025-05-12", "areas": "<b>"}, "is not an area"),
    ],
)
def test_what_does_not_do_is_told_beside_what_was_typed(app: FastAPI, sent: dict[str, str], said: str) -> None:
    admin = signed_in(app, "admin")
    answer = send(admin, "/notes", "/notes", **sent)
    assert answer.status_code == 400
    assert said in answer.text
    assert f'value="{sent["first"]}"' in answer.text
    assert "<b>" not in answer.text.partition('role="alert"')[2].partition("</p>")[0]


@pytest.mark.parametrize("change", ["x", "-1", "9", "9" * 30, "1e3", "²"])
def test_a_forged_number_is_refused(app: FastAPI, change: str) -> None:
    assert signed_in(app, "admin").get("/notes", params={"change": change}).status_code in (400, 404)


def test_a_hostile_note_stays_text(app: FastAPI) -> None:
    admin = signed_in(app, "admin")
    send(admin, "/notes", "/notes", text=HOSTILE, first="2025-05-12", shared="1")
    board = send(admin, "/boards", "/boards", title="B").headers["location"].partition("?")[0]
    send(
        admin,
        f"{board}/change",
        "/boards",
        what="add",
        key="sales.win_rate",
        kind="chart",
        query=CHART.partition("?")[2],
    )
    for address in (CHART, board, "/notes", "/notes?change=1", "/audit"):
        page = admin.get(address).text
        assert "<script>alert" not in page, address
        assert "<img src=x" not in page, address
        assert "&lt;script&gt;alert" in page, address
    assert "<script" not in admin.get(CHART.replace("?", ".svg?")).text


def test_below_a_chart_one_is_written_and_one_comes_back(app: FastAPI) -> None:
    admin = signed_in(app, "admin")
    page = admin.get(CHART).text
    assert 'name="back" value="/a/sales.win_rate?by=month&amp;period=2025"' in page
    assert 'action="/notes"' not in admin.get("/a/sales.win_rate?by=owner").text  # no chart over time
    assert send(admin, "/notes", CHART, **NOTE, back=CHART).headers["location"] == CHART


@pytest.mark.parametrize(
    "back",
    ["http://[", "https://evil.example/a/x", "//evil.example/a/x", "/a//evil.example", "/\\evil.example", "/a/x\r\nSet-Cookie: a=b",
     "javascript:alert(1)", "/people", "/a/../people"],
)  # fmt: skip
def test_nobody_is_led_elsewhere(app: FastAPI, back: str) -> None:
    admin = signed_in(app, "admin")
    assert send(admin, "/notes", "/notes", **NOTE, back=back).headers["location"] == "/notes#note-1"


def test_five_hundred_notes_are_listed_in_parts_and_the_latest_stand_on_the_chart(app: FastAPI) -> None:
    admin = signed_in(app, "admin")
    people, state = People(site_of(app).state), site_of(app).state
    person = people.find("admin")
    assert person is not None
    mine = Annotations(state, person.number)
    for each in range(3 * ROWS):
        day = date(2025, 5, 1) + timedelta(days=each % 31)
        mine.keep(Annotation(person.number, f"N{each}", day, day))
    page = admin.get("/notes").text
    assert page.count('<tr id="note-') == ROWS
    assert len(page) < 150_000
    assert admin.get("/notes?page=3").text.count('<tr id="note-') == ROWS
    assert admin.get("/notes?page=99").text.count('<tr id="note-') == ROWS
    assert admin.get(CHART).text.count('<li value="') == MOST


def test_the_api_lists_writes_and_removes(app: FastAPI) -> None:
    admin, ana = signed_in(app, "admin"), rep(app)
    csrf = {"X-CSRF": token_of(ana)}
    sent = {**NOTE, "last": "2025-05-14", "areas": ["sales"]}
    made = ana.post("/api/notes", json=sent, headers=csrf)
    assert made.status_code == 201
    assert made.json() == {**sent, "number": 1, "is_shared": False, "written_by": "ana@example.com", "may_change": True}
    listed = ana.get("/api/notes")
    assert listed.json() == {"notes": [made.json()]}
    mark = {"If-None-Match": listed.headers["etag"]}
    assert ana.get("/api/notes", headers=mark).status_code == 304
    assert admin.get("/api/notes").json() == {"notes": []}
    assert ana.post("/api/notes", json={**sent, "is_shared": True}, headers=csrf).status_code == 403
    assert ana.delete("/api/notes/1", headers=csrf).json()["text"] == "Price rise"
    assert ana.get("/api/notes", headers=mark).json() == {"notes": []}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"text": 1, "first": "2025-05-12"}', b'{"text": "x"}', b'{"text": "x", "first": "0001-01-01"}',
     b'{"text": "x", "first": "2025-05-12", "areas": "sales"}', b'{"text": "x", "first": "2025-05-12", "areas": [[]]}',
     b'{"text": "x", "first": "2025-05-12", "is_shared": "yes"}', b"[" * 9_000, b'{"text": "' + b"x" * 10_001 + b'"}',
     rb'{"text": "x", "first": "\ud800"}', rb'{"text": "x", "first": "2025-05-12", "areas": ["\ud800"]}'],
)  # fmt: skip
def test_the_api_refuses_what_is_no_note(app: FastAPI, body: bytes) -> None:
    client = signed_in(app, "admin")
    answer = client.post("/api/notes", content=body, headers={"X-CSRF": token_of(client)})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/api/notes").json() == {"notes": []}


def test_the_description_names_the_notes(app: FastAPI) -> None:
    paths = signed_in(app, "admin").get("/api/openapi.json").json()["paths"]
    assert set(paths["/api/notes"]) == {"get", "post"}
    assert set(paths["/api/notes/{number}"]) == {"delete"}
    assert paths["/api/notes"]["post"]["requestBody"]["content"]["application/json"]["schema"]["required"] == [
        "text",
        "first",
    ]
