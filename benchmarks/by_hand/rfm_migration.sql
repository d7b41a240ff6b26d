-- both days by the cut points of the first, 1 August; the second is 1 November
with order_totals as (
    select o.customer_id, o.ordered_at, t.net > 0 as is_purchase,
           t.net * case when o.currency = 'GBP' then 1 else r.rate end as net
    from (select order_id, sum(net_amount) as net from order_lines group by order_id) t
    join orders o using (order_id)
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    where not o.is_cancelled and o.customer_id is not null and o.ordered_at < timestamp '2026-11-01'
),
history as (
    select customer_id, count(*) filter (where is_purchase) as lifetime, max(ordered_at) filter (where is_purchase) as last_at,
           count(*) filter (where is_purchase and ordered_at >= timestamp '2025-11-01') as orders,
           sum(net) filter (where ordered_at >= timestamp '2025-11-01') as net_sales,
           count(*) filter (where is_purchase and ordered_at < timestamp '2026-07-31 23:00:00') as lifetime_then,
           max(ordered_at) filter (where is_purchase and ordered_at < timestamp '2026-07-31 23:00:00') as last_then_at,
           count(*) filter (where is_purchase and ordered_at >= timestamp '2025-07-31 23:00:00' and ordered_at < timestamp '2026-07-31 23:00:00') as orders_then,
           sum(net) filter (where ordered_at >= timestamp '2025-07-31 23:00:00' and ordered_at < timestamp '2026-07-31 23:00:00') as net_sales_then
    from order_totals
    group by customer_id
),
known as (
    select c.customer_id, c.owner_id, c.region, coalesce(h.lifetime, 0) as lifetime, coalesce(h.lifetime_then, 0) as lifetime_then,
           coalesce(h.orders, 0) as orders, coalesce(h.orders_then, 0) as orders_then, h.last_at,
           coalesce(h.net_sales, 0) as net_sales, coalesce(h.net_sales_then, 0) as net_sales_then,
           date '2026-11-01' - timezone('Europe/London', timezone('UTC', h.last_at))::date as recency,
           date '2026-08-01' - timezone('Europe/London', timezone('UTC', h.last_then_at))::date as recency_then,
           c.created_at is null or c.created_at < timestamp '2026-07-31 23:00:00' as was_known
    from customers c
    left join history h using (customer_id)
    where c.is_internal is not true
),
-- the value from which on each score is given, by average rank among who bought in the window
r_places as (
    select value, least(5, floor(5 * (2.0 * sum(n) over (order by value desc) - n) / (2 * sum(n) over ())) + 1) as score
    from (select recency_then as value, count(*) as n from known where orders_then > 0 group by recency_then)
),
f_places as (
    select value, least(5, floor(5 * (2.0 * sum(n) over (order by value) - n) / (2 * sum(n) over ())) + 1) as score
    from (select orders_then as value, count(*) as n from known where orders_then > 0 group by orders_then)
),
m_places as (
    select value, least(5, floor(5 * (2.0 * sum(n) over (order by value) - n) / (2 * sum(n) over ())) + 1) as score
    from (select net_sales_then as value, count(*) as n from known where orders_then > 0 group by net_sales_then)
),
limits as (
    select *
    from (select max(value) filter (where score >= 5) as r5, max(value) filter (where score >= 4) as r4,
                 max(value) filter (where score >= 3) as r3, max(value) filter (where score >= 2) as r2 from r_places)
    cross join (select min(value) filter (where score >= 5) as f5, min(value) filter (where score >= 4) as f4,
                       min(value) filter (where score >= 3) as f3, min(value) filter (where score >= 2) as f2 from f_places)
    cross join (select min(value) filter (where score >= 5) as m5, min(value) filter (where score >= 4) as m4,
                       min(value) filter (where score >= 3) as m3, min(value) filter (where score >= 2) as m2 from m_places)
),
scored as (
    select *, case when orders = 0 then null when recency <= r5 then 5 when recency <= r4 then 4 when recency <= r3 then 3 when recency <= r2 then 2 else 1 end as r,
           case when orders = 0 then null when orders >= f5 then 5 when orders >= f4 then 4 when orders >= f3 then 3 when orders >= f2 then 2 else 1 end as f,
           case when orders = 0 then null when net_sales <= 0 then 1 when net_sales >= m5 then 5 when net_sales >= m4 then 4 when net_sales >= m3 then 3 when net_sales >= m2 then 2 else 1 end as m,
           case when orders_then = 0 then null when recency_then <= r5 then 5 when recency_then <= r4 then 4 when recency_then <= r3 then 3 when recency_then <= r2 then 2 else 1 end as r_then,
           case when orders_then = 0 then null when orders_then >= f5 then 5 when orders_then >= f4 then 4 when orders_then >= f3 then 3 when orders_then >= f2 then 2 else 1 end as f_then,
           case when orders_then = 0 then null when net_sales_then <= 0 then 1 when net_sales_then >= m5 then 5 when net_sales_then >= m4 then 4 when net_sales_then >= m3 then 3 when net_sales_then >= m2 then 2 else 1 end as m_then
    from known cross join limits
),
placed as (
    select *, case when orders = 0 then null when lifetime = 1 then 1 else greatest(2, floor((f + m) / 2 + 0.5)::int) end as fm,
           case when orders_then = 0 then null when lifetime_then = 1 then 1 else greatest(2, floor((f_then + m_then) / 2 + 0.5)::int) end as fm_then
    from scored
),
named as (
    select *, case when lifetime = 0 then 'prospects' when orders = 0 then 'hibernating'
                   when r = 5 then case fm when 1 then 'new' when 2 then 'potential_loyalists' when 3 then 'potential_loyalists' else 'champions' end
                   when r = 4 then case fm when 1 then 'promising' when 2 then 'potential_loyalists' when 3 then 'potential_loyalists' else 'loyal' end
                   when r = 3 then case fm when 1 then 'about_to_sleep' when 2 then 'about_to_sleep' when 3 then 'need_attention' else 'loyal' end
                   else case fm when 1 then 'hibernating' when 2 then 'hibernating' when 5 then 'cannot_lose' else 'at_risk' end end as segment,
           case when lifetime_then = 0 then 'prospects' when orders_then = 0 then 'hibernating'
                when r_then = 5 then case fm_then when 1 then 'new' when 2 then 'potential_loyalists' when 3 then 'potential_loyalists' else 'champions' end
                when r_then = 4 then case fm_then when 1 then 'promising' when 2 then 'potential_loyalists' when 3 then 'potential_loyalists' else 'loyal' end
                when r_then = 3 then case fm_then when 1 then 'about_to_sleep' when 2 then 'about_to_sleep' when 3 then 'need_attention' else 'loyal' end
                else case fm_then when 1 then 'hibernating' when 2 then 'hibernating' when 5 then 'cannot_lose' else 'at_risk' end end as segment_then
    from placed
),
moved as (
    select coalesce(case when was_known then segment_then end, 'arrived') as from_segment, segment as to_segment, count(*) as customers,
           sum(net_sales) as net_sales, sum(net_sales_then) as net_sales_before
    from named c
    where true /*customers*/
    group by all
),
pairs as (
    select from_segment, to_segment from moved
    union
    select s, s from (select from_segment as s from moved where from_segment <> 'arrived' union select to_segment from moved)
)
select p.from_segment, p.to_segment, coalesce(m.customers, 0) as customers,
       case when sum(coalesce(m.customers, 0)) over (partition by p.from_segment) >= 30
            then coalesce(m.customers, 0) / sum(coalesce(m.customers, 0)) over (partition by p.from_segment) end as share,
       coalesce(m.net_sales_before, 0) as net_sales_before, coalesce(m.net_sales, 0) as net_sales,
       case when row_number() over (order by p.from_segment, p.to_segment) = 1 then (select sum(customers) from moved) end as used
from pairs p
left join moved m using (from_segment, to_segment)
order by p.from_segment, p.to_segment
