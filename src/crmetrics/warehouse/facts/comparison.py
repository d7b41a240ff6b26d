"""The cases that people are compared by: how many each had in each kind of work, and how many of them went well."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from crmetrics.warehouse.facts.closings import CLOSED_BY, WITH_CLOSER
from crmetrics.warehouse.facts.fact import Derived
from crmetrics.warehouse.facts.pipeline import WORKED_UNTIL

# not of `closed_deals`: that knows the rate of every deal, which is half the work
WON: Final = f"""
select d.deal_id as case_id, {CLOSED_BY} as owner_id, d.source as first_part, c.size_band as second_part, d.is_won as is_hit
from {WITH_CLOSER}
left join customers c on c.customer_id = d.customer_id
where d.closed_at >= $start and d.closed_at < $end
"""

QUOTED: Final = """
with quoted as (
    select deal_id, case when deal_id is null then quote_id end as quote_id, min(quote_id) as case_id, min(sent_at) as sent_at,
           min(owner_id) as owner_id, min(customer_id) as customer_id,
           count(accepted_at) > 0 as is_accepted, count(rejected_at) > 0 or min(expires_on) < $today as is_over
    from quotes
    where sent_at is not null
    group by deal_id, case when deal_id is null then quote_id end
)
select q.case_id, case when d.deal_id is null then q.owner_id else d.closed_by end as owner_id, d.source as first_part,
       c.size_band as second_part, coalesce(d.is_won, q.is_accepted) as is_hit
from quoted q
left join closed_deals d on d.deal_id = q.deal_id
left join customers c on c.customer_id = coalesce(d.customer_id, q.customer_id)
where q.sent_at >= $start and q.sent_at < $end
  and (d.deal_id is not null or (q.deal_id is null and (q.is_accepted or q.is_over)))
"""
"""Deals with a sent quote, a quote without a deal being a case of its own; undecided ones wait (R13). A case is named by a quote."""

SOLVED: Final = f"""
with solved as (
    select ticket_id, min(occurred_at) as solved_at
    from ticket_events
    where kind = 'status' and event_value in ('solved', 'closed')
    group by ticket_id
),
steps as (
    select t.ticket_id, t.owner_id, t.category, t.priority, s.solved_at,
           count(*) filter (where e.kind = 'reply' and e.actor_kind = 'agent' and coalesce(e.is_public, true)
                            and e.occurred_at <= s.solved_at) as replies,
           min(case when e.kind = 'status' and e.event_value in ('new', 'open', 'pending', 'hold')
                     and e.occurred_at > s.solved_at then e.occurred_at end) as reopened_at
    from tickets t
    join solved s on s.ticket_id = t.ticket_id
    join ticket_events e on e.ticket_id = t.ticket_id
    where s.solved_at >= $start and s.solved_at < $end and not coalesce(t.is_spam, false)
    group by t.ticket_id, t.owner_id, t.category, t.priority, s.solved_at
),
again as (
    select t.ticket_id, min(o.created_at) as again_at
    from tickets t
    join solved s on s.ticket_id = t.ticket_id
    join tickets o on o.customer_id = t.customer_id and o.category = t.category
    where o.created_at > s.solved_at and o.ticket_id <> t.ticket_id and not coalesce(o.is_spam, false)
    group by t.ticket_id
),
judged as (
    select p.ticket_id, p.owner_id, p.category, p.priority, p.replies,
           least({WORKED_UNTIL.format(day="r", at="p.reopened_at")}, {WORKED_UNTIL.format(day="a", at="n.again_at")})
               - {WORKED_UNTIL.format(day="s", at="p.solved_at")} as came_back,
           {WORKED_UNTIL.format(day="w", at="$as_of")} - {WORKED_UNTIL.format(day="s", at="p.solved_at")} as passed
    from steps p
    left join again n on n.ticket_id = p.ticket_id
    left join working_days s on s.day_on = local_day(p.solved_at)
    left join working_days r on r.day_on = local_day(p.reopened_at)
    left join working_days a on a.day_on = local_day(n.again_at)
    left join working_days w on w.day_on = local_day($as_of)
)
select ticket_id as case_id, owner_id, category as first_part, priority as second_part,
       replies = 1 and coalesce(came_back > 5 * 86400, true) as is_hit
from judged
where replies > 0 and passed >= 5 * 86400
"""
"""Tickets solved for the first time and old enough to be judged (`service.fcr`): with one reply, and quiet for 5 business days."""

SATISFIED: Final = """
select a.response_id as case_id, coalesce(r.owner_id, t.owner_id) as owner_id, t.category as first_part, t.priority as second_part,
       a.is_satisfied as is_hit
from survey_answers a
join responses r on r.response_id = a.response_id
left join tickets t on t.ticket_id = r.ticket_id
where a.kind = 'csat' and a.score is not null and a.answered_at >= $start and a.answered_at < $end
"""
"""Answers about satisfaction (`service.csat`), by who is named in them, else by whose ticket they are about."""

_COUNTED: Final = """
select owner_id, first_part, second_part, count(*) filter (where is_hit) as hits, count(*) as cases
from ({cases}) cases
group by owner_id, first_part, second_part
order by owner_id, first_part, second_part
"""
CASES: Final = MappingProxyType({"win_rate": WON, "quote_to_sale": QUOTED, "fcr": SOLVED, "csat": SATISFIED})
"""Metric -> its cases: whose each is, its kind in two parts (deal source and size, or ticket category and priority), whether it went
well."""
CASES_BY_OWNER: Final = MappingProxyType({metric: _COUNTED.format(cases=cases) for metric, cases in CASES.items()})
"""The same counted for each owner and kind."""

COMPARED_CASES: Final = MappingProxyType(
    {
        metric: Derived(
            f"compared_{metric}",
            key="employee_id",
            table="employees",
            sql=f"select case_id, owner_id as employee_id, is_hit from ({cases}) cases where owner_id is not null",
        )
        for metric, cases in CASES.items()
    }
)
"""The cases that people are held against: of the whole company, each belonging to whom it counts for, whoever has it now (R23)."""
