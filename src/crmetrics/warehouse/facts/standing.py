"""Customers at the start of periods, counted: who stayed, who was lost, who came back."""

from __future__ import annotations

from typing import Final

PLACED: Final = """
with periods as (
    select place, starts_on, ends_on, starts_at, before_at
    from (values {periods}) as p(place, starts_on, ends_on, starts_at, before_at)
),
{stays},
placed as (
    select s.customer_id, s.from_on, s.lost_on, s.is_pending, c.party, c.customer_id is null as is_unknown
    from stays s
    left join customers c on c.customer_id = s.customer_id
),
"""

# Those there on a day are those who came before it without those who went before it: of sums by day, for a period may be cut into many.
COUNTED: Final = (
    PLACED
    + """
moves as (
    select party, from_on as day_on, count(*) as customers, count(*) filter (where is_unknown) as unknown
    from placed
    group by party, from_on
    union all
    select party, lost_on, -count(*), -count(*) filter (where is_unknown)
    from placed
    group by party, lost_on
),
present as (
    select p.place, m.party, sum(m.customers) as at_end,
           sum(case when m.day_on < p.starts_on then m.customers else 0 end) as present,
           sum(case when m.day_on < p.starts_on then m.unknown else 0 end) as unknown
    from periods p
    join moves m on m.day_on < p.ends_on
    group by p.place, m.party
),
gone as (
    select p.place, a.party, count(*) filter (where not a.is_pending) as lost, count(*) filter (where a.is_pending) as pending,
           count(*) filter (where not a.is_pending and b.customer_id is not null) as won_back
    from placed a
    join periods p on a.from_on < p.starts_on and a.lost_on >= p.starts_on and a.lost_on < p.ends_on
    left join stays b
      on b.customer_id = a.customer_id and b.from_on > a.lost_on and b.from_on < p.ends_on and b.lost_on >= p.ends_on
    group by p.place, a.party
)
select p.place, p.party, p.present, p.at_end, p.unknown, coalesce(g.lost, 0) as lost, coalesce(g.pending, 0) as pending,
       coalesce(g.won_back, 0) as won_back, (select count(*) from customers) as known
from present p
left join gone g on g.place = p.place and g.party is not distinct from p.party
where p.present > 0 or p.at_end > 0
order by p.place, p.party
"""
)

WEIGHED: Final = (
    PLACED
    + """
worth as ({worth}),
at_start as (
    select p.place, s.party, s.is_unknown, s.is_pending and s.lost_on < p.ends_on as is_pending, s.lost_on < p.ends_on as is_lost,
           b.customer_id is not null as is_back, w.money
    from placed s
    join periods p on s.from_on < p.starts_on and s.lost_on >= p.starts_on
    left join worth w on w.customer_id = s.customer_id and w.place = p.place
    left join stays b
      on b.customer_id = s.customer_id and b.from_on > s.lost_on and b.from_on < p.ends_on and b.lost_on >= p.ends_on
)
select place, party, count(*) as present, count(*) filter (where is_unknown) as unknown,
       count(*) filter (where is_lost and not is_pending) as lost, count(*) filter (where is_pending) as pending,
       count(*) filter (where is_lost and not is_pending and is_back) as won_back,
       sum(money) filter (where not is_pending) as money, sum(money) filter (where is_lost and not is_pending) as lost_money,
       sum(money * money) filter (where not is_pending) as squares,
       count(*) filter (where money is null and not is_pending) as unweighed, (select count(*) from customers) as known
from at_start
group by place, party
order by place, party
"""
)

# sum of (lost that day / customers that day) over the days of a period, as Nelson and Aalen add up a hazard
DAILY: Final = (
    PLACED
    + """
moves as (
    select party, from_on as day_on, count(*) as moved, 0 as lost, 0 as pending from placed group by party, from_on
    union all
    select party, lost_on, -count(*), count(*) filter (where not is_pending), count(*) filter (where is_pending)
    from placed
    group by party, lost_on
),
days as (
    select party, day_on, sum(moved) as moved, sum(lost) as lost, sum(pending) as pending from moves group by party, day_on
),
running as (
    select party, day_on, lost,
           sum(moved) over (partition by party order by day_on rows between unbounded preceding and 1 preceding) - pending as active
    from days
)
select p.place, r.party, sum(r.lost) as lost, sum(r.lost * 1e0 / r.active) as hazard,
       sum(r.lost * 1e0 / r.active / r.active) as variance
from running r
join periods p on r.day_on >= p.starts_on and r.day_on < p.ends_on
where r.lost > 0
group by p.place, r.party
order by p.place, r.party
"""
)
