"""Loss reasons: by the day of the loss, blanks among them, at the furthest stage."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from tests.company import company
from tests.sales.pipelines import tables, walk

KEY = "sales.loss_reasons"


def lost(deal_id: str, reason: str | None, created: str = "2025-05-02", **more: Any) -> Any:
    return walk(deal_id, ("lead", created), ("lost", "2025-05-20"), loss_reason=reason, **more)


# the definition's example: ten lost in May, four of them created in April, three blank, five because of the price
EXAMPLE = tables(
    *(lost(f"p{number}", "price", "2025-04-20" if number < 4 else "2025-05-02", amount=100) for number in range(5)),
    *(lost(f"b{number}", None, amount=50) for number in range(3)),
    *(lost(f"s{number}", "service", amount=200) for number in range(2)),
    *(walk(f"w{number}", ("lead", "2025-05-02"), ("won", "2025-05-20"), amount=70) for number in range(4)),
    walk("open", ("lead", "2025-05-02")),
    # created in May, lost in June
    *(walk(f"j{number}", ("lead", "2025-05-02"), ("lost", "2025-06-03"), loss_reason="service") for number in range(6)),
)


def asked_of(cases: dict[str, Any], period: str = "2025-05", reaches: str = "2025-06-10", **choices: Any) -> Any:
    with company(reaches=reaches, **cases) as asked:
        return asked.ask(KEY, period=period, **choices)


def table(answer: Any) -> list[tuple[Any, ...]]:
    return [(row.reason, row.stage, row.lost, row.n) for row in answer.rows]


def left_out(answer: Any) -> list[tuple[str, int]]:
    return [(str(left.reason), left.rows) for left in answer.passport.rows_left_out]


def test_the_worked_example() -> None:
    answer = asked_of(EXAMPLE)
    assert table(answer) == [("price", "lead", 5, 10), (None, "lead", 3, 10), ("service", "lead", 2, 10)]
    # of all that were lost: not of the seven with a reason, nor of those created in May
    assert [row.share for row in answer.rows] == [0.5, 0.3, 0.2]
    assert [row.amount for row in answer.rows] == [500, 150, 400]
    assert (answer.total.lost, answer.total.amount, answer.total.share) == (10, 1050, 1)
    assert (answer.passport.rows_used, left_out(answer)) == (10, [("won", 4)])
    low, high = answer.rows[0].low, answer.rows[0].high
    assert (low, high) == (pytest.approx(0.237, abs=1e-3), pytest.approx(0.763, abs=1e-3))  # Wilson, 5 of 10


def test_by_money() -> None:
    answer = asked_of(EXAMPLE, of="amount")
    assert [row.share for row in answer.rows] == pytest.approx([500 / 1050, 400 / 1050, 150 / 1050])
    assert [row.reason for row in answer.rows] == ["price", "service", None]
    assert answer.rows[0].low < 500 / 1050 < answer.rows[0].high


def test_deals_without_an_amount_or_a_rate_are_counted_and_in_no_sum() -> None:
    cases = tables(
        lost("a", "price", amount=100), lost("b", "price", amount=None), lost("c", "price", amount=9, currency="USD")
    )
    counted, by_money = asked_of(cases), asked_of(cases, of="amount")
    assert [(row.lost, row.share, row.amount) for row in counted.rows] == [(3, 1, 100)]
    assert (by_money.passport.rows_used, left_out(by_money)) == (
        1,
        [("without an amount", 1), ("in a currency without a rate", 1)],
    )


def test_the_furthest_stage_is_that_ever_reached() -> None:
    back = walk("x", ("lead", "2025-05-01"), ("quote", "2025-05-02"), ("lead", "2025-05-03"), ("lost", "2025-05-04"))
    bare = {"deal_id": "y", "stage": "lost", "created_at": "2025-05-01", "closed_at": "2025-05-09", "is_won": False}
    cases = tables(back, lost("z", None))
    cases["deals"] = [*cases["deals"], bare]
    answer = asked_of(cases)
    assert table(answer) == [(None, "lead", 1, 3), (None, "quote", 1, 3), (None, None, 1, 3)]
    assert {(row.of_reason, row.reason_share) for row in answer.rows} == {(3, 1)}


def test_groups_have_shares_of_their_own() -> None:
    cases = tables(
        *(lost(f"a{number}", "price", owner_id="ann", competitor="Acme; Bolt") for number in range(2)),
        lost("a9", "service", owner_id="ann"),
        lost("b1", "price", owner_id="ben", competitor="Acme"),
    )
    answer = asked_of(cases, by="owner")
    assert [(row.party, row.reason, row.lost, row.n, row.share) for row in answer.rows] == [
        ("ann", "price", 2, 3, pytest.approx(2 / 3)),
        ("ann", "service", 1, 3, pytest.approx(1 / 3)),
        ("ben", "price", 1, 1, 1),
    ]
    assert answer.total == asked_of(cases).total
    assert [(row.party, row.lost) for row in asked_of(cases, by="competitor").rows] == [
        ("Acme; Bolt", 2),
        ("Acme", 1),
        (None, 1),
    ]


def test_over_time_by_the_month_of_the_loss() -> None:
    answer = asked_of(EXAMPLE, period="2025", by="month")
    assert [(row.party, row.reason, row.lost, row.share) for row in answer.rows if row.reason == "service"] == [
        ("2025-05", "service", 2, 0.2),
        ("2025-06", "service", 6, 1),
    ]


def test_the_amount_is_that_with_which_it_was_closed() -> None:
    change = {
        "deal_id": "p0",
        "changed_at": "2025-05-25",
        "field_name": "amount",
        "old_value": "40",
        "new_value": "100",
    }
    answer = asked_of(EXAMPLE | {"deal_changes": [change]})
    assert answer.rows[0].amount == 440


def test_leads_that_were_disqualified() -> None:
    leads = [
        {"lead_id": "1", "disqualified_at": "2025-05-04", "disqualify_reason": "no need"},
        {"lead_id": "2", "qualified_at": "2025-05-02", "disqualified_at": "2025-05-04", "disqualify_reason": "no need"},
        {"lead_id": "3", "disqualified_at": "2025-05-05"},
        {"lead_id": "4", "disqualified_at": "2025-06-05"},
        {"lead_id": "5"},
        {"lead_id": "6", "disqualified_at": "2025-05-05", "deal_id": "p0"},  # became a deal all the same
    ]
    cases = EXAMPLE | {"leads": [{"created_at": "2025-04-01", **lead} for lead in leads]}
    answer = asked_of(cases, source="leads", of="amount")
    assert table(answer) == [
        ("no need", "lead_came", 1, 3),
        ("no need", "lead_qualified", 1, 3),
        (None, "lead_came", 1, 3),
    ]
    assert answer.total.amount is None
    assert "Leads carry no amount, so they are counted." in [str(note.message) for note in answer.notes]


def test_quotes_that_were_rejected() -> None:
    quotes = [
        {
            "quote_id": "1",
            "deal_id": "p0",
            "sent_at": "2025-05-01",
            "rejected_at": "2025-05-04",
            "reject_reason": "dear",
        },
        {"quote_id": "2", "sent_at": "2025-04-01", "rejected_at": "2025-05-05", "amount": 80},
        {"quote_id": "3", "sent_at": "2025-04-01", "accepted_at": "2025-05-05"},
        {"quote_id": "4", "sent_at": "2025-04-01", "rejected_at": "2025-04-05"},
    ]
    answer = asked_of(EXAMPLE | {"quotes": quotes}, source="quotes")
    assert table(answer) == [("dear", "lead", 1, 2), (None, None, 1, 2)]
    assert answer.total.amount == 80


def test_what_stands_out_is_told() -> None:
    cases = tables(
        *(lost(f"p{number}", "price", amount=10) for number in range(20)),
        *(lost(f"s{number}", "service", amount=10) for number in range(5)),
        *(lost(f"b{number}", None, amount=10) for number in range(15)),
    )
    assert [(str(each.message), each.money) for each in asked_of(cases).findings] == [
        ("price is the reason of 50.0% of what was lost, 200.00 in all; most often at lead.", 200),
        ("15 of 40 that were lost have no reason: ask for it when one is lost.", None),
    ]
    assert asked_of(EXAMPLE).findings == ()


def test_an_earlier_as_of_does_not_know_what_was_lost_later() -> None:

    answer = asked_of(EXAMPLE, as_of=datetime(2025, 5, 10))
    assert (answer.total.lost, len(answer.rows)) == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_counted_one_by_one(seed: int) -> None:
    rng = random.Random(seed)
    walks, expected = [], Counter[tuple[Any, ...]]()
    for number in range(60):
        owner, reason = rng.choice(("ann", "ben", None)), rng.choice(("price", "service", None))
        path = [(rng.choice(("lead", "quote")), f"2025-04-{day:02d}") for day in range(1, rng.randint(2, 5))]
        end, day = rng.choice(("won", "lost", "lost")), f"2025-0{rng.randint(4, 6)}-15"
        walks.append(
            walk(f"d{number}", *path, (end, day), owner_id=owner, loss_reason=reason if end == "lost" else None)
        )
        if end == "lost" and day.startswith("2025-05"):
            furthest = "quote" if any(stage == "quote" for stage, _at in path) else "lead"
            expected[owner, reason, furthest] += 1
    answer = asked_of(tables(*walks), by="owner")
    assert {(row.party, row.reason, row.stage): row.lost for row in answer.rows} == expected
    for row in answer.rows:
        of_owner = sum(count for (owner, *_rest), count in expected.items() if owner == row.party)
        of_reason = sum(
            count for (owner, why, _at), count in expected.items() if (owner, why) == (row.party, row.reason)
        )
        assert (row.n, row.share, row.reason_share) == (
            of_owner,
            pytest.approx(row.lost / of_owner),
            pytest.approx(of_reason / of_owner),
        )


def test_nothing_asked_of_nothing() -> None:
    answer = asked_of(EXAMPLE, period="2020")
    assert (answer.total.lost, answer.total.share, list(answer.rows)) == (0, None, [])
    assert [str(note.message) for note in answer.notes] == ["No cases in this period, so there is no rate."]
