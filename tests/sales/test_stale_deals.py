"""Stale deals: open deals that stand longer, or are silent for longer, than won deals ever did."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.company import company
from tests.sales.pipelines import days_on, tables, walk

REACHES = "2025-06-11"
NOW = datetime(2025, 6, 11)


def ago(days: float) -> str:
    return str(NOW - timedelta(days=days))


def won_after(*days: float, stage: str = "lead") -> list[Any]:
    """Won deals that stood in a stage for so many days."""
    return [
        walk(f"w{stage}{n}", (stage, "2025-01-01"), ("won", days_on("2025-01-01", each))) for n, each in enumerate(days)
    ]


def standing(deal_id: str, days: float, stage: str = "lead", **more: Any) -> Any:
    return walk(deal_id, (stage, ago(days)), **{"amount": 100, "owner_id": "ana"} | more)


def talk(deal_id: str, days: float) -> dict[str, Any]:
    at = ago(days)
    return {
        "activity_id": f"{deal_id}-{days}",
        "kind": "meeting",
        "deal_id": deal_id,
        "created_at": at,
        "done_at": at,
        "owner_id": "bo",
    }


def asked_of(tables: dict[str, Any], reaches: str = REACHES, as_of: datetime | None = None, **choices: Any) -> Any:
    with company(reaches=reaches, **tables) as asked:
        return asked.ask("sales.stale_deals", as_of=as_of, **choices)


def reasons(answer: Any) -> dict[str, str]:
    return {row.deal_id: row.reasons for row in answer.rows}


def test_the_worked_example() -> None:
    # ten won took 1 to 10 days (p75 7.75, linear): a deal at 8 days is stale, at 7 not
    deals = [standing("8", 8), standing("7", 7), *won_after(*range(1, 11))]
    answer = asked_of(tables(*deals))
    (row,) = answer.rows
    assert (row.deal_id, row.days, row.limit, row.reasons, row.score) == ("8", 8, 7.75, "stage", 1)
    assert (row.probability, row.stake, answer.total.stake) == (0.2, 20, 20)
    assert answer.passport.rows_used == 2


def test_open_and_lost_deals_do_not_stretch_the_limit() -> None:
    lost = [walk(f"l{n}", ("lead", "2025-01-01"), ("lost", "2025-05-01")) for n in range(20)]
    deals = [*(standing(f"o{n}", 40) for n in range(20)), *lost, *won_after(*range(1, 11))]
    assert {row.limit for row in asked_of(tables(*deals)).rows} == {7.75}


def test_fewer_than_ten_won_deals_have_limits_of_thirty_days() -> None:
    deals = [standing("a", 30), standing("b", 30.5), *won_after(*range(1, 10))]
    answer = asked_of(tables(*deals))
    assert [(row.deal_id, row.limit) for row in answer.rows] == [("b", 30)]
    assert [str(note.message) for note in answer.notes] == [
        "There are no activities: how long deals are silent is not judged.",
        "2 open deals stand in stages that fewer than 10 won deals have passed: 30 days are their limit.",
    ]


def test_visits_of_one_stage_are_summed_on_both_sides() -> None:
    again = walk("a", ("lead", ago(20)), ("quote", ago(15)), ("lead", ago(4)), amount=1)  # 5 + 4 days
    passed = won_after(*range(1, 11))
    answer = asked_of(tables(again, *passed))
    assert [(row.stage, row.days) for row in answer.rows] == [("lead", 9)]
    way = (("lead", "2025-01-01"), ("quote", "2025-01-05"), ("lead", "2025-01-09"), ("won", "2025-01-15"))
    twice = [walk(f"t{n}", *way) for n in range(10)]
    assert asked_of(tables(again, *twice)).rows.values("limit") == []  # they stayed 4 + 6 days


def test_every_reason_and_every_pair() -> None:
    limits = won_after(*(10 for _ in range(10)))  # both limits are 10 days
    past, later = "2025-06-10", "2025-06-11"
    deals = {
        "none": (standing("none", 9, expected_close_on=later), 1),
        "stage": (standing("stage", 11), 1),
        "silence": (walk("silence", ("quote", ago(11)), ("lead", ago(5))), 11),
        "date": (standing("date", 9, expected_close_on=past), 1),
        "stage_silence": (standing("stage_silence", 12), 11),
        "stage_date": (standing("stage_date", 12, expected_close_on=past), 1),
        "silence_date": (walk("silence_date", ("quote", ago(11)), ("lead", ago(5)), expected_close_on=past), 11),
        "stage_silence_date": (standing("stage_silence_date", 20, expected_close_on=past), 15),
    }
    answer = asked_of(
        tables(
            *(deal for deal, _ in deals.values()),
            *limits,
            activities=[talk(name, days) for name, (_, days) in deals.items()],
        )
    )
    assert reasons(answer) == {name: name for name in deals if name != "none"}
    assert {row.deal_id: row.score for row in answer.rows} == {
        name: name.count("_") + 1 for name in deals if name != "none"
    }


def test_where_nobody_writes_down_activities_nobody_is_silent() -> None:
    deals = [standing("a", 20, stage="quote"), *won_after(*(30 for _ in range(10)), stage="quote")]
    silent = {"activities": [talk("other", 1)]}
    assert reasons(asked_of(tables(*deals))) == {}
    answer = asked_of(tables(*deals, *won_after(*(1 for _ in range(10)))) | silent)
    assert reasons(answer) == {}  # won deals were silent for 30 days, too


def test_without_a_stage_history_silence_and_dates_are_judged() -> None:
    rows = tables(standing("a", 40), standing("b", 1, expected_close_on="2025-06-01"), activities=[talk("x", 1)])
    del rows["deal_stages"]
    answer = asked_of(rows)
    assert reasons(answer) == {"a": "silence", "b": "date"}
    assert answer.rows[0].days is None
    assert "There is no stage history: how long deals stand in their stages is not judged." in [
        str(note.message) for note in answer.notes
    ]


def test_without_anything_to_judge_by_no_deal_is_said_to_be_fresh() -> None:
    rows = tables(standing("a", 40))
    del rows["deal_stages"]
    assert asked_of(rows).locked.missing == "deal_stages"


def test_money_at_stake_as_the_pipeline_weighs_it() -> None:
    past = [
        walk(f"p{n}", ("lead", "2025-03-01"), ("won" if n < 12 else "lost", "2025-03-11"), amount=1) for n in range(40)
    ]
    deals = [standing("a", 50), standing("b", 50, amount=None), standing("c", 50, stage="quote", probability=0.9)]
    dollars = standing("d", 50, currency="USD")
    cases = tables(*deals, dollars, *past)
    with company(reaches=REACHES, **cases) as asked:
        answer, pipeline = asked.ask("sales.stale_deals"), asked.ask("sales.pipeline")
    assert [(row.deal_id, row.stake) for row in answer.rows] == [
        ("c", pytest.approx(90)),
        ("a", pytest.approx(30)),
        ("b", None),
        ("d", None),
    ]
    assert answer.total.stake == pytest.approx(pipeline.total.weighted)
    assert "What is at stake in 2 stale deals is not known: without an amount, a rate or a win probability." in [
        str(note.message) for note in answer.notes
    ]


def test_groups_stand_together_the_one_with_most_at_stake_first() -> None:
    deals = [
        standing("a", 50, amount=10),
        standing("b", 50, amount=30, owner_id="bo"),
        standing("c", 50, amount=25),
        standing("d", 50, amount=None, owner_id=None),
    ]
    answer = asked_of(tables(*deals), by="owner")
    assert [(row.party, row.deal_id) for row in answer.rows] == [("ana", "c"), ("ana", "a"), ("bo", "b"), (None, "d")]
    assert answer.total == asked_of(tables(*deals)).total


def test_an_earlier_date_knows_what_was_known_then() -> None:
    deal = walk("a", ("lead", "2025-01-01"), ("quote", "2025-05-20"), ("won", "2025-06-01"), amount=100)
    assert asked_of(tables(deal), as_of=datetime(2025, 5, 10)).locked.missing == "deal_changes"
    changes = [
        {"deal_id": "a", "changed_at": "2025-05-25", "field_name": "amount", "old_value": "70", "new_value": "100"}
    ]
    then = asked_of(tables(deal, deal_changes=changes), as_of=datetime(2025, 5, 10))
    assert [(row.stage, row.amount) for row in then.rows] == [("lead", 70)]
    assert len(asked_of(tables(deal, deal_changes=changes)).rows) == 0


def test_a_notable_part_is_a_finding_with_the_stage_that_holds_most() -> None:
    deals = [standing(f"a{n}", 50) for n in range(4)] + [
        standing("q", 50, stage="quote"),
        *(standing(f"f{n}", 1) for n in range(5)),
    ]
    answer = asked_of(tables(*deals))
    assert [(str(each.message), each.money) for each in answer.findings] == [
        ("5 of 10 open deals are stale: 140.00 at stake, 80.00 of it in lead.", 140)
    ]
    fresh = [standing(f"f{n}", 1) for n in range(41)]
    assert asked_of(tables(*deals[:4], *fresh)).findings == ()


def test_nothing_open() -> None:
    answer = asked_of(tables(*won_after(1, 2)))
    assert (len(answer.rows), answer.total) == (0, None)
    assert "There is no open deal." in [str(note.message) for note in answer.notes]


@pytest.mark.parametrize("seed", range(3))
def test_the_same_by_hand(seed: int) -> None:
    chance = random.Random(seed)
    deals = []
    for number in range(60):
        moments = sorted(chance.sample(range(1, 120), 4))[::-1]
        way = [chance.choice(["lead", "quote"]) for _ in range(3)]
        end = ["won", "lost", None][chance.randrange(3)]
        visits = [*zip(way, moments[:3], strict=True), *([(end, moments[3])] if end else [])]
        deals.append(walk(f"d{number:02}", *((stage, ago(day)) for stage, day in visits), amount=10))
    stays: dict[str, dict[tuple[str, bool | None], float]] = {}
    for deal, visits in deals:
        for visit in visits:
            if visit["stage"] in ("lead", "quote"):
                until = datetime.fromisoformat(visit["left_at"]) if visit["left_at"] else NOW
                days = (until - datetime.fromisoformat(visit["entered_at"])).total_seconds() / 86400
                of_deal = stays.setdefault(deal["deal_id"], {})
                of_deal[visit["stage"], deal["is_won"]] = of_deal.get((visit["stage"], deal["is_won"]), 0) + days
    limits = {}
    for stage in ("lead", "quote"):
        won = [
            days for of_deal in stays.values() for (name, is_won), days in of_deal.items() if name == stage and is_won
        ]
        limits[stage] = float(np.quantile(won, 0.75)) if len(won) >= 10 else 30
    wanted = {
        deal["deal_id"]
        for deal, _ in deals
        if deal["is_won"] is None and stays[deal["deal_id"]][deal["stage"], None] > limits[deal["stage"]]
    }
    answer = asked_of(tables(*deals))
    assert reasons(answer) == dict.fromkeys(wanted, "stage")
