"""A shop whose files are imported, for tests of pages that change the data; and the end of what such a page has begun."""

from __future__ import annotations

import time

from fastapi.testclient import TestClient

SHOP = """
[source]
name = "shop"
zone = "UTC"
[company]
name = "Shop"
currency = "EUR"
zone = "UTC"
language = "en"
[files.orders]
match = "orders.csv"
"""
ORDERS = """
[orders]
from = "orders"
order_id = "no"
customer_id = "customer"
ordered_at = "day"
currency = { value = "EUR" }
"""
LINES = """
[order_lines]
from = "orders"
order_id = "no"
quantity = { value = "1" }
net_amount = "amount"
"""
CUSTOMERS = """
[files.customers]
match = "customers.csv"
[customers]
from = "customers"
customer_id = "id"
name = "name"
email = "email"
tax_number = "tax"
kind = { value = "company" }
"""
CUSTOMERS_AND_ORDERS = SHOP + CUSTOMERS + ORDERS + LINES


def settled(client: TestClient, address: str) -> str:
    """The page, once the work that it tells of has ended."""
    for _try in range(600):
        page = client.get(address).text
        if 'id="work"' not in page:
            return page
        time.sleep(0.05)
    raise AssertionError("the work did not end")
