with firsts as (
    select customer_id, min(ordered_at) as first_at
    from (
        select o.order_id, o.customer_id, o.ordered_at
        from orders o join (select order_id, sum(net_amount) as net from order_lines group by order_id) l using (order_id)
        where not o.is_cancelled and l.net > 0 and o.customer_id is not null and o.ordered_at < timestamp '2026-11-01'
          and o.customer_id not in (select customer_id from customers where is_internal)
    )
    group by customer_id
),
came as (
    select c.source, count(*) as new_customers
    from firsts f left join customers c using (customer_id)
    where first_at >= timestamp '2025-11-01' and first_at < timestamp '2026-11-01'
    group by c.source
),
worked as (
    select count(*) filter (where a.lead_id is not null or (coalesce(a.customer_id, d.customer_id) is not null and (f.first_at is null or a.done_at < f.first_at))) / count(*) as for_new
    from activities a
    left join deals d using (deal_id)
    left join firsts f on f.customer_id = coalesce(a.customer_id, d.customer_id)
    where a.done_at >= timestamp '2025-11-01' and a.done_at < timestamp '2026-11-01'
      and (a.lead_id is not null or a.deal_id is not null or a.customer_id is not null)
),
brought as (
    select campaign_id, source, count(*) / sum(count(*)) over (partition by campaign_id) as share
    from leads where campaign_id is not null and source is not null group by campaign_id, source
),
named as (select lower(source) as called, min(source) as source from (select source from customers union select source from leads) where source is not null group by all),
spent as (
    select case when b.source is not null then b.source else m.source end as source,
           sum(c.amount * coalesce(b.share, 1)) filter (where c.kind = 'marketing') as marketing,
           sum(c.amount * coalesce(b.share, 1)) filter (where c.kind = 'sales') as sales
    from costs c
    left join brought b on b.campaign_id = c.campaign_id
    left join campaigns p on p.campaign_id = c.campaign_id
    left join named m on m.called = lower(coalesce(c.channel, p.channel))
    where c.kind in ('marketing', 'sales') and c.spent_on >= date '2025-11-01' and c.spent_on < date '2026-11-01'
    group by 1
),
every as (
    select coalesce(s.source, c.source) as source, coalesce(marketing, 0) as marketing, coalesce(sales, 0) * for_new as sales_cost, coalesce(new_customers, 0) as new_customers
    from spent s full join came c on c.source is not distinct from s.source cross join worked
)
select source, grouping(source) = 1 as is_total, sum(marketing) as marketing, sum(sales_cost) as sales_cost, sum(marketing + sales_cost) as cost,
       sum(new_customers) as new_customers, sum(marketing + sales_cost) / nullif(sum(new_customers), 0) as cac, sum(new_customers) as used, 0 as left_out
from every
group by grouping sets ((source), ())
order by is_total, new_customers desc, source
