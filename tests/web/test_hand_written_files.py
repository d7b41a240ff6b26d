"""Files of the workspace that a hand has broken: told in a plain sentence, and all is well again once they are mended."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from crmetrics.vocabulary.errors import BadSettings
from crmetrics.web.admission import Access
from crmetrics.web.application import ROOMS, application
from crmetrics.web.site import Site
from tests.web.signed_in import HOME, signed_in, site_of
from tests.web.test_own_kpis_page import BY_HAND
from tests.web.test_pages import publish

FAULTY = BY_HAND.replace('title = "Large"\nunit = "count"', 'title = "Large"\nunit = "apples"')
NOTICE = "Not all own KPIs can be read"
SENTENCE = "crmetrics.toml is not valid TOML: line 2, column 11: what stands here is no value"


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    publish(tmp_path, 1)
    return TestClient(application(tmp_path), base_url=HOME, follow_redirects=False)


def plain_addresses() -> list[str]:
    """Every page and file whose address has no part that names a record."""
    site = Site(Path())
    routes = [route for room in ROOMS for route in room.routes(site).routes if isinstance(route, APIRoute)]
    return sorted({route.path for route in routes if "GET" in (route.methods or ()) and "{" not in route.path})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[big\n", "kpis.toml is not valid TOML: line 1, column 5: a closing ] is missing"),
        ("[big]\ntitle = Big\n", "kpis.toml is not valid TOML: line 2, column 9: what stands here is no value"),
        (FAULTY, "Line 13. kpis.toml, [large]: &#39;unit&#39; is &#39;apples&#39;."),
        ("big = 5\n", "Line 1. kpis.toml, [big]: A section was expected"),
    ],
)
def test_own_kpis_that_cannot_be_read_take_no_page_down(
    client: TestClient, tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "kpis.toml").write_text(text)
    for address in ("/analyses", "/kpis", "/a/sales.win_rate?period=2025", "/answers", "/api/catalogue"):
        assert client.get(address).status_code == 200, address
    assert NOTICE in client.get("/analyses").text
    assert says in client.get("/kpis").text
    assert client.get("/kpis?change=big").status_code in (400, 404)
    (tmp_path / "kpis.toml").write_text(BY_HAND)
    assert NOTICE not in client.get("/analyses").text
    assert client.get("/a/custom.large?period=2025").status_code == 200


def test_the_other_own_kpis_stay(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "kpis.toml").write_text(FAULTY)
    assert client.get("/a/custom.lost?period=2025").status_code == 200
    assert client.get("/a/custom.large?period=2025").status_code == 404


def test_the_notice_is_for_who_may_define(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "kpis.toml").write_bytes(b"\xff\xfe")
    assert NOTICE in signed_in(client.app, "analyst").get("/analyses").text  # type: ignore[arg-type]
    assert NOTICE not in signed_in(client.app, "viewer").get("/analyses").text  # type: ignore[arg-type]


def test_settings_that_cannot_be_read_are_told_at_every_address(client: TestClient, tmp_path: Path) -> None:
    assert client.get("/analyses").status_code == 200
    good = (tmp_path / "crmetrics.toml").read_text()
    (tmp_path / "crmetrics.toml").write_text('currency = "EUR"\ncompany = Our own\n')
    for address in [*plain_addresses(), "/a/sales.win_rate", "/nothing/here"]:
        answer = client.get(address)
        assert answer.status_code in (303, 307, 503), address
        assert answer.is_redirect or SENTENCE in answer.text, address
    assert client.post("/kpis/form").status_code == 503
    assert client.get("/api/me").json()["detail"].startswith(SENTENCE)
    assert "satır 2" in client.get("/analyses?language=tr").text
    (tmp_path / "crmetrics.toml").write_text(good)
    assert client.get("/analyses?language=en").status_code == 200


def test_what_a_setting_says_is_not_told_to_strangers(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    app = application(tmp_path, access=Access(is_local=False))
    analyst, viewer = signed_in(app, "analyst"), signed_in(app, "viewer")
    (tmp_path / "crmetrics.toml").write_text('zone = "Mars"\n')
    assert "Mars" in analyst.get("/analyses").text
    for client in (viewer, TestClient(app, base_url=HOME)):
        page = client.get("/analyses", follow_redirects=True)
        assert page.status_code == 503
        assert "Mars" not in page.text
        assert "The settings of this workspace cannot be read" in page.text


def test_settings_that_were_broken_from_the_start_can_be_mended(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    good = (tmp_path / "crmetrics.toml").read_text()
    (tmp_path / "crmetrics.toml").write_text("[")
    client = TestClient(application(tmp_path), base_url=HOME)
    assert client.get("/analyses").status_code == 503
    with pytest.raises(BadSettings):
        site_of(client.app).settings  # type: ignore[arg-type]  # noqa: B018
    (tmp_path / "crmetrics.toml").write_text(good)
    assert client.get("/analyses").status_code == 200
