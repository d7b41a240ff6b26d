-- period 2025; the window is what nine of ten sales of the last 24 months took
with sent as (select deal_id, min(sent_at) as quote_at from quotes where sent_at is not null and deal_id is not null group by deal_id),
firsts as (select deal_id, arg_min(lead_id, created_at) as lead_id from leads where deal_id is not null group by deal_id),
dated as (
    select l.lead_id, l.created_at, l.qualified_at, l.disqualify_reason, coalesce(f.lead_id <> l.lead_id, false) as is_again,
           case when d.deal_id is not null then coalesce(d.created_at, l.qualified_at, l.created_at) end as deal_at, s.quote_at,
           case when d.is_won then d.closed_at end as won_at,
           case when d.deal_id is null then l.disqualified_at when not d.is_won then d.closed_at end as lost_at,
           d.amount * case when d.currency is null or d.currency = 'GBP' then 1 when d.closed_at is null then q.rate else r.rate end as money
    from leads l
    left join deals d on d.deal_id = l.deal_id
    left join sent s on s.deal_id = l.deal_id
    left join firsts f on f.deal_id = l.deal_id
    left join meta.daily_rates r on r.currency = d.currency and r.day_on = cast(timezone('Europe/London', timezone('UTC', d.closed_at)) as date)
    left join meta.latest_rates q on q.currency = d.currency
),
usual as (
    select ceil(quantile_cont(date_diff('second', created_at, won_at) / 86400, 0.9)) * 86400 as seconds
    from dated where won_at >= timestamp '2024-11-01' and not is_again and won_at >= created_at
),
timed as (
    select d.*, date_diff('second', created_at, timestamp '2026-11-01') < seconds as is_pending,
           not is_again and coalesce(not regexp_matches(lower(disqualify_reason), 'spam|test|duplicate|fake|junk') or deal_at is not null, true) as is_lead,
           case when date_diff('second', created_at, quote_at) <= seconds then 4 when date_diff('second', created_at, deal_at) <= seconds then 3
                when date_diff('second', created_at, qualified_at) <= seconds then 2 else 1 end as place,
           coalesce(date_diff('second', created_at, won_at) <= seconds, false) as is_won,
           coalesce(date_diff('second', created_at, lost_at) <= seconds, false) as is_lost
    from dated d, usual
    where created_at >= timestamp '2025-01-01' and created_at < timestamp '2026-01-01'
),
steps as (
    select s.step, count(*) filter (where not is_pending and (is_won or place >= s.step)) as leads,
           count(*) filter (where not is_pending and not is_won and is_lost and place = s.step) as lost,
           count(*) filter (where is_pending and (is_won or place >= s.step)) as pending, sum(money) filter (where not is_pending and (is_won or place >= s.step)) as amount
    from timed t cross join (values (1), (2), (3), (4), (5)) as s (step)
    where is_lead group by s.step
)
select first(leads order by step) as leads, last(leads order by step) as moved, last(leads order by step) / first(leads order by step) as next_rate,
       sum(lost) as lost, first(pending order by step) as pending, last(amount order by step) as amount, first(leads order by step) as used,
       first(pending order by step) + (select count(*) from timed where not is_lead) as left_out
from steps
