-- scores of the whole company, whoever asks; the customers in sight, and the orders left out, by the scope
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
           count(*) filter (where is_purchase and ordered_at < timestamp '2026-09-30 23:00:00') as lifetime_then,
           max(ordered_at) filter (where is_purchase and ordered_at < timestamp '2026-09-30 23:00:00') as last_then_at,
           count(*) filter (where is_purchase and ordered_at >= timestamp '2025-09-30 23:00:00' and ordered_at < timestamp '2026-09-30 23:00:00') as orders_then,
           sum(net) filter (where ordered_at >= timestamp '2025-09-30 23:00:00' and ordered_at < timestamp '2026-09-30 23:00:00') as net_sales_then
    from order_totals
    group by customer_id
),
known as (
    select c.customer_id, c.owner_id, c.region, coalesce(h.lifetime, 0) as lifetime, coalesce(h.lifetime_then, 0) as lifetime_then,
           coalesce(h.orders, 0) as orders, coalesce(h.orders_then, 0) as orders_then, h.last_at,
           coalesce(h.net_sales, 0) as net_sales, coalesce(h.net_sales_then, 0) as net_sales_then,
           date '2026-11-01' - timezone('Europe/London', timezone('UTC', h.last_at))::date as recency,
           date '2026-10-01' - timezone('Europe/London', timezone('UTC', h.last_then_at))::date as recency_then,
           c.created_at is null or c.created_at < timestamp '2026-09-30 23:00:00' as was_known
    from customers c
    left join history h using (customer_id)
    where c.is_internal is not true
),
-- the value from which on each score is given, by average rank among who bought in the window
r_places as (
    select value, least(5, floor(5 * (2.0 * sum(n) over (order by value desc) - n) / (2 * sum(n) over ())) + 1) as score
    from (select recency as value, count(*) as n from known where orders > 0 group by recency)
),
f_places as (
    select value, least(5, floor(5 * (2.0 * sum(n) over (order by value) - n) / (2 * sum(n) over ())) + 1) as score
    from (select orders as value, count(*) as n from known where orders > 0 group by orders)
),
m_places as (
    select value, least(5, floor(5 * (2.0 * sum(n) over (order by value) - n) / (2 * sum(n) over ())) + 1) as score
    from (select net_sales as value, count(*) as n from known where orders > 0 group by net_sales)
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
told as (
    select customer_id, recency, orders, net_sales, r, f, m, fm, r::varchar || f::varchar || m::varchar as rfm, segment,
           case when was_known then segment_then end as previous_segment,
           case when not was_known or segment = segment_then then null
                when last_at >= timestamp '2026-09-30 23:00:00' then timezone('Europe/London', timezone('UTC', last_at))::date
                when orders = 0 and orders_then > 0 then timezone('Europe/London', timezone('UTC', last_at))::date + 366
                when r < r_then then timezone('Europe/London', timezone('UTC', last_at))::date
                     + case r when 4 then r5 when 3 then r4 when 2 then r3 else r2 end::int + 1 end as changed_on
    from named c
    where true /*customers*/
),
left_out as (
    select count(*) filter (where o.is_cancelled) as cancelled, count(*) filter (where not o.is_cancelled and o.customer_id is null) as anonymous,
           count(*) filter (where not o.is_cancelled and o.customer_id is not null and c.customer_id is null) as unknown,
           count(*) filter (where not o.is_cancelled and o.currency <> 'GBP' and r.rate is null) as unconverted, count(*) as seen
    from orders o
    left join (select customer_id from customers c where c.is_internal is not true /*customers*/) c using (customer_id)
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    where o.ordered_at >= timestamp '2025-11-01' and o.ordered_at < timestamp '2026-11-01' /*orders*/
)
select *, null as cancelled, null as left_out, null as unconverted, null as used from told
union all
select null, null, t.orders, t.net_sales, null, null, null, null, null, null, null, null, l.cancelled,
       l.cancelled + l.anonymous + l.unknown, l.unconverted, l.seen - l.cancelled - l.anonymous - l.unknown
from (select sum(orders) as orders, sum(net_sales) as net_sales from told) t cross join left_out l
order by customer_id is null, net_sales desc, customer_id
