"""What was known of deals at some moments, each asked for what was dated before it alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from crmetrics.vocabulary.period import midnight
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

DEALS: Final = 15_000
WEEKS: Final = 8

# Of each deal decided since $since some of the week ends of its life, evenly apart; of too many deals every so-manieth by the
# day of the decision. Chosen by counting, for chance would choose otherwise on another engine.
PAST_WEEK_ENDS: Final = """
    select deal_id, seen_at
    from (
        select d.deal_id, w.seen_at,
               row_number() over (partition by d.deal_id order by w.seen_at) as week,
               count(*) over (partition by d.deal_id) as weeks
        from (
            select deal_id, created_at, closed_at, row_number() over (order by closed_at, deal_id) as place, count(*) over () as deals
            from deals
            where closed_at >= $since and seconds_between(created_at, closed_at) > 172800
        ) d
        join (values {weeks}) as w (seen_at) on w.seen_at > d.created_at and w.seen_at <= d.closed_at
        where floor(d.place * least($most_deals, d.deals) / d.deals) > floor((d.place - 1) * least($most_deals, d.deals) / d.deals)
    ) lived
    where floor(week * least($most_weeks, weeks) / weeks) > floor((week - 1) * least($most_weeks, weeks) / weeks)
"""
NOW: Final = "select deal_id, $as_of as seen_at from deals where is_won is null"

# Everything is asked for what was dated before seen_at alone. What a history has changed since is taken back.
STATES: Final = """
with moments as ({moments}),
stood as (
    select m.deal_id, m.seen_at, arg_max(v.stage, v.entered_at) as stage, max(v.entered_at) as entered_at
    from moments m
    join deal_stages v on v.deal_id = m.deal_id and v.entered_at < m.seen_at
    group by m.deal_id, m.seen_at
),
changed as (
    select m.deal_id, m.seen_at,
           arg_min(coalesce(c.old_value, ''), c.changed_at)
               filter (where c.field_name = 'amount' and c.changed_at >= m.seen_at) as amount,
           arg_min(coalesce(c.old_value, ''), c.changed_at)
               filter (where c.field_name = 'owner_id' and c.changed_at >= m.seen_at) as owner_id,
           count(*) filter (where c.field_name = 'expected_close_on' and c.changed_at < m.seen_at
                                  and try_cast(c.new_value as date) > try_cast(c.old_value as date)) as pushes
    from moments m
    join deal_changes c on c.deal_id = m.deal_id
    group by m.deal_id, m.seen_at
),
done as (
    select m.deal_id, m.seen_at, a.kind, coalesce(a.direction, '') as direction, a.created_at, a.due_at,
           case when a.done_at < m.seen_at then a.done_at end as done_at,
           case when a.done_at is null or a.done_at < m.seen_at then coalesce(a.outcome, '') else '' end as outcome
    from moments m
    join activities a on a.deal_id = m.deal_id and a.created_at < m.seen_at
),
met as (
    select deal_id, seen_at,
           max(case when outcome in ('cancelled', 'no_show', 'no_answer') then null
                    when done_at is not null and (kind in ('meeting', 'visit') or direction = 'both'
                                                  or (kind = 'call' and outcome = 'answered')) then done_at
                    when direction = 'in' and kind in ('email', 'chat') then coalesce(done_at, created_at) end) as talked_at,
           count(case when done_at is null and due_at >= seen_at and outcome <> 'cancelled' then 1 end) as planned
    from done
    group by deal_id, seen_at
),
quoted as (
    select m.deal_id, m.seen_at, count(*) as quotes
    from moments m
    join quotes q on q.deal_id = m.deal_id and q.sent_at < m.seen_at
    group by m.deal_id, m.seen_at
),
brought as (select deal_id, min(source) as source from leads where deal_id is not null group by deal_id)
select s.*, e.team, converted(s.worth, s.company_rate) as money
from (
    select m.deal_id, m.seen_at, d.pipeline, v.stage, d.is_won, d.closed_at, d.company_rate, k.industry,
           coalesce(d.source, b.source) as source,
           case when c.owner_id is null then d.owner_id else nullif(c.owner_id, '') end as owner_id,
           case when c.amount is null then d.amount else try_cast(nullif(c.amount, '') as decimal(18, 4)) end as worth,
           seconds_between(d.created_at, m.seen_at) / 86400 as age,
           seconds_between(v.entered_at, m.seen_at) / 86400 as stay,
           seconds_between(case when t.talked_at > d.created_at or d.created_at is null then t.talked_at else d.created_at end,
                           m.seen_at) / 86400 as silence,
           coalesce(t.planned, 0) as planned, coalesce(q.quotes, 0) as quotes, coalesce(c.pushes, 0) as pushes
    from moments m
    join deals d on d.deal_id = m.deal_id
    left join stood v on v.deal_id = m.deal_id and v.seen_at = m.seen_at
    left join changed c on c.deal_id = m.deal_id and c.seen_at = m.seen_at
    left join met t on t.deal_id = m.deal_id and t.seen_at = m.seen_at
    left join quoted q on q.deal_id = m.deal_id and q.seen_at = m.seen_at
    left join customers k on k.customer_id = d.customer_id
    left join brought b on b.deal_id = m.deal_id
) s
left join employees e on e.employee_id = s.owner_id
order by s.deal_id, s.seen_at
"""


def week_ends(warehouse: Warehouse, since: datetime) -> list[datetime]:
    """The UTC instants at which the company's weeks ended, from `since` to as-of."""
    today = warehouse.today
    day = today - timedelta(days=(today.isoweekday() - warehouse.week_start) % 7)
    found = []
    while (instant := midnight(day, warehouse.zone)) > since:
        found.append(instant)
        day -= timedelta(days=7)
    return found[::-1]


def past_states(warehouse: Warehouse, since: datetime, weeks: Sequence[datetime]) -> Rows:
    """The states at past week ends of deals decided since then: at most 15,000 deals, at most eight week ends each."""
    listed = ", ".join(f"(cast('{week.isoformat(' ')}' as timestamp))" for week in weeks)
    sql = STATES.replace("{moments}", PAST_WEEK_ENDS.replace("{weeks}", listed))
    return warehouse.query(sql, since=since, most_deals=DEALS, most_weeks=WEEKS)


def present_states(warehouse: Warehouse) -> Rows:
    """The states of the open deals at as-of."""
    return warehouse.query(STATES.replace("{moments}", NOW))
