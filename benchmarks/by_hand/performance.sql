with orders_then as (
    select o.order_id, o.customer_id, c.region, o.is_cancelled, o.ordered_at >= timestamp '2025-11-01' as is_now,
           case when o.currency = 'GBP' then 1 else r.rate end as rate
    from orders o
    left join customers c using (customer_id)
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    where o.ordered_at >= timestamp '2024-11-01' and o.ordered_at < timestamp '2026-11-01' /*orders*/
),
baskets as (
    select order_id, any_value(customer_id) as customer_id, any_value(region) as region, any_value(is_cancelled) as is_cancelled,
           any_value(is_now) as is_now, any_value(rate) is null as is_unconverted, sum(l.net_amount * rate) as amount,
           sum(l.quantity) as quantity, count(*) as lines
    from order_lines l join orders_then o using (order_id)
    group by order_id
)
select region, grouping(region) = 1 as is_total,
       sum(amount) filter (where is_now and not is_cancelled) as amount,
       sum(quantity) filter (where is_now and not is_cancelled) as quantity,
       count(*) filter (where is_now and not is_cancelled and amount > 0) as orders,
       count(distinct case when is_now and not is_cancelled and amount > 0 then customer_id end) as buyers,
       sum(amount) filter (where not is_now and not is_cancelled) as before,
       sum(lines) filter (where is_now and not is_cancelled and not is_unconverted) as used,
       sum(lines) filter (where is_now and is_cancelled) as cancelled,
       sum(lines) filter (where is_now and not is_cancelled and is_unconverted) as unconverted
from baskets
group by grouping sets ((region), ())
order by is_total, amount desc, region
