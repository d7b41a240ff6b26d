-- margin per customer who started, by months since; cohorts of the last twelve months, all of them first
with sales as (
    select o.customer_id, o.ordered_at, sum(l.net_amount) > 0 as is_purchase,
           sum(l.net_amount * case when o.currency = 'GBP' then 1 else r.rate end
               - coalesce(l.cost_amount * case when o.currency = 'GBP' then 1 else r.rate end,
                          p.unit_cost * l.quantity * case when p.currency is null or p.currency = 'GBP' then 1 else q.rate end)) as margin
    from order_lines l
    join orders o using (order_id)
    left join products p using (product_id)
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    left join meta.latest_rates q on q.currency = p.currency
    where not o.is_cancelled and o.customer_id is not null and o.ordered_at < timestamp '2026-11-01' /*orders*/
    group by o.order_id, o.customer_id, o.ordered_at
),
lives as (
    select customer_id, date_trunc('month', timezone('Europe/London', timezone('UTC', min(ordered_at))))::date as start_on
    from sales
    where is_purchase
    group by customer_id
),
members as (select * from lives where start_on >= date '2025-11-01'),
sizes as (select start_on, count(*) as size from members group by start_on),
brought as (
    select m.start_on, datediff('month', m.start_on, timezone('Europe/London', timezone('UTC', s.ordered_at))::date) as k, sum(s.margin) as margin
    from members m join sales s using (customer_id)
    group by all
),
cells as (
    select z.start_on, k.k, z.size, sum(b.margin) as brought
    from sizes z
    join unnest(range(datediff('month', z.start_on, date '2026-10-01') + 1)) as k(k) on true
    left join brought b on b.start_on = z.start_on and b.k >= 0 and b.k <= k.k
    group by all
),
everybody as (
    select (select count(*) from lives) as known, (select count(*) from members) as used,
           (select count(*) from customers c where c.is_internal is not true and customer_id not in (select customer_id from lives) /*customers*/) as never
)
select 'all' as cohort, (select count(*) from members) as size, k, sum(size) as n, sum(brought) / sum(size) as cum_per_customer,
       case when k = 0 then any_value(e.used) end as used, case when k = 0 then any_value(e.known - e.used + e.never) end as left_out, 0 as place
from cells
cross join everybody e
group by k
union all
select strftime(start_on, '%Y-%m'), size, k, size, brought / size, null, null, 1
from cells
order by place, cohort, k
