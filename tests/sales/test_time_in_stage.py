"""Time in stage: those still there are not left out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.company import company
from tests.sales.pipelines import days_on, tables, walk


def stayed(deal_id: str, days: float | None, came: str = "2025-05-01", then: str = "quote", **more: Any) -> Any:
    """A deal that was in the lead stage for so many days; None: it still is there."""
    visits = [("lead", came)] + ([] if days is None else [(then, days_on(came, days))])
    return walk(deal_id, *visits, **more)


def running(deal_id: str, came: str, **more: Any) -> Any:
    return stayed(deal_id, None, came, **more)


def lead(answer: Any, party: str | None = None) -> Any:
    return next(row for row in answer.rows if (row.party, row.stage) == (party, "lead"))


# 2, 4, 8 left; 5, 10 still there
EXAMPLE = [
    stayed("a", 2),
    stayed("b", 4),
    stayed("c", 8),
    running("d", "2025-05-26"),
    running("e", "2025-05-21"),
]


def test_the_worked_example() -> None:
    with company(reaches="2025-05-31", **tables(*EXAMPLE)) as asked:
        answer = asked.ask("sales.time_in_stage", period="2025-05")
    row = lead(answer)
    assert (row.entered, row.gone, row.open_deals) == (5, 3, 2)
    assert row.median == pytest.approx(8)  # the mean of those who left would be 4.67
    assert (row.p75, row.longest) == (None, pytest.approx(10))
    assert ("few", "2 rows stand on fewer than 10 cases: too few to say.") in [
        (note.kind, str(note.message)) for note in answer.notes
    ]


def test_several_visits_are_summed_and_a_returned_deal_is_still_there() -> None:
    back = walk("a", ("lead", "2025-05-01"), ("quote", "2025-05-03"), ("lead", "2025-05-10"), ("quote", "2025-05-14"))
    again = walk("b", ("lead", "2025-05-01"), ("quote", "2025-05-03"), ("lead", "2025-05-28"))
    with company(reaches="2025-05-31", **tables(back, again)) as asked:
        answer = asked.ask("sales.time_in_stage", period="2025-05")
    row = lead(answer)
    # 2 + 4 days; 2 + 3 days and running
    assert (row.entered, row.gone, row.open_deals, row.median, row.longest) == (2, 1, 1, 6, 6)
    assert answer.passport.rows_used == 7


def test_a_visit_under_a_minute_is_left_out_and_counted_a_running_one_never() -> None:
    through = walk(
        "a", ("lead", "2025-05-01 10:00:00"), ("quote", "2025-05-01 10:00:59"), ("won", "2025-05-03 10:00:59")
    )
    minute = walk(
        "b", ("lead", "2025-05-01 10:00:00"), ("quote", "2025-05-01 10:01:00"), ("lost", "2025-05-02 10:01:00")
    )
    just_came = running("c", "2025-05-30 23:59:30")
    with company(reaches="2025-05-31", **tables(through, minute, just_came)) as asked:
        answer = asked.ask("sales.time_in_stage", period="2025-05")
    row = lead(answer)
    assert (row.entered, row.gone, row.open_deals) == (2, 1, 1)
    assert row.median == pytest.approx(60 / 86400)
    assert [(str(left.reason), left.rows) for left in answer.passport.rows_left_out] == [
        ("stayed less than a minute", 1)
    ]


def test_a_deal_belongs_to_the_period_in_which_it_first_came() -> None:
    before = walk("a", ("lead", "2025-04-30 23:00"), ("quote", "2025-05-02 23:00"), ("lead", "2025-05-04"))
    within = walk("b", ("lead", "2025-05-31 23:00"), ("quote", "2025-06-10 23:00"))
    with company(reaches="2025-07-01", **tables(before, within)) as asked:
        answer = asked.ask("sales.time_in_stage", period="2025-05")
        moved = asked.ask("sales.time_in_stage", period="2025-06")
    assert (lead(answer).entered, lead(answer).median) == (1, 10)
    assert [row.stage for row in moved.rows] == ["quote"]


def test_an_end_that_the_history_lacks_is_the_closing_of_the_deal() -> None:
    deal, history = walk("a", ("lead", "2025-05-01"), ("quote", "2025-05-03"))
    deal |= {"is_won": False, "closed_at": "2025-05-07", "stage": "lost"}
    with company(reaches="2025-06-01", **tables((deal, history))) as asked:
        answer = asked.ask("sales.time_in_stage", period="2025-05")
    quote = next(row for row in answer.rows if row.stage == "quote")
    assert (quote.gone, quote.open_deals, quote.median, quote.lost_share) == (1, 0, 4, 1)


def test_leaving_by_loss_and_by_progress_are_shown_apart() -> None:
    # moved after 10 and 30, lost after 20, three still there at 40: F = 1/6, 1/3; half of those who move did by 10
    cases = [
        stayed("a", 10),
        stayed("b", 30),
        stayed("c", 20, then="lost"),
        *[running(name, "2025-05-01") for name in "def"],
    ]
    with company(reaches="2025-06-10", **tables(*cases)) as asked:
        row = lead(asked.ask("sales.time_in_stage", period="2025-05"))
    assert (row.moved_share, row.lost_share) == (pytest.approx(1 / 3), pytest.approx(1 / 6))
    assert (row.moved_days, row.lost_days) == (10, 20)


def test_a_deal_lost_later_went_on_from_its_earlier_stages() -> None:
    lost_late = walk("a", ("lead", "2025-05-01"), ("quote", "2025-05-03"), ("lost", "2025-05-09"))
    with company(reaches="2025-06-01", **tables(lost_late)) as asked:
        rows = {row.stage: row for row in asked.ask("sales.time_in_stage", period="2025-05").rows}
    assert (rows["lead"].moved_share, rows["lead"].lost_share) == (1, 0)
    assert (rows["quote"].moved_share, rows["quote"].lost_share) == (0, 1)


def month(name: str, came: str, days: float, count: int = 10, **more: Any) -> list[Any]:
    return [stayed(f"{name}{number}", days + number / 100, came, **more) for number in range(count)]


def test_the_reference_is_the_period_before_and_the_bottleneck_is_named() -> None:
    # April: median 3.04; May: 6.04 over 10 entries: 30 deal-days more
    cases = [*month("a", "2025-04-02", 3), *month("m", "2025-05-02", 6)]
    with company(reaches="2025-08-01", **tables(*cases)) as asked:
        answer = asked.ask("sales.time_in_stage", period="2025-05")
    row = lead(answer)
    assert (row.median, row.reference) == (pytest.approx(6.04), pytest.approx(3.04))
    assert row.excess == pytest.approx(30)
    assert [str(finding.message) for finding in answer.findings] == [
        "lead takes 6.04 in the middle, 3.04 before: 30.00 more over the deals that came into it."
    ]


def test_the_reference_may_be_last_year() -> None:
    cases = [*month("a", "2024-05-02", 2), *month("b", "2025-04-02", 9), *month("m", "2025-05-02", 6)]
    with company(reaches="2025-08-01", **tables(*cases)) as asked:
        row = lead(asked.ask("sales.time_in_stage", period="2025-05", compare="year"))
    assert (row.reference, row.excess) == (pytest.approx(2.04), pytest.approx(40))


def test_nine_entries_before_are_no_reference() -> None:
    cases = [*month("a", "2025-04-02", 3, 9), *month("m", "2025-05-02", 6)]
    with company(reaches="2025-08-01", **tables(*cases)) as asked:
        answer = asked.ask("sales.time_in_stage", period="2025-05")
    assert (lead(answer).reference, lead(answer).excess, answer.findings) == (None, None, ())


def test_groups_stand_one_after_the_other_the_largest_first() -> None:
    cases = [
        stayed("a", 2, owner_id="ana"),
        walk("b", ("lead", "2025-05-01"), ("quote", "2025-05-04"), ("won", "2025-05-05"), owner_id="bo"),
    ]
    with company(
        reaches="2025-06-01", **tables(*cases, employees=[{"employee_id": "ana"}, {"employee_id": "bo"}])
    ) as asked:
        answer = asked.ask("sales.time_in_stage", period="2025-05", by="owner")
        by_month = asked.ask("sales.time_in_stage", period="2025", by="month")
    assert [(row.party, row.stage, row.median) for row in answer.rows] == [
        ("ana", "lead", 2),
        ("ana", "quote", None),
        ("bo", "lead", 3),
        ("bo", "quote", 1),
    ]
    assert [(row.party, row.stage) for row in by_month.rows] == [("2025-05", "lead"), ("2025-05", "quote")]
    assert answer.total is None


def test_stages_of_one_name_in_two_pipelines_are_two_stages() -> None:
    other = [{"pipeline": "export", "stage": "lead", "stage_no": 1, "kind": "open"}]
    cases = tables(stayed("a", 2), walk("b", ("lead", "2025-05-01"), pipeline="export"))
    with company(reaches="2025-06-01", **cases | {"stages": cases["stages"] + other}) as asked:
        answer = asked.ask("sales.time_in_stage", period="2025-05")
    assert [(row.pipeline, row.stage, row.entered) for row in answer.rows] == [
        ("export", "lead", 1),
        ("main", "lead", 1),
        ("main", "quote", 1),
    ]


def test_an_earlier_as_of_knows_nothing_of_what_left_later() -> None:
    from datetime import datetime

    with company(reaches="2025-05-31", **tables(*EXAMPLE)) as asked:
        answer = asked.ask("sales.time_in_stage", period="2025-05", as_of=datetime(2025, 5, 6))
    row = lead(answer)
    # 2, 4 left; the third is still there after 5 days; the others have not come
    assert (row.entered, row.gone, row.open_deals, row.median, row.longest) == (3, 2, 1, 4, 5)


def business(asked: Any) -> float:
    row = lead(asked.ask("sales.time_in_stage", period="2025-05", clock="business"))
    return float(row.median if row.median is not None else row.longest)


def test_business_days_leave_weekends_out() -> None:
    # Friday 2 May 12:00 to Monday 5 May 18:00: half a day and three quarters
    with company(
        reaches="2025-06-01", **tables(walk("a", ("lead", "2025-05-02 12:00"), ("quote", "2025-05-05 18:00")))
    ) as asked:
        assert business(asked) == pytest.approx(1.25)
        notes = asked.ask("sales.time_in_stage", period="2025-05", clock="business").notes
    assert "No holidays are given, so only weekends are left out." in [str(note.message) for note in notes]


def test_business_days_leave_holidays_out_and_half_of_half_ones() -> None:
    # Wednesday 0:00 to Saturday 0:00 with Thursday off and half of Friday: 1 + 0 + 0.5
    holidays = [
        {"calendar": "TR", "held_on": "2025-05-01", "is_half_day": False},
        {"calendar": "TR", "held_on": "2025-05-02", "is_half_day": True},
    ]
    cases = tables(walk("a", ("lead", "2025-05-28"), ("quote", "2025-05-31")))
    early = tables(walk("a", ("lead", "2025-05-01 00:00"), ("quote", "2025-05-03 00:00")))
    with company(reaches="2025-06-09", holidays=holidays, **cases) as asked:
        assert business(asked) == pytest.approx(3)
    with company(reaches="2025-06-09", holidays=holidays, **early) as asked:
        assert business(asked) == pytest.approx(0.5)
        assert "No holidays" not in str(asked.ask("sales.time_in_stage", period="2025-05", clock="business").notes)


def test_a_holiday_of_one_calendar_of_two_is_worked_by_the_other() -> None:
    holidays = [
        {"calendar": "TR", "held_on": "2025-05-01"},
        {"calendar": "UA", "held_on": "2025-05-01"},
        {"calendar": "TR", "held_on": "2025-05-19"},
    ]
    shared = tables(walk("a", ("lead", "2025-05-01"), ("quote", "2025-05-02 12:00")))
    alone = tables(walk("a", ("lead", "2025-05-19"), ("quote", "2025-05-20 12:00")))
    with company(reaches="2025-06-09", holidays=holidays, **shared) as asked:
        assert business(asked) == pytest.approx(0.5)
    with company(reaches="2025-06-09", holidays=holidays, **alone) as asked:
        assert business(asked) == pytest.approx(1.5)


def test_a_deal_still_there_is_measured_in_business_days_to_as_of_in_the_company_s_zone() -> None:
    # Istanbul is three hours ahead: the visit begins on Saturday there, the data end on Tuesday 15:00
    with company(
        reaches="2025-05-06 12:00", zone="Europe/Istanbul", **tables(running("a", "2025-05-02 21:30"))
    ) as asked:
        assert business(asked) == pytest.approx(1 + 15 / 24)


def test_nothing_asked_of_nothing() -> None:
    with company(**tables(stayed("a", 3))) as asked:
        answer = asked.ask("sales.time_in_stage", period="2020")
    assert (list(answer.rows), answer.findings) == ([], ())
