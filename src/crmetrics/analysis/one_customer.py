"""One customer with all that is recorded of him: who it is, what he bought, what is open, and what happened when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from crmetrics.analysis.timeline import SHOWN_EVENTS, Happening
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, local_day, midnight, months_later
from crmetrics.warehouse.warehouse import Warehouse

_ = words("customer")

MONTHS: Final = 24
KINDS: Final = ("order", "deal", "contact", "ticket", "feedback", "money", "contract")
"""What a timeline tells of; `contact` are calls, meetings and messages, `contract` subscriptions."""

_PROFILE: Final = "select * from customers where customer_id = $customer"
_CONTACTS: Final = "select name, job_title, email, phone from contacts where customer_id = $customer order by name, contact_id limit 20"

_VALUE: Final = """
select sum(case when ordered_at >= $start then net end) as net, sum(case when ordered_at >= $year then net end) as year,
       sum(case when ordered_at < $year and ordered_at >= $start then net end) as year_before,
       sum(case when ordered_at >= $start then net - full_cost end) as margin,
       sum(case when ordered_at >= $start and full_cost is not null then net end) as costed
from costed_lines
where customer_id = $customer and not is_cancelled and ordered_at < $end
"""
"""Net sales in the two years before as-of and in each of them, margin where costs are known."""

_PURCHASES: Final = """
select count(*) as orders, min(ordered_at) as first_at, max(ordered_at) as last_at
from purchases
where customer_id = $customer and ordered_at < $as_of
"""
"""Purchases of all time (R9): what only came back is none."""

_GAP: Final = """
select median(days) as days
from (
    select cast(days_between(lag(day_on) over (order by day_on), day_on) as double) as days
    from (select local_day(ordered_at) as day_on from purchases where customer_id = $customer group by local_day(ordered_at)) bought
) gaps
"""
_BY_MONTH: Final = """
select substring(cast(calendar_month(local_day(ordered_at)) as varchar), 1, 7) as month, sum(net) as net
from sales_lines
where customer_id = $customer and ordered_at >= $start and ordered_at < $end
group by 1
order by 1
"""
_BOUGHT: Final = """
select coalesce(p.category, p.name, l.product_id) as name, sum(l.net) as net, count(distinct l.order_id) as orders
from sales_lines l
left join products p on p.product_id = l.product_id
where l.customer_id = $customer and l.ordered_at >= $start and l.ordered_at < $end
group by 1
order by net desc nulls last, name
limit 6
"""
_OPEN_DEALS: Final = """
select deal_id, name, stage, converted(amount, company_rate) as amount, expected_close_on, owner_id
from deals
where customer_id = $customer and is_won is null
order by expected_close_on nulls last, deal_id
limit 20
"""
_OPEN_TICKETS: Final = """
select ticket_id, subject, category, priority, created_at, is_complaint
from tickets
where customer_id = $customer and resolved_at is null and closed_at is null and not coalesce(is_spam, false)
order by created_at, ticket_id
limit 20
"""

_NOTHING: Final = "cast(null as varchar)"
_TIMELINE: Final = f"""
select at, kind, what, id, said, amount, tone
from (
    select ordered_at as at, 'order' as kind,
           case when is_cancelled then 'cancelled' when net < 0 then 'returned' else 'ordered' end as what,
           order_id as id, {_NOTHING} as said, net as amount, case when net < 0 or is_cancelled then 'bad' else 'good' end as tone
    from (select order_id, ordered_at, is_cancelled, sum(net) as net from ordered_lines where customer_id = $customer
          group by order_id, ordered_at, is_cancelled) orders
    union all
    select created_at, 'deal', 'created', deal_id, name, converted(amount, company_rate), 'info'
    from deals where customer_id = $customer and created_at is not null
    union all
    select closed_at, 'deal', case when is_won then 'won' else 'lost' end, deal_id, coalesce(loss_reason, name),
           converted(amount, company_rate), case when is_won then 'good' else 'bad' end
    from deals where customer_id = $customer and is_won is not null and closed_at is not null
    union all
    select sent_at, 'deal', 'quoted', quote_id, {_NOTHING}, converted(amount, company_rate), 'info'
    from quotes where customer_id = $customer and sent_at is not null
    union all
    select done_at, 'contact', kind, activity_id, subject, cast(null as decimal(18, 4)), 'info'
    from activities where customer_id = $customer and done_at is not null
    union all
    select created_at, 'ticket', case when is_complaint then 'complained' else 'asked' end, ticket_id, coalesce(subject, category),
           cast(null as decimal(18, 4)), case when is_complaint then 'bad' else 'info' end
    from tickets where customer_id = $customer and not coalesce(is_spam, false)
    union all
    select resolved_at, 'ticket', 'resolved', ticket_id, coalesce(subject, category), cast(null as decimal(18, 4)), 'good'
    from tickets where customer_id = $customer and resolved_at is not null and not coalesce(is_spam, false)
    union all
    select answered_at, 'feedback', kind, cast(score as varchar), body, cast(null as decimal(18, 4)), 'info'
    from responses where customer_id = $customer and answered_at is not null
    union all
    select cast(paid_on as timestamp), 'money', 'paid', coalesce(invoice_id, payment_id), {_NOTHING},
           converted(amount, company_rate), 'info'
    from payments where customer_id = $customer
    union all
    select cast(started_on as timestamp), 'contract', 'started', subscription_id, plan, converted(monthly_amount, company_rate), 'good'
    from subscriptions where customer_id = $customer
    union all
    select cast(ended_on as timestamp), 'contract', 'ended', subscription_id, coalesce(end_reason, plan),
           converted(monthly_amount, company_rate), 'bad'
    from subscriptions where customer_id = $customer and ended_on <= $today
) happened
where at < $as_of and ($kind = '' or kind = $kind)
order by at desc, kind, what, id
limit {SHOWN_EVENTS}
"""


@dataclass(frozen=True, slots=True)
class Customer:
    """What is recorded of one customer. Money in company currency; a part of which nothing is known is empty or None.

    value     net, year, year_before, margin, costed (two years), orders, first_at, last_at (all time)
    gap       the median days between days with a purchase; None with fewer than two
    by_month  (month, net sales) of the last 24 months, those without any among them
    bought    (category, net sales, orders), the most money first
    """

    customer_id: str
    today: date
    profile: Mapping[str, Any]
    contacts: tuple[Mapping[str, Any], ...]
    value: Mapping[str, Any]
    gap: float | None
    by_month: tuple[tuple[str, float], ...]
    bought: tuple[tuple[str, float | None, int], ...]
    open_deals: tuple[Mapping[str, Any], ...]
    open_tickets: tuple[Mapping[str, Any], ...]
    timeline: tuple[Happening, ...]
    names: Mapping[str, str]
    last_on: date | None

    @property
    def silent_days(self) -> int | None:
        """Days since the last purchase."""
        return (self.today - self.last_on).days if self.last_on else None


def customer_of(warehouse: Warehouse, customer_id: str, kind: str = "") -> Customer:
    """Gather what is recorded of a customer, under the warehouse's scope; `kind` picks one of KINDS for the timeline.

    UnknownName if there is no such customer, or none whom the viewer sees: the two are not told apart.
    """
    if kind not in ("", *KINDS):
        raise UnknownName(_("'{kind}' is not in a timeline. There are: {kinds}.", kind=kind, kinds=", ".join(KINDS)))
    found = [*warehouse.query(_PROFILE, customer=customer_id).records()]
    if not found:
        raise UnknownName(_("There is no customer '{customer}' whom you may see.", customer=customer_id))
    today = warehouse.today
    year, start = (months_later(today, -months) for months in (12, MONTHS))
    two_years = Period(start, today)
    ask: dict[str, Any] = {"customer": customer_id}
    value = warehouse.query(_VALUE, period=two_years, year=midnight(year, warehouse.zone), **ask).one()
    value |= warehouse.query(_PURCHASES, **ask).one()
    months = warehouse.query(_BY_MONTH, period=two_years, **ask)
    by_month = dict(zip(months.values("month"), months.values("net"), strict=True))
    open_deals = tuple(warehouse.query(_OPEN_DEALS, **ask).records())
    profile = {
        name: told for name, told in found[0].items() if told is not None and name not in ("party", "company_rate")
    }
    people = [profile.get("owner_id"), *(deal["owner_id"] for deal in open_deals)]
    ids = [str(each) for each in dict.fromkeys(people) if each]
    names = warehouse.names_of("employees", "name", ids) if ids and warehouse.profile.rows("employees") else {}
    return Customer(
        customer_id,
        today,
        profile,
        tuple(warehouse.query(_CONTACTS, **ask).records()),
        value,
        warehouse.query(_GAP, **ask).one()["days"],
        tuple((month, float(by_month.get(month) or 0.0)) for month in _months(start, today)),
        tuple(
            (row["name"], row["net"], row["orders"])
            for row in warehouse.query(_BOUGHT, period=two_years, **ask).records()
        ),
        open_deals,
        tuple(warehouse.query(_OPEN_TICKETS, **ask).records()),
        tuple(Happening(**row) for row in warehouse.query(_TIMELINE, kind=kind, **ask).records()),
        names,
        local_day(value["last_at"], warehouse.zone) if value["last_at"] else None,
    )


def _months(start: date, today: date) -> list[str]:
    """The months from that of `start` to that of the day before `today`."""
    last, found = today - timedelta(days=1), []
    month = start.replace(day=1)
    while month <= last:
        found.append(f"{month:%Y-%m}")
        month = months_later(month, 1)
    return found
