"""Notes on charts over time: inside the time alone, at their day, never on each other, and in words."""

import json
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import pytest

from crmetrics.analysis import HeatMap, Row, column
from crmetrics.presenting.annotations import MOST, annotated, flags_of, noted_on
from crmetrics.presenting.chart import drawings
from crmetrics.presenting.faces import missing_faces
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.picture import as_svg, titled
from crmetrics.presenting.time_axis import TimeAxis
from crmetrics.vocabulary.unit import COUNT
from crmetrics.workspace.annotations import Annotation
from tests.presenting.conftest import answer_of

ENGLISH = format_for("en", "EUR", "UTC")
HOSTILE = "<script>alert('1')</script> @accent ${x}"
YEAR = TimeAxis(tuple(date(2025, month, 1) for month in range(1, 13)), date(2026, 1, 1), is_columns=True)


def note(text, first, last=None, number=0):
    return Annotation(1, text, first, last or first, number=number)


def drawn(answer):
    return drawings(answer, ENGLISH)[0]


def test_charts_over_time_know_their_days(few_months, many_months, series, win_rate, funnel, rfm):
    assert drawn(few_months).time == YEAR
    line = drawn(many_months).time
    assert (len(line.firsts), line.end, line.is_columns) == (40, date(2028, 5, 1), False)
    assert drawn(series).time == replace(YEAR, is_columns=False)
    for answer in (win_rate, funnel, rfm):
        assert all(drawing.time is None for drawing in drawings(answer, ENGLISH))


@pytest.mark.parametrize(
    ("grain", "steps", "end"),
    [
        ("day", ["2026-02-27", "2026-02-28"], date(2026, 3, 1)),
        ("week", ["2026-12-28"], date(2027, 1, 4)),
        ("quarter", ["2026-Q3", "2026-Q4"], date(2027, 1, 1)),
        ("year", ["2025", "2026"], date(2027, 1, 1)),
    ],
)
def test_an_axis_ends_after_its_last_step(grain, steps, end):
    assert TimeAxis.of(steps, grain, is_columns=True).end == end


@pytest.mark.parametrize("steps", [[], ["2026-13"], ["2026-02", None], ["2026-02", "2026-01"], ["2026-01", "2026-03"]])
def test_what_is_no_time_has_no_axis(steps):
    assert TimeAxis.of(steps, "month", is_columns=True) is None


def test_only_notes_inside_the_time_stand_on_a_chart():
    outside = [note("before", date(2024, 12, 31)), note("after", date(2026, 1, 1))]
    inside = [
        note("first day", date(2025, 1, 1)),
        note("last day", date(2025, 12, 31)),
        note("all along", date(2020, 1, 1), date(2030, 1, 1)),
    ]
    found = noted_on(YEAR, [*outside, *inside], ENGLISH)
    assert [(each.number, each.text) for each in found] == [(1, "all along"), (2, "first day"), (3, "last day")]
    assert (found[0].start, found[0].end) == (0, 12)
    assert found[1].start == pytest.approx(0.5 / 31)
    assert found[2].start == pytest.approx(11 + 30.5 / 31)
    assert found[0].said == "1 Jan 2020 – 1 Jan 2030: all along"


def test_a_chart_without_time_or_notes_stays_as_it_is(few_months, win_rate):
    one = [note("x", date(2025, 3, 1))]
    for answer, notes in ((win_rate, one), (few_months, []), (few_months, [note("x", date(2030, 1, 1))])):
        assert annotated(drawn(answer), notes, ENGLISH) == drawn(answer)


def test_the_chart_that_is_kept_is_not_changed(few_months):
    kept = drawn(few_months)
    before = json.dumps(kept.spec)
    noted = annotated(kept, [note("x", date(2025, 3, 1), date(2025, 4, 2))], ENGLISH)
    assert json.dumps(kept.spec) == before
    assert noted.spec["height"] > kept.spec["height"]
    assert len(noted.spec["layer"]) == len(kept.spec["layer"]) + 3  # what lasted, the lines, their numbers


def places(flags, wide):
    """Where the numbers stand on a chart so many pixels wide: left, right, line."""
    return [(flag.start / 12 * wide, flag.start / 12 * wide + 7 * len(flag.text), flag.line) for flag in flags]


@pytest.mark.parametrize("every", [0, 1, 3, 10, 40])
@pytest.mark.parametrize("wide", [290, 640, 1100])
def test_no_number_lies_on_another(every, wide):
    notes = [note(f"N{each}", date(2025, 1, 2) + timedelta(days=each * every)) for each in range(500)]
    noted = noted_on(YEAR, notes, ENGLISH)
    flags = flags_of(noted, 12)
    for (left, right, line), (left_2, right_2, line_2) in combinations(places(flags, wide), 2):
        assert line != line_2 or right <= left_2 or right_2 <= left
        # nor does the thin line of a number that stands higher run through one below it
        assert not (line > line_2 and left < left_2 < right)
    said = [each for flag in flags for each in flag.text.split("–")]
    assert (said[0], said[-1]) == ("1", str(len(noted)))
    assert len(noted) <= MOST


def test_of_five_hundred_notes_the_latest_stand_there():
    notes = [note(f"N{each}", date(2025, 1, 1) + timedelta(days=each % 300), number=each) for each in range(500)]
    noted = noted_on(YEAR, notes, ENGLISH)
    assert len(noted) == MOST
    assert noted[-1].text == "N299"
    assert [each.number for each in noted] == list(range(1, MOST + 1))


@pytest.mark.skipif(bool(missing_faces()), reason=" ".join(missing_faces()))
@pytest.mark.parametrize("kind", ["columns", "line"])
def test_a_picture_shows_the_line_at_its_day_and_tells_the_note(few_months, many_months, kind):
    answer = few_months if kind == "columns" else many_months
    notes = [note(HOSTILE, date(2025, 3, 16)), note("涨价 İş", date(2025, 5, 1), date(2025, 6, 30))]
    svg = as_svg(titled(annotated(drawn(answer), notes, ENGLISH), "2025"), "en")
    assert "<script" not in svg
    assert "&lt;script&gt;alert('1')&lt;/script&gt; @accent ${x}" in svg
    assert "1 May – 30 Jun 2025: " in svg
    assert "涨价" in svg
    plain = as_svg(titled(drawn(answer), "2025"), "en")
    assert len(svg) > len(plain)


def test_on_cells_the_numbers_stand_below_for_the_months_are_named_above():
    class Rows(Row):
        month = column("Month", dimension="month")
        table = column("Table")
        rows = column("Rows", COUNT)

    columns = {"month": ["2025-01", "2025-02", "2025-03"], "table": ["orders"] * 3, "rows": [4, 5, 6]}
    plain = drawn(answer_of(Rows, columns, HeatMap(x="month", y="table", value="rows"), by="month"))
    assert plain.time.is_cells
    noted = annotated(plain, [note("Price rise", date(2025, 2, 10))], ENGLISH)
    assert noted.spec["height"] == plain.spec["height"]
    assert [each.said for each in noted.notes] == ["10 Feb 2025: Price rise"]
    if not missing_faces():
        assert "10 Feb 2025: Price rise" in as_svg(titled(noted, "2025"), "en")
