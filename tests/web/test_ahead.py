"""What is worked out before anybody asks: the first page of who will open it, and the work that gives way to readers."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from crmetrics.catalogue import OpenCatalogue
from crmetrics.web import ahead
from crmetrics.web.ahead import MOST, look_ahead, looked_ahead, viewers
from crmetrics.web.application import application
from crmetrics.web.home_page import Rounds
from crmetrics.workspace.people import NOBODY_YET
from tests.web.serving import copy_of
from tests.web.signed_in import signed_in, site_of
from tests.web.test_pages import publish

SOON = 60.0


def test_the_first_page_is_there_before_it_is_opened(
    demo_company: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = application(copy_of(demo_company("en"), tmp_path))
    assert look_ahead(site_of(app)) == 1
    asked: list[str] = []
    answered = OpenCatalogue._answer
    monkeypatch.setattr(
        OpenCatalogue,
        "_answer",
        lambda self, question, *given: asked.append(question.key) or answered(self, question, *given),
    )
    monkeypatch.setattr(Rounds, "go_on", lambda *_given: None)  # the slow questions, which the page does not wait for
    assert "<h1>" in TestClient(app).get("/").text
    assert asked == []


def test_who_sees_the_same_is_one_viewer_and_who_sees_most_comes_first(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    app = application(tmp_path)
    site = site_of(app)
    assert viewers(site) == (NOBODY_YET.viewer(),)
    for place in range(MOST):
        signed_in(app, "rep", f"rep {place}", employee_id=f"E{place}")
    for name in ("ana", "bo"):
        signed_in(app, "admin", name)
    found = viewers(site)
    assert len(found) == MOST
    assert [each.sees for each in found[:2]] == ["all", "self"]


def test_a_new_version_is_looked_through_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, 1)
    site = site_of(application(tmp_path))
    seen: list[int] = []
    monkeypatch.setattr(ahead, "EVERY", 0.01)
    monkeypatch.setattr(ahead, "_make_ready", lambda _site: None)
    monkeypatch.setattr(ahead, "look_ahead", lambda site, stop: seen.append(site.catalogue().engine.profile.number))
    with looked_ahead(site):
        waited(lambda: seen == [1])
        publish(tmp_path, 2)
        waited(lambda: len(seen) == 2)
    assert seen == [1, 2]


def waited(done: Callable[[], bool]) -> None:
    """Wait until something is done; an error if that takes too long."""
    until = time.monotonic() + SOON
    while not done():
        if time.monotonic() > until:
            raise AssertionError("it was not done in time")
        time.sleep(0.01)
