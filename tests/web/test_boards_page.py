"""Boards and kept views: made, changed, shared, by whom; what others see of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from crmetrics.web.application import application
from crmetrics.workspace.boards import MOST_PARTS, Board, Boards, Part
from crmetrics.workspace.people import People
from crmetrics.workspace.state import open_state
from crmetrics.workspace.tokens import Tokens
from tests.web.signed_in import signed_in
from tests.web.test_pages import HOSTILE, publish

Send = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    publish(tmp_path, 1)
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(application(folder), base_url="http://127.0.0.1") as opened:
        yield opened


@pytest.fixture
def send(client: TestClient) -> Send:
    """Send a form from a page as a browser does, and give the page that follows."""

    def sent(page: str, to: str, **fields: str) -> str:
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get(page).text)
        assert token is not None
        answer = client.post(to, data={"csrf": token[1], **fields})
        assert answer.status_code in (200, 400, 404), answer.text[:300]
        return answer.text

    return sent


def made(send: Send, title: str = "Monday") -> str:
    page = send("/boards", "/boards", title=title)
    return re.search(r'action="(/boards/\d+)/change"', page)[1]  # type: ignore[index]


def test_a_board_is_put_together_and_shows_its_answers(client: TestClient, send: Send) -> None:
    board = made(send)
    send(
        board + "?change=1",
        f"{board}/change",
        what="add",
        key="sales.win_rate",
        kind="figure",
        query="period=2025&by=none",
    )
    send(
        board + "?change=1",
        f"{board}/change",
        what="add",
        key="sales.win_rate",
        kind="table",
        query="period=2025&page=3",
    )
    send(board + "?change=1", f"{board}/change", what="add", kind="text", text=f"Look here.\n{HOSTILE}")
    page = client.get(board).text
    assert "2 of 4" in page  # four decided deals are too few for a share
    assert page.count("<tbody><tr>") == 1
    assert "Look here." in page
    assert HOSTILE not in page
    told = client.get(f"{board}.json").json()
    assert [part["kind"] for part in told["parts"]] == ["figure", "table", "text"]
    assert told["parts"][1]["answer"] == "/a/sales.win_rate.json?period=2025"


def test_parts_are_moved_widened_and_removed(client: TestClient, send: Send) -> None:
    board = made(send)
    for text in ("one", "two", "three"):
        send(board + "?change=1", f"{board}/change", what="add", kind="text", text=text)
    send(board + "?change=1", f"{board}/change", what="up", place="2")
    send(board + "?change=1", f"{board}/change", what="remove", place="0")
    send(board + "?change=1", f"{board}/change", what="narrow", place="0")
    parts = client.get(f"{board}.json").json()["parts"]
    assert [(part["text"], part["is_wide"]) for part in parts] == [("three", False), ("two", True)]
    send(board + "?change=1", f"{board}/change", what="up", place="0")  # there is no room above
    assert client.get(f"{board}.json").json()["parts"] == parts


def test_a_button_that_is_pressed_twice_removes_one_part(client: TestClient, send: Send) -> None:
    """Neither a second press nor a window that shows what was there before takes away another part."""
    board = made(send)
    for text in ("one", "two", "three"):
        send(board + "?change=1", f"{board}/change", what="add", kind="text", text=text)
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', client.get(board + "?change=1").text)
    assert seen is not None
    for _press in range(2):
        page = send(board + "?change=1", f"{board}/change", what="remove", place="0", seen=seen[1])
        assert "This cannot be shown" not in page
    assert [part["text"] for part in client.get(f"{board}.json").json()["parts"]] == ["two", "three"]


def test_a_part_that_cannot_be_asked_any_more_keeps_its_title(folder: Path, client: TestClient, send: Send) -> None:
    board = made(send)
    part = Part("table", "sales.win_rate", "where.segment=9")
    state = open_state(folder)
    found = Boards(state, 0).own(int(board.rpartition("/")[2]))
    Boards(state, 0).keep(found.with_part(part).with_part(Part("table", "sales.gone")))
    told = client.get(f"{board}.json").json()["parts"]
    assert [(each["title"], each["state"]) for each in told] == [("Win rate", "wrong"), ("sales.gone", "wrong")]


def test_only_who_may_share_is_asked_whether_to(folder: Path) -> None:
    app = application(folder)
    for role, is_asked in (("admin", True), ("rep", False)):
        page = signed_in(app, role).get("/boards/add?key=sales.win_rate").text
        assert 'action="/views"' in page
        assert ('name="shared"' in page) is is_asked


@pytest.mark.parametrize(
    "fields",
    [
        {"what": "add", "key": "sales.win_rat", "kind": "chart"},
        {"what": "add", "key": "sales.win_rate", "kind": "pie"},
        {"what": "add", "kind": "text", "text": "x" * 5000},
        {"what": "explode"},
        {"what": "rename", "title": "   "},
        {"what": "rename", "title": "x" * 121},
        {"what": "remove_text", "place": "-1"},
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_changes(
    client: TestClient, send: Send, fields: dict[str, str]
) -> None:
    board = made(send)
    before = client.get(f"{board}.json").json()
    page = send(board + "?change=1", f"{board}/change", **fields)
    assert "This cannot be shown" in page
    assert client.get(f"{board}.json").json() == before


def test_a_view_is_kept_with_its_filters_and_opened_again(client: TestClient, send: Send) -> None:
    address = "/a/sales.win_rate?by=month&where.owner=ana&where.owner=bo&page=2"
    page = send("/boards/add?key=sales.win_rate&query=by%3Dmonth", "/views", title="Ours", address=address)
    href = re.search(r'<a href="([^"]+)">Ours</a>', page)
    assert href is not None
    assert href[1] == "/a/sales.win_rate?by=month&amp;where.owner=ana&amp;where.owner=bo"
    assert client.get(href[1].replace("&amp;", "&")).status_code == 200
    number = re.search(r"/views/(\d+)/remove", page)[1]  # type: ignore[index]
    assert "Ours" not in send("/boards", f"/views/{number}/remove")


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/a/sales.win_rate",
        "//evil.example",
        "http://[",
        "/people",
        "javascript:alert(1)",
        "/a/x/../../me",
    ],
)
def test_no_other_address_is_kept(send: Send, address: str) -> None:
    assert "is not the address of an answer" in send(
        "/boards/add?key=sales.win_rate", "/views", title="x", address=address
    )


def test_others_see_what_is_shared_with_their_own_rows_and_change_nothing(folder: Path) -> None:
    state = open_state(folder)
    boss, rep = People(state).add("boss", "admin"), People(state).add("ana", "rep", employee_id="ana")
    part = Part("table", "sales.win_rate", "period=2025")
    shared = Boards(state, boss.number).keep(Board(boss.number, "Team", (part,), is_shared=True))
    own = Boards(state, boss.number).keep(Board(boss.number, "Secret plans"))
    headers = {"Authorization": f"Bearer {Tokens(state).make(rep.number, 'test', 1)}"}
    with TestClient(application(folder), base_url="http://127.0.0.1", headers=headers) as client:
        page = client.get(f"/boards/{shared.number}").text
        assert page.count("<tr><td") == 2  # ana's row, and the total
        assert client.get(f"/boards/{own.number}").status_code == 404
        assert "Secret plans" not in client.get("/boards").text
        for what in ("rename", "remove_board", "unshare", "remove"):
            answer = client.post(f"/boards/{shared.number}/change", data={"what": what, "title": "Mine"})
            assert answer.status_code in (403, 404)
        copied = client.post(f"/boards/{shared.number}/change", data={"what": "copy"})
        assert copied.status_code == 200, copied.text[-900:]
        refused = client.post("/views", data={"title": "x", "address": "/a/sales.win_rate", "shared": "1"})
        assert refused.status_code == 403
    assert [each.title for each in Boards(state, boss.number).all()] == ["Secret plans", "Team"]


def test_a_board_is_the_first_page_until_it_is_removed(client: TestClient, send: Send) -> None:
    board = made(send)
    send(board, f"{board}/change", what="set_home")
    home = client.get("/", follow_redirects=False)
    assert (home.status_code, home.headers["location"]) == (303, board)
    assert client.get("/changes").status_code in (200, 202)
    send(board + "?change=1", f"{board}/change", what="remove_board")
    assert client.get("/", follow_redirects=False).status_code in (200, 202)


def test_a_board_has_an_end() -> None:
    board = Board(1, "Long", tuple(Part("text", text=str(each)) for each in range(MOST_PARTS)))
    with pytest.raises(Exception, match=str(MOST_PARTS)):
        board.with_part(Part("text", text="one more"))


@pytest.mark.parametrize("language", ["tr", "uk", "zh"])
def test_the_pages_speak_the_reader_s_language(client: TestClient, send: Send, language: str) -> None:
    board = made(send)
    for address in ("/boards", f"{board}?change=1", "/boards/add?key=sales.win_rate"):
        page = client.get(address, params={"language": language, "change": "1", "key": "sales.win_rate"}).text
        for english in ("Dashboards", "Add a part", "Shown as", "Kept views", "Rename"):
            assert english not in page
