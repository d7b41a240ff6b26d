-- the median gap is the company's, the own gaps are those in sight
with orders_in_sight as (
    select o.customer_id, timezone('Europe/London', timezone('UTC', o.ordered_at))::date as day_on,
           t.net * case when o.currency = 'GBP' then 1 else r.rate end as net
    from (select order_id, sum(net_amount) as net from order_lines group by order_id having sum(net_amount) > 0) t
    join orders o using (order_id)
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    where not o.is_cancelled and o.customer_id is not null and o.ordered_at < timestamp '2026-11-01'
),
days as (select customer_id, day_on, sum(net) as net from orders_in_sight group by all),
gaps as (select day_on - lag(day_on) over (partition by customer_id order by day_on) as gap from days),
usual as (select median(gap) as usual from gaps),
rhythms as (
    select customer_id, count(*) - 1 as gaps, (max(day_on) - min(day_on) + 2 * any_value(u.usual)) / (count(*) + 1) as gap,
           max(day_on) as last_on, sum(net) / count(*) as order_value
    from days
    cross join usual u
    group by customer_id
),
told as (
    select customer_id, gaps, gap, last_on, last_on + round(gap)::int as next_on, (date '2026-11-01' - last_on) / gap as overdue_ratio, order_value,
           case when overdue_ratio < 0.8 then 'early' when overdue_ratio < 1.5 then 'due' when overdue_ratio < 3 then 'overdue' else 'silent' end as state
    from rhythms
)
select *, null as used, null as left_out, false as is_total from told
union all
select null, sum(gaps), null, null, null, null, sum(order_value * (gaps + 1)) / sum(gaps + 1), null, count(*),
       (select count(*) from customers c where c.is_internal is not true and c.customer_id not in (select customer_id from rhythms)), true
from rhythms
order by is_total, case state when 'due' then 1 when 'overdue' then 2 when 'early' then 3 else 4 end, order_value desc, customer_id
