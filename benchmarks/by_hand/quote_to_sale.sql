with sent as (
    select coalesce(q.deal_id, q.quote_id) as case_id, q.deal_id is null as is_single, q.deal_id, q.owner_id, q.quote_id, q.sent_at, q.accepted_at, q.expires_on, q.amount,
           q.amount * case when q.currency is null or q.currency = 'GBP' then 1 else r.rate end as money,
           case when q.accepted_at is not null then 'won' when q.rejected_at is not null then 'lost' end as answer, coalesce(q.accepted_at, q.rejected_at) as answered_at
    from quotes q
    left join meta.daily_rates r on r.currency = q.currency and r.day_on = timezone('Europe/London', timezone('UTC', q.sent_at))::date
    where q.sent_at is not null /*quotes*/
),
grouped as (
    select case_id, any_value(deal_id) as deal_id, min(sent_at) as sent_at, arg_min(coalesce(owner_id, ''), sent_at) as party,
           arg_max(money, sent_at) as amount, arg_min(money, sent_at) as first_amount,
           arg_max(money, accepted_at) filter (where accepted_at is not null) as accepted_amount,
           max(expires_on) as expires_on, max(answer) as answer, max(answered_at) as answered_at
    from sent group by case_id, is_single
),
cases as (
    select nullif(g.party, '') as party, g.sent_at, g.amount, g.first_amount, g.accepted_amount,
           case when d.deal_id is null and g.answer is null and g.expires_on < date '2026-11-01' then 'lost' when d.deal_id is null then g.answer
                when d.is_won then 'won' when not d.is_won then 'lost' end as outcome,
           case when outcome is null then timestamp '2026-11-01' when d.deal_id is not null then d.closed_at
                else coalesce(g.answered_at, g.expires_on + interval 1 day) end as ended_at,
           timezone('Europe/London', timezone('UTC', g.sent_at)) as sent_here, timezone('Europe/London', timezone('UTC', ended_at)) as ended_here,
           case when ended_at >= g.sent_at then round(1440 * case when hour(sent_here) + minute(sent_here) + hour(ended_here) + minute(ended_here) = 0
                then date_diff('day', sent_here::date, ended_here::date)::double else date_diff('microsecond', g.sent_at, ended_at) / 86400e6 end) end as minutes
    from grouped g left join deals d on d.deal_id = g.deal_id
    where g.sent_at >= timestamp '2025-11-01' and g.sent_at < timestamp '2026-11-01'
),
told as (
    select party, grouping(party) = 1 as is_total, count(*) as cases, count(*) filter (where outcome = 'won') as won, count(*) filter (where outcome = 'lost') as lost,
           count(*) filter (where outcome is null) as pending, won + lost as n, won / n as rate,
           sum(amount) filter (where outcome = 'won') / sum(amount) filter (where outcome is not null) as amount_rate,
           1 - sum(accepted_amount) filter (where outcome = 'won' and first_amount is not null) / sum(first_amount) filter (where outcome = 'won' and accepted_amount is not null) as discount,
           count(*) filter (where outcome is null and minutes <= 30 * 1440) as open_30,
           count(*) filter (where outcome is null and minutes > 30 * 1440 and minutes <= 90 * 1440) as open_90,
           count(*) filter (where outcome is null and minutes > 90 * 1440) as open_older, coalesce(sum(amount) filter (where outcome is null), 0) as open_amount
    from cases group by grouping sets ((party), ())
),
ages as (select party, minutes, count(*) filter (where outcome = 'won') as won, count(outcome) as gone, count(*) as cases from cases where minutes is not null group by all),
both_ways as (
    select party, false as is_total, * exclude (party) from ages
    union all
    select null, true, minutes, sum(won), sum(gone), sum(cases) from ages group by all
),
at_risk as (select *, sum(cases) over (partition by is_total, party order by minutes desc) as risk from both_ways),
curves as (
    select *, coalesce(exp(sum(ln(case when risk > gone then 1 - gone / risk else 1e-300 end)) over (
        partition by is_total, party order by minutes rows between unbounded preceding and 1 preceding)), 1) as survival
    from at_risk where gone > 0
),
shares as (select *, sum(survival * won / risk) over (partition by is_total, party order by minutes) as share from curves),
lasts as (select party, is_total, max(share) as last from shares group by all),
times as (
    select s.party, s.is_total, min(s.minutes) filter (where s.share >= 0.5 - 1e-11) / 1440 as median_days, min(s.minutes) filter (where s.share >= l.last / 2 - 1e-11) / 1440 as half_days
    from shares s join lasts l on l.is_total = s.is_total and l.party is not distinct from s.party group by all
)
select t.*, m.median_days, m.half_days, n as used, pending + (select count(*) from quotes q where q.sent_at is null /*quotes*/) as left_out
from told t left join times m on m.is_total = t.is_total and m.party is not distinct from t.party
order by is_total, cases desc, party
