-- places and grades among all customers of the company, whoever asks; the customers in sight by the scope
with baskets as (
    select o.order_id, o.customer_id, timezone('Europe/London', timezone('UTC', o.ordered_at))::date as day_on,
           sum(l.net_amount * case when o.currency = 'GBP' then 1 else r.rate end) as net,
           coalesce(sum(l.net_amount * case when o.currency = 'GBP' then 1 else r.rate end) > 0, false)
               or (bool_or(o.currency <> 'GBP' and r.rate is null) and sum(l.quantity) > 0) as is_bought,
           sum(l.net_amount * case when o.currency = 'GBP' then 1 else r.rate end
               - coalesce(l.cost_amount * case when o.currency = 'GBP' then 1 else r.rate end,
                          p.unit_cost * l.quantity * case when p.currency is null or p.currency = 'GBP' then 1 else q.rate end)) as margin
    from order_lines l
    join orders o using (order_id)
    left join products p using (product_id)
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    left join meta.latest_rates q on q.currency = p.currency
    where not o.is_cancelled and o.customer_id is not null and o.ordered_at < timestamp '2026-11-01'
    group by o.order_id, o.customer_id, o.ordered_at
),
lives as (
    select customer_id, min(day_on) filter (where is_bought) as since, count(*) filter (where is_bought) as orders, sum(net) as net_sales,
           coalesce(sum(margin), 0) as value
    from baskets
    group by customer_id
    having bool_or(is_bought)
),
placed as (
    select *, row_number() over (order by value desc, customer_id) / count(*) over () as rank_share,
           greatest(value, 0) / sum(greatest(value, 0)) over () as share,
           sum(greatest(value, 0)) over (order by value desc, customer_id rows between unbounded preceding and current row)
               / sum(greatest(value, 0)) over () as cumulated_share
    from lives
),
graded as (
    select p.*, case when value <= 0 then 'C' when cumulated_share - share < 0.8 then 'A' when cumulated_share - share < 0.95 then 'B' else 'C' end as grade
    from placed p
    where /*whole*/ true or exists (select 1 from customers c where c.customer_id = p.customer_id /*customers*/)
)
select customer_id, since, orders, net_sales, value, share, cumulated_share, rank_share, grade,
       (select count(*) from orders o where o.ordered_at < timestamp '2026-11-01' /*orders*/) as orders_in_scope,
       (select count(*) from orders o where o.is_cancelled and o.ordered_at < timestamp '2026-11-01' /*orders*/) as cancelled,
       (select count(*) from orders o where not o.is_cancelled and o.customer_id is null and o.ordered_at < timestamp '2026-11-01' /*orders*/) as anonymous
from graded
order by value desc, customer_id
