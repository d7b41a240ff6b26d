"""Customers given by their purchases, for small companies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def bought(purchases: Iterable[tuple[Any, ...]]) -> dict[str, list[dict[str, Any]]]:
    """The tables of customers with these purchases: (customer, day) or (customer, day, amount) or (..., more of the order).

    A negative amount is a return document. A customer of None is an anonymous sale.
    """
    orders, lines, known = [], [], {}
    for number, (customer, day, *rest) in enumerate(purchases):
        amount, more = (rest[0] if rest else 10), (rest[1] if len(rest) > 1 else {})
        known[customer] = {"customer_id": customer, "kind": "person"}
        orders.append({"order_id": f"{number:06}", "customer_id": customer, "ordered_at": day, **more})
        quantity = -1 if amount < 0 else 1
        lines.append({"order_id": f"{number:06}", "line_no": 1, "quantity": quantity, "net_amount": amount})
    known.pop(None, None)
    return {"customers": list(known.values()), "orders": orders, "order_lines": lines}
