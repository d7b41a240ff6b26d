"""What cohorts bring: the money of those who started together, by the periods in which it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

import numpy as np

from crmetrics.analysis import Locked, Note
from crmetrics.analysis.littleness import LOCKED_ABOVE, SHOWN_FROM
from crmetrics.customers.cohort_answers import notes_on_small
from crmetrics.customers.cohorts import FIRST_DAYS, Grain, Start
from crmetrics.customers.triangle import Placed
from crmetrics.models.cohort_value import CohortValue
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, local_day
from crmetrics.vocabulary.unit import SHARE, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customers")

Money = Literal["margin", "net_sales", "without_returns"]

# One pass over the lines. Where there is no rate there is no money, and the quantity tells whether the order is a purchase.
SALES: Final = """
    select order_id, customer_id, ordered_at, any_value(channel) as channel, any_value(campaign_id) as campaign_id,
           coalesce(sum(net) > 0, sum(quantity) > 0) as is_purchase, {money} as money,
           sum(net) as net, {uncosted} as uncosted, max(case when is_unconverted then 1 else 0 end) as unconverted
    from {lines}
    where customer_id is not null
    group by order_id, customer_id, ordered_at
"""
OF_MONEY: Final[dict[Money, tuple[str, str, str]]] = {
    "margin": ("costed_lines", "sum(net - full_cost)", "sum(case when full_cost is null then net end)"),
    "net_sales": ("sales_lines", "sum(net)", "cast(null as double)"),
    "without_returns": ("sales_lines", "sum(case when quantity < 0 then null else net end)", "cast(null as double)"),
}
NOT_CANCELLED: Final = "where customer_id is not null and not is_cancelled"

FIRSTS: Final = """
    select customer_id, {first_period} as start_in, local_day(first_at) as first_on, label
    from (
        select customer_id, min(ordered_at) as first_at, {label} as label
        from sales
        where is_purchase
        group by customer_id
    ) as firsts
"""
SIGN_UPS: Final = """
    select customer_id, {signed_up} as start_in, local_day(created_at) as first_on, cast(null as varchar) as label
    from customers
    where created_at is not null
"""

BEGUN: Final = """
with sales as ({sales}),
lives as ({lives}),
members as (select customer_id, label, start_in from lives where first_on >= $start_on and first_on < $end_on)"""

STARTED: Final = BEGUN + " select customer_id, label, start_in from members"
BROUGHT: Final = (
    BEGUN
    + """,
brought as (
    select m.label, m.start_in, {happened} as active_in, sum(cast(s.money as double)) as money, sum(cast(s.net as double)) as net,
           sum(cast(s.uncosted as double)) as uncosted, sum(s.unconverted) as unconverted
    from members m
    join sales s on s.customer_id = m.customer_id
    group by m.label, m.start_in, {happened}
),
counted as (
    select (select count(*) from lives) as known, (select count(*) from members) as used,
           (select count(*) from customers c left join lives l on l.customer_id = c.customer_id where l.customer_id is null) as never,
           {running} as running_in, {reached} as reached_in
)
select f.label, f.start_in, f.active_in, f.members, f.money, f.net, f.uncosted, f.unconverted,
       c.known, c.used, c.never, c.running_in, c.reached_in
from (
    select label, start_in, active_in, 0 as members, money, net, uncosted, unconverted from brought
    union all
    select label, start_in, cast(null as date), count(*), cast(null as double), cast(null as double), cast(null as double), 0
    from members
    group by label, start_in
) as f
cross join counted c
order by start_in, label, active_in
"""
)


@dataclass(frozen=True)
class CohortMoney:
    """How cohorts are made, and what is counted of their orders."""

    money: Money
    start: Start
    grain: Grain

    def locked(self, warehouse: Warehouse) -> Locked | None:
        """The column that is missing for these cohorts, or None."""
        table, name = {
            "sign_up": ("customers", "created_at"),
            "campaign": ("orders", "campaign_id"),
            "channel": ("orders", "channel"),
            "first_purchase": ("orders", "ordered_at"),
        }[self.start]
        if warehouse.profile.has(table, name):
            return None
        told = f"{table}.{name}"
        return Locked(told, _("Locked: {column} is blank, so there are no cohorts by it.", column=told))

    def uncosted(self, rows: Rows) -> Locked | None:
        """Locked where so much of the sales has no cost that their margin would not stand for the whole."""
        net, uncosted = (float(each[each == each].sum()) for each in (rows.numbers("net"), rows.numbers("uncosted")))
        if self.money != "margin" or not uncosted > LOCKED_ABOVE * net:
            return None
        share = Figure(uncosted / net if net > 0 else 1.0, SHARE)
        message = _("Locked: {share} of sales have no cost, neither in the lines nor of the product.", share=share)
        return Locked("order_lines.cost_amount", message)

    def sums(self, warehouse: Warehouse, period: Period) -> Rows:
        """What those who started in a period brought in which (active_in blank: how many started).

        Columns: label (campaign or channel), start_in, active_in (first days of periods), members, money, net, uncosted (net sales
        without a cost), unconverted (orders without a rate); in every row known, used, never, running_in, reached_in as of
        `Cohorts.members`.
        """
        reached = local_day(warehouse.as_of - timedelta(microseconds=1), warehouse.zone)
        return warehouse.query(self._written(BROUGHT), period=period, reached_on=reached)

    def started(self) -> str:
        """SQL of those who started in a period: customer_id, label, start_in. It binds $start_on and $end_on."""
        return self._written(STARTED)

    def _sales(self) -> str:
        lines, money, uncosted = OF_MONEY[self.money]
        sales = SALES.replace("{lines}", lines).replace("{money}", money).replace("{uncosted}", uncosted)
        if self.money == "margin":
            sales = sales.replace("where customer_id is not null", NOT_CANCELLED)
        return sales

    def _written(self, sql: str) -> str:
        picked = {"campaign": "campaign_id", "channel": "channel"}.get(self.start, "")
        parts = {
            "sales": self._sales(),
            "lives": SIGN_UPS if self.start == "sign_up" else FIRSTS,
            "label": f"nullif(arg_min(coalesce({picked}, ''), ordered_at), '')" if picked else "cast(null as varchar)",
            "first_period": self._first_day("local_day(first_at)"),
            "signed_up": self._first_day("local_day(created_at)"),
            "happened": self._first_day("local_day(s.ordered_at)"),
            "running": self._first_day("cast($today as date)"),
            "reached": self._first_day("cast($reached_on as date)"),
        }
        for place, part in parts.items():
            sql = sql.replace("{" + place + "}", part)
        return sql

    def _first_day(self, day: str) -> str:
        return FIRST_DAYS[self.grain].replace("{day}", day)


def notes_of(placed: Placed, found: CohortValue, rows: Rows, *, is_simple: bool) -> tuple[Note, ...]:
    """What must be known to read the values of these cohorts."""
    notes = [*notes_on_small(placed.together)]
    if not len(placed.names):
        notes.append(Note(_("Nobody started in this period."), "few"))
    if (found.size < SHOWN_FROM).any():
        notes.append(Note(_("Of fewer than 5 customers no value is shown."), "few"))
    if is_simple and (found.simple()[1] < SHOWN_FROM).any():
        notes.append(Note(_("A mean of fewer than 5 cohorts is not shown."), "few"))
    if unconverted := int(np.nansum(rows.numbers("unconverted"))):
        message = _(
            "{n} order in a currency without a rate counts as a purchase, its money does not.",
            "{n} orders in a currency without a rate count as purchases, their money does not.",
            n=unconverted,
        )
        notes.append(Note(message, "warn"))
    return tuple(notes)
