"""The company's own KPIs in a form: looked at before they are kept, written beside what people wrote, for who may define."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from crmetrics.analysis.kpi_file import put, take_out
from crmetrics.presenting.numbers import Format
from crmetrics.vocabulary.errors import BadFile
from crmetrics.warehouse.schema import TABLES
from crmetrics.web.application import application
from crmetrics.web.own_kpis_page import name_of
from crmetrics.web.own_kpis_view import VIEWS, columns_listed, dates_of
from tests.web.signed_in import HOME, send, signed_in, site_of, token_of
from tests.web.test_pages import publish

WON = {
    "title": "Won deals",
    "over": "deals",
    "date": "closed_at",
    "aggregate": "count",
    "condition": "is_won",
    "unit": "count",
    "better": "higher",
}
BY_HAND = """# What we agreed on in May.
[lost]  # by hand
title = "Lost"
unit = "count"
over = "deals"
date = "closed_at"
aggregate = "count"
condition = "not is_won"

# The board looks at this.
[large]
title = "Large"
unit = "count"
over = "deals"
date = "closed_at"
aggregate = "count"
"""


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    publish(tmp_path, 1)
    return TestClient(application(tmp_path), base_url=HOME)


def sent(client: TestClient, what: str, **fields: Any) -> Any:
    return send(client, "/kpis/form", "/kpis", what=what, **{**WON, **fields})


def test_a_preview_shows_the_figure_and_keeps_nothing(client: TestClient, tmp_path: Path) -> None:
    page = sent(client, "preview")
    assert page.status_code == 200
    assert 'id="preview"' in page.text
    assert "<tfoot>" in page.text
    assert not (tmp_path / "kpis.toml").exists()
    assert client.get("/a/custom.won_deals").status_code == 404


def test_a_saved_one_is_asked_like_all_others_and_stands_in_the_audit(client: TestClient, tmp_path: Path) -> None:
    assert "custom.won_deals" in sent(client, "save").text
    assert 'href="/a/custom.won_deals"' in client.get("/analyses").text
    told = client.get("/a/custom.won_deals.json?period=2025&by=none").json()
    assert told["rows"][0]["value"] == client.get("/a/sales.win_rate.json?period=2025").json()["total"]["won"]
    assert tomllib.loads((tmp_path / "kpis.toml").read_text())["won_deals"]["condition"] == "is_won"
    noted = [each.about for each in site_of(client.app).audit.latest() if each.kind == "definition"]  # type: ignore[arg-type]
    assert noted[0].startswith("custom.won_deals: - → count where is_won")


def test_a_changed_one_keeps_its_key_and_a_removed_one_is_gone(client: TestClient, tmp_path: Path) -> None:
    sent(client, "save")
    assert 'value="is_won"' in client.get("/kpis?change=won_deals").text
    sent(
        client,
        "save",
        name="won_deals",
        title="Won of all",
        unit="share",
        bottom_aggregate="count",
    )
    written = tomllib.loads((tmp_path / "kpis.toml").read_text())
    assert list(written) == ["won_deals"]
    assert written["won_deals"]["bottom"] == {"aggregate": "count"}
    assert 'name="bottom_aggregate"' in client.get("/kpis?change=won_deals").text
    send(client, "/kpis/won_deals/remove", "/kpis")
    assert client.get("/a/custom.won_deals").status_code == 404
    assert client.get("/kpis?change=won_deals").status_code == 404


WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({"condition": "is_wonn"}, "is_wonn"),
    ({"condition": "1 = 1; drop table deals"}, "condition"),
    ({"aggregate": "sum"}, "value"),
    ({"aggregate": "sum", "value": "owner_id"}, "owner_id"),
    ({"over": "people"}, "people"),
    ({"over": "opening_days"}, "over"),
    ({"date": "amount"}, "amount"),
    ({"unit": "apples"}, "apples"),
    ({"title": ""}, "title"),
    ({"bottom_value": "amount"}, "divided"),
)


def test_what_is_wrong_is_said_and_nothing_is_written(client: TestClient, tmp_path: Path) -> None:
    token = token_of(client, "/kpis")
    for fields, told in WRONG:
        for what in ("preview", "save"):
            page = client.post("/kpis/form", data={"csrf": token, "what": what, **WON, **fields})
            assert page.status_code == 400, fields
            assert told in page.text[page.text.index('role="alert"') :][:600]
    assert not (tmp_path / "kpis.toml").exists()


def test_the_columns_of_another_table_are_shown(client: TestClient) -> None:
    page = sent(client, "look", over="order_lines").text
    assert "<code>quantity</code>" in page
    assert "<option>ordered_at</option>" not in page


def test_every_column_that_is_offered_is_called_something_and_can_be_asked_by_its_kind(client: TestClient) -> None:
    for over in (*TABLES, *VIEWS):
        if dates_of(over):
            assert all(label for _name, _kind, label in columns_listed(over, Format("en", "EUR"))), over
    lost = sent(client, "preview", over="lost_deals", condition="reason = 'Price'")
    assert lost.status_code == 200
    assert 'role="alert"' not in lost.text


def test_only_who_may_define_comes_in(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    app = application(tmp_path)
    boss = signed_in(app, "admin")
    assert signed_in(app, "analyst").get("/kpis").status_code == 200
    for role in ("manager", "rep", "viewer"):
        other = signed_in(app, role)
        assert other.get("/kpis").status_code == 403
        assert other.post("/kpis/form", data={**WON, "what": "save"}).status_code == 403
    assert boss.post("/kpis/form", data={**WON, "what": "save"}).status_code == 403  # no token of ours
    assert not (tmp_path / "kpis.toml").exists()


def test_what_people_wrote_stays(tmp_path: Path) -> None:
    path = tmp_path / "kpis.toml"
    path.write_text(BY_HAND)
    put(path, "lost", {**tomllib.loads(BY_HAND)["lost"], "title": 'Lost "for good"'})
    put(path, "won", {key: value for key, value in WON.items() if value})
    text = path.read_text()
    assert "# What we agreed on in May.\n[lost]\n" in text
    assert "# The board looks at this.\n[large]" in text
    assert tomllib.loads(text)["lost"]["title"] == 'Lost "for good"'
    take_out(path, "lost")
    take_out(path, "won")
    assert path.read_text() == BY_HAND[BY_HAND.index("# The board") :]
    take_out(path, "large")
    assert path.read_text() == ""


def test_a_file_that_a_page_cannot_cut_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "kpis.toml"
    path.write_text('lost = {title = "Lost"}\n')
    with pytest.raises(BadFile, match="by hand"):
        take_out(path, "lost")
    assert path.read_text() == 'lost = {title = "Lost"}\n'


@pytest.mark.parametrize(
    ("title", "name"),
    [("Big orders", "big_orders"), ("Kayıp Müşteri", "kayip_musteri"), ("大订单", "kpi"), ("2 big", "big")],
)
def test_a_title_gives_a_name(title: str, name: str) -> None:
    assert name_of(title, {}) == name
    assert name_of(title, {name: {}}) == f"{name}_2"


def test_the_page_speaks_the_reader_s_language(client: TestClient) -> None:
    for language in ("tr", "uk", "zh"):
        page = client.get("/kpis", params={"language": language}).text
        for english in ("Own KPIs", "Preview", "Condition", "Divided by", "Better is"):
            assert english not in page


def test_how_it_is_counted_is_told_in_the_reader_s_language(client: TestClient) -> None:
    sent(client, "save")
    assert "count where is_won; deals by closed_at" in client.get("/kpis").text
    told = {
        "tr": "sayı, koşul: is_won; deals, closed_at tarihine göre",
        "uk": "кількість, умова: is_won; deals за датою closed_at",
        "zh": "计数，条件：is_won；deals，按 closed_at",
    }
    for language, formula in told.items():
        assert formula in client.get("/kpis", params={"language": language}).text
        assert formula in client.get("/a/custom.won_deals", params={"language": language, "period": "2025"}).text
