"""Activities and tasks: done, planned, missed, and what came of it."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.company import company
from tests.sales.pipelines import tables, walk

REACHES = "2025-07-01"


def act(times: int = 1, **more: Any) -> list[dict[str, Any]]:
    """The same activity so many times: a task of Ana's, done on 5 June, never planned."""
    row = {"kind": "task", "owner_id": "ana", "created_at": "2025-05-02", "due_at": None, "done_at": "2025-06-05 10:00"}
    return [row | more for _ in range(times)]


def numbered(*groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"activity_id": str(n), **row} for n, row in enumerate(row for group in groups for row in group)]


def asked_of(
    *groups: list[dict[str, Any]], reaches: str = REACHES, tables: Any = None, zone: str = "UTC", **choices: Any
) -> Any:
    with company(reaches=reaches, zone=zone, **(tables or {}), activities=numbered(*groups)) as asked:
        return asked.ask("sales.activity", **{"period": "2025-06"} | choices)


DUE = "2025-06-04 09:00"


def test_the_worked_example() -> None:
    # 10 due, 7 done, 5 extra done unplanned: 70 %, not 120 %
    answer = asked_of(act(7, due_at=DUE), act(3, due_at=DUE, done_at=None), act(5))
    row = answer.total
    assert (row.planned, row.completed, row.done, row.overdue, row.completion) == (10, 7, 12, 3, 0.7)
    assert (answer.rows[0].party, answer.rows[0].kind, len(answer.rows)) == ("ana", "task", 1)
    assert [str(note.message) for note in answer.notes] == ["Only 10 cases: read the rate with its interval."]
    assert answer.passport.rows_used == 15


def test_done_and_due_have_dates_of_their_own() -> None:
    answer = asked_of(
        act(due_at="2025-05-30 09:00"),  # due in May, done in June
        act(due_at=DUE, done_at="2025-07-02"),  # as of July it is not done yet
        act(due_at=DUE, done_at="2025-05-20"),  # done in May, before it was due
        act(due_at="2025-07-05", done_at="2025-06-20"),  # due in July
        act(due_at="2025-05-30", done_at="2025-05-30"),
    )
    row = answer.total
    assert (row.done, row.planned, row.completed, row.overdue) == (2, 2, 1, 1)
    months = asked_of(
        act(due_at="2025-05-30 09:00"), act(due_at=DUE, done_at=None), by="month", period="2025-05-01..2025-07-01"
    )
    assert [(row.party, row.done, row.planned, row.completed, row.overdue) for row in months.rows] == [
        ("2025-05", 0, 1, 1, 0),
        ("2025-06", 1, 1, 0, 1),
    ]
    assert (months.total.done, months.total.planned, months.total.completion) == (1, 2, 0.5)


def test_what_is_left_out_is_told() -> None:
    staff = {"employees": [{"employee_id": "bot", "is_bot": True}, {"employee_id": "ana", "is_bot": False}]}
    answer = asked_of(
        act(2),
        act(kind="note", owner_id=None),
        act(kind="note", owner_id="bot"),
        act(kind="note"),
        act(kind="email", owner_id="bot"),  # a bot's e-mail is no note
        act(outcome="cancelled", due_at=DUE),
        act(due_at="2025-06-28", done_at=None),
        reaches="2025-06-20",
        tables=staff,
    )
    assert (answer.total.done, answer.total.planned, answer.passport.rows_used) == (4, 0, 4)
    assert {str(each.reason): each.rows for each in answer.passport.rows_left_out} == {
        "notes of nobody or of a bot": 2,
        "cancelled": 1,
        "not due yet": 1,
    }


def test_the_day_it_is_due_is_not_over() -> None:
    cases = (act(due_at="2025-06-20 00:00", done_at=None), act(due_at="2025-06-20 09:00", done_at=None))
    meeting = act(kind="meeting", due_at="2025-06-20 09:00", done_at=None)
    row = asked_of(*cases, meeting, reaches="2025-06-20 15:00").total
    assert (row.planned, row.overdue) == (1, 1)
    assert asked_of(*cases, meeting, reaches="2025-06-21").total.overdue == 3


def test_answered_calls() -> None:
    calls = [
        act(3, kind="call", outcome="answered"),
        act(7, kind="call", outcome="no_answer"),
        act(kind="call", done_at=None, due_at=DUE),
    ]
    row = asked_of(*calls, act(5, kind="email", outcome="answered")).total
    assert (row.answered, row.calls, row.answered_calls) == (0.3, 10, 3)


def test_activities_per_won_deal() -> None:
    won = [walk(f"w{n}", ("lead", "2025-01-01"), ("won", "2025-06-10"), owner_id="ana") for n in range(5)]
    others = [
        walk("before", ("lead", "2025-01-01"), ("won", "2025-05-10"), owner_id="ana"),
        walk("lost", ("lead", "2025-01-01"), ("lost", "2025-06-10"), owner_id="ana"),
        walk("bo", ("lead", "2025-01-01"), ("won", "2025-06-10"), owner_id="bo"),
    ]
    done = [
        act(3, deal_id="w0", kind="call", done_at="2025-02-01"),  # long before the period
        act(1, deal_id="w1", kind="call", owner_id="bo"),  # by a colleague
        act(6, deal_id="w1"),
        act(2, deal_id="w1", done_at=None, due_at=DUE),
        act(9, deal_id="before"),
        act(9, deal_id="lost"),
        act(4, deal_id="bo", owner_id="bo", kind="call"),
    ]
    answer = asked_of(*done, tables=tables(*won, *others))
    rows = {(row.party, row.kind): (row.won, row.per_won) for row in answer.rows}
    assert rows == {("ana", "task"): (5, 1.2), ("bo", "call"): (1, None)}
    assert (answer.total.won, answer.total.per_won) == (6, pytest.approx(14 / 6))
    by_kind = asked_of(*done, tables=tables(*won, *others), by="activity_kind")
    assert [(row.party, row.won, row.per_won) for row in by_kind.rows] == [("task", None, None), ("call", None, None)]
    assert by_kind.total == answer.total


def test_outcomes() -> None:
    answer = asked_of(
        act(6, kind="call", outcome="answered"), act(3), act(1, outcome="answered", owner_id="bo"), show="outcomes"
    )
    assert [(row.party, row.outcome, row.done, row.share) for row in answer.rows] == [
        ("ana", "answered", 6, pytest.approx(2 / 3)),
        ("ana", None, 3, pytest.approx(1 / 3)),
        ("bo", "answered", 1, 1),
    ]
    assert (answer.total.done, answer.total.share) == (10, 1)


def test_weekday_and_hour_are_those_of_the_company() -> None:
    # 2025-06-01 is a Sunday; 22:30 UTC is 01:30 on Monday in Istanbul
    answer = asked_of(
        act(2, done_at="2025-06-01 22:30"), act(done_at="2025-06-03 00:10"), zone="Europe/Istanbul", show="hours"
    )
    found = {(row.weekday, row.hour): row.done for row in answer.rows if row.done}
    assert found == {("mon", "01:00"): 2, ("tue", "03:00"): 1}
    assert (len(answer.rows), answer.total.done) == (7 * 3, 3)
    assert answer.chart.columns() == ("hour", "weekday", "done")
    nothing = asked_of(act(due_at=DUE, done_at=None), show="hours")
    assert (len(nothing.rows), nothing.total.done) == (0, 0)


def test_what_is_missed_is_a_finding() -> None:
    late = act(6, due_at=DUE, done_at=None)
    staff = {"employees": [{"employee_id": "ana", "name": "Ana Lee"}]}
    answer = asked_of(act(24, due_at=DUE), late, act(20, due_at=DUE, owner_id="bo"), tables=staff)
    assert [str(each.message) for each in answer.findings] == [
        "6 of 50 activities that were due are not done, 6 of them of Ana Lee."
    ]
    assert asked_of(act(90, due_at=DUE), late).findings == ()


@pytest.mark.parametrize("seed", range(2))
def test_the_same_by_hand(seed: int) -> None:
    chance = random.Random(seed)
    start, end, now = datetime(2025, 6, 1), datetime(2025, 7, 1), datetime(2025, 6, 20, 15)

    def moment() -> datetime | None:
        return chance.choice([None, datetime(2025, 5, 20) + timedelta(minutes=chance.randrange(60_000))])

    rows = numbered(
        *(
            act(
                kind=chance.choice(["call", "note", "task"]),
                owner_id=chance.choice(["ana", "bo", None]),
                outcome=chance.choice(["answered", "cancelled", None]),
                due_at=moment(),
                done_at=moment(),
            )
            for _ in range(300)
        )
    )
    wanted: dict[str, Counter[Any]] = {"done": Counter(), "planned": Counter(), "overdue": Counter()}
    for row in rows:
        # what is done later has no outcome yet
        outcome = row["outcome"] if not row["done_at"] or row["done_at"] < now else None
        if outcome == "cancelled" or (row["kind"] == "note" and row["owner_id"] is None):
            continue
        done = row["done_at"] if row["done_at"] and row["done_at"] < now else None
        due = row["due_at"] and start <= row["due_at"] < min(end, now)
        is_day = bool(row["due_at"]) and (row["due_at"].hour, row["due_at"].minute) == (0, 0)
        if due and is_day and row["due_at"].date() == now.date():
            due = False
        key = row["owner_id"], row["kind"]
        wanted["done"][key] += bool(done and start <= done < end)
        wanted["planned"][key] += bool(due)
        wanted["overdue"][key] += bool(due and not done)
    with company(reaches=str(now), activities=rows) as asked:
        answer = asked.ask("sales.activity", period="2025-06")
    for name, counts in wanted.items():
        found = {(row.party, row.kind): getattr(row, name) for row in answer.rows}
        assert {key: value for key, value in found.items() if value} == {
            key: value for key, value in counts.items() if value
        }
        assert getattr(answer.total, name) == counts.total()
