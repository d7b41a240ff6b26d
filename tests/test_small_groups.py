"""What persons are describes groups, not single persons (R17)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.company import company

PEOPLE = {"teacher": 12, "judge": 2, None: 3}


def people() -> dict[str, Any]:
    """So many persons of each occupation, each with one order: 10 a year before, 30 now, a judge 1,000."""
    jobs = [job for job, count in PEOPLE.items() for _each in range(count)]
    days = {"2023-12-01": 0, "2024-05-01": 10, "2025-05-01": 30}
    return {
        "customers": [
            {"customer_id": f"c{number}", "kind": "person", "occupation": job, "source": "web"} for number, job in enumerate(jobs)
        ],
        "orders": [
            {"order_id": f"{number}-{day}", "customer_id": f"c{number}", "ordered_at": day}
            for number in range(len(jobs))
            for day in days
        ],
        "order_lines": [
            {
                "order_id": f"{number}-{day}", "line_no": 1, "quantity": 1,
                "net_amount": 1000 if job == "judge" and amount == 30 else amount,
            }
            for number, job in enumerate(jobs)
            for day, amount in days.items()
        ],
    }  # fmt: skip


@pytest.mark.parametrize("key", ["sales.performance", "kpis.net_sales", "customers.repeat_purchase_rate"])
def test_a_group_of_fewer_than_ten_is_not_shown_and_stays_in_the_total(key: str) -> None:
    with company(**people()) as asked:
        answer = asked.ask(key, period="2025", by="occupation", compare="previous")
        whole = asked.ask(key, period="2025", by="none")
    for result in (answer.result, answer.before):
        assert set(result.rows.values("party")) == {"teacher", None}
    assert answer.total == whole.total
    assert "1 group of fewer than 10 customers is not shown, so that nobody can be made out." in [
        str(note.message) for note in answer.notes
    ]
    assert not any("judge" in str(found.message) for found in answer.findings)


def test_what_a_customer_is_to_the_company_is_shown_whatever_its_size() -> None:
    with company(**people()) as asked:
        answer = asked.ask("sales.performance", period="2025", by="source")
    assert list(answer.rows.values("party")) == ["web"]
    assert not any("fewer than 10 customers" in str(note.message) for note in answer.notes)
