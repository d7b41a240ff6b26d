with contacts as (
    select a.deal_id, a.lead_id, coalesce(a.done_at, a.created_at) as contacted_at
    from activities a
    where a.kind in ('call', 'email', 'chat', 'meeting', 'visit', 'appointment') and coalesce(a.outcome, '') not in ('cancelled', 'no_show')
      and (a.done_at is not null or (a.kind in ('email', 'chat') and a.due_at is null))
      and (a.direction in ('out', 'both') or a.kind in ('meeting', 'visit', 'appointment') or (a.kind = 'call' and a.outcome = 'answered')
           or (a.direction = 'in' and a.kind in ('email', 'chat'))) /*activities*/
),
of_deals as (select deal_id, min(contacted_at) as contacted_at from contacts where deal_id is not null group by all),
of_leads as (select lead_id, min(contacted_at) as contacted_at from contacts where lead_id is not null group by all),
leads_of as (
    select l.deal_id, min(l.created_at) as came_at, min(o.contacted_at) as contacted_at
    from leads l left join of_leads o using (lead_id) where l.deal_id is not null group by all
),
quoted as (select deal_id, min(sent_at) as sent_at from quotes where sent_at is not null and deal_id is not null group by all),
waits as (
    select d.owner_id as party, q.sent_at, d.closed_at, coalesce(least(c.contacted_at, l.contacted_at), l.came_at, d.created_at) as began_at,
           case when q.sent_at is null and d.closed_at is null then 'waiting' when q.sent_at is null or d.closed_at < q.sent_at then 'closed' else 'quoted' end as outcome,
           coalesce(least(q.sent_at, d.closed_at), timestamp '2026-11-01') as ended_at
    from deals d left join of_deals c using (deal_id) left join leads_of l using (deal_id) left join quoted q using (deal_id)
    where true /*deals*/
),
-- Monday to Friday without the free days of the company
free as (select held_on, max(case when is_half_day then 0.5e0 else 0e0 end) as worked from holidays group by held_on),
worked as (
    select day_on, case when isodow(day_on) > 5 then 0e0 else coalesce(f.worked, 1e0) end as worked
    from (select unnest(generate_series(timestamp '2000-01-01', timestamp '2030-01-01', interval 1 day))::date as day_on) left join free f on f.held_on = day_on
),
days as (select *, coalesce(sum(worked) over (order by day_on rows between unbounded preceding and 1 preceding), 0) as before from worked),
timed as (
    select party, outcome, ended_at >= began_at as is_timed,
           timezone('Europe/London', timezone('UTC', began_at)) as began_here, timezone('Europe/London', timezone('UTC', ended_at)) as ended_here,
           i.before + least(i.worked, (hour(began_here) * 60 + minute(began_here)) / 1440) as start,
           o.before + least(o.worked, (hour(ended_here) * 60 + minute(ended_here)) / 1440) - start as lasted,
           (select before from days where day_on = date '2026-11-01') - start as age
    from waits w
    left join days i on i.day_on = timezone('Europe/London', timezone('UTC', w.began_at))::date
    left join days o on o.day_on = timezone('Europe/London', timezone('UTC', w.ended_at))::date
    where began_at >= timestamp '2025-11-01' and began_at < timestamp '2026-11-01'
),
told as (
    select party, grouping(party) = 1 as is_total, count(*) filter (where is_timed) as cases, count(*) filter (where is_timed and outcome = 'quoted') as quoted,
           count(*) filter (where is_timed and outcome = 'closed') as unquoted, count(*) filter (where is_timed and outcome = 'waiting') as waiting,
           count(*) filter (where not is_timed) as left_out, max(round(lasted * 1440)) filter (where is_timed) / 1440 as longest,
           count(*) filter (where is_timed and age >= 1) as mature_1, count(*) filter (where is_timed and age >= 1 and outcome = 'quoted' and lasted <= 1) as quick_1,
           count(*) filter (where is_timed and age >= 3) as mature_3, count(*) filter (where is_timed and age >= 3 and outcome = 'quoted' and lasted <= 3) as quick_3,
           count(*) filter (where is_timed and age >= 7) as mature_7, count(*) filter (where is_timed and age >= 7 and outcome = 'quoted' and lasted <= 7) as quick_7
    from timed group by grouping sets ((party), ())
),
counts as (
    select party, round(lasted * 1440) as minutes, count(*) filter (where outcome = 'quoted') as quoted, count(*) filter (where outcome <> 'waiting') as gone, count(*) as cases
    from timed where is_timed group by all
),
both_ways as (
    select party, false as is_total, * exclude (party) from counts
    union all
    select null, true, minutes, sum(quoted), sum(gone), sum(cases) from counts group by all
),
at_risk as (select *, sum(cases) over (partition by is_total, party order by minutes desc) as risk from both_ways),
curves as (
    select *, coalesce(exp(sum(ln(case when risk > gone then 1 - gone / risk else 1e-300 end)) over (
        partition by is_total, party order by minutes rows between unbounded preceding and 1 preceding)), 1) as survival
    from at_risk where gone > 0
),
shares as (select *, sum(survival * quoted / risk) over (partition by is_total, party order by minutes) as share from curves),
times as (
    select party, is_total, min(minutes) filter (where share >= 0.5 - 1e-11) / 1440 as median, min(minutes) filter (where share >= 0.75 - 1e-11) / 1440 as p75 from shares group by all
)
select t.*, m.median, m.p75, quick_1 / mature_1 as within_1, quick_3 / mature_3 as within_3, quick_7 / mature_7 as within_7, cases as used
from told t left join times m on m.is_total = t.is_total and m.party is not distinct from t.party
order by is_total, cases desc, party
