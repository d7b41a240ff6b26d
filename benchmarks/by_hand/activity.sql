with here as (
    select a.owner_id, a.kind, a.outcome, a.done_at, coalesce(a.outcome, '') = 'cancelled' as is_cancelled,
           not is_cancelled and a.kind = 'note' and (a.owner_id is null or coalesce(e.is_bot, false)) as is_note,
           not is_cancelled and not is_note and coalesce(a.done_at >= timestamp '2025-11-01' and a.done_at < timestamp '2026-11-01', false) as is_done,
           not is_cancelled and not is_note and coalesce(a.due_at >= timestamp '2025-11-01' and a.due_at < timestamp '2026-11-01', false) as is_planned
    from activities a left join employees e on e.employee_id = a.owner_id
    where ((a.done_at >= timestamp '2025-11-01' and a.done_at < timestamp '2026-11-01') or (a.due_at >= timestamp '2025-11-01' and a.due_at < timestamp '2026-11-01')) /*activities*/
),
counted as (
    select owner_id, kind, grouping(kind) = 1 as is_total, count(*) filter (where is_planned) as planned, count(*) filter (where is_done) as done,
           count(*) filter (where is_planned and done_at is not null) as completed, count(*) filter (where is_planned and done_at is null) as overdue,
           count(*) filter (where is_done and kind = 'call') as calls, count(*) filter (where is_done and kind = 'call' and outcome = 'answered') as answered_calls,
           count(*) filter (where is_cancelled) as cancelled, count(*) filter (where is_note) as notes,
           count(*) filter (where is_done or is_planned) as used
    from here
    group by grouping sets ((owner_id, kind), ())
),
won as (
    select owner_id, grouping(owner_id) = 1 as is_total, count(*) as won
    from deals d where is_won and closed_at >= timestamp '2025-11-01' and closed_at < timestamp '2026-11-01' /*deals*/
    group by grouping sets ((owner_id), ())
),
for_won as (
    select d.owner_id, a.kind, grouping(a.kind) = 1 as is_total, count(*) as done
    from deals d join activities a using (deal_id) left join employees e on e.employee_id = a.owner_id
    where d.is_won and d.closed_at >= timestamp '2025-11-01' and d.closed_at < timestamp '2026-11-01' /*deals*/
      and a.done_at is not null and coalesce(a.outcome, '') <> 'cancelled' and not (a.kind = 'note' and (a.owner_id is null or coalesce(e.is_bot, false)))
    group by grouping sets ((d.owner_id, a.kind), ())
)
select c.owner_id as party, c.kind, c.is_total, planned, c.done, completed, completed / nullif(planned, 0) as completion, overdue,
       answered_calls / nullif(calls, 0) as answered, coalesce(w.won, 0) as won, case when w.won >= 5 then coalesce(f.done, 0) / w.won end as per_won,
       cancelled, notes, used
from counted c
left join won w on w.is_total = c.is_total and w.owner_id is not distinct from c.owner_id
left join for_won f on f.is_total = c.is_total and f.owner_id is not distinct from c.owner_id and f.kind is not distinct from c.kind
where c.is_total or c.done + planned > 0
order by c.is_total, sum(c.done) over (partition by c.is_total, c.owner_id) desc, c.owner_id, c.done desc, c.kind
