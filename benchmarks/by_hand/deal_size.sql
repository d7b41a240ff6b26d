-- period 2025
select count(*) filter (where is_won) as won, count(money) filter (where is_won) as with_amount,
       avg(money) filter (where is_won) as mean, median(money) filter (where is_won) as median, quantile_cont(money, 0.9) filter (where is_won) as p90,
       sum(money) filter (where is_won) as amount, count(*) filter (where is_won is null) as open_deals,
       avg(money) filter (where is_won is null) as open_mean, median(money) filter (where is_won is null) as open_median,
       count(money) filter (where is_won) as used,
       count(*) filter (where not is_won) + count(*) filter (where is_won and money is null) as left_out
from (
    select case when d.closed_at < timestamp '2026-01-01' then d.is_won end as is_won,
           cast(d.amount * case when d.currency is null or d.currency = 'GBP' then 1 when d.closed_at is null then l.rate else r.rate end as double) as money
    from deals d
    left join meta.daily_rates r on r.currency = d.currency and r.day_on = cast(timezone('Europe/London', timezone('UTC', d.closed_at)) as date)
    left join meta.latest_rates l on l.currency = d.currency
    where (d.closed_at >= timestamp '2025-01-01' and d.closed_at < timestamp '2026-01-01')
       or ((d.created_at < timestamp '2026-01-01' or d.created_at is null) and (d.closed_at >= timestamp '2026-01-01' or d.closed_at is null))
) d
