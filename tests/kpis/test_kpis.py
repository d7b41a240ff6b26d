"""The KPIs on one small company, each by its definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crmetrics.catalogue import OpenCatalogue
from tests.company import company


def order(order_id: str, day: str, customer: str | None, amount: float, quantity: float = 1, **more: Any) -> Any:
    head = {"order_id": order_id, "ordered_at": day, "customer_id": customer, "channel": "store", **more}
    cost = amount * 0.6
    return head, {"order_id": order_id, "line_no": 1, "net_amount": amount, "quantity": quantity, "cost_amount": cost}


ORDERS = [
    order("0", "2024-01-05", "old", 10),
    *(order(str(number), f"2025-05-0{number}", f"c{number}", 100) for number in range(1, 6)),
    order("6", "2025-05-06", "old", 500, channel="web"),
    order("7", "2025-05-07", "c1", -100, -1, returns_order_id="1"),
    order("8", "2025-05-08", None, 400),
    order("9", "2025-05-09", "c9", 999, is_cancelled=True),
]


def deal(number: int, is_won: bool | None, amount: float | None, days: int = 10) -> dict[str, Any]:
    closed = {"is_won": is_won, "closed_at": f"2025-05-{1 + days:02}"} if is_won is not None else {}
    return {"deal_id": str(number), "stage": "quote", "amount": amount, "created_at": "2025-05-01", **closed}


DEALS = [
    deal(1, True, 100, 2),
    deal(2, True, 200, 3),
    deal(3, True, 300, 4),
    deal(4, True, 400, 5),
    deal(5, True, 500, 20),
]
DEALS += [deal(6, True, None, 6), deal(7, False, 900), deal(8, None, 50)]

QUOTES = [
    *({"quote_id": f"a{number}", "sent_at": "2025-05-02", "accepted_at": "2025-05-09"} for number in range(3)),
    *({"quote_id": f"r{number}", "sent_at": "2025-05-02", "rejected_at": "2025-05-09"} for number in range(3)),
    {"quote_id": "open", "sent_at": "2025-05-02"},
    {"quote_id": "draft"},
]

ACTIVITIES = [
    {"activity_id": "1", "kind": "call", "created_at": "2025-05-01", "done_at": "2025-05-02", "due_at": "2025-05-01"},
    {"activity_id": "2", "kind": "task", "created_at": "2025-05-01", "due_at": "2025-05-03"},
    {"activity_id": "3", "kind": "task", "created_at": "2025-05-01", "due_at": "2025-05-03", "outcome": "cancelled"},
    {"activity_id": "4", "kind": "task", "created_at": "2025-05-01", "due_at": "2025-05-30"},
    {"activity_id": "5", "kind": "note", "created_at": "2025-05-01", "done_at": "2025-05-02"},
    {"activity_id": "6", "kind": "visit", "created_at": "2025-05-01", "done_at": "2025-05-02", "outcome": "cancelled"},
]


def ticket(number: int, hours: int | None, **more: Any) -> dict[str, Any]:
    reply = {} if hours is None else {"first_reply_at": f"2025-05-02 {hours:02}:00:00"}
    return {"ticket_id": str(number), "status": "open", "created_at": "2025-05-02", **reply, **more}


TICKETS = [
    ticket(1, 1),
    ticket(2, 2),
    ticket(3, 6),
    ticket(4, 8),
    ticket(5, 12),
    ticket(6, None),
    ticket(7, 1, is_spam=True),
]


def answer(number: str, kind: str, score: float | None, scale: int = 5, **more: Any) -> dict[str, Any]:
    return {
        "response_id": f"{kind}{number}",
        "kind": kind,
        "score": score,
        "scale_max": scale,
        "answered_at": "2025-05-02",
        **more,
    }


RESPONSES = [answer(str(place), "csat", score) for place, score in enumerate([5, 4, 4, 3, 1])]
RESPONSES += [answer(str(place), "nps", score, 10) for place, score in enumerate([10, 9, 9, 10, 9, 8, 8, 7, 6, 0])]


@pytest.fixture(scope="module")
def catalogue() -> Iterator[OpenCatalogue]:
    with company(
        reaches="2025-05-25",
        orders=[head for head, _line in ORDERS],
        order_lines=[line for _head, line in ORDERS],
        deals=DEALS,
        quotes=QUOTES,
        activities=ACTIVITIES,
        tickets=TICKETS,
        responses=RESPONSES,
    ) as asked:
        yield asked


@pytest.mark.parametrize(
    ("key", "value", "n"),
    [
        ("net_sales", 5 * 100 + 500 - 100 + 400, 8),
        ("purchases", 7, 7),
        ("buyers", 6, 6),
        ("average_order_value", 1400 / 7, 7),
        ("units_sold", 6, 8),
        ("margin", 0.4 * 1300, 8),
        ("margin_pct", 0.4, 8),
        ("return_share", 100 / 1400, 7),
        ("new_customers", 5, 5),
        ("won_amount", 1500, 5),
        ("won_deals", 6, 6),
        ("created_deals", 8, 8),
        ("average_deal_size", 300, 5),
        ("time_to_close", 4.5, 6),
        ("accepted_quotes", 0.5, 6),
        ("activities_done", 1, 1),
        ("overdue_tasks", 1, 1),
        ("tickets_created", 6, 6),
        ("first_reply", 6 / 24, 5),
        ("satisfaction", 3 / 5, 5),
        ("nps", 30, 10),
    ],
)
def test_each_kpi_by_its_definition(catalogue: OpenCatalogue, key: str, value: float, n: int) -> None:
    asked = catalogue.ask(f"kpis.{key}", period="2025-05", by="none")
    assert asked.total.value == pytest.approx(value)
    assert asked.total.n == n
    assert asked.rows[0].value == asked.total.value


def test_rows_used_and_left_out_are_the_rows_in_scope(catalogue: OpenCatalogue) -> None:
    told = catalogue.ask("kpis.net_sales", period="2025-05", by="none").passport
    assert told.rows_used == 8
    assert [(str(left.reason), left.rows) for left in told.rows_left_out] == [("not meant by the definition", 1)]
    orders = catalogue.ask("kpis.purchases", period="2025-05", by="none").passport
    assert orders.rows_used + sum(left.rows for left in orders.rows_left_out) == 9
    deals = catalogue.ask("kpis.won_amount", period="2025-05", by="none").passport
    assert {str(left.reason): left.rows for left in deals.rows_left_out} == {
        "not meant by the definition": 1,
        "without an amount, or in a currency without a rate": 1,
    }


def test_a_total_is_worked_out_anew_not_averaged() -> None:
    """Rule R5: team A 2 orders / 100, team B 8 orders / 1,600: 170, not 125; and of two orders there is no mean (R4)."""
    pairs = [order(f"a{n}", "2025-05-02", "c", 50, channel="A") for n in range(2)]
    pairs += [order(f"b{n}", "2025-05-02", "c", 200, channel="B") for n in range(8)]
    with company(orders=[head for head, _line in pairs], order_lines=[line for _head, line in pairs]) as asked:
        found = asked.ask("kpis.average_order_value", period="2025-05", by="channel")
    assert found.total.value == pytest.approx(170)
    assert {row.party: row.value for row in found.rows} == {"A": None, "B": pytest.approx(200)}


def test_a_filter_makes_no_old_customer_new(catalogue: OpenCatalogue) -> None:
    """Rule R23: who bought in another channel before is not new in this one."""
    from crmetrics.warehouse.scope import Filter

    found = catalogue.ask("kpis.new_customers", period="2025-05", by="none", where=(Filter("channel", ("web",)),))
    assert found.total.value == 0


def test_what_is_due_later_is_not_overdue(catalogue: OpenCatalogue) -> None:
    assert catalogue.ask("kpis.overdue_tasks", period="2025", by="none").total.value == 1


def test_a_share_has_its_interval_and_few_cases_are_said(catalogue: OpenCatalogue) -> None:
    total = catalogue.ask("kpis.accepted_quotes", period="2025-05", by="none").total
    assert (total.k, total.n) == (3, 6)
    assert total.low < 0.5 < total.high
    empty = catalogue.ask("kpis.accepted_quotes", period="2024-05", by="none")
    assert empty.total.value is None
    assert "No cases in this period, so there is no rate." in [str(note.message) for note in empty.notes]
    few = catalogue.ask("kpis.average_deal_size", period="2024-05", by="none")
    assert few.total.value is None
    assert "No cases in this period, so there is no value." in [str(note.message) for note in few.notes]


def test_a_margin_without_costs_is_locked_by_the_cost() -> None:
    pairs = [order(f"{n}", "2025-05-02", "c", 100) for n in range(4)]
    lines = [{**line, "cost_amount": 60 if place < 3 else None} for place, (_head, line) in enumerate(pairs)]
    with company(orders=[head for head, _line in pairs], order_lines=lines) as asked:
        found = asked.ask("kpis.margin", period="2025-05", by="none")
    assert found.locked is not None
    assert found.locked.missing == "order_lines.cost_amount"


def test_money_without_a_rate_is_left_out_and_counted() -> None:
    """Rule R7: 100 EUR at 40 and 100 USD with no rate: 4,000 and one row unconverted."""
    deals = [
        {**deal(1, True, 100), "currency": "EUR"},
        {**deal(2, True, 100), "currency": "USD"},
    ]
    rates = [{"currency": "EUR", "rated_on": "2025-05-11", "rate_to_company": 40}]
    with company(deals=deals, exchange_rates=rates, currency="TRY") as asked:
        found = asked.ask("kpis.won_amount", period="2025-05", by="none")
    assert found.total.value == pytest.approx(4000)
    assert [left.rows for left in found.passport.rows_left_out] == [1]


def test_by_month_is_a_course_over_time(catalogue: OpenCatalogue) -> None:
    rows = catalogue.ask("kpis.net_sales", period="2024-01-01..2025-06-01").rows
    assert [(row.party, row.value) for row in rows] == [("2024-01", 10), ("2025-05", 1300)]


def test_the_median_time_to_close_is_the_one_figure_of_the_cycle_length() -> None:
    """The same deals and the same days: the calendar's between midnights, over a change of clocks too; none that was won at once."""
    days = [("2025-03-01 23:00", f"2025-04-{day:02} 22:00") for day in (5, 7, 9, 11, 13)]
    deals = [*days, *(("2025-03-03 10:00", "2025-03-03 10:00:20") for _each in range(5))]
    told = [
        {"deal_id": str(number), "stage": "won", "created_at": created, "closed_at": closed, "is_won": True}
        for number, (created, closed) in enumerate(deals)
    ]
    with company(zone="Europe/Berlin", deals=told) as asked:
        one, whole = (asked.ask(key, period="2025", by="none") for key in ("kpis.time_to_close", "sales.cycle_length"))
    assert (one.total.value, one.total.n) == (whole.total.median, whole.total.won) == (39, 5)
    assert [(str(left.reason), left.rows) for left in one.passport.rows_left_out] == [
        ("not meant by the definition", 5)
    ]
