"""Money in company currency (R7): the rate of the driving day, the latest for what is open, never 1 for an unknown one."""

from datetime import datetime

import pytest

from crmetrics.warehouse.scope import Scope
from tests.company import company

RATES = [
    {"currency": "EUR", "rated_on": "2025-03-01", "rate_to_company": 40},
    {"currency": "EUR", "rated_on": "2025-03-05", "rate_to_company": 41},
    {"currency": "EUR", "rated_on": "2025-05-01", "rate_to_company": 44},
    {"currency": "JPY", "rated_on": "2025-03-01", "rate_to_company": "0.2712345678"},
]


def order(order_id, currency, day, amount):
    return (
        {"order_id": order_id, "currency": currency, "ordered_at": day},
        {"order_id": order_id, "line_no": 1, "quantity": 1, "net_amount": amount},
    )


def converted(orders, zone="UTC", **scope):
    tables = {"orders": [each for each, _line in orders], "order_lines": [line for _order, line in orders]}
    with (
        company(currency="TRY", zone=zone, exchange_rates=RATES, **tables) as catalogue,
        catalogue.warehouse(Scope(**scope)) as warehouse,
    ):
        rows = warehouse.query("select order_id, net, is_unconverted from sales_lines order by order_id")
        return {row["order_id"]: (row["net"], row["is_unconverted"]) for row in rows.records()}


def test_100_eur_and_100_usd_without_a_rate_are_4000_and_100_usd_unconverted():
    found = converted([order("eur", "EUR", "2025-03-02", 100), order("usd", "USD", "2025-03-02", 100)])
    assert found == {"eur": (4000, False), "usd": (None, True)}


@pytest.mark.parametrize(
    ("day", "net"),
    [
        ("2025-02-28", None),  # before the first rate
        ("2025-03-01", 4000),
        ("2025-03-04 23:59:59", 4000),
        ("2025-03-05", 4100),
        ("2025-03-12", 4100),  # seven days old
        ("2025-03-13", None),  # eight
    ],
)
def test_the_rate_is_the_latest_of_the_day_and_at_most_seven_days_old(day, net):
    assert converted([order("o", "EUR", day, 100)])["o"] == (net, net is None)


def test_the_day_is_the_companys():
    night = order("o", "EUR", "2025-03-04 21:30:00", 100)
    assert converted([night], zone="Europe/Istanbul")["o"] == (4100, False)
    assert converted([night], zone="UTC")["o"] == (4000, False)


def test_company_money_needs_no_rate_and_small_rates_keep_their_digits():
    found = converted([order("a", "TRY", "1999-01-01", "0.0001"), order("b", "JPY", "2025-03-02", 1000000)])
    assert found == {"a": (0.0001, False), "b": (271234.5678, False)}


def test_a_half_of_the_last_digit_goes_away_from_zero_for_sale_and_return():
    found = converted([order("sale", "JPY", "2025-03-02", 500), order("return", "JPY", "2025-03-02", -500)])
    assert found["sale"][0] == 135.6173 == -found["return"][0]


DEALS = [
    {"deal_id": "open", "currency": "EUR", "amount": 10, "stage": "s", "created_at": "2025-03-01"},
    {"deal_id": "won", "currency": "EUR", "amount": 10, "stage": "s", "created_at": "2025-03-01",
     "closed_at": "2025-03-06", "is_won": True},
    {"deal_id": "won_without_rate", "currency": "EUR", "amount": 10, "stage": "s", "created_at": "2025-03-01",
     "closed_at": "2025-04-10", "is_won": True},
    {"deal_id": "no_amount", "stage": "s", "currency": None},
    {"deal_id": "strange", "currency": "XXX", "amount": 10, "stage": "s"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("as_of", "worth"),
    [
        (None, {"open": 440, "won": 410, "won_without_rate": None}),
        # then the later two were open as well, at the latest rate of then, however old
        (datetime(2025, 3, 3), {"open": 400, "won": 400, "won_without_rate": 400}),
        (datetime(2025, 4, 1), {"open": 410, "won": 410, "won_without_rate": 410}),
    ],
)
def test_open_deals_are_worth_their_amount_at_the_latest_rate(as_of, worth):
    with (
        company(currency="TRY", exchange_rates=RATES, deals=DEALS) as catalogue,
        catalogue.warehouse(Scope(as_of=as_of)) as warehouse,
    ):
        rows = warehouse.query("select deal_id, converted(amount, company_rate) as worth from deals")
        found = dict(zip(rows.values("deal_id"), rows.values("worth"), strict=True))
    assert found == worth | {"no_amount": None, "strange": None}


def test_one_currency_alone_is_not_touched():
    with (
        company(currency="EUR", deals=[{"deal_id": "d", "amount": "0.1234", "stage": "s"}]) as catalogue,
        catalogue.warehouse(Scope()) as warehouse,
    ):
        assert warehouse.query("select converted(amount, company_rate) as worth from deals").values("worth") == [0.1234]
        assert "company_rate" not in warehouse.statements[0]
