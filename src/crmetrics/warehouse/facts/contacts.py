"""When our people were in contact with a prospect: the first time on a lead, on a deal, on either."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.fact import Derived, Fact

CONTACTS: Final = Fact(
    "contacts_made",
    parties={"activities": "a"},
    sql="""
    select activity_id, deal_id, lead_id, customer_id, owner_id, kind, is_from_us, contacted_at, party
    from (
        select a.activity_id, a.deal_id, a.lead_id, a.customer_id, a.owner_id, a.kind, a.direction, {party} as party,
               coalesce(a.direction, '') in ('out', 'both') or a.kind in ('meeting', 'visit', 'appointment')
                   or (a.kind = 'call' and coalesce(a.outcome, '') = 'answered') as is_from_us,
               case when a.done_at is not null then a.done_at
                    when a.kind in ('email', 'chat') and a.due_at is null then a.created_at end as contacted_at
        from activities a
        where a.kind in ('call', 'email', 'chat', 'meeting', 'visit', 'appointment')
          and coalesce(a.outcome, '') not in ('cancelled', 'no_show')
    ) a
    where contacted_at is not null and (is_from_us or (coalesce(direction, '') = 'in' and kind in ('email', 'chat')))
    """,
)
"""Contacts that took place: outbound ones, answered or not, and two-way ones (data model). Tasks and notes are none.

contacted_at  when it was done; a message is done when it was written down, unless it is planned
is_from_us    not merely a message of the prospect, which answers nobody
"""

LEAD_REPLIES: Final = Derived(
    "lead_replies",
    key="lead_id",
    table="leads",
    sql="""
    select l.lead_id, least(o.replied_at, d.replied_at) as replied_at
    from leads l
    left join (
        select lead_id, min(contacted_at) as replied_at
        from contacts_made
        where lead_id is not null and is_from_us
        group by lead_id
    ) o on o.lead_id = l.lead_id
    left join (
        select deal_id, min(contacted_at) as replied_at
        from contacts_made
        where deal_id is not null and is_from_us
        group by deal_id
    ) d on d.deal_id = l.deal_id
    where o.replied_at is not null or d.replied_at is not null
    """,
)
"""Our first contact to each lead, on itself or on the deal that it became, whoever of the company made it."""

LEAD_CONTACTS: Final = Fact(
    "lead_contacts",
    parties={"leads": "l"},
    sql="""
    select l.lead_id, l.deal_id, l.customer_id, l.created_at, l.disqualified_at, {party} as party, r.replied_at
    from leads l
    left join lead_replies r on r.lead_id = l.lead_id
    """,
)
"""One row a lead with our first contact to it. Reads `lead_replies`: derive it first."""

QUOTE_BEGINS: Final = Derived(
    "quote_begins",
    key="deal_id",
    table="deals",
    sql="""
    select d.deal_id, coalesce(least(c.contacted_at, l.contacted_at), l.came_at) as began_at, q.sent_at
    from deals d
    left join (
        select deal_id, min(contacted_at) as contacted_at from contacts_made where deal_id is not null group by deal_id
    ) c on c.deal_id = d.deal_id
    left join (
        select l.deal_id, min(l.created_at) as came_at, min(o.contacted_at) as contacted_at
        from leads l
        left join (
            select lead_id, min(contacted_at) as contacted_at from contacts_made where lead_id is not null group by lead_id
        ) o on o.lead_id = l.lead_id
        where l.deal_id is not null
        group by l.deal_id
    ) l on l.deal_id = d.deal_id
    left join (
        select deal_id, min(sent_at) as sent_at from quotes where sent_at is not null and deal_id is not null group by deal_id
    ) q on q.deal_id = d.deal_id
    """,
)
"""When the prospect of each deal began to wait (first contact on the deal or its lead, else the lead's creation), and when the first
quote was sent: whoever has the lead, made the contact or sent the quote."""

QUOTE_WAITS: Final = Fact(
    "quote_waits",
    parties={"deals": "d"},
    sql="""
    select d.deal_id, {party} as party, d.is_won, d.closed_at, w.sent_at, coalesce(w.began_at, d.created_at) as began_at
    from deals d
    left join quote_begins w on w.deal_id = d.deal_id
    """,
)
"""One row a deal with when the prospect began to wait, at the latest with the deal, and the first quote. Reads `quote_begins`: derive
it first."""
