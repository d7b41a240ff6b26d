"""What changed in the pipeline: steps that close for every pair of moments and every filter."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from crmetrics.warehouse.scope import Filter, Viewer
from tests.company import company
from tests.sales.pipelines import STAGES, tables, walk

KEY = "sales.pipeline_changes"
WEEK = "2025-05-05..2025-05-12"


def change(deal_id: str, at: str, name: str, old: Any, new: Any) -> dict[str, Any]:
    old, new = (None if value is None else str(value) for value in (old, new))
    return {"deal_id": deal_id, "changed_at": at, "field_name": name, "old_value": old, "new_value": new}


def steps(answer: Any, party: str | None = None) -> dict[str, tuple[int, float]]:
    return {row.cause: (row.deals, row.amount) for row in answer.rows if row.party == party and row.deals}


def closes(answer: Any) -> bool:
    """Whether the steps of every group lead from what was open before to what is open after."""
    for party in {row.party for row in answer.rows}:
        own = [row for row in answer.rows if row.party == party]
        if (own[0].cause, own[-1].cause) != ("open_before", "open_after"):
            return False
        if sum(row.amount for row in own[:-1]) != pytest.approx(own[-1].amount, abs=1e-6):
            return False
    return True


def asked_of(cases: dict[str, Any], period: str = WEEK, reaches: str = "2025-05-12", **choices: Any) -> Any:
    with company(reaches=reaches, **cases) as asked:
        answer = asked.ask(KEY, period=period, **choices)
    assert closes(answer)
    return answer


OLD, IN = "2025-04-01", "2025-05-07"

# the definition's example: 100 open; 30 new, 10 up, 25 won, 15 lost, 20 slipped out of the quarter
EXAMPLE = tables(
    walk("up", ("lead", OLD), amount=50, expected_close_on="2025-06-01"),
    walk("won", ("lead", OLD), ("won", IN), amount=25, expected_close_on="2025-06-01"),
    walk("lost", ("lead", OLD), ("lost", IN), amount=15, expected_close_on="2025-06-01"),
    walk("slip", ("lead", OLD), amount=20, expected_close_on="2025-07-10"),
    walk("new", ("lead", IN), amount=30, expected_close_on="2025-06-01"),
    deal_changes=[
        change("up", IN, "amount", 40, 50),
        change("slip", IN, "expected_close_on", "2025-06-20", "2025-07-10"),
    ],
)


def test_the_worked_example() -> None:
    answer = asked_of(EXAMPLE, closing="2025-Q2")
    assert steps(answer) == {
        "open_before": (4, 100),
        "created": (1, 30),
        "grown": (1, 10),
        "won": (1, -25),
        "lost": (1, -15),
        "slipped": (1, -20),
        "open_after": (2, 80),
    }
    assert (answer.total.deals, answer.total.amount) == (2, 80)
    assert answer.passport.rows_used == 5


def test_without_a_window_nothing_slips_out_but_it_is_told() -> None:
    answer = asked_of(EXAMPLE)
    assert steps(answer)["open_after"] == (3, 100)
    assert "slipped" not in steps(answer)
    assert "1 open deal was put off to a later close: 20.00." in [str(each.message) for each in answer.findings]
    pulled = asked_of(EXAMPLE, closing="2025-Q3")
    assert steps(pulled) == {"pulled_in": (1, 20), "open_after": (1, 20)}


def test_it_is_asked_of_the_week_before_the_end_of_the_data() -> None:
    with company(reaches="2025-05-12", **EXAMPLE) as asked:
        answer = asked.ask(KEY)
    assert str(answer.period) == WEEK
    assert steps(answer)["won"] == (1, -25)


def test_a_deal_that_came_and_left_is_in_both_steps() -> None:
    quick = walk("x", ("lead", "2025-05-06"), ("won", "2025-05-08"), amount=70)
    answer = asked_of(tables(quick, deal_changes=[change("x", IN, "amount", 50, 70)]))
    assert steps(answer) == {"created": (1, 50), "grown": (1, 20), "won": (1, -70)}


def test_it_leaves_with_its_amount_at_that_moment() -> None:
    won = walk("x", ("lead", OLD), ("won", IN), amount=99)
    changes = [change("x", "2025-05-06", "amount", 40, 60), change("x", "2025-05-09", "amount", 60, 99)]
    assert steps(asked_of(tables(won, deal_changes=changes))) == {
        "open_before": (1, 40),
        "grown": (1, 20),
        "won": (1, -60),
    }


def test_a_blank_amount_that_is_filled_in_is_growth() -> None:
    filled = walk("x", ("lead", OLD), amount=40)
    found = steps(asked_of(tables(filled, deal_changes=[change("x", IN, "amount", None, 40)])))
    assert found == {"open_before": (1, 0), "grown": (1, 40), "open_after": (1, 40)}


def test_changing_hands_crosses_a_filter_on_the_owner() -> None:
    handed = walk("x", ("lead", OLD), amount=60, owner_id="ben")
    changes = [change("x", IN, "owner_id", "ann", "ben"), change("x", "2025-05-09", "amount", 50, 60)]
    cases = tables(handed, walk("y", ("lead", OLD), amount=5, owner_id="ben"), deal_changes=changes)
    ann, ben = (asked_of(cases, where=(Filter("owner", (name,)),)) for name in ("ann", "ben"))
    assert steps(ann) == {"open_before": (1, 50), "handed_on": (1, -50)}
    assert steps(ben) == {"open_before": (1, 5), "handed_in": (1, 50), "grown": (1, 10), "open_after": (2, 65)}
    grouped = asked_of(cases, by="owner")
    assert (steps(grouped, "ann"), steps(grouped, "ben")) == (steps(ann), steps(ben))
    # for the company nothing came or left
    assert (grouped.total.deals, grouped.total.amount) == (2, 65)
    assert "handed_in" not in steps(asked_of(cases))


def test_a_team_is_not_left_for_a_colleague() -> None:
    people = [
        {"employee_id": name, "team": team} for name, team in (("ann", "North"), ("ben", "North"), ("cem", "South"))
    ]
    handed = walk("x", ("lead", OLD), amount=60, owner_id="ben")
    gone = walk("y", ("lead", OLD), amount=7, owner_id="cem")
    changes = [change("x", IN, "owner_id", "ann", "ben"), change("y", IN, "owner_id", "ann", "cem")]
    cases = tables(handed, gone, employees=people, deal_changes=changes)
    north = asked_of(cases, where=(Filter("team", ("North",)),))
    assert steps(north) == {"open_before": (2, 67), "handed_on": (1, -7), "open_after": (1, 60)}
    assert steps(asked_of(cases, by="team"), "South") == {"handed_in": (1, 7), "open_after": (1, 7)}


def test_a_rep_sees_the_deals_that_are_his_today() -> None:
    handed = walk("x", ("lead", OLD), amount=60, owner_id="ben")
    cases = tables(handed, deal_changes=[change("x", IN, "owner_id", "ann", "ben")])
    assert steps(asked_of(cases, viewer=Viewer("ben", "self", "ben"))) == {
        "open_before": (1, 60),
        "open_after": (1, 60),
    }
    assert steps(asked_of(cases, viewer=Viewer("ann", "self", "ann"))) == {}


def test_a_lost_deal_that_is_open_again_was_reopened() -> None:
    again = walk("x", ("lead", OLD), ("lost", "2025-04-20"), ("quote", IN), amount=40)
    cases = tables(again, deal_changes=[change("x", "2025-05-09", "amount", 30, 40)])
    assert steps(asked_of(cases)) == {"reopened": (1, 30), "grown": (1, 10), "open_after": (1, 40)}
    # the week in which it was lost, and one in which it stayed so
    assert steps(asked_of(cases, "2025-04-15..2025-04-22")) == {"open_before": (1, 30), "lost": (1, -30)}
    assert steps(asked_of(cases, "2025-04-22..2025-04-29")) == {}


def test_moving_through_another_filter_has_a_step_too() -> None:
    moved = walk("x", ("lead", OLD), ("quote", IN), amount=40)
    lead, quote = (asked_of(tables(moved), where=(Filter("stage", (name,)),)) for name in ("lead", "quote"))
    assert steps(lead) == {"open_before": (1, 40), "moved_on": (1, -40)}
    assert steps(quote) == {"moved_in": (1, 40), "open_after": (1, 40)}
    assert steps(asked_of(tables(moved), by="stage"), "quote") == steps(quote)


def test_both_moments_are_at_the_rates_of_the_later() -> None:
    rates = [
        {"currency": "USD", "rated_on": day, "rate_to_company": rate}
        for day, rate in (("2025-05-04", 2), (IN, 3), ("2025-05-11", 4))
    ]
    dollars = [
        walk("x", ("lead", OLD), amount=10, currency="USD"),
        walk("w", ("lead", OLD), ("won", IN), amount=5, currency="USD"),
        walk("n", ("lead", OLD), amount=10, currency="JPY"),
    ]
    answer = asked_of(tables(*dollars, exchange_rates=rates))
    assert steps(answer) == {"open_before": (3, 60), "won": (1, -20), "open_after": (2, 40)}
    assert "1 deal is in a currency without a rate." in [str(note.message) for note in answer.notes]


def test_without_a_history_what_came_and_left_is_told() -> None:
    cases = {name: rows for name, rows in EXAMPLE.items() if name != "deal_changes"}
    answer = asked_of(cases)
    assert steps(answer) == {
        "open_before": (4, 110), "created": (1, 30), "won": (1, -25), "lost": (1, -15), "open_after": (3, 100),
    }  # fmt: skip
    assert any("No history tells what changed in deals" in str(note.message) for note in answer.notes)


def test_a_deal_without_a_creation_day_was_always_there() -> None:
    ageless = walk("x", ("lead", OLD), amount=40)
    ageless[0]["created_at"] = None
    others = (walk(name, ("lead", OLD), amount=1) for name in "yz")
    assert steps(asked_of(tables(ageless, *others))) == {"open_before": (3, 42), "open_after": (3, 42)}


# ── a second way: histories replayed one by one ────────────────────────────────────────────────────────────────────────

DAY = timedelta(days=1)
START = datetime(2025, 3, 1)
FIELDS = {"amount": "amount", "owner_id": "owner_id", "expected_close_on": "expected_close_on"}


@dataclass
class Life:
    """A deal's history: values with the moments from which they hold, and when it was open."""

    deal_id: str
    created: datetime
    values: dict[str, list[tuple[datetime, Any]]]
    closed: datetime | None = None
    is_won: bool | None = None
    shut: tuple[datetime, datetime] | None = None
    visits: list[dict[str, Any]] = field(default_factory=list)

    def at(self, name: str, moment: datetime) -> Any:
        return [value for since, value in self.values[name] if since < moment or since == self.created][-1]

    def is_open(self, moment: datetime) -> bool:
        is_shut = self.shut is not None and self.shut[0] < moment <= self.shut[1]
        return self.created < moment and (self.closed is None or self.closed >= moment) and not is_shut

    def shut_in(self, since: datetime, until: datetime) -> bool:
        """Whether it was lost in between and still is at the end, to be reopened later."""
        return bool(self.shut and since <= self.shut[0] < until <= self.shut[1])


def life(rng: random.Random, number: int) -> Life:
    moments = [START + timedelta(hours=hour) for hour in sorted(rng.sample(range(24 * 80), 10))]
    created, *rest = moments
    draws = {
        "amount": lambda: rng.choice((None, 10, 25.5, 40, 100)),
        "owner_id": lambda: rng.choice(("ann", "ben", None)),
        "expected_close_on": lambda: rng.choice((None, "2025-04-10", "2025-05-20", "2025-07-01")),
    }
    values: dict[str, list[tuple[datetime, Any]]] = {name: [(created, draw())] for name, draw in draws.items()}
    for moment in rest[:6]:
        name = rng.choice(list(draws))
        new = draws[name]()
        if new != values[name][-1][1]:
            values[name].append((moment, new))
    made = Life(f"d{number}", created, values)
    if rng.random() < 0.3:
        made.shut = (rest[2], rest[4])
    if rng.random() < 0.5:
        made.closed, made.is_won = rest[rng.choice((5, 7, 8))], rng.random() < 0.5
    return made


def tables_of(lives: list[Life]) -> dict[str, Any]:
    deals, visits, changes = [], [], []
    for each in lives:
        path = [("lead", each.created)]
        if each.shut:
            path += [("lost", each.shut[0]), ("quote", each.shut[1])]
        if each.closed:
            path.append(("won" if each.is_won else "lost", each.closed))
        deal, history = walk(each.deal_id, *((stage, str(at)) for stage, at in path))
        deals.append(deal | {name: values[-1][1] for name, values in each.values.items()})
        visits += history
        for name, values in each.values.items():
            for (_since, old), (at, new) in pairwise(values):
                changes.append(change(each.deal_id, str(at), FIELDS[name], old, new))
    return {"stages": STAGES, "deals": deals, "deal_stages": visits, "deal_changes": changes}


def open_at(lives: list[Life], moment: datetime, owner: str | None = "any", due: bool = False) -> tuple[int, float]:
    found = [
        each.at("amount", moment) or 0
        for each in lives
        if each.is_open(moment)
        and (owner == "any" or each.at("owner_id", moment) == owner)
        and (not due or "2025-04-01" <= (each.at("expected_close_on", moment) or "") < "2025-07-01")
    ]
    return len(found), sum(found)


@pytest.mark.parametrize("seed", range(5))
def test_it_closes_for_every_pair_of_moments_and_filter(seed: int) -> None:
    rng = random.Random(seed)
    lives = [life(rng, number) for number in range(40)]
    with company(reaches="2025-05-20", **tables_of(lives)) as asked:
        for _ in range(5):
            first, last = sorted(rng.sample(range(80), 2))
            since, until = START + first * DAY, START + last * DAY
            asks: dict[str, Any] = {"period": f"{since.date()}..{until.date()}"}
            for owner in ("any", "ann", None):
                for due in (False, True):
                    where = () if owner == "any" else (Filter("owner", (owner,)),)
                    answer = asked.ask(KEY, **asks, where=where, closing="2025-Q2" if due else "")
                    assert closes(answer)
                    found = steps(answer)
                    nothing = (0, 0)
                    assert found.get("open_before", nothing) == pytest.approx(open_at(lives, since, owner, due))
                    assert found.get("open_after", nothing) == pytest.approx(open_at(lives, until, owner, due))
                    assert "moved_in" not in found
                    assert "moved_on" not in found
            grouped = asked.ask(KEY, **asks, by="owner")
            assert closes(grouped)
            for owner in ("ann", "ben"):
                assert steps(grouped, owner) == steps(asked.ask(KEY, **asks, where=(Filter("owner", (owner,)),)))
            assert_causes(steps(asked.ask(KEY, **asks)), lives, since, until)


def assert_causes(found: dict[str, tuple[int, float]], lives: list[Life], since: datetime, until: datetime) -> None:
    """Unfiltered: what came and left, at the amounts of those moments."""
    came = [each for each in lives if since <= each.created < until]
    came = [
        each
        for each in came
        if each.is_open(until) or (each.closed and each.closed < until) or each.shut_in(since, until)
    ]
    for cause, is_won in (("won", True), ("lost", False)):
        left = [each for each in lives if each.closed and since <= each.closed < until and each.is_won is is_won]
        money = sum(each.at("amount", each.closed) or 0 for each in left)
        shut = [each for each in lives if not is_won and each.shut_in(since, until)]
        money += sum(each.at("amount", each.shut[0]) or 0 for each in shut)
        assert found.get(cause, (0, 0)) == pytest.approx((len(left) + len(shut), -money))
    created = sum(each.values["amount"][0][1] or 0 for each in came)
    assert found.get("created", (0, 0)) == pytest.approx((len(came), created))


@pytest.mark.parametrize("seed", range(2))
def test_both_ends_are_what_the_pipeline_shows_then(seed: int) -> None:
    rng = random.Random(100 + seed)
    lives = [life(rng, number) for number in range(40)]
    for each in lives:
        each.shut = None
    with company(reaches="2025-05-20", **tables_of(lives)) as asked:
        for where in ((), (Filter("owner", ("ann",)),)):
            for day in (20, 45, 70):
                since, until = START + day * DAY, START + (day + 7) * DAY
                answer = asked.ask(KEY, period=f"{since.date()}..{until.date()}", where=where)
                for end, moment in (("open_before", since), ("open_after", until)):
                    shown = asked.ask("sales.pipeline", as_of=moment, where=where).total
                    assert steps(answer).get(end, (0, 0)) == pytest.approx((shown.deals, shown.amount or 0))


def test_an_earlier_as_of_ends_there() -> None:
    answer = asked_of(EXAMPLE, as_of=datetime(2025, 5, 6))
    assert steps(answer) == {"open_before": (4, 100), "open_after": (4, 100)}


def test_nothing_asked_of_nothing() -> None:
    answer = asked_of(EXAMPLE, "2020")
    assert (list(steps(answer)), answer.total.amount) == ([], 0)


def test_a_decided_deal_without_a_day_of_its_close_is_in_neither_moment() -> None:
    """As `sales.pipeline` has it: what is won or lost is not open, though nobody knows since when."""
    cases = tables(walk("open", ("lead", OLD), amount=10), walk("done", ("lead", OLD), amount=90))
    cases["deals"] = [each | ({"is_won": True} if each["deal_id"] == "done" else {}) for each in cases["deals"]]
    with company(reaches="2025-05-12", **cases) as asked:
        assert asked.ask("sales.pipeline").total.amount == 10
    assert steps(asked_of(cases)) == {"open_before": (1, 10), "open_after": (1, 10)}
