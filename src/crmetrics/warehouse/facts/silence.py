"""How long nobody has talked with the customer about a deal, and how long won deals were silent at most."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.fact import Derived, Fact

TALKS: Final = Fact(
    "talks",
    parties={"activities": "a"},
    sql="""
    select a.activity_id, a.deal_id, a.customer_id, a.lead_id, a.owner_id, a.kind,
           coalesce(a.done_at, a.created_at) as talked_at, {party} as party
    from activities a
    where coalesce(a.outcome, '') not in ('cancelled', 'no_show', 'no_answer')
      and case when a.done_at is null then coalesce(a.direction, '') = 'in' and a.kind in ('email', 'chat')
               when a.kind in ('meeting', 'visit') or a.direction = 'both' then true
               when a.kind = 'call' then coalesce(a.outcome, '') = 'answered'
               else coalesce(a.direction, '') = 'in' and a.kind in ('email', 'chat') end
    """,
)
"""Two-way activities: a meeting or visit that took place, an answered call, a message of the customer, or words from both sides.

A message needs no mark that it is done: it came when it was written down. Nobody talked where an appointment was not kept.
"""

OPEN_CONTACTS: Final = Derived(
    "open_contacts",
    key="deal_id",
    table="deals",
    sql="""
    with contacts as (
        select deal_id, talked_at, cast(null as timestamp) as due_at from talks
        union all
        select deal_id, cast(null as timestamp) as talked_at, due_at
        from activities
        where done_at is null and coalesce(outcome, '') <> 'cancelled' and due_at >= $as_of
    )
    select c.deal_id, max(c.talked_at) as talked_at, max(c.due_at) as next_step_at
    from contacts c
    join deals d on d.deal_id = c.deal_id
    where d.is_won is null
    group by c.deal_id
    """,
)
"""Of each open deal the last two-way activity and, if one is planned, the last next step: whoever of the company it is."""

SILENCE_LIMITS: Final = Derived(
    "silence_limits",
    key="stage",
    table="stages",
    sql="""
    with begins as (
        select d.deal_id, d.created_at as began_at from deals d where d.is_won and d.created_at is not null
        union all
        select t.deal_id, t.talked_at as began_at
        from talks t
        join deals d on d.deal_id = t.deal_id
        where d.is_won and t.talked_at < d.closed_at and (d.created_at is null or t.talked_at > d.created_at)
    ),
    silences as (
        select deal_id, began_at, lead(began_at) over (partition by deal_id order by began_at) as ended_at from begins
    ),
    longest as (
        select v.deal_id, v.pipeline, v.stage,
               max(seconds_between(s.began_at, case when s.ended_at < v.ended_at then s.ended_at else v.ended_at end)) as seconds
        from stage_visits v
        join silences s on s.deal_id = v.deal_id
        where v.is_won and not v.is_passing and s.began_at < v.ended_at and (s.ended_at is null or s.ended_at > v.entered_at)
        group by v.deal_id, v.pipeline, v.stage
    )
    select pipeline, stage, count(*) as won, percentile_cont(75e-2) within group (order by seconds) / 86400 as days
    from longest
    group by pipeline, stage
    """,
)
"""How long three quarters of the won deals were silent at most while in each stage: the days without a two-way activity that they
had reached there, since the last one or since they were created. `won`: so many deals stand behind it."""

STAY_LIMITS: Final = Derived(
    "stay_limits",
    key="stage",
    table="stages",
    sql="""
    with stays as (
        select deal_id, pipeline, stage, sum(seconds_between(entered_at, ended_at)) as seconds
        from stage_visits
        where is_won and not is_passing
        group by deal_id, pipeline, stage
    )
    select pipeline, stage, count(*) as won, percentile_cont(75e-2) within group (order by seconds) / 86400 as days,
           percentile_cont(5e-1) within group (order by seconds) / 86400 as usual
    from stays
    group by pipeline, stage
    """,
)
"""How long three quarters of the won deals stayed in each stage at most, in days, all visits of one summed; `usual`: half of them;
`won`: so many deals."""

DEAL_SILENCES: Final = Fact(
    "deal_silences",
    parties={"deals": "d"},
    sql="""
    select d.deal_id, d.name, d.owner_id, d.pipeline, d.stage, d.amount, d.company_rate, d.expected_close_on,
           coalesce(d.probability, s.probability) as probability, c.next_step_at,
           case when c.talked_at > d.created_at or d.created_at is null then c.talked_at else d.created_at end as silent_from,
           case when l.won >= 10 then l.days else 30e0 end as silence_limit, coalesce(l.won, 0) as won, {party} as party
    from deals d
    left join stages s on s.pipeline = d.pipeline and s.stage = d.stage
    left join open_contacts c on c.deal_id = d.deal_id
    left join silence_limits l on l.pipeline = d.pipeline and l.stage = d.stage
    where d.is_won is null
    """,
)
"""Open deals with the moment since which nobody has talked with the customer, and how long that may last in their stage, in days.

Reads `open_contacts` and `silence_limits`: derive them first. Where fewer than ten deals were won the limit is thirty days.
"""

STALE_DEALS: Final = """
with stays as (
    select v.deal_id, sum(seconds_between(v.entered_at, coalesce(v.ended_at, $as_of))) / 86400 as days
    from stage_visits v
    join deals d on d.deal_id = v.deal_id and d.stage = v.stage
    where d.is_won is null and v.is_won is null and not v.is_passing
    group by v.deal_id
),
judged as (
    select d.party, d.deal_id, d.name, d.owner_id, d.pipeline, d.stage, d.amount as agreed, d.probability, d.expected_close_on,
           converted(d.amount, d.company_rate) as amount, s.days, case when l.won >= 10 then l.days else 30e0 end as stay_limit,
           case when $is_heard then seconds_between(d.silent_from, $as_of) / 86400 end as silence, d.silence_limit,
           coalesce(l.won, 0) < 10 as is_fixed
    from deal_silences d
    left join stays s on s.deal_id = d.deal_id
    left join stay_limits l on l.pipeline = d.pipeline and l.stage = d.stage
)
select *, case when is_long and is_silent and is_past then 'stage_silence_date' when is_long and is_silent then 'stage_silence'
               when is_long and is_past then 'stage_date' when is_silent and is_past then 'silence_date'
               when is_long then 'stage' when is_silent then 'silence' else 'date' end as reasons,
       case when is_long then 1 else 0 end + case when is_silent then 1 else 0 end + case when is_past then 1 else 0 end as score
from (
    select *, coalesce(days > stay_limit, false) as is_long, coalesce(silence > silence_limit, false) as is_silent,
           coalesce(expected_close_on < $today, false) as is_past
    from judged
) judged
where is_long or is_silent or is_past
order by deal_id
"""
"""Open deals that stand or are silent for longer than won deals did, or whose expected close is past. Binds $is_heard: whether
activities are written down at all."""
