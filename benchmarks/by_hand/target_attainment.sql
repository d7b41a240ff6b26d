with sold as (
    select o.owner_id, e.team, sum(l.net * case when o.currency = 'GBP' then 1 else r.rate end) as amount
    from orders o
    join (select order_id, sum(net_amount) as net from order_lines group by order_id) l using (order_id)
    left join employees e on e.employee_id = o.owner_id
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    where not o.is_cancelled and o.ordered_at >= timestamp '2026-10-01' - interval 1 hour and o.ordered_at < timestamp '2026-11-01' /*orders*/
    group by all
),
won as (
    select d.owner_id, e.team, sum(d.amount * case when d.currency is null or d.currency = 'GBP' then 1 else r.rate end) as amount
    from deals d
    left join employees e on e.employee_id = d.owner_id
    left join meta.daily_rates r on r.currency = d.currency and r.day_on = timezone('Europe/London', timezone('UTC', d.closed_at))::date
    where d.is_won and d.closed_at >= timestamp '2026-10-01' - interval 1 hour and d.closed_at < timestamp '2026-11-01' /*deals*/
    group by all
),
every as (select 'kpis.net_sales' as kpi, * from sold union all select 'kpis.won_amount', * from won),
actual as (
    select kpi, case when grouping(owner_id) = 0 then 'owner' when grouping(team) = 0 then 'team' else 'company' end as scope,
           coalesce(owner_id, team) as scope_id, sum(amount) as amount
    from every
    group by grouping sets ((kpi, owner_id), (kpi, team), (kpi))
)
select t.kpi, t.scope, t.scope_id, t.target_value, coalesce(a.amount, 0) as actual, coalesce(a.amount, 0) / t.target_value as attainment, 1e0 as due
from targets t
left join actual a on a.kpi = t.kpi and a.scope = t.scope and a.scope_id is not distinct from t.scope_id
where t.starts_on <= date '2026-10-31' and t.ends_on > date '2026-10-31'
order by t.kpi, t.scope, t.scope_id
