"""Marks that lead to the rows behind them: the right row and column, addresses of this site alone, nothing in files."""

import json
from copy import deepcopy
from dataclasses import replace
from urllib.parse import quote, unquote

import pytest
import vl_convert

from crmetrics.analysis import Curve, Row, column
from crmetrics.analysis.behind import Behind
from crmetrics.presenting.chart import drawings
from crmetrics.presenting.links import linked
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.picture import as_svg
from crmetrics.presenting.table import Cells
from crmetrics.vocabulary.unit import SHARE
from tests.presenting.conftest import HOSTILE, answer_of

ENGLISH = format_for("en", "EUR", "UTC")


def address(column, row):
    """An address that says which figure was asked for."""
    told = "\n".join(str(each) for each in row.values)
    return f"/a/it/rows?cell={column}&at={quote(told, safe='')}"


def drawn(answer, links=address, which=0):
    return linked(drawings(answer, ENGLISH)[which], answer, links)


def data(drawing):
    spec = drawing.spec
    return [datum for each in (spec, *spec["layer"]) for datum in each.get("data", {}).get("values", ())]


def led(drawing):
    """The marks that lead somewhere, and where."""
    start = drawing.spec["params"][0]["value"] if drawing.leads else ""
    return [(datum, start + datum["to"]) for datum in data(drawing) if "to" in datum]


def test_the_chart_that_is_kept_stays_as_it_was(any_answer):
    for drawing in drawings(any_answer, ENGLISH):
        before = deepcopy(drawing)
        with_links = linked(drawing, any_answer, address)
        assert drawing == before
        assert len(data(with_links)) == len(data(drawing))
        marks = sum("at" in datum for datum in data(drawing))
        assert (len(led(with_links)), with_links.leads) == (marks, marks > 0)
        assert linked(drawing, any_answer, lambda column, row: None) is drawing


def test_a_chart_with_links_is_one_that_the_library_understands(any_answer):
    for place in range(len(drawings(any_answer, ENGLISH))):
        drawing = drawn(any_answer, which=place)
        vega = json.dumps(vl_convert.vegalite_to_vega(drawing.spec))
        assert ('"signal": "opens + datum.to"' in vega) is drawing.leads


def test_a_mark_leads_to_its_own_row(win_rate, series, retention, reasons, people, rfm):
    for answer, name, figure in (
        (win_rate, "t", "rate"),
        (series, "t", "rate"),
        (retention, "t", "rate"),
        (reasons, "t", "lost"),
        (people, "xt", "n"),
        (rfm, "name", "segment"),
    ):
        columns = {each.name: each for each in answer.declared.row.columns}
        cells = drawings(answer, ENGLISH)[0]
        assert len(led(drawn(answer))) == sum("at" in datum for datum in data(cells)) > 0
        for plain, (_datum, href) in zip([d for d in data(cells) if "at" in d], led(drawn(answer)), strict=True):
            row = answer.rows[plain["at"]]
            assert unquote(href).partition("at=")[2] == "\n".join(str(each) for each in row.values)
            assert plain[name] == Cells(answer, ENGLISH).text(columns[figure], row)


def test_each_part_of_a_funnel_opens_its_own_figure(funnel):
    cells = {(mark["i"], href.partition("cell=")[2].partition("&")[0]) for mark, href in led(drawn(funnel))}
    assert cells == {(place, name) for place in range(4) for name in ("moved", "waiting", "lost")}


def test_the_last_stage_opens_what_came_from_the_one_before(funnel):
    columns = {name: funnel.rows.values(name) for name in ("stage", "waiting", "lost")}
    moved = [*funnel.rows.values("moved")[:3], None]
    arrived = answer_of(funnel.declared.row, {**columns, "moved": moved}, funnel.declared.chart, by="")
    last = [href for mark, href in led(drawn(arrived)) if mark["i"] == 3]
    assert last == [address("moved", arrived.rows[2])]


def test_what_was_before_and_what_is_planned_open_nothing(waterfall, planned, compared):
    steps = {mark["name"]: href for mark, href in led(drawn(waterfall))}
    assert len(steps) == 3
    assert sum("cell=now" in href for href in steps.values()) == 1
    assert "30 Nov" not in "".join(steps)
    for answer, field in ((planned, "goal"), (compared, "b")):
        layers = [layer for layer in drawn(answer).spec["layer"] if layer["encoding"]["x"].get("field") == field]
        assert layers
        assert not any("href" in layer["encoding"] or "cursor" in layer["mark"] for layer in layers)


def test_marks_that_tell_their_values_open_and_so_do_the_labels_beside_them(win_rate):
    layers = drawn(win_rate).spec["layer"]
    for layer in layers:
        leads = "tooltip" in layer["encoding"] or layer["mark"]["type"] == "text"
        assert ("href" in layer["encoding"]) is leads
        assert ("cursor" in layer["mark"]) is leads
    assert any("href" in layer["encoding"] for layer in layers)


@pytest.mark.parametrize(
    "place", ["javascript:alert(1)", "//evil.example/a", "https://evil.example", "/\\evil.example", ""]
)
def test_nothing_but_an_address_of_this_site_is_a_link(sales, place):
    assert drawn(sales, lambda column, row: place).leads is False
    mixed = drawn(sales, lambda column, row: place if row == sales.rows[1] else "/a/it/rows")
    assert [href for _mark, href in led(mixed)] == ["/a/it/rows"] * 2


def test_a_hostile_name_stands_encoded(win_rate):
    drawing = drawn(win_rate, lambda column, row: f"/a/it/rows?at.party={quote(str(row.values[0]) + HOSTILE, safe='')}")
    hrefs = [href for _mark, href in led(drawing)]
    assert len(hrefs) == 4
    assert not any(set("<>\"' \\") & set(href) for href in hrefs)


@pytest.mark.parametrize(("columns", "leads"), [(("entered", "gone"), 4), (("median", "entered"), 0), (("gone",), 0)])
def test_a_median_without_rows_of_its_own_opens_the_cases_that_it_is_worked_out_of(spread, columns, leads):
    behind = (Behind(dict.fromkeys(columns, ""), over="deals", where="true"),)
    counted = replace(spread, declared=replace(spread.declared, behind=behind))

    def of_entered(column, row):
        return address(column, row) if column == "entered" else None

    assert len(led(drawn(counted, of_entered))) == leads


def test_a_point_of_the_curve_of_all_opens_all_up_to_it_never_one_of_them_alone(whale):
    assert len(led(drawn(whale))) == 7  # the highest has a dot and a label, too; where it begins there is nobody
    assert "to" not in data(drawn(whale))[0]

    class Customers(Row):
        party = column("Customer", dimension="customer")
        rank_share = column("Share of customers", SHARE)
        cumulated_share = column("Share of profit", SHARE)

    one_each = {"party": ["7", "9"], "rank_share": [0.5, 1.0], "cumulated_share": [0.8, 1.0]}
    assert not drawn(answer_of(Customers, one_each, Curve(x="rank_share", y="cumulated_share"))).leads


def test_files_have_no_links(any_answer):
    for drawing in drawings(any_answer, ENGLISH):
        assert "<a " not in as_svg(drawing, "en")
        assert "href" not in json.dumps(drawing.spec)
