"""Wrong numbers that were found in other systems, each without an error there; here they come out right."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import pytest

from tests.company import company
from tests.sales.pipelines import tables, walk


def asked(key: str, cases: dict[str, Any], reaches: str = "2025-06-10", **choices: Any) -> Any:
    with company(reaches=reaches, **cases) as catalogue:
        return catalogue.ask(key, **choices)


def test_the_window_compared_with_is_not_a_day_short() -> None:
    """Ten a day, flat: a window of six days before a week would say +16.7 %."""
    deals = [
        walk(f"{day}-{number}", ("lead", "2025-04-01"), ("won", f"2025-05-{day:02d} 12:00"), amount=1)
        for day in range(1, 31)
        for number in range(10)
    ]
    answer = asked("sales.deal_size", tables(*deals), period="2025-05-15..2025-05-22", compare="previous")
    assert (answer.total.won, answer.before.total.won) == (70, 70)
    assert (answer.before_period.days, str(answer.before_period)) == (7, "2025-05-08..2025-05-15")
    changed = asked("sales.pipeline_changes", tables(*deals), period="2025-05-15..2025-05-22", compare="previous")
    won = [{row.cause: row.deals for row in rows}["won"] for rows in (changed.rows, changed.before.rows)]
    assert won == [70, 70]


def test_lost_deals_are_no_forecast_at_their_full_amount() -> None:
    """Open 100 at 20 % and 50 at 60 %, lost 80: weighted 50, not 130."""
    cases = tables(
        walk("a", ("lead", "2025-05-01"), amount=100),
        walk("b", ("lead", "2025-05-01"), ("quote", "2025-05-02"), amount=50),
        walk("c", ("lead", "2025-05-01"), ("lost", "2025-05-03"), amount=80),
    )
    answer = asked("sales.pipeline", cases, probability="typed")
    assert (answer.total.amount, answer.total.weighted) == (150, 50)
    changed = asked("sales.pipeline_changes", cases, period="2025-05")
    assert {row.cause: row.amount for row in changed.rows}["open_after"] == 150


def test_a_funnel_is_not_one_of_survivors() -> None:
    """Counted by where deals stand now, the stages that they came through would be empty and none would ever be lost there."""
    cases = tables(
        *(
            walk(f"w{number}", ("lead", "2025-05-01"), ("quote", "2025-05-02"), ("won", "2025-05-03"))
            for number in range(4)
        ),
        *(
            walk(f"l{number}", ("lead", "2025-05-01"), ("quote", "2025-05-02"), ("lost", "2025-05-03"))
            for number in range(3)
        ),
        *(walk(f"e{number}", ("lead", "2025-05-01"), ("lost", "2025-05-03")) for number in range(3)),
    )
    rows = asked("sales.stage_conversion", cases, period="2025-05").rows
    assert [(row.stage, row.reached, row.lost) for row in rows] == [("lead", 10, 3), ("quote", 7, 3), ("won", 4, 0)]


def test_reasons_go_by_the_day_of_the_loss_and_blanks_count() -> None:
    cases = tables(
        *(
            walk(f"p{number}", ("lead", "2025-04-20"), ("lost", "2025-05-20"), loss_reason="price")
            for number in range(5)
        ),
        *(walk(f"b{number}", ("lead", "2025-05-02"), ("lost", "2025-05-20")) for number in range(5)),
        *(
            walk(f"o{number}", ("lead", "2025-05-02"), ("lost", "2025-06-02"), loss_reason="other")
            for number in range(5)
        ),
    )
    rows = asked("sales.loss_reasons", cases, period="2025-05").rows
    assert [(row.reason, row.lost, row.share) for row in rows] == [("price", 5, 0.5), (None, 5, 0.5)]


@pytest.mark.parametrize(
    "key", ["sales.loss_reasons", "sales.deal_size", "sales.win_rate", "sales.stage_conversion", "sales.leak_ledger"]
)
def test_groups_whose_rows_do_not_stand_together_are_whole(key: str) -> None:
    """Grouped in the order of the rows, each run of a group would be a group, the last of them kept."""

    def deal(number: int, owner: str) -> Any:
        end = "won" if number % 2 else "lost"
        return walk(f"{owner}{number}", ("lead", "2025-05-01"), (end, "2025-05-20"), amount=10 + number, owner_id=owner)

    ann, ben = ([deal(number, owner) for number in range(12)] for owner in ("ann", "ben"))
    mixed = [each for pair in zip_longest(ann, ben) for each in pair if each is not None]
    in_order, unsorted = (asked(key, tables(*deals), period="2025-05", by="owner") for deals in (ann + ben, mixed))
    assert [row.as_dict() for row in in_order.rows] == [row.as_dict() for row in unsorted.rows]
    assert {row.party for row in unsorted.rows} == {"ann", "ben"}


def test_the_total_of_ratios_is_the_ratio_of_totals() -> None:
    """Ann wins 1 of 2, Ben 18 of 20: together 19 of 22, not 70 %; deal sizes of 50 and 200 make 192.9, not 125."""
    deals = [
        walk(
            f"{owner}{number}",
            ("lead", "2025-05-01"),
            ("won" if number < won else "lost", "2025-05-20"),
            amount=amount,
            owner_id=owner,
        )
        for owner, won, of, amount in (("ann", 1, 2, 50), ("ben", 18, 20, 200))
        for number in range(of)
    ]
    assert asked("sales.win_rate", tables(*deals), period="2025-05", by="owner").total.rate == pytest.approx(19 / 22)
    size = asked("sales.deal_size", tables(*deals), period="2025-05", by="owner").total
    assert (size.mean, size.median) == (pytest.approx((50 + 18 * 200) / 19), 200)
    funnel = asked("sales.stage_conversion", tables(*deals), period="2025-05", by="owner").total
    assert funnel.next_rate == pytest.approx(19 / 22)


def test_currencies_are_not_added_as_if_they_were_one() -> None:
    """100 EUR and 100 USD at 0.5 are 150; 100 of a currency without a rate are none, and are told."""
    rates = [{"currency": "USD", "rated_on": f"2025-05-{day:02d}", "rate_to_company": 0.5} for day in (4, 11, 18, 25)]
    rates += [{"currency": "USD", "rated_on": f"2025-06-{day:02d}", "rate_to_company": 0.5} for day in (1, 8)]
    ends = {"lost": ("lost", "2025-05-20"), "won": ("won", "2025-05-20"), "open": ("quote", "2025-05-20")}
    cases = tables(
        *(
            walk(f"{name}-{currency}", ("lead", "2025-05-05"), end, amount=100, currency=currency)
            for name, end in ends.items()
            for currency in ("EUR", "USD", "JPY")
        ),
        exchange_rates=rates,
    )
    reasons = asked("sales.loss_reasons", cases, period="2025-05", of="amount")
    assert reasons.total.amount == 150
    assert ("in a currency without a rate", 1) in [
        (str(left.reason), left.rows) for left in reasons.passport.rows_left_out
    ]
    assert asked("sales.pipeline", cases).total.amount == 150
    changed = asked("sales.pipeline_changes", cases, period="2025-05")
    found = {row.cause: (row.deals, row.amount) for row in changed.rows}
    assert (found["created"], found["won"], found["open_after"]) == ((9, 450), (3, -150), (3, 150))
    size = asked("sales.deal_size", cases, period="2025-05").total
    assert (size.won, size.with_amount, size.amount) == (3, 2, 150)


def test_those_still_there_are_in_the_median() -> None:
    """2, 4, 8 days and gone, 5 and 10 and still there: the median is 8, not the 4 of those that left."""
    left = [
        walk(f"g{days}", ("lead", f"2025-05-{10:02d}"), ("quote", f"2025-05-{10 + days:02d}")) for days in (2, 4, 8)
    ]
    there = [walk(f"s{days}", ("lead", f"2025-05-{30 - days:02d}")) for days in (5, 10)]
    rows = asked("sales.time_in_stage", tables(*left, *there), reaches="2025-05-30", period="2025-05").rows
    assert [row.median for row in rows if row.stage == "lead"] == [8]
