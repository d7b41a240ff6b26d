"""Findings of several answers: the most money first, each thing once, each with the question that proves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from crmetrics.analysis import Answer, Finding
from crmetrics.catalogue import OpenCatalogue
from crmetrics.findings import StandingOut, findings_of, ranked
from crmetrics.vocabulary.language import Message
from tests.company import company

DEAL = {"deal_id": "1", "stage": "q", "created_at": "2025-05-01", "closed_at": "2025-05-02", "is_won": True}


@pytest.fixture(scope="module")
def asked() -> Iterator[OpenCatalogue]:
    with company(deals=[DEAL]) as catalogue:
        yield catalogue


def told(asked: OpenCatalogue, *findings: Finding, key: str = "sales.win_rate", **choices: Any) -> Answer[Any]:
    found = asked.ask(key, period="2025-05", **choices)
    return replace(found, result=replace(found.result, findings=findings))


def finding(text: str, money: float | None = None, tone: str = "bad", **link: str) -> Finding:
    return Finding(Message(text), money, tone, link)  # type: ignore[arg-type]


def texts(*found: StandingOut) -> list[str]:
    return [str(each.finding.message) for each in ranked(found)]


def test_the_most_money_comes_first_and_bad_before_good(asked: OpenCatalogue) -> None:
    few = findings_of(told(asked, finding("small", 5), finding("praise", tone="good")))
    much = findings_of(told(asked, finding("large", -900), finding("blame")))
    assert texts(*few, *much) == ["large", "small", "blame", "praise"]


def test_the_same_sum_from_two_analyses_is_told_once(asked: OpenCatalogue) -> None:
    first = findings_of(told(asked, finding("Net sales fell", 100.001), finding("stale")))
    again = findings_of(
        told(
            asked,
            finding("West sold less", 100.0),
            finding("stale"),
            finding("West sold more", 100.0, "good"),
            key="kpis.won_deals",
        )
    )
    assert texts(*first, *again) == ["Net sales fell", "West sold more", "stale"]


def test_two_people_with_the_same_sum_are_two_things(asked: OpenCatalogue) -> None:
    both = findings_of(told(asked, finding("Ana is 3,500 short", 3500), finding("Bo is 3,500 short", 3500)))
    assert texts(*both) == ["Ana is 3,500 short", "Bo is 3,500 short"]


def test_of_several_about_one_thing_the_one_with_most_money_is_told(asked: OpenCatalogue) -> None:
    less = findings_of(told(asked, finding("12 customers leave", 50)), about="leaving")
    more = findings_of(told(asked, finding("9 customers have left", 80), key="kpis.won_deals"), about="leaving")
    assert texts(*less, *more) == ["9 customers have left"]


def test_a_locked_answer_tells_nothing(asked: OpenCatalogue) -> None:
    answer = asked.ask("sales.performance")
    assert answer.locked is not None
    assert findings_of(replace(answer, result=replace(answer.result, findings=(finding("no"),)))) == ()


def test_the_question_that_proves_it_carries_period_and_choices(asked: OpenCatalogue) -> None:
    (own,) = findings_of(told(asked, finding("leak", 5, by="source"), of="amount", by="owner"))
    assert own.proved_by.key == "sales.win_rate"
    assert dict(own.asked_with) == {"of": "amount", "by": "source", "period": "2025-05-01..2025-06-01"}


def test_cases_are_told_unless_the_sentence_has_them(asked: OpenCatalogue) -> None:
    plain = findings_of(told(asked, finding("leak")))
    counted = findings_of(told(asked, Finding(Message("{n} deals", values={"n": 7}))))
    assert [each.n for each in (*plain, *counted)] == [1, None]
