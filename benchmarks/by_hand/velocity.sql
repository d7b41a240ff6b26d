with moments as (
    select d.*, d.amount * case when d.currency is null or d.currency = 'GBP' then 1 else r.rate end as money,
           closed_at >= timestamp '2025-11-01' as is_now, timezone('Europe/London', timezone('UTC', d.created_at)) as created_here,
           timezone('Europe/London', timezone('UTC', d.closed_at)) as closed_here
    from deals d
    left join meta.daily_rates r on r.currency = d.currency and r.day_on = timezone('Europe/London', timezone('UTC', d.closed_at))::date
    where d.closed_at >= timestamp '2024-11-01' and d.closed_at < timestamp '2026-11-01' /*deals*/
),
timed as (
    select is_now, is_won, amount, money,
           case when created_here = created_here::date and closed_here = closed_here::date then date_diff('day', created_here::date, closed_here::date)
                else date_diff('microsecond', created_at, closed_at) / 864e8 end as days
    from moments
),
factors as (
    select is_now, count(*) filter (where not is_won) as lost, count(*) filter (where is_won and money is not null and days >= 0) as won,
           sum(money) filter (where is_won and days >= 0) as won_amount, sum(days) filter (where is_won and money is not null and days >= 0) as won_days,
           count(*) filter (where is_won and not coalesce(money is not null and days >= 0, false)) as left_out
    from timed
    group by is_now
),
levers as (select is_now, won, left_out, won + lost as n, won / n as win_rate, won_amount / won as mean_amount, won_days / won as cycle_days, n * win_rate * mean_amount / cycle_days as velocity from factors)
select now.n, now.won, now.win_rate, now.mean_amount, now.cycle_days, now.velocity, old.velocity as before, now.velocity - old.velocity as change,
       change / ln(now.velocity / old.velocity) * ln(now.n / old.n) as by_deals, change / ln(now.velocity / old.velocity) * ln(now.win_rate / old.win_rate) as by_win_rate,
       change / ln(now.velocity / old.velocity) * ln(now.mean_amount / old.mean_amount) as by_amount,
       change / ln(now.velocity / old.velocity) * ln(old.cycle_days / now.cycle_days) as by_cycle, now.n as used, now.left_out
from levers now join levers old on now.is_now and not old.is_now
