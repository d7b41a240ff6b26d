"""How old each table is against its own rhythm."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from crmetrics.data.freshness import usual_gap
from tests.company import company


def orders(*days: str) -> list[dict[str, object]]:
    return [{"order_id": str(number), "ordered_at": day} for number, day in enumerate(days)]


def of_orders(answer):
    return next(row for row in answer.rows if str(row.table_name) == "Orders")


def test_a_row_dated_2099_is_a_fault_and_not_fresh() -> None:
    """The definition's trap: latest = greatest value <= now."""
    with company(reaches="2025-06-01", orders=orders("2025-05-20", "2099-01-01")) as asked:
        answer = asked.ask("data.freshness")
    row = of_orders(answer)
    assert row.latest == datetime(2025, 5, 20)
    assert row.age == pytest.approx(12)
    assert [(str(left.reason), left.rows) for left in answer.passport.rows_left_out] == [("dated in the future", 1)]


def test_stale_is_older_than_twice_the_usual_gap() -> None:
    days = [str(date(2025, 5, 1) + timedelta(days=2 * number)) for number in range(8)]  # the last on 15 May
    with company(reaches="2025-05-18", orders=orders(*days)) as asked:
        fresh = of_orders(asked.ask("data.freshness"))
    with company(reaches="2025-05-20", orders=orders(*days)) as asked:
        answer = asked.ask("data.freshness")
        patient = of_orders(asked.ask("data.freshness", limit=3))
    assert (fresh.usual_gap, fresh.stale) == (2, False)
    assert (of_orders(answer).age, of_orders(answer).stale) == (5, True)
    assert [str(finding.message)[:7] for finding in answer.findings] == ["Orders:"]
    assert patient.stale is False


def test_few_arrivals_make_no_verdict() -> None:
    with company(
        reaches="2025-06-01", orders=orders("2025-05-01", "2025-05-01", "2025-05-03", "2025-05-05", "2025-05-07")
    ) as asked:
        row = of_orders(asked.ask("data.freshness"))
    assert (row.n, row.usual_gap, row.stale) == (4, None, None)


def test_the_usual_gap_is_the_95_percent_one_by_type_7() -> None:
    days = [date(2025, 5, day) for day in (1, 2, 3, 4, 5, 15)]
    assert usual_gap(days) == pytest.approx(8.2)  # gaps 1, 1, 1, 1, 10: 0.8 of the way from the fourth to the fifth
    assert usual_gap(days[:4]) is None
