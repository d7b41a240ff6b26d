with staff as (
    select employee_id, team, manager_id, coalesce(hired_on < date '2025-11-01', true) and coalesce(left_on >= date '2025-11-01', true) as is_at_start,
           coalesce(left_on >= date '2026-11-01', true) as is_at_end, coalesce(hired_on >= date '2025-11-01', false) as has_joined,
           coalesce(left_on >= date '2025-11-01' and left_on < date '2026-11-01', false) as has_left
    from employees
    where not coalesce(is_bot, false) and coalesce(hired_on < date '2026-11-01', true) and coalesce(left_on >= date '2025-11-01', true)
),
deal_load as (select owner_id, count(*) as deals from deals where is_won is null group by owner_id),
ticket_load as (select owner_id, count(*) as tickets from tickets where status not in ('solved', 'closed') and not coalesce(is_spam, false) group by owner_id),
task_load as (
    select owner_id, count(*) as tasks from activities
    where done_at is null and due_at < timestamp '2026-11-01' and coalesce(outcome, '') <> 'cancelled' group by owner_id
),
won as (
    select e.team, grouping(e.team) = 1 as is_total, sum(d.amount * case when d.currency is null or d.currency = 'GBP' then 1 else r.rate end) as amount
    from deals d
    left join employees e on e.employee_id = d.owner_id
    left join meta.daily_rates r on r.currency = d.currency and r.day_on = timezone('Europe/London', timezone('UTC', d.closed_at))::date
    where d.is_won and d.closed_at >= timestamp '2025-11-01' and d.closed_at < timestamp '2026-11-01'
    group by grouping sets ((e.team), ())
),
plans as (
    select scope_id as team, scope = 'company' as is_total, sum(target_value) as target
    from targets
    where kpi = 'kpis.won_amount' and scope in ('company', 'team') and starts_on >= date '2025-11-01' and ends_on <= date '2026-11-01'
    group by all
),
counted as (
    select team, grouping(team) = 1 as is_total, count(*) filter (where is_at_start) as at_start, count(*) filter (where is_at_end) as headcount,
           count(*) filter (where has_joined) as joined, count(*) filter (where has_left) as gone, count(*) as used,
           sum(coalesce(deals, 0)) as deals, sum(coalesce(tickets, 0)) as tickets, sum(coalesce(tasks, 0)) as tasks,
           count(manager_id) filter (where is_at_end) / count(distinct manager_id) filter (where is_at_end) as led_each
    from staff s
    left join deal_load d on d.owner_id = employee_id
    left join ticket_load t on t.owner_id = employee_id
    left join task_load k on k.owner_id = employee_id
    group by grouping sets ((team), ())
)
select c.team, c.is_total, at_start, headcount, joined, gone, case when headcount >= 5 then gone / ((at_start + headcount) / 2) end as turnover,
       case when headcount >= 5 then deals / headcount end as open_deals_each, case when headcount >= 5 then tickets / headcount end as open_tickets_each,
       case when headcount >= 5 then tasks / headcount end as overdue_each, case when headcount >= 5 then led_each end as led_each,
       w.amount / p.target as attainment, used
from counted c
left join plans p on p.team is not distinct from c.team and p.is_total = c.is_total
left join won w on w.team is not distinct from c.team and w.is_total = c.is_total
order by c.is_total, headcount desc, c.team
