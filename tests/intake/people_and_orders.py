"""People and their orders as several tests of duplicates import them; each adds the columns and files that it needs beside."""

from __future__ import annotations


def mapping(source: str, *, of_people: str = "", beside: str = "") -> str:
    """The mapping of people.csv and orders.csv, with further columns of people, and further files with their tables."""
    return f"""
[source]
name = "{source}"
[files.people]
match = "people.csv"
[customers]
from = "people"
customer_id = "id"
name = "name"
email = "mail"
phone = "phone"
{of_people}
{ORDERS}
[order_lines]
from = "orders"
order_id = "id"
line_no = {{ value = "1" }}
net_amount = "sum"
quantity = {{ value = "1" }}
{beside}
"""


ORDERS = """
[files.orders]
match = "orders.csv"
[orders]
from = "orders"
order_id = "id"
customer_id = "who"
ordered_at = "at"
currency = { value = "EUR" }
"""
