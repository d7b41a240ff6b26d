"""Why customers leave: what they said, blanks among it, and what marked them before, and only before, they left."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from crmetrics.analysis import Answer
from tests.company import company
from tests.customers.purchases import bought

KEY = "customers.churn_reasons"
MARCH = {"period": "2025-03", "customer_by": "subscriptions"}


def subscribers(lost: int, kept: int, reasons: tuple[str | None, ...] = (), **more: Any) -> dict[str, Any]:
    """So many who end in March 2025 and so many who go on; c0 is lost first."""
    rows = [
        {
            "subscription_id": f"s{number}",
            "customer_id": f"c{number}",
            "started_on": "2024-01-10",
            "ended_on": "2025-03-15" if number < lost else None,
            "end_reason": reasons[number] if number < len(reasons) else None,
            "monthly_amount": 10,
        }
        for number in range(lost + kept)
    ]
    customers = [{"customer_id": f"c{number}", "kind": "company"} for number in range(lost + kept)]
    return {"customers": customers, "subscriptions": rows, **more}


def traits(answer: Answer) -> dict[str, Any]:
    return {str(row.reason_or_trait): row for row in answer.rows}


def said(answer: Answer) -> list[str]:
    return [str(note.message) for note in answer.notes]


def test_blanks_are_shown():
    reasons = (*["price"] * 6, *["service"] * 2, *[None] * 12)
    with company(**subscribers(20, 40, reasons)) as asked:
        answer = asked.ask(KEY, show="stated", **MARCH)
    assert [(str(row.reason_or_trait), row.said, row.share_of_lost, row.share_of_stated) for row in answer.rows] == [
        ("price", 6, 0.3, 0.75),
        ("service", 2, 0.1, 0.25),
        ("no reason given", 12, 0.6, None),
    ]
    assert "Only 20 cases: read the rate with its interval." in said(answer)


def test_a_change_of_plan_is_no_reason():
    tables = subscribers(3, 5, ("price", "changed", None))
    tables["subscriptions"].append(
        {**tables["subscriptions"][1], "started_on": "2025-03-15", "ended_on": None, "end_reason": None}
    )
    with company(**tables) as asked:
        answer = asked.ask(KEY, show="stated", **MARCH)
    assert [(str(row.reason_or_trait), row.said) for row in answer.rows] == [("price", 1), ("no reason given", 1)]


def test_who_stops_buying_names_no_reason():
    with company(**bought([("A", "2024-01-01")])) as asked:
        answer = asked.ask(KEY, show="stated", period="2024-06-01..2025-06-01")
    assert [str(row.reason_or_trait) for row in answer.rows] == ["no reason given"]
    assert "Reasons are named at the end of subscriptions; who only stops buying names none." in said(answer)


def complaint(number: int, day: str) -> dict[str, Any]:
    return {
        "ticket_id": f"t{number}{day}",
        "customer_id": f"c{number}",
        "created_at": day,
        "resolved_at": day,
        "status": "closed",
        "is_complaint": True,
    }


def test_a_trait_held_against_those_without():
    # 30 of the 40 lost complained before March, 10 of the 60 kept
    tickets = [complaint(number, "2025-02-20") for number in (*range(30), *range(40, 50))]
    with company(**subscribers(40, 60, tickets=tickets)) as asked:
        answer = asked.ask(KEY, **MARCH)
    row = traits(answer)["A complaint within 90 days"]
    assert (row.n_with, row.lost_with, row.n_without) == (40, 30, 60)
    assert (row.churn_with, row.churn_without, row.diff_pp) == (0.75, pytest.approx(1 / 6), pytest.approx(0.75 - 1 / 6))
    assert (row.low, row.high) == pytest.approx((0.3936, 0.7141), abs=1e-4)
    assert row.significant
    assert row.p_value < 1e-6
    (found,) = answer.findings
    assert str(found.message) == "A complaint within 90 days: 75.0% of 40 customers were lost, 16.7% of those without."


def test_what_happens_within_the_period_is_not_read():
    inside = [complaint(number, "2025-03-02") for number in range(35)]
    long_ago = [complaint(number, "2024-11-01") for number in range(35)]
    with company(**subscribers(40, 60, tickets=inside)) as asked:
        assert "A complaint within 90 days" not in traits(asked.ask(KEY, **MARCH))
    with company(**subscribers(40, 60, tickets=[*long_ago, *inside])) as asked:
        assert "A complaint within 90 days" not in traits(asked.ask(KEY, **MARCH))
        assert "A complaint within 90 days" in traits(
            asked.ask(KEY, period="2025-03-03..2025-04-01", customer_by="subscriptions")
        )


def test_no_trait_reads_a_row_of_the_period():
    """With everything dated in or after the period taken away, nothing changes."""
    everything: dict[str, list[dict[str, Any]]] = {
        "tickets": [
            complaint(number, day) for number in range(50) for day in ("2025-02-01", "2025-03-05", "2025-04-05")
        ],
        "responses": [
            {
                "response_id": f"r{number}{day}",
                "kind": "nps",
                "customer_id": f"c{number}",
                "score": score,
                "scale_max": 10,
                "answered_at": day,
            }
            for number in range(70)
            for day, score in (("2025-02-01", number % 11), ("2025-03-06", 10 - number % 11))
        ],
        "activities": [
            {
                "activity_id": f"a{number}{day}",
                "kind": "call",
                "customer_id": f"c{number}",
                "created_at": day,
                "done_at": day,
            }
            for number in range(50)
            for day in ("2025-01-20", "2025-03-20")
        ],
        "invoices": [
            {
                "invoice_id": f"i{number}{day}",
                "customer_id": f"c{number}",
                "issued_on": day,
                "due_on": day,
                "amount": 10,
            }
            for number in range(100)
            for day in ("2025-01-05", "2025-02-27", "2025-03-10")
        ],
        "payments": [
            {
                "payment_id": f"p{number}",
                "customer_id": f"c{number}",
                "invoice_id": f"i{number}2025-01-05",
                "paid_on": paid,
                "amount": 10,
            }
            for number in range(100)
            for paid in (["2025-01-06", "2025-02-10", "2025-03-10"][number % 3],)
        ],
        **{
            name: rows
            for name, rows in bought(
                [
                    (f"c{number}", day)
                    for number in range(60)
                    for day in ("2024-10-01", "2025-02-01", "2025-03-07")[number % 2 :]
                ]
            ).items()
            if name != "customers"
        },
    }
    dates = {
        "tickets": "created_at",
        "responses": "answered_at",
        "activities": "created_at",
        "invoices": "issued_on",
        "payments": "paid_on",
    }
    early = {
        name: [row for row in rows if name not in dates or row[dates[name]] < "2025-03-01"]
        for name, rows in everything.items()
    }
    kept = {row["order_id"] for row in early["orders"] if row["ordered_at"] < "2025-03-01"}
    for name in ("orders", "order_lines"):
        early[name] = [row for row in early[name] if row["order_id"] in kept]
    answers = []
    for tables in (everything, early):
        with company(**subscribers(40, 60, **tables)) as asked:
            answers.append([row.as_dict() for row in asked.ask(KEY, **MARCH).rows])
    assert answers[0] == answers[1]
    assert len(answers[0]) >= 4


def test_late_payers():
    # c0 to c34 paid ten days late, c35 to c69 in time, c70 on have no invoice: of them it is not known
    invoices = [
        {
            "invoice_id": f"i{number}",
            "customer_id": f"c{number}",
            "issued_on": "2025-01-01",
            "due_on": "2025-01-10",
            "amount": 10,
        }
        for number in range(70)
    ]
    payments = [
        {
            "payment_id": f"p{number}",
            "customer_id": f"c{number}",
            "invoice_id": f"i{number}",
            "paid_on": "2025-01-20" if number < 35 else "2025-01-17",
            "amount": 10,
        }
        for number in range(70)
    ]
    with company(**subscribers(40, 60, invoices=invoices, payments=payments)) as asked:
        row = traits(asked.ask(KEY, **MARCH))["An invoice paid a week late or more"]
    assert (row.n_with, row.lost_with, row.n_without, row.churn_without) == (35, 35, 35, pytest.approx(5 / 35))


def test_behaviour_of_buyers():
    # 40 bought once, long ago; 40 buy every month
    start = date(2025, 1, 1)
    purchases = [(f"a{number:02}", "2024-03-01") for number in range(40)]
    purchases += [
        (f"b{number:02}", str(start - timedelta(days=30 * each + 5))) for number in range(40) for each in range(8)
    ]
    purchases += [(f"b{number:02}", "2025-05-01") for number in range(40)]
    with company(**bought(purchases)) as asked:
        answer = asked.ask(KEY, period="2025-01-01..2026-01-01")
    found = traits(answer)
    for name in ("Only one purchase so far", "No purchase for half a year"):
        assert (found[name].n_with, found[name].lost_with, found[name].n_without) == (40, 40, 40)
    assert "Fewer purchases in the last half-year than in the one before" in found
    assert found["Only one purchase so far"].significant


def test_of_two_kinds_one_row_is_enough_and_unknown_is_no_answer():
    tables = subscribers(40, 80)
    for number, row in enumerate(tables["customers"]):
        row["kind"] = "person" if number % 2 else "company"
        row["source"] = [None, "web", "fair", "shop"][number % 4]
    with company(**tables) as asked:
        found = traits(asked.ask(KEY, **MARCH))
    assert len([name for name in found if name.startswith("Kind:")]) == 1
    assert {name for name in found if name.startswith("Source:")} == {"Source: web", "Source: fair", "Source: shop"}
    assert found["Source: web"].n_with + found["Source: web"].n_without == 90


def test_small_traits_are_not_tried_and_that_is_said():
    tickets = [complaint(number, "2025-02-20") for number in range(29)]
    with company(**subscribers(40, 60, tickets=tickets)) as asked:
        answer = asked.ask(KEY, **MARCH)
    assert "A complaint within 90 days" not in traits(answer)
    assert any("not tried: fewer than 30 customers" in note for note in said(answer))
    assert answer.passport.rows_used == 100


def test_a_period_to_come_has_no_reasons():
    with company(**subscribers(3, 5)) as asked:
        answer = asked.ask(KEY, period="2027-01", customer_by="subscriptions")
    assert len(answer.rows) == 0
    assert "No cases in this period, so there is no rate." in said(answer)


def test_silence_itself_is_no_mark_of_the_lost():
    """Who is lost by a year of silence within half a year was silent for half a year when it began: that says nothing."""
    regular = [(f"r{number:02}", day) for number in range(80) for day in ("2024-05-01", "2024-06-01")]
    back = [(f"r{number:02}", "2025-03-01") for number in range(40)]
    new = [(f"n{number:02}", "2024-10-01") for number in range(35)]
    with company(**bought([*regular, *back, *new])) as asked:
        answer = asked.ask(KEY, period="2025-01-01..2025-07-01")
        rate = asked.ask("customers.churn_rate", period="2025-01-01..2025-07-01", by="none").total
    assert (rate.start, rate.lost) == (115, 40)
    assert not [row for row in answer.rows if row.significant]
    assert not answer.findings
    assert answer.passport.rows_used == 80
    assert {str(left.reason): left.rows for left in answer.passport.rows_left_out} == {
        "bought too lately to be lost within the period": 35
    }
    assert any(note.startswith("Told is what was known on 2024-07-01") for note in said(answer))


def test_what_came_with_the_silence_is_not_read():
    """A complaint that lost customers made before they fell silent is one of theirs, a year later none is."""
    regular = [(f"r{number:03}", "2024-06-01") for number in range(120)]
    back = [(f"r{number:03}", "2025-03-01") for number in range(60)]
    tickets = [{**complaint(number, "2024-06-05"), "customer_id": f"r{number:03}"} for number in range(50, 100)]
    tickets += [{**complaint(number, "2024-12-05"), "customer_id": f"r{number:03}"} for number in range(60)]
    with company(**bought([*regular, *back]), tickets=tickets) as asked:
        row = traits(asked.ask(KEY, period="2025-01-01..2025-07-01"))["A complaint within 90 days"]
    assert (row.n_with, row.lost_with, row.n_without, row.churn_without) == (50, 40, 70, pytest.approx(20 / 70))
