with plan as (
    -- the plans of the company lie within the quarter: nothing is to be shared out
    select scope, scope_id, sum(target_value) as target
    from targets
    where kpi = 'kpis.won_amount' and scope = 'company' and starts_on >= date '2026-10-01' and ends_on <= date '2027-01-01'
    group by all
),
priced as (
    select d.is_won, d.closed_at, d.expected_close_on, d.amount,
           d.amount * case when d.currency is null or d.currency = 'GBP' then 1 when d.closed_at is null then q.rate else r.rate end as money,
           d.is_won and d.closed_at >= timestamp '2026-09-30 23:00:00' and d.closed_at < timestamp '2027-01-01' as is_won_now,
           d.is_won is null and d.expected_close_on >= date '2026-11-01' and d.expected_close_on < date '2027-01-01' as is_due,
           d.is_won is null and d.expected_close_on < date '2026-11-01' as is_late
    from deals d
    left join meta.latest_rates q on q.currency = d.currency
    left join meta.daily_rates r on r.currency = d.currency and r.day_on = timezone('Europe/London', timezone('UTC', d.closed_at))::date
    where (d.is_won is null or d.closed_at >= timestamp '2024-11-01') /*deals*/
),
summed as (
    select coalesce(sum(money) filter (where is_won_now), 0) as won, count(money) filter (where is_due) as deals,
           coalesce(sum(money) filter (where is_due), 0) as open_due, coalesce(sum(money) filter (where is_late), 0) as overdue,
           sum(money) filter (where is_won and closed_at >= timestamp '2025-11-01') / sum(money) filter (where closed_at >= timestamp '2025-11-01') as rate_12,
           count(money) filter (where closed_at >= timestamp '2025-11-01') as n_12,
           sum(money) filter (where is_won) / sum(money) filter (where is_won is not null) as rate_24, count(money) filter (where is_won is not null) as n_24,
           count(money) filter (where is_won_now or is_due) as used, count(*) filter (where is_late) as overdue_deals,
           count(*) filter (where is_won is null and not is_late and not is_due) as elsewhere,
           count(*) filter (where is_won is null and expected_close_on is null) as undated,
           count(*) filter (where (is_won_now or is_due) and money is null) as without_amount
    from priced
)
select 'company' as scope, target, won, greatest(0, target - won) as remaining, deals, open_due, overdue, open_due / nullif(remaining, 0) as coverage,
       case when n_12 < 30 then rate_24 else rate_12 end as rate, case when n_12 < 30 then n_24 else n_12 end as n,
       remaining / nullif(rate, 0) as needed, greatest(0, needed - open_due) as shortfall, used, overdue_deals, elsewhere, undated, without_amount
from summed left join plan on true
