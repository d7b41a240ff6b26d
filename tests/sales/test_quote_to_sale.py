"""Quote to sale: by case and by single quote, with time, discount and the age of what is open."""

from __future__ import annotations

from typing import Any

import pytest

from tests.company import company
from tests.sales.pipelines import STAGES


def deal(deal_id: str, is_won: bool | None = None, closed_at: str | None = None, **more: Any) -> dict[str, Any]:
    stage = {True: "won", False: "lost", None: "quote"}[is_won]
    return {
        "deal_id": deal_id,
        "stage": stage,
        "created_at": "2025-01-01",
        "is_won": is_won,
        "closed_at": closed_at,
        **more,
    }


def quote(
    quote_id: str, deal_id: str | None, sent_at: str | None, amount: float | None = 100, **more: Any
) -> dict[str, Any]:
    return {"quote_id": quote_id, "deal_id": deal_id, "sent_at": sent_at, "amount": amount, **more}


def asked_of(
    deals: list[dict[str, Any]],
    quotes: list[dict[str, Any]],
    reaches: str = "2025-06-01",
    tables: Any = None,
    **choices: Any,
) -> Any:
    with company(reaches=reaches, stages=STAGES, deals=deals, quotes=quotes, **(tables or {})) as asked:
        return asked.ask("sales.quote_to_sale", period="2025", **{"by": "none", **choices})


REVISIONS = [
    quote("q1", "a", "2025-01-10", 120),
    quote("q2", "a", "2025-01-15", 110),
    quote("q3", "a", "2025-01-20", 90, accepted_at="2025-02-01"),
]


def test_the_worked_example_three_revisions_are_one_case() -> None:
    won = deal("a", True, "2025-02-01")
    by_case, by_quote = (asked_of([won], REVISIONS, unit=unit).total for unit in ("case", "quote"))
    assert (by_case.won, by_case.n, by_case.rate) == (1, 1, 1)
    assert (by_quote.won, by_quote.n, by_quote.rate) == (1, 3, pytest.approx(1 / 3))


def test_without_a_mark_the_last_quote_of_a_won_deal_is_the_one_that_sold() -> None:
    unmarked = [each | {"accepted_at": None} for each in REVISIONS]
    total = asked_of([deal("a", True, "2025-02-01")], unmarked, unit="quote").total
    assert (total.won, total.lost) == (1, 2)


def test_a_case_is_decided_with_its_deal_not_with_its_quotes() -> None:
    rejected = [quote("q", "a", "2025-01-10", rejected_at="2025-01-20", expires_on="2025-01-30")]
    total = asked_of([deal("a")], rejected).total
    assert (total.pending, total.n, total.rate) == (1, 0, None)
    assert asked_of([deal("a")], rejected, unit="quote").total.lost == 1


def test_a_quote_without_a_deal_is_a_case_of_its_own() -> None:
    singles = [
        quote("won", None, "2025-01-10", accepted_at="2025-01-12"),
        quote("lost", None, "2025-01-10", rejected_at="2025-01-12"),
        quote("expired", None, "2025-01-10", expires_on="2025-05-31"),
        quote("valid", None, "2025-01-10", expires_on="2025-06-01"),
        quote("open", None, "2025-01-10"),
        quote("orphan", "nowhere", "2025-01-10", accepted_at="2025-01-12"),
    ]
    total = asked_of([], singles).total
    assert (total.cases, total.won, total.lost, total.pending) == (6, 2, 2, 2)


def test_drafts_are_left_out_and_pending_ones_of_the_decided() -> None:
    answer = asked_of([deal("a")], [quote("q", "a", "2025-01-10", 70), quote("draft", "a", None)])
    told = {str(each.reason): (each.rows, each.amount) for each in answer.result.left_out}
    assert told == {"drafts, never sent": (1, None), "not yet decided": (1, 70)}
    assert answer.total.cases == 1


def test_all_sent_as_the_base() -> None:
    deals = [deal("a", True, "2025-02-01"), deal("b"), deal("c", False, "2025-02-01"), deal("d")]
    quotes = [quote(each["deal_id"], each["deal_id"], "2025-01-10") for each in deals]
    assert asked_of(deals, quotes).total.rate == 0.5
    total = asked_of(deals, quotes, base="sent").total
    assert (total.n, total.rate) == (4, 0.25)


def test_the_first_quote_places_a_case_in_time() -> None:
    quotes = [quote("q1", "a", "2024-12-31"), quote("q2", "a", "2025-01-15")]
    assert asked_of([deal("a", True, "2025-02-01")], quotes).total.cases == 0
    assert asked_of([deal("a", True, "2025-02-01")], quotes, unit="quote").total.cases == 1
    months = asked_of(
        [deal("b", True, "2025-03-01")], [quote("x", "b", "2025-01-31"), quote("y", "b", "2025-02-01")], by="month"
    )
    assert [(row.party, row.cases) for row in months.rows] == [("2025-01", 1)]


def five(days: list[int | None], is_won: bool | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Deals with a quote of 10 January that were decided so many days later."""
    mark = {True: "w", False: "l", None: "o"}[is_won]
    deals = [
        deal(f"{mark}{n}", is_won, None if each is None else f"2025-01-{10 + each}") for n, each in enumerate(days)
    ]
    return deals, [quote(each["deal_id"], each["deal_id"], "2025-01-10") for each in deals]


def test_days_to_the_win_lost_ones_compete_and_pending_ones_are_censored() -> None:
    won, lost, waiting = five([2, 2, 4, 4, 6], True), five([3], False), five([None, None], None)
    parts = (won, lost, waiting)
    answer = asked_of([d for part in parts for d in part[0]], [q for part in parts for q in part[1]])
    # 2/8 by day 2, 4/8 by day 4, 5/8 by day 6; leaving the pending ones out the median would be 3
    assert (answer.total.median_days, answer.total.half_days) == (4, 4)


def test_when_fewer_than_half_are_won_there_is_no_median_but_a_half_time() -> None:
    won, lost = five([2, 2, 4, 4, 6], True), five([3, 3, 3, 3, 3, 3], False)
    total = asked_of(won[0] + lost[0], won[1] + lost[1]).total
    assert (total.median_days, total.half_days) == (None, 4)


def test_by_money_the_last_quote_counts_and_the_discount_is_from_first_to_accepted() -> None:
    deals = [deal(f"{n}", n < 5, "2025-02-01") for n in range(10)]
    quotes = [
        quote(
            f"{n}{turn}", f"{n}", f"2025-01-{10 + turn}", amount, accepted_at="2025-02-01" if turn and n < 5 else None
        )
        for n in range(10)
        for turn, amount in enumerate((120, 90) if n < 5 else (100, 210))
    ]
    total = asked_of(deals, quotes).total
    assert total.amount_rate == pytest.approx(450 / (450 + 1050))
    assert total.discount == pytest.approx(1 - 90 / 120)


def test_the_age_of_what_is_open() -> None:
    days = ["2025-05-31", "2025-05-02", "2025-05-01", "2025-03-03", "2025-03-02", "2025-01-01"]
    quotes = [quote(str(n), str(n), day, 10 + n) for n, day in enumerate(days)]
    total = asked_of([deal(str(n)) for n in range(6)], quotes).total
    assert (total.open_30, total.open_90, total.open_older, total.open_amount) == (2, 2, 2, 75)


def test_old_open_quotes_are_found() -> None:
    quotes = [quote(str(n), str(n), "2025-01-05") for n in range(6)]
    (finding,) = asked_of([deal(str(n)) for n in range(6)], quotes).findings
    assert (finding.money, finding.tone) == (600, "warn")
    assert "6 of 6 pending quotes have been open for more than 90 days" in str(finding.message)


def test_what_has_no_amount_or_rate_and_what_was_won_before_its_quote_is_said() -> None:
    deals = [deal("a", True, "2025-01-05"), deal("b", True, "2025-02-01"), deal("c", True, "2025-02-01")]
    quotes = [
        quote("a", "a", "2025-01-10"),
        quote("b", "b", "2025-01-10", None),
        quote("c", "c", "2025-01-10", currency="USD"),
    ]
    said = [str(note.message) for note in asked_of(deals, quotes).notes]
    assert "1 case has no amount: the rate by money leaves it out." in said
    assert "1 case is in a currency without a rate: the rate by money leaves it out." in said
    assert "1 case was decided before its first quote was sent: its days are not counted." in said


def test_a_group_is_that_of_the_first_quote_and_the_total_counts_each_case_once() -> None:
    quotes = [quote("q1", "a", "2025-01-10", owner_id="ana"), quote("q2", "a", "2025-01-15", owner_id="bo")]
    people = {"employees": [{"employee_id": "ana"}, {"employee_id": "bo"}]}
    answer = asked_of([deal("a", True, "2025-02-01")], quotes, by="owner", tables=people)
    assert [(row.party, row.cases) for row in answer.rows] == [("ana", 1)]
    assert answer.total.cases == 1


def test_nothing_asked_of_nothing() -> None:
    answer = asked_of([deal("a")], [quote("q", "a", "2024-01-01")])
    assert (len(answer.rows), answer.total.cases, answer.total.rate) == (0, 0, None)


def test_while_many_are_pending_the_rate_is_no_figure_for_a_scorecard() -> None:
    deals = [deal(f"{n}", n < 8 or None, "2025-02-01" if n < 8 else None) for n in range(11)]
    quotes = [quote(each["deal_id"], each["deal_id"], "2025-01-10") for each in deals]
    young, settled = asked_of(deals, quotes), asked_of(deals[:10], quotes[:10])
    assert (young.total.rate, young.total.settled_rate) == (1, None)
    assert any("27.3% of the cases are still pending" in str(note.message) for note in young.notes)
    assert (settled.total.rate, settled.total.settled_rate) == (1, 1)
