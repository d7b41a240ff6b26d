with baskets as (
    select o.order_id, o.customer_id, o.ordered_at >= timestamp '2025-11-01' as is_now,
           sum(l.net_amount * case when o.currency = 'GBP' then 1 else r.rate end) as net,
           sum(case when coalesce(l.cost_amount, p.unit_cost) is not null then l.net_amount * case when o.currency = 'GBP' then 1 else r.rate end end) as costed,
           sum(l.net_amount * case when o.currency = 'GBP' then 1 else r.rate end
               - coalesce(l.cost_amount * case when o.currency = 'GBP' then 1 else r.rate end,
                          p.unit_cost * l.quantity * case when p.currency is null or p.currency = 'GBP' then 1 else q.rate end)) as margin
    from order_lines l
    join orders o using (order_id)
    left join products p using (product_id)
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    left join meta.latest_rates q on q.currency = p.currency
    where not o.is_cancelled and o.customer_id is not null
      and o.ordered_at >= timestamp '2024-11-01' and o.ordered_at < timestamp '2026-11-01' /*orders*/
    group by all
),
people as (
    select b.customer_id, c.kind, coalesce(bool_or(not is_now and net > 0), false) as was_there, count(*) filter (where is_now and net > 0) as orders,
           sum(net) filter (where is_now and net > 0) as bought, sum(net) filter (where is_now) as net, sum(costed) filter (where is_now) as costed,
           sum(margin) filter (where is_now) as margin, count(*) filter (where is_now) as documents
    from baskets b
    left join customers c on c.customer_id = b.customer_id /*customers*/
    group by all
),
rates as (
    select kind, grouping(kind) = 1 as is_total, count(*) filter (where orders > 0) as n, count(*) filter (where was_there) as active,
           sum(bought) / sum(orders) as v, sum(orders) * 365.25 / 365 / count(*) filter (where orders > 0) as f,
           sum(net) / sum(bought) * sum(margin) / sum(costed) as g,
           count(*) filter (where was_there and orders > 0) / count(*) filter (where was_there) as r, sum(documents) as used
    from people
    group by grouping sets ((kind), ())
)
select kind as party, n, active, v, f, g, r, 0.1 as d, v * f * g as yearly,
       case when least(n, active) >= 30 then v * f * g * 1.1 / (1.1 - r) end as clv, used
from rates
order by is_total, n desc, kind
