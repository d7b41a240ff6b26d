"""Every kind of chart is a valid specification in every language; names are data and few cases are no bars."""

import json
from dataclasses import replace

import altair as alt
import pytest

from crmetrics.analysis import Bars, HeatMap, Lines, Table, Waterfall
from crmetrics.presenting import chart
from crmetrics.presenting.frame import MOST_GROUPS, shortened, ticks
from crmetrics.presenting.grid import slanting
from crmetrics.presenting.letters import width
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.steps import axis_labels, label_places, without_gaps
from crmetrics.presenting.theme import ROLES, browser_theme, config, filled
from crmetrics.presenting.treemap import squarified
from tests.presenting.conftest import HOSTILE, Retention, answer_of, months

ENGLISH = format_for("en", "EUR", "Europe/Istanbul")


def drawn(answer, format=ENGLISH):
    found = chart.drawings(answer, format)
    assert found
    return found[0]


def values(drawing):
    return drawing.spec["data"]["values"]


def colours(spec):
    """All texts of a specification outside its data."""
    if isinstance(spec, str):
        return [spec]
    if isinstance(spec, list):
        return [text for each in spec for text in colours(each)]
    if isinstance(spec, dict):
        return [text for name, each in spec.items() if name != "data" for text in colours(each)]
    return []


def test_every_chart_is_a_valid_specification(any_answer):
    for drawing in chart.drawings(any_answer, format_for("uk", "UAH", "Europe/Istanbul")):
        spec = filled(drawing.spec, "light")
        assert alt.Chart.from_dict(spec, validate=True).to_dict(validate=False).keys() >= spec.keys() - {"$schema"}


def test_the_configuration_is_valid_in_both_modes(win_rate):
    spec = {"mark": "bar", "data": {"values": []}}
    for mode in ("light", "dark"):
        assert alt.Chart.from_dict({**spec, "config": config(mode)}, validate=True)


def test_every_chart_speaks_every_language(any_answer, language):
    for drawing in chart.drawings(any_answer, format_for(language, "UAH", "Europe/Istanbul")):
        assert not [text for text in colours(filled(drawing.spec, "dark")) if text.startswith("@")]
        assert json.loads(json.dumps(drawing.spec, allow_nan=False)) == drawing.spec
        assert drawing.title
        assert drawing.label


def test_no_chart_where_there_is_nothing_to_draw(empty, locked, scorecard):
    assert [chart.drawings(answer, ENGLISH) for answer in (empty, locked, scorecard)] == [(), (), ()]


def test_every_role_has_its_colour_in_both_modes():
    assert ROLES["light"].keys() == ROLES["dark"].keys()
    assert browser_theme()["roles"]["dark"]["accent"] == "#9aa9ff"
    assert set(browser_theme()["coloured"]) >= {"color", "range", "value"}


def test_a_share_of_few_cases_is_no_bar(win_rate):
    marks = {mark["name"]: mark for mark in values(drawn(win_rate))}
    few = marks["张伟 Zhang"]
    assert (few["v"], few["low"], few["high"], few["t"]) == (None, None, None, "3 of 4")
    assert marks["Elif Şahin"]["v"] == 0.45
    assert "Fewer than 5 cases" in drawn(win_rate).reading


def test_a_title_names_the_figure_and_what_it_is_by(win_rate):
    assert drawn(win_rate).title == "Win rate by owner"
    assert drawn(replace(win_rate, choices={"by": "", "of": "count"})).title == "Win rate"
    assert drawn(win_rate, format_for("tr", "TRY")).title == "Win rate, sorumlu bazında"


def test_a_name_is_data(win_rate):
    hostile = "@accent'] + alert(1) + ['"
    drawing = drawn(replace(win_rate, names={"party": {"7": hostile}}))
    assert filled(drawing.spec, "light")["data"] == drawing.spec["data"]
    label = drawing.spec["layer"][0]["encoding"]["y"]["axis"]["labelExpr"]
    assert json.dumps(hostile) in label
    assert json.loads(label.removesuffix("[datum.value]"))[0] == hostile


def test_two_of_one_name_stay_two(win_rate):
    drawing = drawn(replace(win_rate, names={"party": {"7": "Smith", "9": "Smith"}}))
    assert [mark["i"] for mark in values(drawing)] == [0, 1, 2, 3]
    assert [mark["name"] for mark in values(drawing)][:2] == ["Smith", "Smith"]


def test_groups_that_are_not_drawn_are_counted(win_rate):
    columns = {column.name: [1] * 55 for column in win_rate.declared.row.columns}
    columns |= {"party": [str(each) for each in range(55)], "n": [50] * 55, "rate": [0.5] * 55}
    many = replace(win_rate, result=replace(win_rate.result, rows=Table(win_rate.declared.row, columns)))
    drawing = drawn(many)
    assert len(values(drawing)) == MOST_GROUPS
    assert "The first 40 of 55; the table has them all." in drawing.reading


def test_a_compared_answer_has_its_earlier_values(compared):
    drawing = drawn(compared)
    assert [mark["b"] for mark in values(drawing)] == [1300000.0, 119000.0, None]
    assert "Pale: Dec 2024 – Nov 2025." in drawing.reading


def test_few_steps_are_columns_and_many_a_line(few_months, many_months):
    marks = [[layer["mark"]["type"] for layer in drawn(answer).spec["layer"]] for answer in (few_months, many_months)]
    assert marks[0][0] == "bar"
    assert marks[1][0] == "line"


def test_bars_over_time_stand_and_lines_over_names_lie(few_months, win_rate):
    standing = replace(few_months, declared=replace(few_months.declared, chart=Bars(x="party", y="amount")))
    assert drawn(standing).spec == drawn(few_months).spec
    lying = replace(
        win_rate, declared=replace(win_rate.declared, chart=Lines(x="party", y="rate", band=("low", "high")))
    )
    assert drawn(lying).spec == drawn(win_rate).spec


def test_a_step_without_rows_is_a_gap(few_months):
    rows = few_months.rows
    columns = {
        column.name: [each for place, each in enumerate(rows.values(column.name)) if place != 5]
        for column in rows.row.columns
    }
    gap = replace(few_months, result=replace(few_months.result, rows=Table(rows.row, columns)))
    marks = values(drawn(gap))
    assert len(marks) == 12
    assert [mark["i"] for mark in marks if mark["v"] is None] == [5]
    assert "Jun" in drawn(gap).spec["layer"][0]["encoding"]["x"]["axis"]["labelExpr"]


def test_funnel_bars_add_up(funnel):
    bars, labels = (layer["data"]["values"] for layer in drawn(funnel).spec["layer"])
    assert [(bar["v"], bar["v2"]) for bar in bars[:3]] == [(0.0, 465.0), (465.0, 474.0), (474.0, 642.0)]
    assert [label["t"] for label in labels] == ["642", "465", "355", "215"]


def test_what_arrives_at_the_end_of_a_funnel_is_a_bar_of_its_own(funnel):
    rows = funnel.rows
    columns = {name: list(rows.values(name)) for name in ("stage", "moved", "waiting", "lost")}
    for name, value in (("stage", "Won"), ("moved", None), ("waiting", None), ("lost", None)):
        columns[name].append(value)
    ended = replace(funnel, result=replace(funnel.result, rows=Table(rows.row, columns)))
    bars, labels = (layer["data"]["values"] for layer in drawn(ended).spec["layer"])
    assert (bars[-1]["kind"], bars[-1]["v"], bars[-1]["v2"]) == ("Won", 0.0, 172.0)
    assert labels[-1]["t"] == "172"


def test_a_grid_that_is_not_drawn_whole_says_so():
    columns = {
        "cohort": [each for each in months(50, 2022 * 12) for _k in range(70)],
        "k": list(range(70)) * 50,
        "rate": [0.5] * 3500,
    }
    large = {**columns, **{name: [20] * 3500 for name in ("size", "active")}, "complete": [True] * 3500}
    found = drawn(answer_of(Retention, large, HeatMap(x="k", y="cohort", value="rate"), by="month"))
    assert len(values(found)) == 60 * 40
    assert found.reading == (
        "Month: the last 40 of 50; the table has them all. Month: the first 60 of 70; the table has them all."
    )


def test_an_open_cohort_cell_is_hatched_and_has_no_colour(retention):
    cells = values(drawn(retention))
    assert sum(cell["open"] for cell in cells) == 8
    closed = [cell for cell in cells if not cell["open"]]
    assert closed[0]["s"] == "100%"
    hatching = drawn(retention).spec["layer"][1]["data"]["values"]
    assert len(hatching) == 8 * 7


def test_the_peak_of_the_whale_curve_is_marked(whale):
    drawing = drawn(whale)
    assert values(drawing)[0]["x"] == 0.0
    assert {
        layer["data"]["values"][0]["said"]
        for layer in drawing.spec["layer"]
        if layer.get("data", {}).get("values", [{}])[0]
    } == {"115.0% at 80.0%"}


def test_blocks_fill_the_plane_by_their_sums(rfm):
    blocks, grid = chart.drawings(rfm, ENGLISH)
    areas = {block["name"]: (block["x2"] - block["x"]) * (block["y2"] - block["y"]) for block in values(blocks)}
    assert max(areas, key=areas.get) == "At risk"
    assert sum(int(cell["t"]) for cell in values(grid)) == 60
    assert next(cell["yn"] for cell in values(grid)) == "5"


def test_squares_cover_the_plane_without_overlap():
    places = squarified([6, 6, 4, 3, 2, 2, 1])
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in places]
    assert sum(areas) == pytest.approx(5200)
    assert areas[0] / areas[-1] == pytest.approx(6)
    assert all(0 <= left < right <= 100.0001 and 0 <= top < bottom <= 52.0001 for left, top, right, bottom in places)


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0, 1, [0, 0.25, 0.5, 0.75, 1.0]),
        (0, 642, [0, 200, 400, 600]),
        (-183330, 17844, [-150000, -100000, -50000, 0]),
        (0, 0, [0, 0.25, 0.5, 0.75, 1.0]),
        (0, 3e-7, [0, 1e-7, 2e-7, 3e-7]),
    ],
)
def test_ticks_are_few_and_round(low, high, marks):
    assert ticks(low, high) == pytest.approx(marks)
    assert len(ticks(low, high)) <= 5


def test_steps_of_time_have_no_gaps():
    assert without_gaps(["2026-02", "2025-11"], "month") == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert without_gaps(["2025-Q4", "2026-Q2"], "quarter") == ["2025-Q4", "2026-Q1", "2026-Q2"]
    assert without_gaps(["2026-11-02", "2026-11-16"], "week") == ["2026-11-02", "2026-11-09", "2026-11-16"]
    assert without_gaps(["2024", "2026"], "year") == ["2024", "2025", "2026"]
    assert without_gaps(["0019-01-01", "2026-11-16"], "day") == ["0019-01-01", "2026-11-16"]
    assert without_gaps(["odd"], "day") == ["odd"]


def test_labels_of_time_name_the_year_where_it_begins():
    texts = ["2025-11", "2025-12", "2026-01"]
    assert axis_labels(texts, "month", ENGLISH) == [["Nov", "2025"], ["Dec", ""], ["Jan", "2026"]]
    assert axis_labels(["2025-Q4"], "quarter", format_for("uk", "UAH")) == [["4 кв.", "2025"]]
    assert axis_labels(["2026-11-02"], "week", ENGLISH) == [["2", "Nov 2026"]]
    forty = [f"{2025 + month // 12}-{month % 12 + 1:02d}" for month in range(40)]
    assert label_places(forty, "month") == [0, 6, 12, 18, 24, 30, 36]
    assert label_places([str(each) for each in range(100)], "") == list(range(0, 100, 9))


def ungrouped(answer, **changed):
    """The total of an answer as its only row, some of its values changed."""
    row, columns = answer.total, answer.declared.row.columns
    values = {each.name: changed.get(each.name, row.values[each.position]) for each in columns}
    table = Table(answer.declared.row, {name: [value] for name, value in values.items()})
    total = answer.declared.row(tuple(values.values()))
    return replace(answer, choices={**answer.choices, "by": ""}, result=replace(answer.result, rows=table, total=total))


def test_each_part_of_a_waterfall_starts_where_the_one_before_ended(waterfall):
    marks = values(drawn(waterfall))
    assert [mark["name"] for mark in marks] == [
        "Before",
        "From number of deals",
        "From days to close",
        "Dec 2025 – Nov 2026",
    ]
    assert [(mark["v"], mark["v2"]) for mark in marks] == [(5000, 5000), (5000, 5400), (5400, 5150), (5150, 5150)]
    assert [mark["t"] for mark in marks] == ["€5,000", "+€400", "−€250", "€5,150"]
    assert [mark["k"] for mark in marks] == ["total", "more", "less", "total"]
    assert drawn(waterfall).title == "Velocity: what changed it"


def test_rows_may_be_the_steps_of_a_waterfall(waterfall):
    columns = {"party": ["before", "won", "after"], "now": [100.0, -30.0, 70.0]}
    columns |= {name: [None] * 3 for name in ("before", "by_deals", "by_cycle")}
    table = Table(waterfall.declared.row, columns)
    declared = replace(waterfall.declared, chart=Waterfall(x="party", y="now"))
    along = replace(waterfall, declared=declared, result=replace(waterfall.result, rows=table), names={})
    marks = values(drawn(along))
    assert [(mark["name"], mark["v"], mark["v2"]) for mark in marks] == [
        ("before", 100, 100),
        ("won", 100, 70),
        ("after", 70, 70),
    ]
    assert [mark["k"] for mark in marks] == ["total", "less", "total"]
    # steps of several groups are no one waterfall: they stand as bars
    twice = Table(waterfall.declared.row, {name: [*each, *each] for name, each in columns.items()})
    (bars,) = chart.drawings(replace(along, result=replace(along.result, rows=twice)), ENGLISH)
    assert bars.title != drawn(along).title


def test_the_axis_of_a_waterfall_starts_near_what_moved_and_says_so(waterfall):
    low, high = drawn(waterfall).spec["layer"][1]["encoding"]["x"]["scale"]["domain"]
    assert 4900 < low < 5000 < 5400 < high < 5500
    assert "The axis does not start at 0." in drawn(waterfall).reading
    small = drawn(ungrouped(waterfall, before=100.0, by_deals=5300.0))
    assert small.spec["layer"][1]["encoding"]["x"]["scale"]["domain"][0] == 0
    assert "start at 0" not in small.reading


def test_a_part_of_nothing_has_its_line_and_a_fall_may_cross_zero(waterfall):
    idle = values(drawn(ungrouped(waterfall, by_deals=0.0, by_cycle=150.0)))
    assert (idle[1]["v"], idle[1]["v2"], idle[1]["t"]) == (5000, 5000, "€0")
    crossing = drawn(ungrouped(waterfall, now=-100.0, by_deals=-5000.0, by_cycle=-100.0))
    low, high = crossing.spec["layer"][1]["encoding"]["x"]["scale"]["domain"]
    assert low < -100 < 5000 < high
    assert "start at 0" not in crossing.reading


def test_groups_stand_as_bars_below_the_waterfall_of_their_total(waterfall):
    fall, bars = chart.drawings(waterfall, ENGLISH)
    assert len(values(fall)) == 4
    assert [(mark["name"], mark["v"], mark["b"]) for mark in values(bars)] == [
        ("张伟 Zhang", 4000, 5000),
        ("9", 1150, None),
    ]
    assert len(chart.drawings(ungrouped(waterfall), ENGLISH)) == 1


def test_without_a_comparison_there_are_bars_in_place_of_a_waterfall(waterfall):
    for unknown in ({"before": None}, {"by_cycle": None}, {"now": None}):
        (bars,) = chart.drawings(ungrouped(waterfall, **unknown), ENGLISH)
        assert len(values(bars)) == 1
        assert bars.title == "Velocity"


def test_what_was_planned_is_a_stroke_where_there_is_a_plan(planned):
    drawing = drawn(planned)
    assert [mark["goal"] for mark in values(drawing)] == [3000.0, 2500.0, None]
    assert [mark["end"] for mark in values(drawing)] == [4000.0, 2500.0, 80.0]  # the label stands beyond both
    assert "tick" in [layer["mark"]["type"] for layer in drawing.spec["layer"]]
    assert "Stroke, and in brackets: Target." in drawing.reading
    assert [mark["t"] for mark in values(drawing)] == ["€4k (€3k)", "€1.2k (€2.5k)", "€80"]  # whose figure is whose


def test_a_funnel_plot_colours_and_names_who_lies_outside(people):
    drawing = drawn(people)
    assert [(mark["name"], mark["kind"]) for mark in values(drawing)] == [
        ("张伟 Zhang", "above"),
        ("9", "in"),
        ("11", "below"),
    ]
    lines = {layer["data"]["values"][0]["level"]: layer["data"]["values"] for layer in drawing.spec["layer"][:3]}
    far = [point for point in lines["99.8"] if point["line"] == "high 99.8"]
    assert far[0]["v"] == pytest.approx(0.3 + 3.09 * (0.21 / 5) ** 0.5)
    assert min(point["v"] for point in lines["99.8"]) == 0.0
    at_hundred = [0.3 + 3.09 * (0.21 / point["x"]) ** 0.5 for point in far]
    assert [point["v"] for point in far] == pytest.approx([min(each, 1) for each in at_hundred])
    assert {point["v"] for point in lines["middle"]} == {0.3}


def test_a_funnel_plot_of_oneself_is_a_dot_in_the_spread_of_all(people):
    columns = {column.name: people.rows.values(column.name)[:1] for column in people.declared.row.columns}
    alone = replace(people, result=replace(people.result, rows=Table(people.declared.row, columns)))
    drawing = drawn(alone)
    assert len(values(drawing)) == 1
    assert len(drawing.spec["layer"]) == 5


def test_parts_of_a_bar_stand_end_to_end_in_the_order_of_their_places(reasons):
    drawing = drawn(reasons)
    parts, totals = (layer["data"]["values"] for layer in drawing.spec["layer"])
    assert [(part["name"], part["step"], part["v"], part["v2"]) for part in parts] == [
        ("Price", "New", 0, 2),
        ("Price", "Quote", 2, 7),
        (HOSTILE, "Talk", 0, 4),
        (HOSTILE, "Quote", 4, 5),
    ]
    assert [part["k"] for part in parts] == [0, 2, 1, 2]  # one colour a stage, whatever the bar
    assert [total["t"] for total in totals] == ["7", "5"]
    assert drawing.title == "Lost by reason"
    assert "Furthest stage" in drawing.reading


def test_bars_of_parts_that_are_not_drawn_are_counted(reasons):
    many = [f"reason {number}" for number in range(MOST_GROUPS + 2)]
    columns = {"party": [None], "stage": ["New"], "stage_no": [1], "lost": [1]}
    rows = Table(reasons.declared.row, {**{name: each * len(many) for name, each in columns.items()}, "reason": many})
    drawing = drawn(replace(reasons, result=replace(reasons.result, rows=rows)))
    assert f"The first {MOST_GROUPS} of {MOST_GROUPS + 2}" in drawing.reading
    assert len(drawing.spec["layer"][1]["data"]["values"]) == MOST_GROUPS


def test_steps_that_are_numbers_stand_where_their_numbers_are(lives, many_months):
    drawing = drawn(lives)
    across = drawing.spec["layer"][0]["encoding"]["x"]
    assert across["field"] == "x"
    assert across["scale"]["domain"] == [0, 400]
    assert across["axis"]["title"] == "Day"
    assert [mark["x"] for mark in values(drawing)][-2:] == [38, 400]
    assert drawn(many_months).spec["layer"][0]["encoding"]["x"]["field"] == "i"


def test_a_band_is_called_an_interval_only_where_it_is_one(lives, win_rate):
    spread = replace(lives.declared, chart=Lines(x="day", y="share", band=("share", "high")))
    assert "95 %" in drawn(lives).reading
    assert drawn(replace(lives, declared=spread)).reading.startswith("Lines: from “Share left” to “Three quarters”.")
    assert "95 % interval" in drawn(win_rate).reading


def test_a_long_name_keeps_its_end():
    assert shortened("Under-sink reverse osmosis unit M20") != shortened("Under-sink reverse osmosis unit M10")
    assert shortened("Under-sink reverse osmosis unit M20").endswith("unit M20")
    assert width(shortened("Under-sink reverse osmosis unit M20")) <= 30
    assert width(shortened("带反渗透膜的厨房用水下净水器二十号整套")) <= 30
    assert shortened("Tap filter") == "Tap filter"
    assert shortened("Сума виграних угод · Willow Patel").endswith("… · Willow Patel")


def test_long_names_over_narrow_cells_stand_on_a_slant(retention):
    x = drawn(retention).spec["layer"][0]["encoding"]["x"]["axis"]
    assert "labelAngle" not in x
    assert slanting(["Potential loyalists"] * 11)["labelOverlap"] is False
    assert slanting(["Potential loyalists"] * 3) == {}
