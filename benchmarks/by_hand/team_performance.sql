with handed as (
    select deal_id, arg_min(old_value, changed_at) as owner_id
    from deal_changes c join deals d using (deal_id)
    where field_name = 'owner_id' and c.changed_at > d.closed_at
    group by deal_id
),
decided as (
    select case when h.deal_id is null then d.owner_id else h.owner_id end as owner, d.is_won, d.amount, d.closed_at >= timestamp '2025-11-01' as is_now,
           d.amount * case when d.currency is null or d.currency = 'GBP' then 1 else r.rate end as money,
           date_diff('second', d.created_at, d.closed_at) / 86400 as days
    from deals d
    left join handed h using (deal_id)
    left join meta.daily_rates r on r.currency = d.currency and r.day_on = timezone('Europe/London', timezone('UTC', d.closed_at))::date
    where d.closed_at >= timestamp '2024-11-01' and d.closed_at < timestamp '2026-11-01' /*deals*/
),
deals_of as (
    select owner, grouping(owner) = 1 as is_total, count(*) filter (where is_now and is_won) as won, count(*) filter (where is_now and not is_won) as lost,
           coalesce(sum(money) filter (where is_now and is_won), 0) as won_amount, coalesce(sum(money) filter (where not is_now and is_won), 0) as before,
           median(days) filter (where is_now and is_won and days >= 0) as cycle_median
    from decided group by grouping sets ((owner), ())
),
sales_of as (
    select o.owner_id as owner, grouping(o.owner_id) = 1 as is_total, sum(l.net * case when o.currency = 'GBP' then 1 else r.rate end) as amount
    from orders o
    join (select order_id, sum(net_amount) as net from order_lines group by order_id) l using (order_id)
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    where not o.is_cancelled and o.ordered_at >= timestamp '2025-11-01' and o.ordered_at < timestamp '2026-11-01' /*orders*/
    group by grouping sets ((o.owner_id), ())
),
done_of as (
    select a.owner_id as owner, count(*) as activities
    from activities a left join employees e on e.employee_id = a.owner_id
    where a.done_at >= timestamp '2025-11-01' and a.done_at < timestamp '2026-11-01' and not coalesce(e.is_bot, false)
    group by a.owner_id
),
plans as (
    select scope_id as owner, scope = 'company' as is_total, sum(target_value) as target
    from targets
    where kpi = 'kpis.won_amount' and scope in ('company', 'owner') and starts_on >= date '2025-11-01' and ends_on <= date '2026-11-01'
    group by all
),
every as (
    select coalesce(d.owner, s.owner, p.owner) as owner, coalesce(d.is_total, s.is_total, p.is_total) as is_total, d.*, s.amount, p.target
    from deals_of d
    full join sales_of s on s.owner is not distinct from d.owner and s.is_total = d.is_total
    full join plans p on p.owner is not distinct from coalesce(d.owner, s.owner) and p.is_total = coalesce(d.is_total, s.is_total)
)
select e.owner, e.is_total, coalesce(won, 0) as won, coalesce(lost, 0) as lost, coalesce(won, 0) + coalesce(lost, 0) as n, won / (won + lost) as rate,
       won_amount, before, (won_amount - before) / before as growth, cycle_median, amount, target, won_amount / target as attainment,
       case when e.is_total then sum(a.activities) over () else a.activities end as activities, coalesce(won, 0) + coalesce(lost, 0) as used, 0 as left_out
from every e
left join done_of a on a.owner is not distinct from e.owner and not e.is_total
order by e.is_total, won_amount desc, e.owner
