with here as (
    select a.owner_id, a.due_at, a.done_at, coalesce(a.outcome, '') = 'cancelled' as is_cancelled,
           timezone('Europe/London', timezone('UTC', a.due_at)) as due_here,
           timezone('Europe/London', timezone('UTC', coalesce(a.done_at, timestamp '2026-11-01'))) as ended_here,
           a.kind in ('meeting', 'visit', 'appointment') or hour(due_here) + minute(due_here) = 0 as is_of_a_day,
           coalesce(a.done_at, timestamp '2026-11-01') as ended_at
    from activities a
    where (a.due_at >= timestamp '2025-11-01' and a.due_at < timestamp '2026-11-01')
       or (a.due_at is null and a.created_at >= timestamp '2025-11-01' and a.created_at < timestamp '2026-11-01') /*activities*/
),
told as (
    select owner_id, greatest(case when is_of_a_day then date_diff('day', due_here::date, ended_here::date) * 1440e0
                                   else date_diff('microsecond', due_at, ended_at) / 6e7 end, 0) as delay,
           case when is_cancelled then 'cancelled' when due_at is null then 'undated' when done_at is null then 'overdue'
                when delay <= 0 then 'on_time' else 'late' end as state
    from here
),
delays as (
    select owner_id, state, round(delay) as minutes, count(*) as cases from told group by all
),
-- Kaplan-Meier of each owner and of all
both_ways as (
    select owner_id, false as is_total, * exclude (owner_id) from delays
    union all
    select null, true, state, minutes, sum(cases) from delays group by all
),
at_risk as (
    select owner_id, is_total, minutes, sum(cases) filter (where state <> 'overdue') as gone,
           sum(sum(cases)) over (partition by is_total, owner_id order by minutes desc) as risk
    from both_ways where state in ('on_time', 'late', 'overdue')
    group by owner_id, is_total, minutes
),
curves as (
    select *, sum(ln(case when risk > gone then 1 - gone / risk else 1e-300 end)) over (partition by is_total, owner_id order by minutes) as survival
    from at_risk where gone > 0
),
medians as (
    select owner_id, is_total, min(minutes) / 1440 as median_delay from curves where survival <= ln(0.5) + 1e-11 group by all
),
counted as (
    select owner_id, is_total, coalesce(sum(cases) filter (where state = 'on_time'), 0) as on_time,
           coalesce(sum(cases) filter (where state = 'late'), 0) as late, coalesce(sum(cases) filter (where state = 'overdue'), 0) as open_overdue,
           on_time + late + open_overdue as due, max(minutes) filter (where state in ('on_time', 'late', 'overdue')) / 1440 as longest,
           coalesce(sum(cases) filter (where state = 'cancelled'), 0) as cancelled, coalesce(sum(cases) filter (where state = 'undated'), 0) as undated
    from both_ways group by all
),
-- the open deals of each owner: talked about, planned, and the limits of their stages
talks as (
    select deal_id, coalesce(done_at, created_at) as talked_at
    from activities
    where coalesce(outcome, '') not in ('cancelled', 'no_show', 'no_answer')
      and case when done_at is null then direction = 'in' and kind in ('email', 'chat')
               when kind in ('meeting', 'visit') or direction = 'both' then true
               when kind = 'call' then outcome = 'answered' else direction = 'in' and kind in ('email', 'chat') end
),
won as (select deal_id, pipeline, created_at, closed_at from deals where is_won),
visits as (
    select v.deal_id, d.pipeline, v.stage, v.entered_at, coalesce(v.left_at, d.closed_at) as ended_at
    from deal_stages v join won d using (deal_id) join stages s on s.pipeline = d.pipeline and s.stage = v.stage and s.kind = 'open'
    where date_diff('microsecond', v.entered_at, coalesce(v.left_at, d.closed_at)) >= 60000000
),
begins as (
    select deal_id, created_at as began_at from won where created_at is not null
    union all
    select deal_id, talked_at from talks join won using (deal_id) where talked_at < closed_at and (created_at is null or talked_at > created_at)
),
silences as (select deal_id, began_at, lead(began_at) over (partition by deal_id order by began_at) as ended_at from begins),
limits as (
    select pipeline, stage, quantile_cont(silence / 864e8, 0.75) as silence, count(*) as heard
    from (
        select v.deal_id, v.pipeline, v.stage, max(date_diff('microsecond', s.began_at, least(s.ended_at, v.ended_at))) as silence
        from visits v join silences s on s.deal_id = v.deal_id and s.began_at < v.ended_at and coalesce(s.ended_at > v.entered_at, true)
        group by all
    )
    group by all
),
open_deals as (select * from deals d where is_won is null /*deals*/),
heard as (select deal_id, max(talked_at) as talked_at from talks where deal_id in (select deal_id from open_deals) group by all),
planned as (
    select distinct deal_id from activities
    where done_at is null and coalesce(outcome, '') <> 'cancelled' and due_at >= timestamp '2026-11-01' and deal_id in (select deal_id from open_deals)
),
neglected as (
    select owner_id, grouping(owner_id) = 1 as is_total, count(*) as open_deals, count(*) filter (where p.deal_id is null) as no_next_step,
           count(*) filter (where date_diff('microsecond', greatest(h.talked_at, d.created_at), timestamp '2026-11-01') / 864e8
                                  > case when l.heard >= 10 then l.silence else 30 end) as silent
    from open_deals d left join heard h using (deal_id) left join planned p using (deal_id)
    left join limits l on l.pipeline = d.pipeline and l.stage = d.stage
    group by grouping sets ((owner_id), ())
)
select coalesce(c.owner_id, n.owner_id) as party, coalesce(c.is_total, n.is_total) as is_total, coalesce(due, 0) as due, coalesce(on_time, 0) as on_time,
       coalesce(late, 0) as late, coalesce(open_overdue, 0) as open_overdue, on_time / nullif(due, 0) as on_time_rate,
       case when due >= 5 then median_delay end as median_delay, longest, coalesce(open_deals, 0) as open_deals,
       coalesce(no_next_step, 0) as no_next_step, coalesce(silent, 0) as silent, cancelled, undated, due as used
from counted c left join medians m on m.is_total = c.is_total and m.owner_id is not distinct from c.owner_id
full join neglected n on n.is_total = c.is_total and n.owner_id is not distinct from c.owner_id
where coalesce(c.is_total, n.is_total) or coalesce(due, 0) + coalesce(open_deals, 0) > 0
order by is_total, late + open_overdue desc, party
