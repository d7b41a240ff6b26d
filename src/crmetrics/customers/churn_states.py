"""What was known of each customer on a day who may still leave: asked for what was dated before that day alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from crmetrics.vocabulary.period import midnight
from crmetrics.warehouse.facts.buying_days import BUYING_DAYS, FIRST_OF_CATEGORY
from crmetrics.warehouse.facts.stays import STAYS
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

Basis = Literal["purchases", "subscriptions"]

TAUGHT: Final = 200_000
"""So many customers at most are learned from and tested on."""
EVERYBODY: Final = 1_000_000_000

SIGNALS: Final = """
asked as (
    select customer_id,
           count(case when is_complaint and (resolved_at is null or resolved_at >= $origin_at) then 1 end) as open_complaints,
           count(case when is_complaint and created_at >= $before_at then 1 end) as complaints,
           count(case when created_at >= $recent_at then 1 end) as tickets_now,
           count(case when created_at >= $before_at and created_at < $recent_at then 1 end) as tickets_before
    from tickets
    where customer_id is not null and created_at < $origin_at and not coalesce(is_spam, false)
    group by customer_id
),
said as (
    select customer_id, arg_max(case when kind = 'nps' then score / 10 else (score - 1) / (scale_max - 1) end, answered_at) as satisfaction
    from survey_answers
    where customer_id is not null and score is not null and answered_at < $origin_at
    group by customer_id
),
owed as (
    select i.customer_id, i.invoice_id, i.due_on, max(i.amount) as amount, sum(p.amount) as paid, max(p.paid_on) as paid_on
    from invoices i
    left join payments p on p.invoice_id = i.invoice_id and p.paid_on < $origin
    where i.due_on < $origin and i.issued_on >= $year_before and i.issued_on < $origin and i.amount > 0
    group by i.customer_id, i.invoice_id, i.due_on
),
late as (
    select customer_id, max(days_between(due_on, case when paid >= amount - 1e-2 then paid_on else $origin end)) as days_late
    from owed
    group by customer_id
),
met as (
    select customer_id, count(case when created_at >= $recent_at then 1 end) as contacts_now,
           count(case when created_at < $recent_at then 1 end) as contacts_before
    from activities
    where customer_id is not null and created_at >= $before_at and created_at < $origin_at
    group by customer_id
),
seen as (
    select customer_id,
           count(case when is_use and occurred_at >= $recent_at then 1 end) as uses_now,
           count(case when is_use and occurred_at < $recent_at then 1 end) as uses_before,
           count(case when not is_use and occurred_at >= $recent_at then 1 end) as visits_now,
           count(case when not is_use and occurred_at < $recent_at then 1 end) as visits_before
    from (
        select customer_id, occurred_at, kind in ('login', 'usage') as is_use
        from events
        where customer_id is not null and kind <> 'purchase' and not coalesce(is_bot, false)
          and occurred_at >= $before_at and occurred_at < $origin_at
    ) acts
    group by customer_id
),
read as (
    select customer_id, count(case when opened_at >= $recent_at then 1 end) as opens_now,
           count(case when opened_at < $recent_at then 1 end) as opens_before
    from campaign_members
    where opened_at >= $before_at and opened_at < $origin_at and not coalesce(is_machine_open, false)
    group by customer_id
)
"""

CHOSEN: Final = """
queue as (select h.*, row_number() over (order by h.customer_id) as place, count(*) over () as everybody from history h),
chosen as (
    select *
    from queue
    where floor(place * least($most, everybody) / everybody) > floor((place - 1) * least($most, everybody) / everybody)
),
"""

BUYERS: Final = """
with history as (
    select customer_id, count(case when orders > 0 then 1 end) as days, min(case when orders > 0 then day_on end) as first_on,
           max(case when orders > 0 then day_on end) as last_on,
           count(case when orders > 0 and day_on >= $recent then 1 end) as days_now,
           count(case when orders > 0 and day_on >= $before and day_on < $recent then 1 end) as days_before,
           sum(case when day_on >= $recent then net else 0 end) as net_now,
           sum(case when day_on >= $before and day_on < $recent then net else 0 end) as net_before,
           sum(case when orders > 0 then net else 0 end) as net,
           sum(case when day_on >= $before then sold else 0 end) as sold,
           sum(case when day_on >= $before then returned else 0 end) as returned,
           sum(case when day_on >= $before then discount else 0 end) as discount
    from buying_days
    where day_on < $origin
    group by customer_id
    having max(case when orders > 0 then day_on end) >= $recent
),
{chosen}
back as (
    select customer_id from buying_days where day_on >= $origin and day_on < $after and orders > 0 group by customer_id
),
wide as (select customer_id, count(*) as categories from first_of_category where first_on < $origin group by customer_id),
{signals}
select h.*, $origin as origin, b.customer_id is null as is_lost, coalesce(w.categories, 0) as categories, {signal_columns}
from chosen h
left join back b on b.customer_id = h.customer_id
left join wide w on w.customer_id = h.customer_id
{signal_joins}
order by h.customer_id
"""

SUBSCRIBERS: Final = """
with {stays},
history as (
    select customer_id, max(from_on) as from_on, max(lost_on) as lost_on
    from stays
    where from_on < $origin and lost_on >= $origin
    group by customer_id
),
{chosen}
paid_for as (
    select customer_id, max(case when is_now then plan end) as plan, cast(sum(case when is_now then money end) as double) as money_now,
           cast(sum(case when is_then then money end) as double) as money_before, sum(case when is_now then seats end) as seats,
           count(case when started_on >= $before then 1 end) as starts
    from (
        select customer_id, plan, seats, started_on, converted(monthly_amount, company_rate) as money,
               ended_on is null or ended_on >= $origin as is_now,
               started_on < $recent and (ended_on is null or ended_on >= $recent) as is_then
        from subscriptions
        where started_on < $origin
    ) spans
    group by customer_id
),
{signals}
select h.customer_id, h.from_on as first_on, h.lost_on, $origin as origin, h.lost_on < $after as is_lost,
       u.plan, u.money_now, u.money_before, u.seats, u.starts, {signal_columns}
from chosen h
join paid_for u on u.customer_id = h.customer_id
{signal_joins}
order by h.customer_id
"""
COLUMNS: Final = {
    "a": ("open_complaints", "complaints", "tickets_now", "tickets_before"),
    "m": ("contacts_now", "contacts_before"),
    "v": ("uses_now", "uses_before", "visits_now", "visits_before"),
    "r": ("opens_now", "opens_before"),
}
TABLE_OF: Final = {"a": "asked", "s": "said", "l": "late", "m": "met", "v": "seen", "r": "read"}
USUAL_GAP: Final = "select median(gap) as gap, count(gap) as gaps from buying_days where day_on < $origin"
LONG_GAP: Final = "select percentile_cont(9e-1) within group (order by gap) as gap from buying_days where day_on < $origin"  # fmt: skip


def prepare(company: Warehouse) -> None:
    """Make what is asked for every day of the past."""
    company.derive(BUYING_DAYS)
    company.derive(FIRST_OF_CATEGORY)


@dataclass(frozen=True)
class Span:
    """The days looked back (the window) and ahead (the horizon)."""

    basis: Basis
    window: int
    horizon: int

    def states(self, company: Warehouse, origin: date, most: int = EVERYBODY) -> Rows:
        """The customers who may leave after the midnight that begins a day, at most so many, as they were known then.

        is_lost  whether they left within the horizon; means nothing where the horizon has not passed
        """
        days = {"origin": origin, "recent": origin - timedelta(days=self.window)}
        days |= {"before": origin - timedelta(days=2 * self.window), "year_before": origin - timedelta(days=365)}
        values: dict[str, Any] = {**days, "after": origin + timedelta(days=self.horizon), "most": most}
        values |= {f"{name}_at": midnight(days[name], company.zone) for name in ("origin", "recent", "before")}
        if self.basis == "subscriptions":
            values["grace"] = 0
        return company.query(_SQL[self.basis], **values)


def _written(sql: str) -> str:
    columns = ["s.satisfaction", "l.days_late"]
    columns += [f"coalesce({alias}.{name}, 0) as {name}" for alias, names in COLUMNS.items() for name in names]
    joins = [f"left join {table} {alias} on {alias}.customer_id = h.customer_id" for alias, table in TABLE_OF.items()]
    parts = {"chosen": CHOSEN, "signals": SIGNALS, "stays": STAYS["subscriptions"].strip()}
    parts |= {"signal_columns": ", ".join(columns), "signal_joins": "\n".join(joins)}
    for name, text in parts.items():
        sql = sql.replace("{" + name + "}", text.strip())
    return sql


_SQL: Final[dict[Basis, str]] = {"purchases": _written(BUYERS), "subscriptions": _written(SUBSCRIBERS)}
