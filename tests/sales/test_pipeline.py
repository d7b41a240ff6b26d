"""Pipeline by stage: what is open, what it is worth, and what is missing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from crmetrics.vocabulary.errors import BadValue, UnknownName
from tests.company import company
from tests.sales.pipelines import STAGES, tables, walk

REACHES = "2025-06-10"


def open_deal(deal_id: str, amount: float | None, stage: str = "lead", **more: Any) -> Any:
    return walk(deal_id, (stage, "2025-06-01"), amount=amount, **more)


def decided(prefix: str, won: int, lost: int, *stages: str, at: str = "2025-03-01") -> list[Any]:
    """Deals that went through these stages and then were won or lost."""
    ends = ["won"] * won + ["lost"] * lost
    return [
        walk(f"{prefix}{number}", *((stage, at) for stage in stages), (end, "2025-03-20"), amount=80)
        for number, end in enumerate(ends)
    ]


def asked_of(tables: dict[str, Any], reaches: str = REACHES, as_of: datetime | None = None, **choices: Any) -> Any:
    with company(reaches=reaches, **tables) as asked:
        return asked.ask("sales.pipeline", as_of=as_of, **choices)


def rows(answer: Any, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(row, name) for name in names) for row in answer.rows]


def test_the_worked_example() -> None:
    # open 100 at 20 %, 50 at 60 %, lost 80: weighted 50, not 130
    answer = asked_of(tables(open_deal("a", 100), open_deal("b", 50, "quote"), *decided("c", 0, 1, "lead")))
    assert rows(answer, "stage", "deals", "amount", "weighted") == [("lead", 1, 100, 20), ("quote", 1, 50, 30)]
    assert (answer.total.deals, answer.total.amount, answer.total.weighted) == (2, 150, 50)
    assert [str(note.message) for note in answer.notes] == [
        "2 stages have fewer than 30 decided deals behind them: their typed probabilities are used."
    ]


def test_the_typed_probability_of_the_deal_goes_before_that_of_its_stage() -> None:
    cases = tables(open_deal("a", 100, probability=0.9), open_deal("b", 100))
    answer = asked_of(cases, probability="typed")
    assert rows(answer, "stage", "weighted", "probability", "n") == [
        ("lead", pytest.approx(110), pytest.approx(0.55), None),
        ("quote", 0, None, None),
    ]
    assert answer.notes == ()


def test_thirty_decided_deals_make_a_record_drawn_to_the_pipeline_s_rate() -> None:
    # 40 reached the lead stage, 12 won (30 %); 30 of them the quote, 12 won (40 %): two groups, so m = 10
    past = decided("w", 12, 18, "lead", "quote") + decided("l", 0, 10, "lead")
    answer = asked_of(tables(open_deal("a", 100), open_deal("b", 100, "quote"), *past))
    assert rows(answer, "stage", "n", "weighted") == [
        ("lead", 40, pytest.approx(100 * (12 + 10 * 0.3) / (40 + 10))),
        ("quote", 30, pytest.approx(100 * (12 + 10 * 0.3) / (30 + 10))),
    ]
    assert answer.notes == ()


def test_a_stage_with_a_short_record_takes_the_typed_probability_the_record_only_where_none_is_typed() -> None:
    bare = [{**stage, "probability": None} if stage["stage"] == "quote" else stage for stage in STAGES]
    past = decided("w", 12, 17, "lead", "quote") + decided("l", 0, 11, "lead")
    deals = [open_deal("b", 100, "quote", probability=0.9), open_deal("c", 100, "quote")]
    answer = asked_of(tables(*deals, *past) | {"stages": bare})
    whole = 12 / 40
    assert rows(answer, "stage", "n", "weighted")[1] == ("quote", 29, pytest.approx(90 + 100 * (12 + 10 * whole) / 39))


def test_the_record_counts_those_that_reached_the_stage_or_a_later_one_in_24_months() -> None:
    skipped = decided("s", 1, 0, "lead")  # won without the quote: it has reached it
    old = decided("o", 5, 0, "lead", "quote", at="2023-05-01")  # reached before June 2023, though decided since
    answer = asked_of(tables(open_deal("a", 100), *skipped, *old, *decided("l", 0, 2, "lead")))
    assert rows(answer, "stage", "n") == [("lead", 3), ("quote", 1)]


def test_deals_without_any_probability_are_told() -> None:
    bare = [{**stage, "probability": None} for stage in STAGES]
    answer = asked_of(tables(open_deal("a", 100), open_deal("b", 50, probability=0.5)) | {"stages": bare})
    assert rows(answer, "weighted")[0] == (25,)
    assert "1 deal has no win probability." in [str(note.message) for note in answer.notes]
    nothing = asked_of(tables(open_deal("a", 100)) | {"stages": bare})
    assert (nothing.rows[0].weighted, nothing.total.weighted) == (None, None)


def test_what_is_missing_is_shown_and_no_amount_is_no_zero() -> None:
    activities = [
        {"activity_id": "1", "kind": "call", "deal_id": "a", "created_at": "2025-06-01", "due_at": "2025-06-20"},
        {"activity_id": "2", "kind": "call", "deal_id": "b", "created_at": "2025-06-01", "due_at": "2025-06-09"},
        {
            "activity_id": "3",
            "kind": "call",
            "deal_id": "c",
            "created_at": "2025-06-01",
            "due_at": "2025-06-20",
            "outcome": "cancelled",
        },
        {
            "activity_id": "4",
            "kind": "call",
            "deal_id": "d",
            "created_at": "2025-06-01",
            "due_at": "2025-06-20",
            "done_at": "2025-06-05",
        },
    ]
    deals = [
        open_deal("a", 100, expected_close_on="2025-07-01"),
        open_deal("b", None, expected_close_on="2025-06-09"),
        open_deal("c", 300),
        open_deal("d", 0),
    ]
    answer = asked_of(tables(*deals, activities=activities))
    row = answer.rows[0]
    assert (row.deals, row.amount, row.without_amount, row.without_date, row.without_next_step) == (4, 400, 1, 2, 3)
    assert (row.no_amount, row.no_date, row.no_next_step, row.overdue) == (0.25, 0.5, 0.75, 1)
    assert asked_of(tables(*deals)).rows[0].no_next_step is None  # no activities are given: nobody knows


def test_the_median_age_needs_five_deals() -> None:
    days = [2, 3, 5, 8, 20]
    deals = [walk(str(day), ("lead", f"2025-05-{31 - day:02d}"), amount=1) for day in days]
    assert asked_of(tables(*deals), reaches="2025-05-31").rows[0].median_age == 5
    assert asked_of(tables(*deals[1:]), reaches="2025-05-31").rows[0].median_age is None


def test_an_open_deal_is_converted_at_the_latest_rate_and_listed_without_one() -> None:
    rates = [
        {"currency": "USD", "rated_on": "2025-06-01", "rate_to_company": 0.5},
        {"currency": "USD", "rated_on": "2025-06-09", "rate_to_company": 0.9},
    ]
    deals = [open_deal("a", 100, currency="USD"), open_deal("b", 100, currency="TRY")]
    answer = asked_of(tables(*deals, exchange_rates=rates))
    assert (answer.total.deals, answer.total.amount) == (2, 90)
    assert "1 deal is in a currency without a rate." in [str(note.message) for note in answer.notes]


def test_expected_to_close_in_a_period() -> None:
    deals = [
        open_deal("a", 100, expected_close_on="2025-06-30"),
        open_deal("b", 10, expected_close_on="2025-07-01"),
        open_deal("c", 1),
    ]
    answer = asked_of(tables(*deals), closing="2025-06")
    assert (answer.total.deals, answer.total.amount) == (1, 100)
    assert [(str(left.reason), left.rows) for left in answer.passport.rows_left_out] == [
        ("not expected to close then", 2)
    ]
    assert answer.passport.rows_used == 1
    with pytest.raises(BadValue, match="'soon' is not a period"):
        asked_of(tables(*deals), closing="soon")


def test_a_fiscal_year_of_the_expected_close_is_the_companys() -> None:
    deals = [open_deal("a", 100, expected_close_on="2025-03-01"), open_deal("b", 10, expected_close_on="2026-03-01")]
    with company(reaches="2025-07-01", fiscal_start=7, **tables(*deals)) as asked:
        assert asked.ask("sales.pipeline", closing="FY2025").total.amount == 10
        assert asked.ask("sales.pipeline", closing="2025").total.amount == 100


def test_one_pipeline_or_all() -> None:
    export = [{"pipeline": "export", "stage": "lead", "stage_no": 1, "kind": "open", "probability": 0.5}]
    cases = tables(open_deal("a", 100), open_deal("b", 10, pipeline="export")) | {"stages": STAGES + export}
    assert rows(asked_of(cases), "pipeline", "stage", "amount", "weighted") == [
        ("export", "lead", 10, 5),
        ("main", "lead", 100, 20),
        ("main", "quote", 0, 0),
    ]
    chosen = asked_of(cases, pipeline="export")
    assert (chosen.total.deals, chosen.total.amount) == (1, 10)
    assert [(str(left.reason), left.rows) for left in chosen.passport.rows_left_out] == [("in another pipeline", 1)]
    with pytest.raises(UnknownName, match="'west' is not a pipeline"):
        asked_of(cases, pipeline="west")


def test_groups_and_their_total() -> None:
    deals = [
        open_deal("a", 100, owner_id="ana"),
        open_deal("b", 50, "quote", owner_id="ana"),
        open_deal("c", 10, owner_id="bo"),
    ]
    answer = asked_of(tables(*deals), by="owner")
    assert rows(answer, "party", "stage", "deals", "weighted") == [
        ("ana", "lead", 1, 20),
        ("ana", "quote", 1, 30),
        ("bo", "lead", 1, 2),
    ]
    assert answer.total == asked_of(tables(*deals)).total


def test_an_earlier_as_of_shows_what_was_open_then_in_its_stage_with_its_amount() -> None:
    won_since = walk("a", ("lead", "2025-05-01"), ("quote", "2025-05-20"), ("won", "2025-06-01"), amount=500)
    later = walk("b", ("lead", "2025-05-15"), amount=70)
    lost_before = walk("c", ("lead", "2025-05-01"), ("lost", "2025-05-05"), amount=9)
    changes = [
        {"deal_id": "a", "changed_at": "2025-05-25", "field_name": "amount", "old_value": "300", "new_value": "500"},
        {"deal_id": "a", "changed_at": "2025-05-25", "field_name": "owner_id", "old_value": "ana", "new_value": "bo"},
    ]
    cases = tables(won_since, later, lost_before, deal_changes=changes)
    then = asked_of(cases, as_of=datetime(2025, 5, 10), by="owner")
    assert rows(then, "party", "stage", "deals", "amount") == [("ana", "lead", 1, 300)]
    assert rows(asked_of(cases), "stage", "deals", "amount") == [("lead", 1, 70), ("quote", 0, 0)]


def test_without_a_history_of_changes_an_earlier_date_is_locked() -> None:
    answer = asked_of(tables(open_deal("a", 100)), as_of=datetime(2025, 6, 5))
    assert answer.locked is not None
    assert answer.locked.missing == "deal_changes"


def test_money_without_a_next_step_or_past_its_date_is_named() -> None:
    call = {"activity_id": "1", "kind": "call", "deal_id": "x", "created_at": "2025-06-01", "due_at": "2025-06-20"}
    idle = [open_deal(str(number), 100, expected_close_on="2025-06-01") for number in range(5)]
    answer = asked_of(tables(*idle, open_deal("x", 500), activities=[call]))
    assert [(str(each.message), each.money) for each in answer.findings] == [
        ("5 open deals have no next step: 500.00.", 500),
        ("5 open deals are past their expected close: 500.00.", 500),
    ]


def test_an_empty_pipeline() -> None:
    answer = asked_of(tables(*decided("c", 1, 1, "lead")))
    assert rows(answer, "stage", "deals", "amount", "weighted", "no_amount") == [
        ("lead", 0, 0, 0, None),
        ("quote", 0, 0, 0, None),
    ]
    assert (answer.total.deals, answer.total.amount, answer.findings) == (0, 0, ())
