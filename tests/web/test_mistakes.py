"""What a mistake looks like: to who looks at pages a page, to programs a problem; what passes says when to come again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from crmetrics.vocabulary.language import Message
from crmetrics.web.application import application
from crmetrics.web.site import Site
from crmetrics.workspace.audit import Audit
from tests.web.signed_in import HOME, send, site_of, token_of
from tests.web.test_pages import publish


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    publish(tmp_path, 1)
    return application(tmp_path)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url=HOME, follow_redirects=False) as opened:
        yield opened


@pytest.mark.parametrize(
    "address", ["/api/ask/sales.win_rate", "/a/sales.win_rate.json", "/a/sales.win_rate", "/changes"]
)
def test_who_asks_while_the_server_is_being_stopped_is_told_to_come_again(
    app: FastAPI, client: TestClient, address: str
) -> None:
    site_of(app).desk.close()
    answer = client.get(address)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "is being stopped" in answer.text
    is_page = answer.headers["content-type"].startswith("text/html")
    assert is_page is not (address.startswith("/api/") or address.endswith(".json"))


def test_what_is_refused_while_other_work_goes_on_is_not_written_down_as_done(app: FastAPI, client: TestClient) -> None:
    site, let_go = site_of(app), []

    def waits(_progress: object) -> Message:
        while not let_go:
            time.sleep(0.01)
        return Message("it has come to its end")

    site.works.start(Message("long work"), waits, by=7)
    try:
        answer = send(client, "/history/redo", "/history")
        assert answer.status_code == 409
        assert "long work" in answer.text
        assert Audit(site.state).latest(kind="decision") == []
        assert "long work" in client.get("/history").text
    finally:
        let_go.append(1)
    while site.works.last is None or not site.works.last.has_ended:
        time.sleep(0.01)
    assert "come to its end" not in client.get("/history").text, "what came of it is told to who began it"
    assert site.works.told_to(7) is site.works.last


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=here", b"no form"),
        ("multipart/form-data; boundary=here", b"--here\r\nContent-Disposition: form-data\r\n\r\nx\r\n--here--\r\n"),
    ],
)
def test_a_form_that_is_none_is_told_as_such(client: TestClient, kind: str, content: bytes) -> None:
    answer = client.post("/targets", content=content, headers={"Content-Type": kind, "X-Other": token_of(client)})
    assert answer.status_code == 400
    assert "cannot be read" in answer.text
    assert "does not take" not in answer.text


def test_too_many_files_are_told_as_such(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmetrics.web.import_page.MOST_FILES", 2)
    files = [("files", (f"{place}.csv", b"a,b\n1,2\n")) for place in range(3)]
    answer = client.post(f"/import/upload?csrf={token_of(client, '/import')}", files=files)
    assert answer.status_code == 400
    assert "Too many files" in answer.text


def test_a_number_that_is_none_is_a_page_to_people_and_a_problem_to_programs(client: TestClient) -> None:
    page = client.get("/boards/first")
    assert (page.status_code, page.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert page.text.count("<h1>") == 1
    told = client.get("/api/segments/first")
    assert (told.status_code, told.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize(("address", "kind"), [("/boards", "text/html"), ("/api/me", "application/problem+json")])
def test_a_fault_of_ours_is_told_in_words_and_under_the_same_headers(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, address: str, kind: str
) -> None:
    def falls(*_given: object) -> None:
        raise RuntimeError("secret")

    client = TestClient(app, base_url=HOME, raise_server_exceptions=False)
    usual = client.get("/api/me").headers
    monkeypatch.setattr(Site, "person", falls)
    answer = client.get(address)
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith(kind)
    assert "fault of crmetrics itself" in answer.text
    assert "secret" not in answer.text
    for name in ("content-security-policy", "x-content-type-options", "referrer-policy", "cache-control", "vary"):
        assert name in answer.headers
        assert name == "vary" or answer.headers[name] == usual[name]


@pytest.mark.parametrize(
    "address", ["/api/segments/9", "/api/segments?page=0", "/api/segments?rows=x", "/api/customers", "/api/nothing"]
)
def test_a_program_learns_of_a_mistake_as_a_problem(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
