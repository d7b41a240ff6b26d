with lines as (
    select l.product_id, o.customer_id, o.ordered_at, o.is_cancelled, l.quantity, o.returns_order_id,
           o.ordered_at >= timestamp '2025-11-01' as is_now, coalesce(p.is_service, false) as is_service,
           case when o.currency = 'GBP' then 1 else r.rate end as rate,
           l.net_amount * case when o.currency = 'GBP' then 1 else r.rate end as net,
           l.discount * case when o.currency = 'GBP' then 1 else r.rate end as discount,
           l.quantity * l.unit_price * case when o.currency = 'GBP' then 1 else r.rate end as list_value,
           coalesce(l.cost_amount * case when o.currency = 'GBP' then 1 else r.rate end,
                    p.unit_cost * l.quantity * case when p.currency is null or p.currency = 'GBP' then 1 else q.rate end) as cost
    from order_lines l
    join orders o using (order_id)
    left join products p using (product_id)
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    left join meta.latest_rates q on q.currency = p.currency
    where o.ordered_at >= timestamp '2024-11-01' and o.ordered_at < timestamp '2026-11-01' /*orders*/
),
returned as (
    select l.product_id, sum(-l.quantity) as returned
    from order_lines l
    join orders b on b.order_id = l.order_id
    join orders o on o.order_id = b.returns_order_id
    left join products p on p.product_id = l.product_id
    where l.quantity < 0 and not b.is_cancelled and not o.is_cancelled and not coalesce(p.is_service, false)
      and o.ordered_at >= timestamp '2025-11-01' and o.ordered_at < timestamp '2026-09-02'
      and date_diff('day', timezone('Europe/London', timezone('UTC', o.ordered_at))::date, timezone('Europe/London', timezone('UTC', b.ordered_at))::date) <= 60 /*orders*/
    group by l.product_id
),
products_sold as (
    select product_id, grouping(product_id) = 1 as is_total,
           sum(net) filter (where is_now and is_sold) as net_sales, sum(quantity) filter (where is_now and is_sold) as quantity,
           count(distinct case when is_now and is_sold and net > 0 then customer_id end) as buyers,
           sum(net) filter (where not is_now and is_sold) as before,
           sum(net) filter (where is_now and is_sold and cost is not null) as costed_sales,
           sum(net - cost) filter (where is_now and is_sold and cost is not null) as margin,
           sum(discount) filter (where is_now and is_sold and quantity > 0) as discount,
           sum(list_value) filter (where is_now and is_sold and quantity > 0) as list_value,
           sum(quantity) filter (where is_now and is_sold and quantity > 0 and ordered_at < timestamp '2026-09-02') as sold,
           count(*) filter (where is_now and is_sold) as used, count(*) filter (where is_now and is_cancelled) as cancelled,
           count(*) filter (where is_now and not is_cancelled and is_service) as service,
           count(*) filter (where is_now and is_sold and rate is null) as unconverted
    from (select *, not is_cancelled and not is_service as is_sold from lines)
    group by grouping sets ((product_id), ())
)
select s.*, coalesce(r.returned, (select sum(returned) from returned)) as returned, p.category
from products_sold s
left join returned r on r.product_id = s.product_id
left join products p on p.product_id = s.product_id
order by is_total, net_sales desc, s.product_id
