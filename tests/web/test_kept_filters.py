"""Filters that were kept with a view are put onto another answer, as far as it reaches them, by whom they are for."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from fastapi import FastAPI

from crmetrics.web.application import application
from crmetrics.workspace.boards import Boards, View
from tests.web.signed_in import signed_in, site_of
from tests.web.test_pages import HOSTILE, publish


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    publish(tmp_path, 1)
    return application(tmp_path)


def offered(page: str) -> dict[str, str]:
    """The kept filters of a page: where each leads."""
    menu = re.search(r'Kept filters</summary><div class="pop">(.*?)</div>', page, re.DOTALL)
    found = re.findall(r'<a href="([^"]+)">([^<]+)', menu[1]) if menu else []
    return {unescape(title).strip(): unescape(href) for href, title in found}


def test_they_are_put_onto_the_page_and_all_else_stays(app: FastAPI) -> None:
    client = signed_in(app, "admin", "boss")
    boards = Boards(site_of(app).state, 1)
    boards.keep_view(View(0, "Ana's", "/a/x", {"where.owner": ["ana"], "where.moon": ["full"]}))
    boards.keep_view(View(0, HOSTILE, "/a/x", {"where.owner": ["ana", "bo"]}))
    boards.keep_view(View(0, "Nowhere", "/a/x", {"where.moon": ["full"]}))
    boards.keep_view(View(0, "No filters", "/a/x", {}))
    page = client.get("/a/sales.win_rate?period=2025&by=month&where.owner=bo&page=2").text
    found = offered(page)
    assert found == {
        "Ana's": "/a/sales.win_rate?period=2025&by=month&where.owner=ana",
        HOSTILE: "/a/sales.win_rate?period=2025&by=month&where.owner=ana&where.owner=bo",
    }
    assert HOSTILE not in page
    there = client.get(found["Ana's"])
    assert there.status_code == 200
    assert list(offered(there.text)) == [HOSTILE]  # what is set already is not offered again


def test_others_are_offered_what_is_shared_alone(app: FastAPI) -> None:
    signed_in(app, "admin", "boss")
    boards = Boards(site_of(app).state, 1)
    boards.keep_view(View(0, "Ours", "/a/x", {"where.owner": ["ana"]}, is_shared=True))
    boards.keep_view(View(0, "Mine", "/a/x", {"where.owner": ["ana"]}))
    page = signed_in(app, "viewer").get("/a/sales.win_rate?period=2025").text
    assert list(offered(page)) == ["Ours"]
