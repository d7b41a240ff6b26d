-- lives of customers over gaps of up to 30 days, in days; ends of the last 30 days are not yet certain
with spans as (
    select customer_id, started_on, max(coalesce(ended_on, date '9999-12-31')) as ended_on, count(*) as spans
    from subscriptions s
    where (ended_on is null or ended_on > started_on) and coalesce(plan, '') <> 'trial' and started_on < date '2026-11-01'
    group by customer_id, started_on
),
marked as (
    select *, coalesce(started_on - 30 > max(ended_on) over (partition by customer_id order by started_on rows between unbounded preceding and 1 preceding), true) as is_first
    from spans
),
numbered as (select *, sum(is_first::int) over (partition by customer_id order by started_on) as number from marked),
lives as (
    select least(max(ended_on), date '2026-11-01') - min(started_on) as days, max(ended_on) < date '2026-10-02' as is_over, sum(spans) as spans
    from numbered
    group by customer_id, number
),
counted as (
    select days, count(*) filter (where is_over) as ended, sum(count(*)) over (order by days desc) as at_risk from lives group by days
),
steps as (
    select days as t, at_risk, ended, ln(nullif(1 - ended / at_risk, 0)) as log_step, ended / (at_risk * nullif(at_risk - ended, 0)) as part
    from counted
    where ended > 0
),
curve as (
    select t, at_risk, ended, exp(sum(log_step) over (order by t)) as s, sum(part) over (order by t) as w2 from steps
)
select 0 as t, count(*) as at_risk, 0 as ended, 1.0 as s, null as low, null as high, sum(spans) as used, 0 as left_out from lives
union all
select t, at_risk, ended, s, s ^ exp(1.959963984540054 * sqrt(w2) / -ln(s)), s ^ exp(-1.959963984540054 * sqrt(w2) / -ln(s)), null, null from curve
order by t
