"""Stage conversion: everyone counted once, at the furthest stage reached."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from crmetrics.vocabulary.errors import UnknownName
from tests.company import company
from tests.sales.pipelines import tables, walk


def days(*stages: str, start: int = 1) -> list[tuple[str, str]]:
    """One visit a day from a day of May on."""
    return [(stage, f"2025-05-{start + number:02d}") for number, stage in enumerate(stages)]


# the definition's example
A = walk("A", *days("lead", "quote", "won"), amount=100)
B = walk("B", *days("lead", "won"), amount=50)
C = walk("C", *days("lead", "lost"), amount=30)
D = walk("D", *days("lead", "quote"), amount=20)
E = walk("E", *days("lead", "quote", "lead", "lost"), amount=40)
EXAMPLE = tables(A, B, C, D, E)


@pytest.fixture(scope="module")
def example() -> Iterator[Any]:
    with company(reaches="2025-06-10", **EXAMPLE) as asked:
        yield partial(asked.ask, "sales.stage_conversion", period="2025-05")


def asked_of(tables: dict[str, Any], period: str = "2025-05", reaches: str = "2025-06-10", **choices: Any) -> Any:
    with company(reaches=reaches, **tables) as asked:
        return asked.ask("sales.stage_conversion", period=period, **choices)


def column(answer: Any, name: str) -> list[Any]:
    return [getattr(row, name) for row in answer.rows]


def test_the_worked_example_or_later(example: Any) -> None:
    answer = example()
    assert column(answer, "stage") == ["lead", "quote", "won"]
    assert column(answer, "reached") == [5, 4, 2]  # by present stage quote would be 1
    assert column(answer, "lost") == [1, 1, 0]
    assert column(answer, "open_deals") == [0, 1, 0]
    assert column(answer, "moved") == [4, 2, None]
    assert column(answer, "next_rate") == [0.8, 0.5, None]
    assert column(answer, "cumulative") == [1, 0.8, 0.4]
    assert column(answer, "loss_rate") == [0.2, 0.25, 0]
    assert column(answer, "decided_rate") == [0.8, pytest.approx(2 / 3), None]
    assert column(answer, "skipped") == [0, 0, 0]
    low, high = answer.rows[0].low, answer.rows[0].high
    assert (low, high) == (pytest.approx(0.376, abs=1e-3), pytest.approx(0.964, abs=1e-3))  # Wilson, 4 of 5


def test_reached_is_those_who_went_on_were_lost_or_still_are_there(example: Any) -> None:
    for counting in ("or_later", "strict"):
        for row in list(example(counting=counting).rows)[:-1]:
            assert row.reached == row.moved + row.lost + row.open_deals + row.skipped


def test_the_worked_example_strict(example: Any) -> None:
    answer = example(counting="strict")
    assert column(answer, "reached") == [5, 3, 1]  # B leaves where it skips
    assert column(answer, "skipped") == [1, 0, 0]
    assert column(answer, "lost") == [1, 1, 0]
    assert column(answer, "open_deals") == [0, 1, 0]


def test_the_worked_example_any(example: Any) -> None:
    answer = example(counting="any")
    assert column(answer, "reached") == [5, 3, 2]  # each deal once, though E came to the lead stage twice
    assert column(answer, "lost") == [1, 1, 0]
    assert column(answer, "next_rate") == [0.6, pytest.approx(2 / 3), None]


def test_any_may_exceed_the_whole_and_then_has_no_interval() -> None:
    # two deals entered the lead stage before the month in which they came to the quote
    earlier = [walk(name, ("lead", "2025-04-20"), ("quote", "2025-05-02")) for name in "xy"]
    answer = asked_of(tables(A, *earlier), counting="any")
    assert column(answer, "reached") == [1, 3, 1]
    assert (answer.rows[0].next_rate, answer.rows[0].low, answer.rows[0].high) == (3, None, None)


def test_a_win_counts_in_the_month_in_which_it_was_won() -> None:
    late = walk("x", ("lead", "2025-04-20"), ("quote", "2025-05-02"), ("won", "2025-06-03"))
    months = asked_of(tables(A, late), period="2025", counting="any", by="month")
    assert [(row.party, row.stage, row.reached) for row in months.rows if row.stage == "won"] == [
        ("2025-04", "won", 0),
        ("2025-05", "won", 1),
        ("2025-06", "won", 1),
    ]


def test_a_strict_deal_leaves_at_its_first_skip_even_if_it_comes_back() -> None:
    # a third stage: lead, offer (skips the quote), back to the quote, offer
    stages = {"stages": [*EXAMPLE["stages"], {"stage": "offer", "stage_no": 3, "kind": "open"}]}
    back = walk("x", *days("lead", "offer", "quote", "offer", "won"))
    start = walk("y", *days("quote", "offer"))
    answer = asked_of(tables(back, start) | stages, counting="strict")
    assert column(answer, "reached") == [1, 0, 0, 0]
    assert column(answer, "skipped") == [1, 0, 0, 0]
    assert [(str(left.reason), left.rows) for left in answer.passport.rows_left_out] == [
        ("began after the first stage", 1)
    ]
    assert column(asked_of(tables(back, start) | stages), "reached") == [2, 2, 2, 1]


def test_by_money_and_the_money_lost(example: Any) -> None:
    answer = example(of="amount")
    assert column(answer, "reached") == [5, 4, 2]
    assert column(answer, "next_rate") == [pytest.approx(210 / 240), pytest.approx(150 / 210), None]
    assert column(answer, "loss_rate") == [pytest.approx(30 / 240), pytest.approx(40 / 210), 0]
    assert column(answer, "lost_amount") == [30, 40, 0]
    assert answer.rows[0].low < 210 / 240 < answer.rows[0].high
    assert answer.total.lost_amount == 70


def test_the_amount_at_close_or_as_it_stands_now() -> None:
    changes = [
        {
            "deal_id": "C",
            "changed_at": "2025-05-01 10:00",
            "field_name": "amount",
            "old_value": "10",
            "new_value": "25",
        },
        {"deal_id": "C", "changed_at": "2025-05-20", "field_name": "amount", "old_value": "25", "new_value": "28"},
        {"deal_id": "C", "changed_at": "2025-05-21", "field_name": "amount", "old_value": "28", "new_value": "30"},
        {"deal_id": "E", "changed_at": "2025-05-22", "field_name": "amount", "old_value": None, "new_value": "40"},
    ]
    answer = asked_of(EXAMPLE | {"deal_changes": changes}, of="amount")
    assert column(answer, "lost_amount") == [25, 0, 0]
    assert [(str(left.reason), left.rows) for left in answer.passport.rows_left_out] == [("without an amount", 1)]
    now = asked_of(EXAMPLE | {"deal_changes": changes}, of="amount", amount_at="now")
    assert column(now, "lost_amount") == [30, 40, 0]


def test_money_without_a_rate_is_not_counted_at_one() -> None:
    dollars = walk("x", *days("lead", "lost"), amount=99, currency="USD")
    answer = asked_of(tables(C, dollars), of="amount")
    assert answer.rows[0].lost_amount == 30
    assert [(str(left.reason), left.rows) for left in answer.passport.rows_left_out] == [
        ("in a currency without a rate", 1)
    ]


def test_the_cohort_is_those_that_entered_in_the_period() -> None:
    early = walk("x", ("lead", "2025-04-20"), ("quote", "2025-05-02"))
    answer = asked_of(tables(A, early))
    assert (answer.total.reached, answer.passport.rows_used) == (1, 1)


def test_deals_of_other_pipelines_are_left_out() -> None:
    other = [
        {"pipeline": "export", "stage": name, "stage_no": no, "kind": "open"} for no, name in enumerate(("a", "b"))
    ]
    cases = EXAMPLE | {"stages": EXAMPLE["stages"] + other}
    cases["deals"] = [*cases["deals"], walk("x", *days("a"), pipeline="export")[0]]
    answer = asked_of(cases)
    assert column(answer, "reached") == [5, 4, 2]
    assert [(str(left.reason), left.rows) for left in answer.passport.rows_left_out] == [("in another pipeline", 1)]
    chosen = asked_of(cases, pipeline="export")
    assert [(row.stage, row.reached) for row in chosen.rows] == [("a", 1), ("b", 0), ("all_won", 0)]
    with pytest.raises(UnknownName, match=r"'exprt' is not a pipeline. There are: main, export"):
        asked_of(cases, pipeline="exprt")


def test_a_deal_without_history_is_known_only_where_it_stands_or_was_won() -> None:
    bare = [
        {"deal_id": "won", "stage": "won", "created_at": "2025-05-01", "closed_at": "2025-05-09", "is_won": True},
        {"deal_id": "lost", "stage": "lost", "created_at": "2025-05-01", "closed_at": "2025-05-09", "is_won": False},
        {"deal_id": "open", "stage": "quote", "created_at": "2025-05-01"},
    ]
    cases = EXAMPLE | {"deals": EXAMPLE["deals"] + bare}
    answer = asked_of(cases)
    assert column(answer, "reached") == [7, 6, 3]
    assert [(str(left.reason), left.rows) for left in answer.passport.rows_left_out] == [("without a stage history", 1)]
    strict = asked_of(cases, counting="strict")
    assert column(strict, "reached") == [5, 3, 1]
    assert [(str(left.reason), left.rows) for left in strict.passport.rows_left_out] == [("without a stage history", 3)]


def test_groups_and_their_total() -> None:
    ana = [walk(f"a{number}", *days("lead", "quote", "won"), owner_id="ana") for number in range(3)]
    bo = [walk(f"b{number}", *days("lead", "lost"), owner_id="bo") for number in range(2)]
    answer = asked_of(tables(*ana, *bo), by="owner")
    assert [(row.party, row.stage, row.reached, row.cumulative) for row in answer.rows] == [
        ("ana", "lead", 3, 1),
        ("ana", "quote", 3, 1),
        ("ana", "won", 3, 1),
        ("bo", "lead", 2, 1),
        ("bo", "quote", 0, 0),
        ("bo", "won", 0, 0),
    ]
    # from the entry to the end: three of five, not the mean of 100 % and 0 %
    assert (answer.total.reached, answer.total.moved, answer.total.next_rate, answer.total.lost) == (5, 3, 0.6, 2)
    assert answer.total == asked_of(tables(*ana, *bo)).total


def test_an_earlier_as_of_knows_only_what_had_happened(example: Any) -> None:
    answer = example(as_of=datetime(2025, 5, 2, 12))
    # on 2 May A, D and E stand at the quote, B is won, C is lost
    assert column(answer, "reached") == [5, 4, 1]
    assert column(answer, "open_deals") == [0, 3, 0]


def test_the_stage_that_loses_most_is_named_if_it_stands_out(example: Any) -> None:
    lost = [walk(f"l{number}", *days("lead", "quote", "lost"), amount=10) for number in range(30)]
    won = [walk(f"w{number}", *days("lead", "quote", "won"), amount=10) for number in range(10)]
    finding = asked_of(tables(*lost, *won, C)).findings
    assert [(str(each.message), each.money) for each in finding] == [
        ("quote loses 75.0% of the deals that reach it, 300.00 in all.", 300)
    ]
    assert example().findings == ()


LEADS: list[dict[str, Any]] = [
    {"lead_id": "1", "qualified_at": "2025-05-03", "deal_id": "A"},
    {"lead_id": "2", "deal_id": "B"},
    {"lead_id": "3", "disqualified_at": "2025-05-04"},
    {"lead_id": "4", "qualified_at": "2025-06-04", "disqualified_at": "2025-06-09"},
    {"lead_id": "5"},
]


def test_leads_have_a_funnel_of_their_own() -> None:
    leads = {"leads": [{"created_at": "2025-05-01", **lead} for lead in LEADS]}
    answer = asked_of(EXAMPLE | leads, source="leads")
    assert column(answer, "stage") == ["lead_came", "lead_qualified", "lead_deal"]
    assert column(answer, "reached") == [5, 3, 2]
    assert column(answer, "lost") == [1, 1, 0]
    assert column(answer, "open_deals") == [1, 0, 0]
    strict = asked_of(EXAMPLE | leads, source="leads", counting="strict")
    assert (column(strict, "reached"), column(strict, "skipped")) == ([5, 2, 1], [1, 0, 0])
    in_period = asked_of(EXAMPLE | leads, source="leads", counting="any")
    assert column(in_period, "reached") == [5, 1, 2]
    by_money = asked_of(EXAMPLE | leads, source="leads", of="amount")
    assert column(by_money, "reached") == [5, 3, 2]
    assert "Leads carry no amount, so they are counted." in [str(note.message) for note in by_money.notes]


def test_leads_bear_the_names_of_their_pipeline() -> None:
    names = [
        {"pipeline": "leads", "stage": "Yeni", "stage_no": 1, "kind": "open"},
        {"pipeline": "leads", "stage": "Nitelikli", "stage_no": 2, "kind": "open"},
        {"pipeline": "leads", "stage": "Elendi", "stage_no": 3, "kind": "lost"},
    ]
    leads = {"leads": [{"created_at": "2025-05-01", **lead} for lead in LEADS], "stages": EXAMPLE["stages"] + names}
    assert column(asked_of(EXAMPLE | leads, source="leads"), "stage") == ["Yeni", "Nitelikli", "lead_deal"]


def test_nothing_asked_of_nothing(example: Any) -> None:
    answer = example(period="2020")
    assert (list(answer.rows), answer.total.reached, answer.total.next_rate) == ([], 0, None)
    assert [str(note.message) for note in answer.notes] == ["No cases in this period, so there is no rate."]
