"""Histograms: every value in one bin, what is far above the rest in the last."""

from __future__ import annotations

from datetime import date, timedelta

from crmetrics.analysis import Histogram
from crmetrics.presenting.chart import drawings
from crmetrics.presenting.histogram import bins_of
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.terminal import shown
from tests.company import company
from tests.customers.purchases import bought

GAP = Histogram(x="gap")


def answer_of(gaps: list[int]):
    """The rhythm of customers who came twice, so many days apart."""
    today = date(2026, 1, 1)
    purchases = [
        (f"c{number}", str(today - timedelta(days=5 + each))) for number, gap in enumerate(gaps) for each in (0, gap)
    ]
    with company(**bought(purchases)) as asked:
        return asked.ask("customers.purchase_gap")


def test_every_value_is_in_one_bin():
    answer = answer_of([*range(1, 100), 900])
    bins = bins_of(answer, GAP)
    assert sum(each.count for each in bins) == 100
    assert [each.is_last for each in bins].count(True) == 1
    values = answer.rows.values("gap")
    for each in bins:
        inside = [value for value in values if each.low <= value and (each.is_last or value < each.high)]
        assert len(inside) == each.count
    assert len(bins) <= 17
    assert max(values) > bins[-1].high  # the far one stands in the last bin


def test_equal_values_need_no_chart():
    answer = answer_of([40, 40, 40])
    assert bins_of(answer, GAP) == []
    assert drawings(answer, format_for("en", "EUR", "UTC")) == ()


def test_it_is_drawn_and_sketched_in_the_readers_words():
    answer = answer_of(list(range(1, 100)))
    (drawing,) = drawings(answer, format_for("tr", "EUR", "UTC"))
    assert sum(each["v"] for each in drawing.spec["data"]["values"]) == 99
    assert drawing.spec["data"]["values"][-1]["name"].endswith("ve üzeri")
    assert "and more" in shown(answer, format_for("en", "EUR", "UTC"))
