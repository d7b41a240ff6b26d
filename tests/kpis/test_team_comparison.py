"""Who differs by more than luck: nobody tops the board with three of three, and the mix of work is no merit."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import closing
from itertools import count
from random import Random
from typing import Any

import pytest

from crmetrics.catalogue import open_workspace
from crmetrics.warehouse.scope import Filter, Viewer
from tests.company import company

NUMBERS = count()
MAY = "2025-05-20"


def deals(
    owner: str | None, won: int, cases: int, source: str | None = None, customer: str | None = None
) -> list[dict[str, Any]]:
    return [
        {
            "deal_id": f"d{next(NUMBERS)}",
            "stage": "end",
            "owner_id": owner,
            "source": source,
            "customer_id": customer,
            "created_at": "2025-01-01",
            "closed_at": MAY,
            "is_won": place < won,
        }
        for place in range(cases)
    ]  # fmt: skip


def people(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"employee_id": name, "name": name.title(), "team": "North", **more} for name in names]


def rows_of(answer: Any) -> dict[str, Any]:
    return {row.owner: row for row in answer.rows}


# ── win rate ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def three() -> Any:
    """The definition's example: 3 of 3 and 45 of 100 in a team that wins 120 of 400."""
    tables = {
        "employees": people("ana", "bo", "cem"),
        "deals": deals("ana", 3, 3) + deals("bo", 45, 100) + deals("cem", 72, 297),
    }
    with company(**tables) as asked:
        yield asked


def test_three_of_three_does_not_top_the_board(three: Any) -> None:
    answer = three.ask("kpis.team_comparison", period="2025-05")
    rows = rows_of(answer)
    ana, bo = rows["ana"], rows["bo"]
    assert (ana.expected, bo.expected) == (pytest.approx(0.3), pytest.approx(0.3))
    assert (ana.shrunken, bo.shrunken) == (pytest.approx(6 / 13), pytest.approx(48 / 110))
    assert (ana.outside, bo.outside) == ("few", "99.8")
    assert (ana.observed, ana.k, ana.n, ana.index, ana.adjusted) == (1.0, 3, 3, None, None)
    assert (ana.luck_high, bo.luck_high) == (
        pytest.approx(0.3 + 1.96 * (0.21 / 3) ** 0.5),
        pytest.approx(0.3 + 1.96 * (0.21 / 100) ** 0.5),
    )
    assert (bo.index, bo.adjusted) == (pytest.approx(1.5), pytest.approx(0.45))
    assert [str(finding.message).partition(" reaches")[0] for finding in answer.findings] == ["Bo"]
    assert answer.result.used == 397
    assert [(str(each.reason), each.rows) for each in answer.result.left_out] == [("of people with too few cases", 3)]
    assert "1 row stands on fewer than 5 cases: too few to say." in [str(note.message) for note in answer.notes]


def test_each_sees_himself_as_everybody_sees_him(three: Any) -> None:
    """Rule R23, and nothing of the others but the spread."""
    whole = rows_of(three.ask("kpis.team_comparison", period="2025-05"))
    answer = three.ask("kpis.team_comparison", period="2025-05", viewer=Viewer("Bo", "self", "bo"))
    assert [row.owner for row in answer.rows] == ["bo"]
    assert answer.rows[0].as_dict() == whole["bo"].as_dict()
    assert answer.result.left_out == ()
    assert str(answer.notes[-1].message).startswith("You see yourself")
    assert len(three.ask("kpis.team_comparison", period="2025-05", viewer=Viewer("x", "self", None)).rows) == 0


def test_a_filter_that_does_not_reach_people_is_told(three: Any) -> None:
    whole = rows_of(three.ask("kpis.team_comparison", period="2025-05"))
    filtered = three.ask("kpis.team_comparison", period="2025-05", where=(Filter("source", ("web",)),))
    assert rows_of(filtered)["bo"].as_dict() == whole["bo"].as_dict()
    assert any("'source' does not reach" in str(note.message) for note in filtered.notes)
    chosen = three.ask("kpis.team_comparison", period="2025-05", where=(Filter("owner", ("cem",)),))
    assert [row.as_dict() for row in chosen.rows] == [whole["cem"].as_dict()]


def test_an_easier_mix_of_work_is_no_merit() -> None:
    """Everybody wins 60 % from the web and 20 % from fairs: who has only web deals is as good as who has only fairs."""
    tables = {
        "employees": people("ana", "bo", "cem", "dia", "eve"),
        "deals": [each for name, web, fair in (("ana", 50, 0), ("bo", 0, 50), ("cem", 25, 25), ("dia", 30, 20), ("eve", 20, 30))
                  for each in deals(name, round(0.6 * web), web, "web") + deals(name, round(0.2 * fair), fair, "fair")],
    }  # fmt: skip
    with company(**tables) as asked:
        fair = rows_of(asked.ask("kpis.team_comparison", period="2025-05"))
        plain = rows_of(asked.ask("kpis.team_comparison", period="2025-05", adjusted="none"))
    assert all(row.index == pytest.approx(1) and row.outside == "none" for row in fair.values())
    assert all(row.shrunken == pytest.approx(row.observed) for row in fair.values())
    assert (plain["ana"].outside, plain["bo"].outside) == ("95", "95")


def test_a_small_cell_takes_the_rate_of_its_first_part_and_then_of_all() -> None:
    customers = [{"customer_id": size, "kind": "company", "size_band": size} for size in ("S", "L")]
    tables = {
        "employees": people("ana", "bo", "cem"),
        "customers": customers,
        "deals": [
            *deals("ana", 8, 40, "web", "S"),  # a cell of its own: 20 %
            *deals("bo", 20, 20, "web", "L"),  # too small: the web's 28/60
            *deals("cem", 5, 10, "fair", "L"),  # too small, and so are all fairs: 33/70
        ],
    }
    with company(**tables) as asked:
        both = rows_of(asked.ask("kpis.team_comparison", period="2025-05"))
        first = rows_of(asked.ask("kpis.team_comparison", period="2025-05", adjusted="first"))
    assert [both[name].expected for name in ("ana", "bo", "cem")] == pytest.approx([0.2, 28 / 60, 33 / 70])
    assert [first[name].expected for name in ("ana", "bo", "cem")] == pytest.approx([28 / 60, 28 / 60, 33 / 70])


def test_who_is_left_out_still_counts_for_everybody() -> None:
    tables = {
        "employees": [*people("ana", "bo"), *people("gone", left_on="2025-06-01"), *people("robot", is_bot=True)],
        "deals": deals("ana", 10, 20) + deals("bo", 10, 20) + deals("gone", 20, 20) + deals("robot", 0, 20) + deals(None, 20, 20)
        + deals("stranger", 0, 6),
    }  # fmt: skip
    with company(**tables) as asked:
        answer = asked.ask("kpis.team_comparison", period="2025-05")
        with_left = asked.ask("kpis.team_comparison", period="2025-05", with_left=True)
    assert set(rows_of(answer)) == {"ana", "bo"}
    assert answer.rows[0].whole == pytest.approx(60 / 106)
    assert {str(each.reason): each.rows for each in answer.result.left_out} == {
        "of people who have left": 20, "of bots": 20, "without an owner": 20, "of owners who are not among the employees": 6,
    }  # fmt: skip
    assert answer.result.used + sum(each.rows for each in answer.result.left_out) == 106
    assert set(rows_of(with_left)) == {"ana", "bo", "gone"}


def test_a_deal_handed_on_stays_with_who_closed_it() -> None:
    own = deals("bo", 6, 12)
    changes = [
        {"deal_id": deal["deal_id"], "changed_at": "2025-06-10", "field_name": "owner_id", "old_value": "ana", "new_value": "bo"}
        for deal in own[:6]
    ]  # fmt: skip
    with company(employees=people("ana", "bo"), deals=own, deal_changes=changes) as asked:
        rows = rows_of(asked.ask("kpis.team_comparison", period="2025-05"))
    assert {name: (row.k, row.n) for name, row in rows.items()} == {"ana": (6, 6), "bo": (0, 6)}


@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_counting_by_hand_gives(seed: int) -> None:
    draw = Random(seed)
    names, sources, sizes = ["ana", "bo", "cem", "dia", "eve", "fay"], ["web", "fair", None], ["S", "L", None]
    drawn = [(draw.choice(names), draw.choice(sources), draw.choice(sizes), draw.random() < 0.4) for _ in range(300)]
    customers = [{"customer_id": str(size), "kind": "company", "size_band": size} for size in sizes]
    rows = [deals(name, int(won), 1, source, str(size) if size else None)[0] for name, source, size, won in drawn]
    cells: dict[Any, list[bool]] = defaultdict(list)
    for _name, source, size, won in drawn:
        for cell in ((), (source,), (source, size)):
            cells[cell].append(won)

    def rate(source: str | None, size: str | None) -> float:
        found = next(cells[cell] for cell in ((source, size), (source,), ()) if len(cells[cell]) >= 30)
        return sum(found) / len(found)

    with company(employees=people(*names), customers=customers, deals=rows) as asked:
        found = rows_of(asked.ask("kpis.team_comparison", period="2025-05"))
    mine = {}
    for name in names:
        own = [each for each in drawn if each[0] == name]
        expected = sum(rate(source, size) for _name, source, size, _won in own) / len(own)
        mine[name] = (sum(each[3] for each in own), len(own), expected)
    p = sum(each[3] for each in drawn) / 300
    above = sum(n * (k / n - e) ** 2 for k, n, e in mine.values()) - (len(names) - 1) * p * (1 - p)
    below = 300 - sum(n * n for _k, n, _e in mine.values()) / 300 - (len(names) - 1)
    m = min(max(p * (1 - p) / (above / below) - 1, 5), 200) if above > 0 else 200
    for name, (k, n, expected) in mine.items():
        assert (found[name].k, found[name].n) == (k, n)
        assert found[name].expected == pytest.approx(expected)
        assert found[name].shrunken == pytest.approx((k + m * expected) / (n + m))


# ── quotes, tickets, answers ───────────────────────────────────────────────────────────────────────────────────────────


def test_quotes_count_by_case_and_undecided_ones_wait() -> None:
    """Three revisions of one deal, the last accepted: one case won. A quote without a deal is a case of its own."""
    tables = {
        "employees": people("ana", "bo"),
        "deals": [{"deal_id": "won", "stage": "end", "owner_id": "ana", "closed_at": "2025-07-01", "is_won": True},
                  {"deal_id": "open", "stage": "new", "owner_id": "ana"}],
        "quotes": [
            *({"quote_id": f"r{place}", "deal_id": "won", "sent_at": f"2025-05-{place + 1:02}", "owner_id": "bo"} for place in range(3)),
            {"quote_id": "o", "deal_id": "open", "sent_at": "2025-05-02"},
            {"quote_id": "draft", "owner_id": "bo"},
            {"quote_id": "early", "owner_id": "bo", "sent_at": "2025-04-30", "accepted_at": "2025-05-05"},
            {"quote_id": "a", "owner_id": "bo", "sent_at": "2025-05-03", "accepted_at": "2025-05-05"},
            {"quote_id": "b", "owner_id": "bo", "sent_at": "2025-05-03", "rejected_at": "2025-05-05"},
            {"quote_id": "c", "owner_id": "bo", "sent_at": "2025-05-03", "expires_on": "2025-06-01"},
            {"quote_id": "d", "owner_id": "bo", "sent_at": "2025-05-03", "expires_on": "2026-06-01"},
            {"quote_id": "e", "owner_id": "bo", "sent_at": "2025-05-03"},
        ],
    }  # fmt: skip
    with company(**tables) as asked:
        rows = rows_of(asked.ask("kpis.team_comparison", period="2025-05", metric="quote_to_sale"))
    assert {name: (row.k, row.n) for name, row in rows.items()} == {"ana": (1, 1), "bo": (1, 3)}


def solved(
    number: int, day: str, replies: int = 1, again: str | None = None, **more: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A ticket of its own customer, with so many replies of the agent before it was first solved."""
    name = f"t{number}"
    ticket = {"ticket_id": name, "owner_id": "ana", "status": "solved", "created_at": "2025-05-01", "customer_id": name,
              "category": "bill", **more}  # fmt: skip
    steps = [("reply", "agent", "2025-05-01 10:00", None)] * replies
    steps += [("reply", "customer", "2025-05-01 11:00", None), ("status", "agent", day, "solved")]
    if again:
        steps += [
            ("status", "customer", again, "open"),
            ("reply", "agent", again, None),
            ("status", "agent", again, "solved"),
        ]
    events = [
        {
            "ticket_id": name,
            "event_no": place,
            "kind": kind,
            "actor_kind": actor,
            "occurred_at": at,
            "event_value": value,
        }
        for place, (kind, actor, at, value) in enumerate(steps)
    ]
    return ticket, events


def test_first_contact_resolution_by_the_definition() -> None:
    """10 solved, 6 with one reply, of these 1 reopened on day 2 and 1 solved yesterday: 4 of 9."""
    told = [
        *(solved(number, "2025-05-05") for number in range(4)),
        solved(4, "2025-05-05", again="2025-05-07"),
        solved(5, "2025-05-29"),
        *(solved(number, "2025-05-05", replies=2) for number in range(6, 10)),
    ]
    tables = {
        "tickets": [ticket for ticket, _ in told],
        "ticket_events": [each for _, events in told for each in events],
    }
    with company(reaches="2025-05-30", employees=people("ana"), **tables) as asked:
        row = asked.ask("kpis.team_comparison", period="2025-05", metric="fcr").rows[0]
    assert (row.k, row.n) == (4, 9)


def test_a_late_return_is_no_return_and_spam_and_silence_do_not_count() -> None:
    told = [
        solved(1, "2025-05-05 09:00", again="2025-05-12 09:00"),  # the fifth business day ends it: still within
        solved(2, "2025-05-05 09:00", again="2025-05-12 09:01"),  # a Monday later, and a minute
        solved(3, "2025-05-05", is_spam=True),
        solved(4, "2025-05-05", replies=0),
        solved(5, "2025-05-05 09:00", customer_id="c"),
        solved(6, "2025-05-20", replies=2, customer_id="c", created_at="2025-05-08"),  # the same again within five days
        solved(7, "2025-05-05", customer_id="d"),
        solved(8, "2025-05-20", replies=2, customer_id="d", category="other", created_at="2025-05-08"),
        solved(9, "2025-05-05", customer_id=None),
    ]
    tables = {
        "tickets": [ticket for ticket, _ in told],
        "ticket_events": [each for _, events in told for each in events],
    }
    with company(employees=people("ana"), **tables) as asked:
        row = asked.ask("kpis.team_comparison", period="2025-05", metric="fcr").rows[0]
    assert (row.k, row.n) == (3, 7)  # 2, 7 and 9 of 1, 2, 5, 6, 7, 8, 9


def test_satisfaction_is_the_top_of_the_scale_by_whose_ticket_it_was() -> None:
    scores = [
        (5, 5, False),
        (4, 5, False),
        (4, 5, False),
        (3, 5, False),
        (1, 5, False),
        (1, 5, True),
        (2, 2, False),
        (None, 5, False),
    ]
    answers = [
        {"response_id": f"r{place}", "kind": "csat", "score": score, "scale_max": scale, "is_low_good": low, "answered_at": MAY,
         "ticket_id": "t" if place else None, "owner_id": None if place else "bo"}
        for place, (score, scale, low) in enumerate(scores)
    ]  # fmt: skip
    tickets = [{"ticket_id": "t", "owner_id": "ana", "status": "open", "created_at": "2025-05-01"}]
    nps = {"response_id": "n", "kind": "nps", "score": 10, "scale_max": 10, "answered_at": MAY, "ticket_id": "t"}
    with company(employees=people("ana", "bo"), tickets=tickets, responses=[*answers, nps]) as asked:
        rows = rows_of(asked.ask("kpis.team_comparison", period="2025-05", metric="csat"))
    assert {name: (row.k, row.n) for name, row in rows.items()} == {"ana": (4, 6), "bo": (1, 1)}


# ── the demo company ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_strong_rep_stands_out_and_nobody_else_so_far(demo_company: Any) -> None:
    workspace = demo_company("en")
    strong = json.loads((workspace / "exports" / "truth.json").read_text(encoding="utf-8"))["deals"]["strong_rep"]
    catalogue = open_workspace(workspace)
    with closing(catalogue.engine):
        answer = catalogue.ask("kpis.team_comparison", period="2020-01-01..2030-01-01")
    assert [(row.owner, row.k, row.n) for row in answer.rows if row.outside == "99.8" and row.index > 1] == [
        (strong["owner_id"], strong["won"], strong["won"] + strong["lost"])
    ]
    best = max((row for row in answer.rows if row.outside != "few"), key=lambda row: row.shrunken)
    assert best.owner == strong["owner_id"]
