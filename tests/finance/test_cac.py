"""What a new customer costs: new ones alone, not leads and not all buyers."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import duckdb
import pytest

from crmetrics.analysis import Answer
from crmetrics.catalogue import open_workspace
from crmetrics.warehouse.scope import Filter
from tests.company import company


def buyers(*customers: tuple[str, str], **more: Any) -> dict[str, Any]:
    """Orders of 10 each: (customer, day)."""
    return {
        "orders": [
            {"order_id": f"o{place}", "customer_id": name, "ordered_at": day, **more}
            for place, (name, day) in enumerate(customers)
        ],
        "order_lines": [
            {"order_id": f"o{place}", "line_no": 1, "quantity": 1, "net_amount": 10} for place in range(len(customers))
        ],
    }


def cost(number: int, amount: float, kind: str = "marketing", day: str = "2025-05-10", **more: Any) -> dict[str, Any]:
    return {"cost_id": f"k{number}", "spent_on": day, "kind": kind, "amount": amount, **more}


def act(number: int, **more: Any) -> dict[str, Any]:
    return {"activity_id": f"a{number}", "kind": "call", "created_at": "2025-05-01", "done_at": "2025-05-05", **more}


def rows_of(answer: Answer[Any]) -> dict[str | None, Any]:
    return {row.party: row for row in answer.rows}


NEW = [(f"new{number}", "2025-05-10") for number in range(40)]
ANN = (Filter("owner", ("ann",)),)
OLD = [each for number in range(80) for each in ((f"old{number}", "2025-01-10"), (f"old{number}", "2025-05-11"))]


def test_new_customers_are_the_base_not_leads_and_not_all_buyers() -> None:
    """The definition's trap: 10,000 / 40 new = 250; 400 leads would give 25, 120 buyers 83."""
    leads = [{"lead_id": f"l{number}", "created_at": "2025-05-01"} for number in range(400)]
    with company(costs=[cost(1, 10_000)], leads=leads, **buyers(*NEW, *OLD)) as asked:
        answer = asked.ask("finance.cac", period="2025-05")
    total = answer.total
    assert (total.cost, total.new_customers, total.cac, total.cac_paid) == (10_000, 40, 250, None)
    assert answer.result.used == 40


def test_sales_cost_counts_as_far_as_it_is_for_new_business() -> None:
    people = [{"customer_id": name, "kind": "person"} for name, _day in (*NEW[:1], *OLD[:1])]
    activities = [
        act(1, lead_id="l"),
        act(2, customer_id="new0"),  # before the first purchase
        act(3, customer_id="new0", done_at="2025-05-20"),  # after it
        act(4, customer_id="old0"),
        act(5, customer_id="never"),
        act(6, deal_id="d"),  # of a customer who had bought
        act(7, deal_id="e"),  # of one who never did
        act(8, deal_id="f"),  # of nobody that is known
        act(9),  # about none of them
        act(10, lead_id="l", done_at="2025-04-05"),
        act(11, lead_id="l", done_at=None),
    ]
    deals = [
        {"deal_id": name, "stage": "new", "customer_id": who}
        for name, who in (("d", "old0"), ("e", "never"), ("f", None))
    ]
    costs = [cost(1, 1000), cost(2, 800, "sales"), cost(3, 5000, "service"), cost(4, 70, "marketing", "2025-06-01")]
    with company(costs=costs, activities=activities, deals=deals, customers=people, **buyers(*NEW, *OLD)) as asked:
        answer = asked.ask("finance.cac", period="2025-05")
    total = answer.total
    assert (total.marketing, total.sales_cost, total.cost) == (1000, 400, 1400)  # 4 of 8
    assert any(str(note.message).startswith("50.0% of the activities") for note in answer.notes)


def test_who_bought_from_a_colleague_before_is_not_new() -> None:
    """Under a filter on a person, too: ten calls of Ann, five of them to customers who first bought from Ben."""
    old, new = (
        [(f"{name}{number}", day) for number in range(5)]
        for name, day in (("old", "2025-01-10"), ("new", "2025-05-20"))
    )
    tables = buyers(*old, *new)
    for order in tables["orders"]:
        order["owner_id"] = "ben" if order["customer_id"].startswith("old") else "ann"
    people = [{"customer_id": name, "kind": "person"} for name, _day in (*old, *new)]
    calls = [act(number, customer_id=name, owner_id="ann") for number, (name, _day) in enumerate((*old, *new))]
    with company(
        costs=[cost(1, 1_000, "sales", employee_id="ann")], customers=people, activities=calls, **tables
    ) as asked:
        answers = [asked.ask("finance.cac", period="2025-05", by="none", where=where) for where in ((), ANN)]
    for answer in answers:
        assert (answer.total.new_customers, answer.total.sales_cost, answer.total.cac) == (5, 500, 100)


def test_each_month_has_the_share_of_its_own_work() -> None:
    costs = [cost(1, 800, "sales"), cost(2, 400, "sales", "2025-06-01")]
    done = [
        act(1, lead_id="l"),
        act(2, lead_id="l"),
        *(act(3 + n, customer_id="old0", done_at="2025-06-05") for n in range(2)),
    ]
    done += [act(5, lead_id="l", done_at="2025-06-06")]
    with company(costs=costs, activities=done, **buyers(*NEW, *OLD)) as asked:
        answer = asked.ask("finance.cac", period="2025-05-01..2025-07-01", by="month")
        june = asked.ask("finance.cac", period="2025-06")
        whole = asked.ask("finance.cac", period="2025-05-01..2025-07-01", by="none")
    assert [row.sales_cost for row in answer.rows] == pytest.approx([800, 400 / 3])
    assert june.total.sales_cost == pytest.approx(400 / 3)
    assert answer.total.sales_cost == whole.total.sales_cost == pytest.approx(1200 * 3 / 5)


def test_without_activities_all_of_it_is_taken_and_told() -> None:
    with company(costs=[cost(1, 800, "sales")], **buyers(*NEW)) as asked:
        answer = asked.ask("finance.cac", period="2025-05")
    assert answer.total.sales_cost == 800
    assert any(str(note.message).startswith("No activity tells") for note in answer.notes)


SOURCES = {"web": 20, "Fair ": 10, "friends": 6, None: 4}
FROM = [source for source, count in SOURCES.items() for _ in range(count)]


@pytest.fixture(scope="module")
def by_source() -> Any:
    customers = [
        {"customer_id": name, "kind": "person", "source": FROM[place]} for place, (name, _day) in enumerate(NEW)
    ]
    leads = [
        {"lead_id": "l1", "source": "web", "campaign_id": "c1", "created_at": "2025-04-01"},
        {"lead_id": "l2", "source": "web", "campaign_id": "c1", "created_at": "2025-04-01"},
        {"lead_id": "l3", "source": "friends", "campaign_id": "c1", "created_at": "2025-04-01", "customer_id": "new0"},
        {"lead_id": "l4", "source": "letters", "campaign_id": "c2", "created_at": "2025-04-02", "customer_id": "new0"},
    ]
    costs = [
        cost(1, 400, channel="WEB"),
        cost(2, 300, campaign_id="c1"),  # two leads from the web, one from friends
        cost(3, 90, campaign_id="c3"),  # without leads: by its channel, the fair
        cost(4, 50, channel="radio"),
        cost(5, 60, "sales"),
        cost(6, 1000, currency="USD"),
    ]
    campaigns = [
        {"campaign_id": name, "name": name, "channel": channel}
        for name, channel in (("c1", "x"), ("c2", "post"), ("c3", "fair"))
    ]
    with company(
        costs=costs, leads=leads, campaigns=campaigns, customers=customers, **buyers(*NEW, campaign_id="c3")
    ) as asked:
        yield asked


def test_a_source_bears_the_costs_of_its_channel_and_of_the_leads_it_brought(by_source: Any) -> None:
    answer = by_source.ask("finance.cac", period="2025-05", paid="WEB, fair")
    rows = rows_of(answer)
    assert {source: (row.cost, row.new_customers) for source, row in rows.items()} == {
        "web": (600, 20), "Fair ": (90, 10), "friends": (100, 6), None: (110, 4),
    }  # fmt: skip
    assert (rows["web"].cac, rows["Fair "].cac, rows["friends"].cac) == (30, 9, pytest.approx(100 / 6))
    assert rows[None].cac is None  # what is spent on nobody in particular is in the total alone
    loose = "110.00 of the cost belongs to no group: with it each would be dearer."
    assert loose in [str(note.message) for note in answer.notes]
    by_month = by_source.ask("finance.cac", period="2025-05", by="month")
    assert not any("belongs to no group" in str(note.message) for note in by_month.notes)
    total = answer.total
    assert (total.cost, total.cac, total.paid_customers, total.cac_paid) == (900, 22.5, 30, 28)
    assert [(str(each.reason), each.rows) for each in answer.result.left_out] == [
        ("costs in a currency without a rate", 1)
    ]
    assert sum(row.cost for row in answer.rows) == pytest.approx(total.cost)


def test_paid_cost_and_what_it_needs(by_source: Any) -> None:
    paid = by_source.ask("finance.cac", period="2025-05", of="paid", paid="web")
    assert (paid.total.cost, paid.total.cac) == (840, 42)
    unnamed = by_source.ask("finance.cac", period="2025-05", of="paid")
    assert unnamed.total.cac is None
    assert any(str(note.message).startswith("Name the paid sources") for note in unnamed.notes)


def test_by_the_first_lead_a_customer_counts_elsewhere(by_source: Any) -> None:
    lead = rows_of(by_source.ask("finance.cac", period="2025-05", credit="lead"))
    assert (lead["web"].new_customers, lead["friends"].new_customers) == (19, 7)
    campaign = rows_of(by_source.ask("finance.cac", period="2025-05", by="campaign", credit="lead"))
    assert {name: row.new_customers for name, row in campaign.items()} == {"c1": 1, "c3": 0, None: 39}
    bought = rows_of(by_source.ask("finance.cac", period="2025-05", by="campaign"))
    assert (bought["c3"].new_customers, bought["c3"].cac, bought["c1"].cac) == (40, pytest.approx(90 / 40), None)
    channel = rows_of(by_source.ask("finance.cac", period="2025-05", by="channel", credit="lead"))
    assert (channel["x"].new_customers, channel["WEB"].cost) == (1, 400)


def test_cost_without_customers_is_shown_and_has_no_figure() -> None:
    with company(costs=[cost(1, 500, day="2025-04-01")], **buyers(*NEW)) as asked:
        april = asked.ask("finance.cac", period="2025-04")
        may = asked.ask("finance.cac", period="2025-05")
    assert (april.total.cost, april.total.new_customers, april.total.cac) == (500, 0, None)
    assert "Only 0 new customers: ask for a quarter or longer." in [str(note.message) for note in april.notes]
    assert (may.total.cost, may.total.cac) == (0, None)


def test_the_cost_of_earlier_months_may_be_meant() -> None:
    costs = [cost(1, 500, day="2025-03-31"), cost(2, 300, day="2025-04-30"), cost(3, 100, day="2025-05-01")]
    earlier = [(f"e{number}", "2025-04-10") for number in range(20)]
    with company(costs=costs, **buyers(*NEW, *earlier)) as asked:
        answers = [asked.ask("finance.cac", period="2025-05", lag=lag).total.cost for lag in range(3)]
        months = rows_of(asked.ask("finance.cac", period="2025-04-01..2025-06-01", by="month", lag=1))
        noted = asked.ask("finance.cac", period="2025-05", lag=1)
    assert answers == [100, 300, 500]
    assert {month: (row.cost, row.cac) for month, row in months.items()} == {
        "2025-04": (500, 25),
        "2025-05": (300, 7.5),
    }
    assert any("2025-04-01 to 2025-04-30" in str(note.message) for note in noted.notes)


def test_the_lag_may_be_the_median_time_to_purchase() -> None:
    customers = [{"customer_id": name, "kind": "person", "created_at": "2025-04-05"} for name, _day in NEW]
    leads = [
        {"lead_id": f"l{place}", "customer_id": name, "created_at": "2025-03-10"}
        for place, (name, _day) in enumerate(NEW[:30])
    ]
    costs = [cost(1, 500, day="2025-03-31"), cost(2, 300, day="2025-04-30")]
    with company(costs=costs, customers=customers, leads=leads, **buyers(*NEW)) as asked:
        assert asked.ask("finance.cac", period="2025-05", lag_by="purchase").total.cost == 500  # 61 days
    with company(costs=costs, customers=customers, **buyers(*NEW)) as asked:
        assert asked.ask("finance.cac", period="2025-05", lag_by="purchase").total.cost == 300  # 35 days


def test_a_dear_source_is_a_finding() -> None:
    customers = [
        {"customer_id": name, "kind": "person", "source": "web" if place < 28 else "fair"}
        for place, (name, _day) in enumerate(NEW)
    ]
    with company(
        costs=[cost(1, 280, channel="web"), cost(2, 720, channel="fair")], customers=customers, **buyers(*NEW)
    ) as asked:
        answer = asked.ask("finance.cac", period="2025-05")
    assert [str(each.message) for each in answer.findings] == ["A new customer costs 60.00 in fair, 25.00 on average."]
    assert answer.findings[0].money == pytest.approx((60 - 25) * 12)


BY_HAND = """
with firsts as (
    select customer_id, min(ordered_at) as first_at
    from (
        select o.order_id, o.customer_id, o.ordered_at from orders o join order_lines l using (order_id)
        where not o.is_cancelled and o.ordered_at < '2026-11-01'
          and o.customer_id not in (select customer_id from customers where is_internal)
        group by all having sum(l.net_amount) > 0
    )
    where customer_id is not null group by customer_id
)
select (select count(*) from firsts where year(timezone('Europe/London', timezone('UTC', first_at))) = 2025) as new,
       (select sum(amount) from costs where kind = 'marketing' and year(spent_on) = 2025) as marketing,
       (select sum(amount) from costs where kind = 'sales' and year(spent_on) = 2025) as sales
"""


def test_on_the_demo_company_it_is_the_cost_over_the_new_customers(demo_company: Any) -> None:
    workspace = demo_company("en")
    versions = workspace / "versions"
    with duckdb.connect(str(versions / (versions / "current").read_text().strip()), read_only=True) as connection:
        new, marketing, sales = connection.execute(BY_HAND).fetchone() or (0, 0, 0)
    catalogue = open_workspace(workspace)
    with closing(catalogue.engine):
        total = catalogue.ask("finance.cac", period="2025").total
        assert total.new_customers == catalogue.ask("kpis.new_customers", period="2025", by="none").total.value
    assert (total.new_customers, total.marketing) == (new, pytest.approx(float(marketing)))
    assert 0.2 * float(sales) < total.sales_cost < float(sales)
    assert total.cac == pytest.approx((float(marketing) + total.sales_cost) / new)


def test_a_month_too_short_for_the_days_of_the_cost_is_taken_to_its_end() -> None:
    """The 30th of March a month earlier: February has no such day."""
    with company(
        costs=[cost(1, 300, day="2025-02-28")], **buyers(*((name, "2025-03-30") for name, _day in NEW))
    ) as asked:
        answer = asked.ask("finance.cac", period="2025-03-30", lag=1, by="none")
    assert (answer.total.cost, answer.total.new_customers) == (300, 40)
