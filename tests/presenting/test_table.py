"""A table says what its figures can bear: few cases in words, names in place of IDs, and which totals are not sums."""

from dataclasses import replace

from crmetrics.analysis import Result, Table
from crmetrics.analysis.called import closed_list
from crmetrics.presenting.comparison import Comparison
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.table import Cells, show

ENGLISH = format_for("en", "EUR", "Europe/Istanbul")


def column(answer, name):
    return next(each for each in answer.declared.row.columns if each.name == name)


def columns_of(shown):
    return dict(zip((header.name for header in shown.headers), zip(*shown.rows, strict=True), strict=True))


def test_every_answer_has_a_rectangular_table(any_answer, language):
    shown = show(any_answer, format_for(language, "EUR", "Europe/Istanbul"))
    assert {len(row) for row in shown.rows} <= {len(shown.headers)}
    assert shown.total is None or len(shown.total) == len(shown.headers)
    assert len(shown.rows) == shown.count == len(any_answer.rows)


def test_a_share_of_few_cases_is_told_in_words_and_its_interval_not_at_all(win_rate):
    told = columns_of(show(win_rate, ENGLISH))
    assert told["rate"] == ("45.0%", "60.0%", "3 of 4", "0%")
    assert told["low"][2] == told["high"][2] == "–"
    assert told["low"][0] == "35.6%"


def test_names_stand_in_place_of_ids_and_blank_has_a_word(win_rate, sales):
    assert columns_of(show(win_rate, ENGLISH))["party"][::3] == ("Elif Şahin", "unassigned")
    cells = Cells(sales, ENGLISH)
    assert cells.label(column(sales, "party"), None) == "(blank)"


def test_without_grouping_the_one_row_is_all(funnel, spread):
    asked = Cells(funnel, ENGLISH)
    assert asked.label(column(funnel, "stage"), None) == "(blank)"  # its own dimension, whatever `by` says
    assert asked.label(column(funnel, "stage"), "won") == "won"


def test_the_total_tells_which_of_it_is_no_sum(sales, win_rate):
    assert show(sales, ENGLISH).note == "Worked out anew for the total, not added up: Buyers, Growth, Contribution."
    assert show(sales, ENGLISH).total[:4] == ("All", "€1,516,600", "1,540", "950")
    assert "Won" not in show(win_rate, ENGLISH).note


def test_shares_that_add_up_are_a_sum(sales):
    rows = sales.rows
    columns = {each.name: rows.values(each.name) for each in rows.row.columns} | {"contribution": [0.1, 0.00338, 0.0]}
    added = replace(sales, result=replace(sales.result, rows=Table(rows.row, columns)))
    assert show(added, ENGLISH).note == "Worked out anew for the total, not added up: Buyers, Growth."


def test_growth_from_nothing_is_new(sales):
    assert columns_of(show(sales, ENGLISH))["growth"] == ("+2.7%", "new", "–")


def test_what_is_grouped_by_heads_the_column(win_rate, few_months):
    assert show(win_rate, ENGLISH).headers[0].label == "Owner"
    assert show(few_months, ENGLISH).headers[0].label == "Month"
    assert show(few_months, ENGLISH).rows[0][0] == "Jan 2025"


def test_a_comparison_pairs_rows_by_their_group(compared):
    told = columns_of(show(compared, ENGLISH))
    assert told["before"] == ("€1,300,000", "€119,000", "–")
    assert told["change"] == ("+8.6%", "−12.1%", "–")
    assert show(compared, ENGLISH).total[-2:] == ("€1,419,000", "+6.9%")


def test_a_comparison_of_shares_is_in_points(compared):
    comparison = Comparison.of(compared)
    assert comparison is not None
    assert comparison.change(1.0, 0.0) is None
    rate = Comparison(column(compared, "rate"), comparison.keys, comparison.result, False)
    assert round(rate.change(0.464, 0.551), 3) == -0.087


def test_figures_of_unlike_units_stand_in_one_column(scorecard):
    told = columns_of(show(scorecard, ENGLISH))
    assert told["value"] == ("46.4%", "€104,600")
    assert [header.name for header in show(scorecard, ENGLISH).headers if header.is_number] == [
        "value",
        "before",
        "change",
    ]
    assert told["change"] == ("−8.6\u00a0pp", "−12.1%")
    assert told["status"] == ("behind", "close")
    assert told["measured_at"] == ("22 Nov 2026, 00:00", "–")


def test_a_page_of_a_table_keeps_the_total_of_all(win_rate):
    page = show(win_rate, ENGLISH, start=1, count=2)
    assert (len(page.rows), page.start, page.count) == (2, 1, 4)
    assert page.total == show(win_rate, ENGLISH).total


def test_one_cell(win_rate):
    assert Cells(win_rate, ENGLISH).text(column(win_rate, "rate"), win_rate.rows[0]) == "45.0%"


def test_values_of_closed_lists_have_words():
    assert "person" in closed_list("customer_kind")
    assert closed_list("city") == closed_list(None) == frozenset()


def test_a_hidden_column_serves_the_chart_alone(retention):
    assert "complete" not in [header.name for header in show(retention, ENGLISH).headers]
    assert "complete" in Cells(retention, ENGLISH).all_columns


def test_a_total_that_repeats_the_only_row_is_left_out(compared):
    rows = compared.rows.row
    one = replace(
        compared, result=Result(Table(rows, {"party": [None], "amount": [5.0], "rate": [0.5]}), rows((None, 5.0, 0.5)))
    )
    assert show(one, ENGLISH).total is None
    last_digit = replace(one, result=replace(one.result, total=rows((None, 5.000000001, 0.5))))
    assert show(last_digit, ENGLISH).total is None
    another = replace(one, result=replace(one.result, total=rows((None, 6.0, 0.5))))
    assert show(another, ENGLISH).total == ("All", "€6", "50.0%", "€1,419,000", "−100.0%")
