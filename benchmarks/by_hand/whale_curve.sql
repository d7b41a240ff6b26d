with profits as (
    select o.customer_id, sum(l.net_amount * case when o.currency = 'GBP' then 1 else r.rate end
               - coalesce(l.cost_amount * case when o.currency = 'GBP' then 1 else r.rate end,
                          p.unit_cost * l.quantity * case when p.currency is null or p.currency = 'GBP' then 1 else q.rate end)) filter (where not o.is_cancelled) as profit,
           count(*) filter (where o.is_cancelled) as cancelled, count(*) as lines,
           count(*) filter (where not o.is_cancelled and ((o.currency <> 'GBP' and r.rate is null) or coalesce(l.cost_amount, p.unit_cost) is null)) as uncosted
    from order_lines l
    join orders o using (order_id)
    left join products p using (product_id)
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    left join meta.latest_rates q on q.currency = p.currency
    where o.ordered_at >= timestamp '2025-11-01' and o.ordered_at < timestamp '2026-11-01' /*orders*/
    group by o.customer_id
),
ranked as (
    select row_number() over w as place, sum(profit) over w as cumulated, count(*) over () as customers, profit
    from profits where customer_id is not null and profit is not null
    window w as (order by profit desc, customer_id rows between unbounded preceding and current row)
)
select place, cumulated, customers, (select sum(lines) from profits) as lines, (select sum(cancelled) from profits) as cancelled,
       (select sum(uncosted) from profits) as uncosted, (select sum(profit) from profits where profit < 0 and customer_id is not null) as loss
from ranked
where floor(place * 100 / customers) > floor((place - 1) * 100 / customers) or cumulated = (select max(cumulated) from ranked)
order by place
