with purchases as (
    select o.customer_id, o.ordered_at
    from (select order_id from order_lines group by order_id having sum(net_amount) > 0) t
    join orders o using (order_id)
    where not o.is_cancelled and o.customer_id is not null and o.ordered_at < timestamp '2026-11-01' /*orders*/
),
active as (
    select customer_id, date_trunc('month', timezone('Europe/London', timezone('UTC', ordered_at)))::date as month_on
    from purchases
    group by all
),
lives as (select customer_id, min(month_on) as start_on from active group by customer_id),
members as (select * from lives where start_on >= date '2025-11-01'),
-- small cohorts of one quarter stand together
sizes as (select start_on, count(*) as size, count(*) < 10 as is_small from members group by start_on),
named as (
    select start_on, size, datediff('month', start_on, date '2026-10-01') as reached,
           case when is_small and sum(is_small::int) over (partition by date_trunc('quarter', start_on)) > 1
                then year(start_on) || '-Q' || quarter(start_on) else strftime(start_on, '%Y-%m') end as cohort
    from sizes
),
seen as (
    select n.cohort, datediff('month', m.start_on, a.month_on) as k, count(*) as active
    from members m join active a using (customer_id) join named n using (start_on)
    group by all
),
counted as (
    select n.cohort, k.k, sum(n.size) as n from named n, unnest(range(n.reached + 1)) as k(k) group by all
),
cells as (
    select c.cohort, c.k, c.n, coalesce(s.active, 0) as active, 1 as place from counted c left join seen s using (cohort, k)
    union all
    select 'all', c.k, sum(c.n), sum(coalesce(s.active, 0)), 0 from counted c left join seen s using (cohort, k) group by c.k
),
everybody as (
    select (select count(*) from lives) as known, (select count(*) from members) as used,
           (select count(*) from customers c where c.is_internal is not true and customer_id not in (select customer_id from lives) /*customers*/) as never
)
select cohort, case when place = 0 then (select count(*) from members) else z.size end as size, k, n, active, active / n as rate,
       greatest(0, (active / n + 3.841458820694124 / (2 * n) - 1.959963984540054 * sqrt(active / n * (1 - active / n) / n + 3.841458820694124 / (4.0 * n * n))) / (1 + 3.841458820694124 / n)) as low,
       least(1, (active / n + 3.841458820694124 / (2 * n) + 1.959963984540054 * sqrt(active / n * (1 - active / n) / n + 3.841458820694124 / (4.0 * n * n))) / (1 + 3.841458820694124 / n)) as high,
       e.used, e.known - e.used + e.never as left_out
from cells
left join (select cohort, sum(size) as size from named group by cohort) z using (cohort)
cross join everybody e
order by place, cohort, k
