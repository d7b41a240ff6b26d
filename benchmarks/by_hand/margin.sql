with lines as (
    select p.category, o.is_cancelled,
           l.net_amount * case when o.currency = 'GBP' then 1 else r.rate end as net,
           coalesce(l.cost_amount * case when o.currency = 'GBP' then 1 else r.rate end,
                    p.unit_cost * l.quantity * case when p.currency is null or p.currency = 'GBP' then 1 else q.rate end) as cost,
           l.cost_amount is null as is_estimated
    from order_lines l
    join orders o using (order_id)
    left join products p using (product_id)
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    left join meta.latest_rates q on q.currency = p.currency
    where o.ordered_at >= timestamp '2025-11-01' and o.ordered_at < timestamp '2026-11-01' /*orders*/
)
select category, grouping(category) = 1 as is_total,
       sum(net) filter (where is_costed) as net_sales, sum(cost) filter (where is_costed) as cost,
       sum(net - cost) filter (where is_costed) as margin,
       sum(net) filter (where is_costed and is_estimated) as estimated,
       sum(net) filter (where not is_cancelled and not is_costed) as uncosted_sales,
       count(*) filter (where is_costed) as used, count(*) filter (where is_cancelled) as cancelled,
       count(*) filter (where not is_cancelled and net is null) as unconverted,
       count(*) filter (where not is_cancelled and net is not null and cost is null) as uncosted
from (select *, not is_cancelled and net is not null and cost is not null as is_costed from lines)
group by grouping sets ((category), ())
order by is_total, margin desc, category
