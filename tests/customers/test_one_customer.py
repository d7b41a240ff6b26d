"""One customer: purchases are what he bought, not what he brought back."""

from __future__ import annotations

from datetime import date

from crmetrics.analysis.one_customer import customer_of
from crmetrics.warehouse.scope import ADMINISTRATOR, Scope
from tests.company import company


def test_a_return_is_no_purchase_and_ends_no_silence() -> None:
    days = {"1": "2025-10-01", "2": "2025-11-01", "exchanged": "2025-12-20", "cancelled": "2025-12-28"}
    orders = [{"order_id": name, "customer_id": "c", "ordered_at": day} for name, day in days.items()]
    orders[-1]["is_cancelled"] = True
    # what came back in December is worth more than what was taken for it
    amounts = [("1", 1, 100), ("2", 1, 50), ("exchanged", 1, 10), ("exchanged", 2, -40), ("cancelled", 1, 99)]
    lines = [
        {"order_id": name, "line_no": number, "net_amount": amount, "quantity": 1 if amount > 0 else -1}
        for name, number, amount in amounts
    ]
    customers = [{"customer_id": "c", "name": "C"}]
    with (
        company(customers=customers, orders=orders, order_lines=lines) as asked,
        asked.warehouse(Scope(ADMINISTRATOR)) as seen,
    ):
        found = customer_of(seen, "c")
    assert (found.value["orders"], found.last_on, found.silent_days) == (2, date(2025, 11, 1), 61)
    assert (found.value["net"], found.gap) == (120, 31)
