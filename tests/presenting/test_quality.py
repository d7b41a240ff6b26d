"""What the state of the data is told as."""

from types import SimpleNamespace

from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.quality import cost_sentences
from crmetrics.vocabulary.language import Message


def gap(column: str, share: float) -> SimpleNamespace:
    return SimpleNamespace(table_name="orders", column_name=column, share=share, cost=Message(f"{column} costs."))


def test_a_gap_that_would_be_written_as_nothing_is_not_told_as_a_cost() -> None:
    report = SimpleNamespace(costs=SimpleNamespace(rows=[gap("net_amount", 541_907 / 541_909), gap("channel", 0.857)]))
    assert list(cost_sentences(report, format_for("en", "EUR"))) == ["channel costs."]
