with cases as (
    select d.closed_at, d.created_at, d.is_won, coalesce(d.closed_at, timestamp '2026-11-01') as ended_at,
           timezone('Europe/London', timezone('UTC', d.created_at)) as made_here,
           timezone('Europe/London', timezone('UTC', ended_at)) as ended_here,
           date_diff('microsecond', d.created_at, ended_at) * 1e-6 as seconds,
           case when hour(made_here) + minute(made_here) + hour(ended_here) + minute(ended_here) = 0
                then date_diff('day', made_here::date, ended_here::date)::double else seconds / 86400 end as days,
           coalesce(seconds between 0 and 59.999999 and hour(made_here) + minute(made_here) > 0, false) as is_at_once
    from deals d
    where ((d.is_won and d.closed_at >= timestamp '2024-11-01' and d.closed_at < timestamp '2026-11-01')
       or (d.created_at >= timestamp '2025-11-01' and d.created_at < timestamp '2026-11-01')) /*deals*/
),
won as (
    select strftime(ended_here, '%Y-%m') as party, grouping(party) = 1 as is_total,
           count(*) filter (where seconds >= 0 and not is_at_once) as won,
           quantile_cont(days, [0.25, 0.5, 0.75, 0.9]) filter (where seconds >= 0 and not is_at_once) as q,
           avg(days) filter (where seconds >= 0 and not is_at_once) as mean,
           count(*) filter (where seconds is null or seconds < 0 or is_at_once) as left_out
    from cases
    where is_won and closed_at >= timestamp '2025-11-01'
    group by grouping sets ((party), ())
),
-- the median before, which the finding holds the one of now against
before as (select median(days) filter (where seconds >= 0 and not is_at_once) as median_before from cases where is_won and closed_at < timestamp '2025-11-01'),
cohort as (
    select strftime(made_here, '%Y-%m') as party, round(days * 1440) as minutes, count(*) filter (where is_won) as won, count(*) filter (where not is_won) as lost, count(*) as cases
    from cases
    where created_at >= timestamp '2025-11-01' and seconds >= 0 and not (coalesce(is_won, false) and is_at_once)
    group by all
),
both_ways as (
    select party, false as is_total, * exclude (party) from cohort
    union all
    select null, true, minutes, sum(won), sum(lost), sum(cases) from cohort group by all
),
at_risk as (select *, sum(cases) over (partition by is_total, party order by minutes desc) as risk from both_ways),
curves as (
    select *, coalesce(exp(sum(ln(case when risk > won + lost then 1 - (won + lost) / risk else 1e-300 end)) over (
        partition by is_total, party order by minutes rows between unbounded preceding and 1 preceding)), 1) as survival
    from at_risk where won + lost > 0
),
shares as (select *, sum(survival * won / risk) over (partition by is_total, party order by minutes) as share from curves),
halves as (select party, is_total, max(share) as won_share from shares group by all),
times as (
    select s.party, s.is_total, h.won_share, min(s.minutes) filter (where s.share >= h.won_share / 2 - 1e-11) / 1440 as half_time
    from shares s join halves h on h.is_total = s.is_total and h.party is not distinct from s.party
    group by all
),
entered as (select party, is_total, sum(cases) as entered from both_ways group by all)
select coalesce(w.party, e.party) as party, coalesce(w.is_total, e.is_total) as is_total, coalesce(w.won, 0) as won, q[2] as median, q[4] as p90, mean, q[1] as p25, q[3] as p75,
       coalesce(e.entered, 0) as entered, t.won_share, t.half_time, w.won as used, w.left_out, median_before
from won w
full join entered e on e.is_total = w.is_total and e.party is not distinct from w.party
left join times t on t.is_total = e.is_total and t.party is not distinct from e.party
cross join before
order by is_total, party
