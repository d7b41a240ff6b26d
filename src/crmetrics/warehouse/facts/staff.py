"""Who was there, who came and who went; and what they have to do."""

from __future__ import annotations

from typing import Final

_UNTIL: Final = "greatest($start_on, least($end_on, $today))"

STAFF: Final = f"""
    select employee_id, party, manager_id, hired_on, coalesce(is_bot, false) as is_bot,
           (hired_on is null or hired_on < $start_on) and (left_on is null or left_on >= $start_on) as is_at_start,
           (hired_on is null or hired_on < {_UNTIL}) and (left_on is null or left_on >= {_UNTIL}) as is_at_end,
           coalesce(hired_on >= $start_on and hired_on < {_UNTIL}, false) as has_joined,
           coalesce(left_on >= $start_on and left_on < {_UNTIL}, false) as has_left,
           left_on is null or left_on >= $today as is_active
    from employees
"""
"""The employees with what became of them in a period, up to today; bots among them."""

PEOPLE_BY_PARTY: Final = f"""
with staff as ({STAFF}),
deal_load as (select owner_id, count(*) as deals from deals where is_won is null and owner_id is not null group by owner_id),
ticket_load as (
    select owner_id, count(*) as tickets
    from tickets
    where status not in ('solved', 'closed') and not coalesce(is_spam, false) and owner_id is not null
    group by owner_id
),
task_load as (
    select owner_id, count(*) as tasks
    from activities
    where done_at is null and due_at < $as_of and coalesce(outcome, '') <> 'cancelled' and owner_id is not null
    group by owner_id
)
select s.party, grouping(s.party) = 1 as is_total, count(*) as known,
       count(*) filter (where s.is_bot) as bots,
       count(*) filter (where not s.is_bot and not s.is_at_start and not s.is_at_end and not s.has_joined and not s.has_left) as elsewhere,
       count(*) filter (where not s.is_bot and s.is_at_start) as at_start,
       count(*) filter (where not s.is_bot and s.is_at_end) as headcount,
       count(*) filter (where not s.is_bot and s.has_joined) as joined,
       count(*) filter (where not s.is_bot and s.has_left) as gone,
       count(*) filter (where not s.is_bot and s.is_active) as active,
       count(*) filter (where not s.is_bot and s.is_at_end and s.manager_id is not null) as led,
       count(distinct case when not s.is_bot and s.is_at_end then s.manager_id end) as managers,
       sum(case when not s.is_bot then coalesce(d.deals, 0) end) as deals,
       sum(case when not s.is_bot then coalesce(t.tickets, 0) end) as tickets,
       sum(case when not s.is_bot then coalesce(k.tasks, 0) end) as tasks
from staff s
left join deal_load d on d.owner_id = s.employee_id
left join ticket_load t on t.owner_id = s.employee_id
left join task_load k on k.owner_id = s.employee_id
group by grouping sets ((s.party), ())
order by is_total, headcount desc, s.party
"""
"""People and their open work, by party."""
