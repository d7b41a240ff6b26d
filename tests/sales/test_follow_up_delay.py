"""Follow-up delays: what is late, what is overdue, and which open deals nobody takes care of."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from crmetrics.models.kaplan_meier import KaplanMeier
from crmetrics.warehouse.scope import Filter
from tests.company import company
from tests.sales.pipelines import days_on, tables, walk

REACHES = "2025-06-11"


def todo(due: str | None, done: str | None = None, times: int = 1, **more: Any) -> list[dict[str, Any]]:
    """The same follow-up so many times; created a month before it was due."""
    row = {"kind": "task", "owner_id": "ana", "created_at": "2025-05-02", "due_at": due, "done_at": done}
    return [row | more for _ in range(times)]


def numbered(*groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"activity_id": str(n), **row} for n, row in enumerate(row for group in groups for row in group)]


def asked_of(
    *groups: list[dict[str, Any]], reaches: str = REACHES, zone: str = "UTC", tables: Any = None, **choices: Any
) -> Any:
    with company(reaches=reaches, zone=zone, **(tables or {}), activities=numbered(*groups)) as asked:
        return asked.ask("sales.follow_up_delay", **{"period": "2025-06"} | choices)


# done 0 and 2 days late, one open 9 days overdue; at an hour, for a day without a time is another matter
EXAMPLE = (
    ("2025-06-01 10:00", "2025-06-01 10:00"),
    ("2025-06-01 10:00", "2025-06-03 10:00"),
    ("2025-06-01 10:00", None),
)


def test_the_worked_example() -> None:
    curve = KaplanMeier.fit([0, 2, 9], gone=[1, 1, 0], running=[0, 0, 1])
    assert (curve.median().tolist(), curve.longest.tolist()) == ([2], [9])
    answer = asked_of(*(todo(*each) for each in EXAMPLE), reaches="2025-06-10 10:00")
    row = answer.total
    assert (row.due, row.on_time, row.late, row.open_overdue) == (3, 1, 1, 1)
    assert row.on_time_rate == pytest.approx(1 / 3)
    assert (row.median_delay, row.longest) == (None, 9)  # fewer than five have no median (R4)
    assert [str(note.message) for note in answer.notes] == [
        "3 cases: too few to say.",
        "The period has not ended: 9 of 30 days.",
    ]


def test_the_median_counts_those_still_open() -> None:
    many = asked_of(*(todo(*each, times=2) for each in EXAMPLE), reaches="2025-06-10 10:00").total
    assert (many.median_delay, many.longest, many.on_time_rate) == (2, 9, pytest.approx(1 / 3))
    # left out, the overdue ones would make it 1 day, taken as done now, 2
    still = asked_of(todo(*EXAMPLE[0], times=2), todo(*EXAMPLE[2], times=4), reaches="2025-06-10 10:00").total
    assert (still.median_delay, still.longest) == (None, 9)  # more than half are not done: longer than what was seen


def test_what_is_left_out_is_told() -> None:
    answer = asked_of(
        todo("2025-06-02 09:00", "2025-06-01"),
        todo("2025-06-20 09:00", "2025-06-05"),  # done early, but not due yet: it would make the rate better
        todo("2025-06-20 09:00"),
        todo("2025-06-02 09:00", outcome="cancelled"),
        todo(None, "2025-06-05", created_at="2025-06-04"),
        todo(None, "2025-06-05", created_at="2025-05-04"),  # of another period
        todo("2025-07-20 09:00"),
    )
    assert (answer.total.due, answer.passport.rows_used) == (1, 1)
    left = {str(each.reason): each.rows for each in answer.passport.rows_left_out}
    assert left == {"not due yet": 2, "cancelled": 1, "without a due date": 1}


@pytest.mark.parametrize(
    ("due", "done", "delay"),
    [
        ("2025-06-02 00:00", "2025-06-02 18:00", 0),  # due on a day: until its end
        ("2025-06-02 00:00", "2025-06-03 00:30", 1),  # and then by the calendar
        ("2025-06-02 00:00", "2025-06-05 23:00", 3),
        ("2025-06-02 09:00", "2025-06-02 18:00", 0.375),
        ("2025-06-02 00:00", "2025-05-20 09:00", 0),
        ("2025-06-02 00:00", None, 9),
        ("2025-06-11 00:00", None, None),  # due today
    ],
)
def test_a_day_without_a_time_lasts_until_its_end(due: str, done: str | None, delay: float | None) -> None:
    answer = asked_of(todo(due, done), reaches="2025-06-11 15:00")
    assert answer.total.longest == delay


def test_what_people_meet_for_is_on_time_on_its_day() -> None:
    met = [todo("2025-06-02 09:00", "2025-06-02 10:30", kind=kind) for kind in ("meeting", "visit", "appointment")]
    put_off = todo("2025-06-02 09:00", "2025-06-04 08:00", kind="meeting")
    call = todo("2025-06-02 09:00", "2025-06-02 10:30", kind="call")
    total = asked_of(*met, put_off, call, reaches="2025-06-11 15:00").total
    assert (total.on_time, total.late, total.longest) == (3, 2, 2)
    today = asked_of(todo("2025-06-11 09:00", kind="meeting"), reaches="2025-06-11 15:00")
    assert today.total.due == 0


def test_the_day_is_that_of_the_company() -> None:
    # midnight in Istanbul is 21:00 UTC of the day before
    total = asked_of(
        todo("2025-06-01 21:00", "2025-06-02 20:59"),
        todo("2025-06-01 21:00", "2025-06-02 21:00"),
        zone="Europe/Istanbul",
    ).total
    assert (total.on_time, total.late, total.longest) == (1, 1, 1)


def test_business_days() -> None:
    # 2025-06-06 is a Friday, 2025-06-09 a Monday and here a holiday
    free = {"holidays": [{"calendar": "TR", "held_on": "2025-06-09"}]}
    cases = [
        (todo("2025-06-06 12:00", "2025-06-07 12:00"), 0.5),
        (todo("2025-06-06 12:00", "2025-06-10 12:00"), 1),
        (todo("2025-06-07 12:00", "2025-06-08 12:00"), 0),  # over the weekend no time has passed
        (todo("2025-06-06 00:00", "2025-06-10 12:00"), 1),
        (todo("2025-06-06 00:00", "2025-06-08 12:00"), 0),
        (todo("2025-06-06 12:00"), 1.5),
        (todo("2025-06-07 12:00"), 1),
    ]
    for rows, delay in cases:
        answer = asked_of(rows, clock="business", tables=free)
        assert answer.total.longest == pytest.approx(delay)
        assert (answer.total.on_time == 1) == (delay == 0)
    waiting = asked_of(todo("2025-06-07 12:00"), clock="business", tables=free, reaches="2025-06-10")
    assert (waiting.total.due, waiting.total.open_overdue) == (0, 0)
    assert "No holidays are given, so only weekends are left out." in [
        str(note.message) for note in asked_of(todo("2025-06-06 12:00"), clock="business").notes
    ]


def test_an_earlier_as_of_does_not_know_what_was_done_later() -> None:
    with company(reaches=REACHES, activities=numbered(todo("2025-06-02 09:00", "2025-06-09 09:00"))) as asked:
        then = asked.ask("sales.follow_up_delay", period="2025-06", as_of=datetime(2025, 6, 5, 9)).total
    assert (then.late, then.open_overdue, then.longest) == (0, 1, 3)


# ── open deals ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def talk(deal_id: str, at: str, **more: Any) -> list[dict[str, Any]]:
    return todo(None, at, kind="call", outcome="answered", deal_id=deal_id, created_at=at, **more)


def test_open_deals_without_a_next_step_belong_to_their_owners() -> None:
    deals = [walk("a", ("lead", "2025-06-01"), owner_id="ana"), walk("b", ("lead", "2025-06-01"), owner_id="bo")]
    won = walk("w", ("lead", "2025-06-01"), ("won", "2025-06-02"), owner_id="ana")
    steps = [
        todo("2025-06-20", deal_id="b", owner_id="ana"),  # a colleague has planned it
        todo("2025-06-20", "2025-06-05", deal_id="a"),
        todo("2025-06-20", deal_id="a", outcome="cancelled"),
        todo("2025-06-10", deal_id="a"),
    ]
    answer = asked_of(*steps, tables=tables(*deals, won))
    rows = {row.party: (row.due, row.open_deals, row.no_next_step) for row in answer.rows}
    assert rows == {"ana": (1, 1, 1), "bo": (0, 1, 0)}
    assert (answer.total.open_deals, answer.total.no_next_step) == (2, 1)
    # the deal has a next step for whoever asks, also where the colleague's activities are not seen
    with company(reaches=REACHES, **tables(*deals, won), activities=numbered(*steps)) as asked:
        mine = asked.ask("sales.follow_up_delay", period="2025-06", where=(Filter("owner", ("bo",)),)).total
    assert (mine.due, mine.open_deals, mine.no_next_step) == (0, 1, 0)


def test_open_deals_have_no_month_and_no_kind_of_activity() -> None:
    cases = (todo("2025-06-02 09:00", "2025-06-02"), todo("2025-05-02 09:00", kind="call"))
    deals = tables(walk("a", ("lead", "2025-06-01")))
    for by, parties in (("month", ["2025-05", "2025-06"]), ("activity_kind", ["call", "task"])):
        answer = asked_of(*cases, by=by, period="2025-01-01..2025-07-01", tables=deals)
        assert [(row.party, row.open_deals, row.no_next_step) for row in answer.rows] == [
            (name, None, None) for name in parties
        ]
        assert (answer.total.due, answer.total.open_deals, answer.total.no_next_step) == (2, 1, 1)


def won_deals(silences: list[float]) -> list[Any]:
    """Won deals that stood in the lead stage for so many days, without a word."""
    return [
        walk(f"w{n}", ("lead", "2025-01-01"), ("won", days_on("2025-01-01", days))) for n, days in enumerate(silences)
    ]


@pytest.mark.parametrize(("won", "limit"), [(10, 7.75), (9, 30)])
def test_silent_is_longer_than_three_quarters_of_won_deals_ever_were(won: int, limit: float) -> None:
    past = won_deals([float(day) for day in range(1, won + 1)])
    for days in (limit - 0.25, limit, limit + 0.25):
        last = str(datetime(2025, 6, 11) - timedelta(days=days))
        answer = asked_of(talk("a", last), tables=tables(walk("a", ("lead", "2025-01-01"), owner_id="ana"), *past))
        assert answer.total.silent == (days > limit)
        notes = [str(note.message) for note in answer.notes]
        assert any("fewer than 10 won deals" in note for note in notes) == (won < 10)


@pytest.mark.parametrize(
    ("activity", "is_talk"),
    [
        ({"kind": "call", "done_at": "2025-06-10", "outcome": "answered", "direction": "out"}, True),
        ({"kind": "call", "done_at": "2025-06-10", "outcome": "no_answer", "direction": "out"}, False),
        ({"kind": "call", "done_at": "2025-06-10", "direction": "out"}, False),
        ({"kind": "call", "done_at": None, "outcome": "answered", "direction": "out"}, False),
        ({"kind": "call", "done_at": "2025-06-10", "direction": "both"}, True),
        ({"kind": "email", "done_at": None, "direction": "in"}, True),
        ({"kind": "chat", "done_at": "2025-06-10", "direction": "in"}, True),
        ({"kind": "email", "done_at": "2025-06-10", "direction": "out"}, False),
        ({"kind": "meeting", "done_at": "2025-06-10"}, True),
        ({"kind": "meeting", "done_at": "2025-06-10", "outcome": "no_show", "direction": "both"}, False),
        ({"kind": "visit", "done_at": "2025-06-10", "outcome": "kept"}, True),
        ({"kind": "visit", "done_at": None, "direction": "both"}, False),
        ({"kind": "task", "done_at": "2025-06-10"}, False),
        ({"kind": "note", "done_at": "2025-06-10", "direction": "in"}, False),
    ],
)
def test_what_a_two_way_activity_is(activity: dict[str, Any], is_talk: bool) -> None:
    row = {"owner_id": "ana", "created_at": "2025-06-10", "due_at": "2025-06-09", "deal_id": "a", **activity}
    answer = asked_of([row], tables=tables(walk("a", ("lead", "2025-01-01"))))
    assert answer.total.silent == (not is_talk)


def longest_silences(deals: list[Any], talks: dict[str, list[datetime]]) -> dict[str, list[float]]:
    """The longest silence that each won deal had reached in each stage, by walking through its life hour by hour."""
    found: dict[str, list[float]] = {}
    for deal, visits in deals:
        if not deal["is_won"]:
            continue
        moments = sorted([datetime.fromisoformat(deal["created_at"]), *talks.get(deal["deal_id"], [])])
        reached: dict[str, float] = {}
        for visit in visits[:-1]:
            at, until = datetime.fromisoformat(visit["entered_at"]), datetime.fromisoformat(visit["left_at"])
            if at == until:
                continue
            while at <= until:
                since = max(moment for moment in moments if moment < at or moment == moments[0])
                silence = (at - since).total_seconds() / 86400
                reached[visit["stage"]] = max(reached.get(visit["stage"], 0), silence)
                at += timedelta(hours=1)
        for stage, silence in reached.items():
            found.setdefault(stage, []).append(silence)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_the_limits_are_those_of_a_walk_through_every_hour(seed: int) -> None:
    chance = random.Random(seed)
    deals, talks, activities = [], {}, []
    for number in range(30):
        moments = sorted(datetime(2025, 1, 1) + timedelta(hours=chance.randrange(900)) for _ in range(4))
        way = ["lead", "quote", *chance.sample(["lead", "quote"], 1), chance.choice(["won", "won", "lost"])]
        deal = walk(f"d{number}", *zip(way, [str(each) for each in moments], strict=True))
        deals.append(deal)
        spoken = [moments[0] + timedelta(hours=chance.randrange(900)) for _ in range(chance.randrange(5))]
        talks[f"d{number}"] = [each for each in spoken if moments[0] < each < moments[-1]]
        activities += [talk(f"d{number}", str(each))[0] for each in spoken]
    wanted = longest_silences(deals, talks)
    for stage in ("lead", "quote"):
        limit = float(np.quantile(wanted[stage], 0.75))
        opened = [
            walk(f"{stage}{day}", (stage, str(datetime(2025, 6, 11) - timedelta(days=limit + day))))
            for day in (-0.01, 0.01)
        ]
        answer = asked_of(*([each] for each in activities), tables=tables(*deals, *opened))
        assert len(wanted[stage]) >= 10
        assert (answer.total.open_deals, answer.total.silent) == (2, 1)


def test_a_group_that_is_late_beyond_chance_is_named() -> None:
    on_time, late = ("2025-06-02 09:00", "2025-06-02 08:00"), ("2025-06-02 09:00", "2025-06-03 09:00")
    cases = [
        todo(*on_time, times=10),
        todo(*late, times=30),
        todo(*on_time, times=38, owner_id="bo"),
        todo(*late, times=2, owner_id="bo"),
    ]
    staff = {"employees": [{"employee_id": "ana", "name": "Ana Lee"}, {"employee_id": "bo", "name": "Bo Ray"}]}
    answer = asked_of(*cases, tables=staff)
    assert [str(each.message) for each in answer.findings] == [
        "Ana Lee does 25.0% of the follow-ups on time, the others 95.0%: 30 were late or are overdue."
    ]
    assert asked_of(*cases, by="none", tables=staff).findings == ()
    alike = asked_of(todo(*on_time, times=40), todo(*on_time, times=39, owner_id="bo"), todo(*late, owner_id="bo"))
    assert alike.findings == ()


def test_silent_deals_are_a_finding_with_their_money() -> None:
    deals = [walk(str(n), ("lead", "2025-01-01"), amount=100) for n in range(5)]
    answer = asked_of(talk("x", "2025-06-01"), tables=tables(*deals))
    assert [(str(each.message), each.money) for each in answer.findings] == [
        (
            "In 5 of 5 open deals nobody has talked with the customer for longer than is usual where deals are won: 500.00.",
            500,
        )
    ]


def test_without_deals_nothing_is_said_of_them() -> None:
    answer = asked_of(todo("2025-06-02 09:00"))
    assert (answer.rows[0].open_deals, answer.total.open_deals, answer.findings) == (0, 0, ())
