"""How many people, what load, what turnover."""

from __future__ import annotations

from typing import Any

import pytest

from crmetrics.catalogue import open_workspace
from crmetrics.warehouse.scope import Filter, Viewer
from tests.company import company


def staff(count: int, start: int = 0, **more: Any) -> list[dict[str, Any]]:
    given = {"team": "North", "hired_on": "2020-01-01", "left_on": None} | more
    return [{"employee_id": f"e{start + number:02}", "name": f"E {start + number}", **given} for number in range(count)]


def rows_of(answer: Any) -> dict[str | None, Any]:
    return {row.party: row for row in answer.rows}


def test_turnover_is_over_the_mean_of_start_and_end() -> None:
    """The definition's trap: start 10, 4 leave, 2 join, end 8: 4 / 9, not 4 / 8."""
    people = staff(6) + staff(4, 6, left_on="2025-05-10") + staff(2, 10, hired_on="2025-05-20")
    with company(employees=people) as asked:
        row = asked.ask("kpis.people", period="2025-05").total
    assert (row.at_start, row.headcount, row.joined, row.gone) == (10, 8, 2, 4)
    assert row.turnover == pytest.approx(4 / 9)


def test_the_edges_of_a_period() -> None:
    people = [
        *staff(5),
        *staff(1, 5, left_on="2025-05-01"),  # there until the period begins: he leaves in it
        *staff(1, 6, left_on="2025-06-01"),  # there to the very end
        *staff(1, 7, left_on="2025-04-30"),  # gone before
        *staff(1, 8, hired_on="2025-05-01"),
        *staff(1, 9, hired_on="2025-06-01"),  # comes after
        *staff(1, 10, hired_on="2025-05-02", left_on="2025-05-20"),
        *staff(1, 11, hired_on=None),  # was always there
        *staff(3, 12, is_bot=True),
    ]
    with company(employees=people) as asked:
        answer = asked.ask("kpis.people", period="2025-05")
        nobody = asked.ask("kpis.people", period="2019")
    row = answer.total
    assert (row.at_start, row.headcount, row.joined, row.gone) == (8, 8, 2, 2)
    assert row.at_start + row.joined - row.gone == row.headcount
    assert answer.result.used == 10
    assert {str(each.reason): each.rows for each in answer.result.left_out} == {
        "bots": 3,
        "not employed in the period": 2,
    }
    assert (nobody.total.headcount, nobody.total.turnover) == (1, None)


def test_loads_are_those_of_now_for_each_who_is_there() -> None:
    people = staff(5) + staff(1, 5, left_on="2025-03-01") + staff(6, 10, team="South") + staff(1, 20, is_bot=True)
    deals = [
        {"deal_id": f"d{n}", "stage": "new", "owner_id": owner}
        for n, owner in enumerate(["e00"] * 6 + ["e05", "e20", "e10", None])
    ]
    deals.append({"deal_id": "w", "stage": "end", "owner_id": "e00", "closed_at": "2025-01-01", "is_won": True})
    states = ["new", "pending", "solved", "closed", "open"]
    tickets = [
        {"ticket_id": f"t{n}", "status": s, "owner_id": "e10", "created_at": "2025-01-01", "is_spam": n == 4}
        for n, s in enumerate(states)
    ]
    known = {"kind": "task", "owner_id": "e01", "created_at": "2025-01-01"}
    late = {"due_at": "2025-02-01"}
    told = [late, late | {"done_at": "2025-02-09"}, {"due_at": "2027-02-01"}, late | {"outcome": "cancelled"}, {}]
    tasks = [{"activity_id": f"a{n}", **known, **each} for n, each in enumerate(told)]
    with company(employees=people, deals=deals, tickets=tickets, activities=tasks) as asked:
        answer = asked.ask("kpis.people", period="2025-05")
    north, south = rows_of(answer)["North"], rows_of(answer)["South"]
    assert (north.open_deals_each, north.open_tickets_each, north.overdue_each) == (7 / 5, 0, 1 / 5)
    assert (south.open_deals_each, south.open_tickets_each) == (1 / 6, 2 / 6)
    assert (answer.total.open_deals_each, answer.total.headcount) == (8 / 11, 11)
    assert [str(each.message) for each in answer.findings] == [
        "North has 0.20 overdue activities each, all together 0.09."
    ]


def test_of_fewer_than_five_people_only_counts_are_shown() -> None:
    people = staff(4, left_on=None) + staff(1, 4, left_on="2025-05-05") + staff(9, 10, team="South", manager_id="e00")
    deals = [{"deal_id": "d", "stage": "new", "owner_id": "e00"}]
    with company(employees=people, deals=deals) as asked:
        answer = asked.ask("kpis.people", period="2025-05")
    north, south = rows_of(answer)["North"], rows_of(answer)["South"]
    assert (north.headcount, north.gone, north.turnover, north.open_deals_each, north.led_each) == (
        4,
        1,
        None,
        None,
        None,
    )
    assert (south.turnover, south.led_each, south.open_tickets_each) == (0, 9, None)  # no tickets are known at all
    assert "1 group has fewer than 5 people: only counts are shown." in [str(note.message) for note in answer.notes]


def test_what_no_day_tells_is_unknown_and_not_zero() -> None:
    with company(employees=staff(6, hired_on=None)) as asked:
        answer = asked.ask("kpis.people", period="2025-05")
    assert (answer.total.headcount, answer.total.joined, answer.total.gone, answer.total.turnover) == (
        6,
        None,
        None,
        None,
    )
    assert [str(note.message).partition(",")[0] for note in answer.notes] == [
        "No employee has a day of leaving",
        "No employee has a day of hiring",
    ]


def test_attainment_is_that_of_the_teams_own_target() -> None:
    won = {"stage": "end", "closed_at": "2025-05-09", "is_won": True, "created_at": "2025-05-01"}
    deals = [
        {"deal_id": owner, "owner_id": owner, "amount": amount, **won} for owner, amount in (("e00", 30), ("e10", 50))
    ]
    span = {"kpi": "kpis.won_amount", "starts_on": "2025-05-01", "ends_on": "2025-06-01"}
    planned = (("company", None, 160), ("team", "North", 60), ("owner", "e10", 100))
    targets = [{"scope": scope, "scope_id": name, "target_value": value, **span} for scope, name, value in planned]
    with company(employees=staff(5) + staff(5, 10, team="South"), deals=deals, targets=targets) as asked:
        teams = asked.ask("kpis.people", period="2025-05")
        owners = rows_of(asked.ask("kpis.people", period="2025-05", by="owner"))
        filtered = asked.ask("kpis.people", period="2025-05", where=(Filter("team", ("North",)),))
        lead = asked.ask("kpis.people", period="2025-05", viewer=Viewer("x", "team", "e01"))
    assert {team: row.attainment for team, row in rows_of(teams).items()} == {"North": 0.5, "South": None}
    assert teams.total.attainment == 0.5
    assert (owners["e10"].attainment, owners["e00"].attainment) == (0.5, None)
    assert filtered.total.attainment is None
    assert {team: row.attainment for team, row in rows_of(lead).items()} == {"North": 0.5}


def test_the_team_that_follows_up_late_is_the_one_with_most_overdue_work(demo_company: Any) -> None:
    catalogue = open_workspace(demo_company("en"))
    answer = catalogue.ask("kpis.people")
    catalogue.engine.close()
    told = {row.party: row.overdue_each for row in answer.rows if row.overdue_each is not None}
    assert max(told, key=lambda team: told[team]) == "Home customers"
    assert answer.total.gone == 1
    assert str(answer.findings[0].message).startswith("Home customers has")
