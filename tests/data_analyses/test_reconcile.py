"""Why another system shows another number: the causes add up."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.company import company

MAY = "2026-05"


def orders(*lines: tuple[str, str, float, bool]) -> dict[str, list[dict[str, Any]]]:
    """(id, UTC moment, net, cancelled)."""
    return {
        "orders": [{"order_id": id, "ordered_at": at, "is_cancelled": gone} for id, at, _net, gone in lines],
        "order_lines": [
            {"order_id": id, "line_no": 1, "quantity": 1, "net_amount": net, "tax_amount": net / 5}
            for id, _at, net, _gone in lines
        ],
    }


def theirs(*lines: tuple[str, str, float], **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "record_id": id,
            "other_system": "books",
            "of_table": "orders",
            "line_no": n,
            "stated_on": on,
            "amount": amount,
            **more,
        }
        for n, (id, on, amount) in enumerate(lines, 1)
    ]


def causes(answer: Any) -> dict[str, float]:
    return {row.cause: round(row.amount, 2) for row in answer.rows}


def asked(cases: dict[str, Any], other: list[dict[str, Any]], **choices: Any) -> Any:
    with company(reaches="2026-07-01", zone="Europe/Istanbul", **cases, other_records=other) as catalogue:
        return catalogue.ask("data.reconcile", period=MAY, **choices)


def test_the_example_of_the_definition() -> None:
    """UTC+3: theirs 1,000 by UTC, ours 940: one order of 50 on 1 June 01:30 local, and they count a cancelled one of 10."""
    cases = orders(
        ("a", "2026-05-03 10:00", 940, False), ("late", "2026-05-31 22:30", 50, False), ("gone", "2026-05-20 10:00", 10, True)
    )  # fmt: skip
    answer = asked(cases, theirs(("a", "2026-05-03", 940), ("late", "2026-05-31", 50), ("gone", "2026-05-20", 10)))
    assert causes(answer) == {"ours": 940, "other_date": 50, "cancelled": 10, "rest": 0, "theirs": 1000}
    assert {row.cause: row.examples for row in answer.rows}["other_date"] == "late"
    assert "50" in str(answer.findings[0].message.values["amount"])


def test_every_cause_is_found_and_they_add_up() -> None:
    cases = orders(
        ("same", "2026-05-03", 100, False), ("only_ours", "2026-05-04", 30, False), ("taxed", "2026-05-05", 50, False),
        ("other", "2026-05-06", 70, False), ("twice", "2026-05-07", 20, False), ("money", "2026-05-08", 10, False),
        ("cents", "2026-05-09", 5, False),
    )  # fmt: skip
    other = theirs(
        ("same", "2026-05-03", 100), ("only_theirs", "2026-05-04", 44), ("taxed", "2026-05-05", 60), ("other", "2026-05-06", 65),
        ("twice", "2026-05-07", 20), ("twice", "2026-05-07", 20), ("cents", "2026-05-09", 5.01),
    )  # fmt: skip
    rate = [{"currency": "USD", "rated_on": "2026-05-08", "rate_to_company": 2}]
    other += theirs(("money", "2026-05-08", 8), currency="USD")
    answer = asked({**cases, "exchange_rates": rate}, other)
    found = causes(answer)
    assert found == {
        "ours": 285, "missing_here": 44, "missing_there": -30, "currency": 6, "tax": 10, "duplicate": 20, "amount": -5,
        "rest": 0.01, "theirs": 330.01,
    }  # fmt: skip
    assert sum(amount for cause, amount in found.items() if cause != "theirs") == pytest.approx(found["theirs"])


def test_causes_add_up_whatever_stands_there() -> None:
    """Random records, dates on both sides of the month, cancelled here and there, twice, in another currency."""
    dice = random.Random(7)
    mine, other = [], []
    for n in range(300):
        at = f"2026-{dice.choice((4, 5, 5, 5, 6)):02d}-{dice.randint(1, 30):02d} {dice.randint(0, 23):02d}:30"
        amount = float(dice.randint(1, 500))
        if dice.random() < 0.9:
            mine.append((f"r{n}", at, amount, dice.random() < 0.2))
        for _again in range(dice.choice((0, 1, 1, 1, 2))):
            day = f"2026-{dice.choice((4, 5, 5, 6)):02d}-{dice.randint(1, 30):02d}"
            shown = amount * dice.choice((1, 1, 1, 1.2, 0.9))
            more = {
                "is_cancelled": dice.random() < 0.1,
                "currency": dice.choice(("EUR", "EUR", "USD")),
                "line_no": 100 * n + _again,
            }
            other.append({**theirs((f"r{n}", day, shown))[0], **more})
    rate = [
        {"currency": "USD", "rated_on": f"2026-{m:02d}-{d:02d}", "rate_to_company": 2}
        for m in (4, 5, 6)
        for d in (1, 8, 15, 22, 29)
    ]
    found = causes(asked({**orders(*mine), "exchange_rates": rate}, other))
    parts = sum(amount for cause, amount in found.items() if cause != "theirs")
    assert parts == pytest.approx(found["theirs"], abs=0.05)
    by_hand = sum(
        each["amount"] * (2 if each["currency"] == "USD" else 1)
        for each in other
        if each["stated_on"].startswith(MAY) and not each["is_cancelled"]
    )
    assert found["theirs"] == pytest.approx(by_hand, abs=0.05)


def test_what_cannot_be_converted_is_counted_and_left_out() -> None:
    answer = asked(orders(("a", "2026-05-03", 10, False)), theirs(("a", "2026-05-03", 10), currency="XAU"))
    assert answer.result.used == 0
    assert [(str(each.reason), each.rows) for each in answer.result.left_out] == [("in a currency without a rate", 1)]


def test_without_an_export_it_is_said_how_to_give_one() -> None:
    with company(reaches="2026-07-01", **orders(("a", "2026-05-03", 10, False))) as catalogue:
        answer = catalogue.ask("data.reconcile", period=MAY)
    assert "crmetrics reconcile FILE" in str(answer.notes[0].message)
