"""Findings of several answers: the most money first, each thing once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from crmetrics.analysis import Answer, Finding
from crmetrics.findings import ranked, what_stands_out
from crmetrics.vocabulary.language import Message
from tests.company import company
from tests.sales.test_performance import line, order


def answer(*findings: Finding) -> Answer[Any]:
    with company(
        deals=[{"deal_id": "1", "stage": "q", "created_at": "2025-05-01", "closed_at": "2025-05-02", "is_won": True}]
    ) as asked:
        found = asked.ask("sales.win_rate", period="2025-05", by="none")
    return replace(found, result=replace(found.result, findings=findings))


def finding(text: str, money: float | None = None, tone: str = "bad") -> Finding:
    return Finding(Message(text), money, tone)  # type: ignore[arg-type]


def texts(*answers: Answer[Any]) -> list[str]:
    return [str(each.finding.message) for each in ranked(answers)]


def test_the_most_money_comes_first_and_bad_before_good() -> None:
    few, much = (
        answer(finding("small", 5), finding("praise", tone="good")),
        answer(finding("large", -900), finding("blame")),
    )
    assert texts(few, much) == ["large", "small", "blame", "praise"]


def test_each_thing_is_told_once() -> None:
    first = answer(finding("Net sales fell", 100.001), finding("stale"))
    again = answer(finding("West sold less", 100.0), finding("stale"), finding("West sold more", 100.0, "good"))
    assert texts(first, again) == ["Net sales fell", "West sold more", "stale"]


def test_analyses_that_are_not_there_or_locked_tell_nothing() -> None:
    orders = [
        order("0", "2023-01-01"),
        order("1", "2024-05-01"),
        order("2", "2025-05-01"),
        order("3", "2024-05-01", channel="B"),
        order("4", "2025-05-01", channel="B"),
    ]
    lines = [line("0", 1), line("1", 100), line("2", 400), line("3", 100), line("4", 90)]
    with company(orders=orders, order_lines=lines) as asked:
        found = what_stands_out(
            asked, ("sales.nothing_of_the_kind", "sales.win_rate", "sales.performance"), period="2025"
        )
        none = what_stands_out(asked, ("sales.win_rate",), period="2025")
    assert none == ()
    assert all(each.declared.key == "sales.performance" for each in found)
