"""What is known of a customer before a moment: traits and behaviour that may tell who will leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Traits:
    """Traits from one source.

    tables  without rows in one of these there are none
    sql     one row a customer, of rows before $known only (or $known_on, for days); $quarter_ago and $year_ago are moments 90 and
            365 days earlier, with `_on` days
    traits  name -> SQL over the alias `t` of these rows, or `c` of customers: a text; 'yes' and 'no' for what is or is not; blank
            where it is not known
    """

    name: str
    tables: tuple[str, ...]
    sql: str
    traits: dict[str, str]


def _flag(condition: str) -> str:
    return f"case when {condition} then 'yes' else 'no' end"


OF_CUSTOMERS: Final = Traits(
    "customers_known",
    ("customers",),
    "",
    {
        "source": "c.source",
        "kind": "c.kind",
        "region": "c.region",
        "industry": "c.industry",
        "size_band": "c.size_band",
        "loyalty_tier": "c.loyalty_tier",
        "not_written_to": f"case when c.customer_id is not null then {_flag('not coalesce(c.is_marketing_allowed, false)')} end",
    },
)

OF_PURCHASES: Final = Traits(
    "purchases_before",
    ("orders", "order_lines"),
    """
    select customer_id, count(case when is_purchase then 1 end) as purchases,
           max(case when is_purchase then ordered_at end) as last_at, min(case when is_purchase then ordered_at end) as first_at,
           count(case when is_purchase and ordered_at >= $half_year_ago then 1 end) as lately,
           count(case when is_purchase and ordered_at >= $year_ago and ordered_at < $half_year_ago then 1 end) as before,
           max(case when ordered_at >= $year_ago and net < sold then 1 else 0 end) as returned,
           arg_max(channel, ordered_at) as channel
    from order_totals
    where customer_id is not null and ordered_at < $known
    group by customer_id
    """,
    {
        "bought_once": f"case when t.purchases > 0 then {_flag('t.purchases = 1')} end",
        "new_customer": f"case when t.purchases > 0 then {_flag('t.first_at >= $half_year_ago')} end",
        "buys_less": f"case when t.purchases > 0 then {_flag('t.lately < t.before')} end",
        "silent": f"case when t.purchases > 0 then {_flag('t.last_at < $half_year_ago')} end",
        "returned_goods": f"case when t.purchases > 0 then {_flag('t.returned = 1')} end",
        "channel": "t.channel",
    },
)

OF_TICKETS: Final = Traits(
    "tickets_before",
    ("tickets",),
    """
    select customer_id, count(case when is_complaint and created_at >= $quarter_ago then 1 end) as complaints,
           count(case when is_complaint and created_at >= $year_ago then 1 end) as complaints_a_year,
           count(case when resolved_at is null or resolved_at >= $known then 1 end) as open_tickets
    from tickets
    where customer_id is not null and created_at < $known and not coalesce(is_spam, false)
    group by customer_id
    """,
    {
        "complained": _flag("coalesce(t.complaints, 0) > 0"),
        "complained_again": _flag("coalesce(t.complaints_a_year, 0) > 1"),
        "open_ticket": _flag("coalesce(t.open_tickets, 0) > 0"),
    },
)

OF_ANSWERS: Final = Traits(
    "answers_before",
    ("responses",),
    """
    select customer_id,
           arg_max(case when (kind = 'nps' and points < 0) or (kind <> 'nps' and not is_satisfied) then 1 else 0 end,
                   answered_at) as unhappy
    from survey_answers
    where customer_id is not null and answered_at < $known and score is not null
    group by customer_id
    """,
    {"unhappy": f"case when t.unhappy is not null then {_flag('t.unhappy = 1')} end"},
)

OF_INVOICES: Final = Traits(
    "invoices_before",
    ("invoices", "payments"),
    """
    select i.customer_id,
           max(case when p.paid_on > days_after(i.due_on, 7) or (p.paid_on is null and days_after(i.due_on, 7) < $known_on)
                    then 1 else 0 end) as late
    from invoices i
    left join (
        select invoice_id, min(paid_on) as paid_on from payments where invoice_id is not null and paid_on < $known_on group by invoice_id
    ) p on p.invoice_id = i.invoice_id
    where i.due_on >= $year_ago_on and i.due_on < $known_on and i.amount > 0
    group by i.customer_id
    """,
    {"paid_late": f"case when t.late is not null then {_flag('t.late = 1')} end"},
)

OF_ACTIVITIES: Final = Traits(
    "contacts_before",
    ("activities",),
    """
    select customer_id, max(done_at) as contact_at
    from activities
    where customer_id is not null and done_at < $known and kind not in ('note', 'task')
    group by customer_id
    """,
    {"no_contact": _flag("not coalesce(t.contact_at >= $quarter_ago, false)")},
)

OF_SUBSCRIPTIONS: Final = Traits(
    "subscriptions_before",
    ("subscriptions",),
    """
    select customer_id, min(started_on) as first_on,
           arg_max(plan, started_on) filter (where ended_on is null or ended_on >= $known_on) as plan
    from subscriptions
    where started_on < $known_on
    group by customer_id
    """,
    {
        "plan": "t.plan",
        "new_subscriber": f"case when t.first_on is not null then {_flag('t.first_on >= $half_year_ago_on')} end",
    },
)

TRAITS: Final = (
    OF_CUSTOMERS,
    OF_PURCHASES,
    OF_TICKETS,
    OF_ANSWERS,
    OF_INVOICES,
    OF_ACTIVITIES,
    OF_SUBSCRIPTIONS,
)
"""All that is looked at, source by source."""
