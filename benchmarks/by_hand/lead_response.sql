with replies as (
    select a.deal_id, a.lead_id, coalesce(a.done_at, a.created_at) as replied_at
    from activities a
    where a.kind in ('call', 'email', 'chat', 'meeting', 'visit', 'appointment') and coalesce(a.outcome, '') not in ('cancelled', 'no_show')
      and (a.done_at is not null or (a.kind in ('email', 'chat') and a.due_at is null))
      and (a.direction in ('out', 'both') or a.kind in ('meeting', 'visit', 'appointment') or (a.kind = 'call' and a.outcome = 'answered')) /*activities*/
),
of_deals as (select deal_id, min(replied_at) as replied_at from replies where deal_id is not null group by all),
of_leads as (select lead_id, min(replied_at) as replied_at from replies where lead_id is not null group by all),
came as (
    select l.created_at, least(o.replied_at, d.replied_at) as replied_at, date_diff('microsecond', l.created_at, least(o.replied_at, d.replied_at)) * 1e-6 as seconds,
           greatest(l.created_at, coalesce(least(o.replied_at, d.replied_at), l.disqualified_at, timestamp '2026-11-01')) as ended_at, coalesce(w.is_won, false) as is_won,
           timezone('Europe/London', timezone('UTC', l.created_at)) as came_here, timezone('Europe/London', timezone('UTC', ended_at)) as ended_here
    from leads l left join of_leads o using (lead_id) left join of_deals d on d.deal_id = l.deal_id
    left join deals w on w.deal_id = l.deal_id
    where l.created_at >= timestamp '2025-11-01' and l.created_at < timestamp '2026-11-01' /*leads*/
),
-- the opening minutes of each day: one span a weekday, the first half of them on half a holiday, none on a free day
free as (select held_on, max(case when is_half_day then 0.5e0 else 0e0 end) as worked from holidays group by held_on),
hours as (select weekday, epoch(opens_at) / 60 as opens, (epoch(closes_at) - epoch(opens_at)) / 60 as lasts from business_hours),
opened as (
    select day_on, opens, coalesce(lasts, 0) * coalesce(f.worked, 1e0) as minutes
    from (select unnest(generate_series(timestamp '2000-01-01', timestamp '2030-01-01', interval 1 day))::date as day_on)
    left join hours on weekday = isodow(day_on) left join free f on f.held_on = day_on
),
days as (select *, coalesce(sum(minutes) over (order by day_on rows between unbounded preceding and 1 preceding), 0) as before from opened),
timed as (
    select case when seconds < 3600 then 'hour' when seconds < 86400 then 'day' when seconds <= 259200 then 'three_days' when seconds is not null then 'later' else 'never' end as party,
           replied_at is not null as is_contacted, is_won, date_diff('microsecond', l.created_at, timestamp '2026-11-01') >= 259200000000 as is_mature, coalesce(seconds < 60, false) as is_at_once,
           round(o.before + coalesce(least(o.minutes, greatest(0, date_diff('microsecond', date_trunc('day', ended_here), ended_here) / 6e7 - o.opens)), 0)
               - i.before - coalesce(least(i.minutes, greatest(0, date_diff('microsecond', date_trunc('day', came_here), came_here) / 6e7 - i.opens)), 0)) as minutes
    from came l left join days i on i.day_on = l.came_here::date left join days o on o.day_on = l.ended_here::date
),
told as (
    select party, grouping(party) = 1 as is_total, count(*) filter (where not is_at_once) as leads, count(*) filter (where not is_at_once and is_contacted) as contacted,
           count(*) filter (where not is_at_once and is_mature) as n, count(*) filter (where not is_at_once and is_mature and is_won) as converted,
           count(*) filter (where is_at_once) as at_once
    from timed group by grouping sets ((party), ())
),
counts as (select party, minutes, count(*) filter (where is_contacted) as gone, count(*) as cases from timed where not is_at_once group by all),
both_ways as (
    select party, false as is_total, * exclude (party) from counts
    union all
    select null, true, minutes, sum(gone), sum(cases) from counts group by all
),
at_risk as (select *, sum(cases) over (partition by is_total, party order by minutes desc) as risk from both_ways),
curves as (
    select *, sum(ln(case when risk > gone then 1 - gone / risk else 1e-300 end)) over (partition by is_total, party order by minutes) as survival
    from at_risk where gone > 0
),
times as (select party, is_total, min(minutes) filter (where survival <= ln(0.5) + 1e-11) as median, min(minutes) filter (where survival <= ln(0.25) + 1e-11) as p75 from curves group by all)
select t.*, contacted / leads as contacted_share, m.median, m.p75, converted / n as conversion, n as used, at_once + leads - n as left_out
from told t left join times m on m.is_total = t.is_total and m.party is not distinct from t.party
order by is_total, party
