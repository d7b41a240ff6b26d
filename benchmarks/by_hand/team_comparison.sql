with handed as (
    select deal_id, arg_min(old_value, changed_at) as owner_id
    from deal_changes c join deals d using (deal_id)
    where field_name = 'owner_id' and c.changed_at > d.closed_at
    group by deal_id
),
cells as (
    select case when h.deal_id is null then d.owner_id else h.owner_id end as owner, d.source, c.size_band,
           count(*) filter (where d.is_won) as k, count(*) as n
    from deals d
    left join handed h using (deal_id)
    left join customers c on c.customer_id = d.customer_id
    where d.closed_at >= timestamp '2025-11-01' and d.closed_at < timestamp '2026-11-01'
    group by all
),
rated as (
    select *, sum(k) over () / sum(n) over () as p,
           case when sum(n) over (partition by source, size_band) >= 30 then sum(k) over (partition by source, size_band) / sum(n) over (partition by source, size_band)
                when sum(n) over (partition by source) >= 30 then sum(k) over (partition by source) / sum(n) over (partition by source)
                else sum(k) over () / sum(n) over () end as rate
    from cells
),
people as (
    select owner, sum(k) as k, sum(n) as n, sum(n * rate) / sum(n) as expected, any_value(p) as p from rated where owner is not null group by owner
),
spread as (
    select count(*) as g, any_value(p) as p, sum(n * (k / n - expected) ** 2) - (count(*) - 1) * any_value(p) * (1 - any_value(p)) as above,
           sum(n) - sum(n * n) / sum(n) - (count(*) - 1) as below
    from people
),
prior as (
    select case when g < 5 then 10 when below <= 0 or above <= 0 then 200 else least(200, greatest(5, p * (1 - p) / (above / below) - 1)) end as m
    from spread
)
select owner, e.team, n, k, k / n as observed, expected, case when n >= 5 then k / n / expected end as index, case when n >= 5 then k / n / expected * p end as adjusted,
       (k + m * expected) / (n + m) as shrunken, greatest(0, expected - 1.96 * sqrt(expected * (1 - expected) / n)) as luck_low,
       least(1, expected + 1.96 * sqrt(expected * (1 - expected) / n)) as luck_high, p as whole
from people
join employees e on e.employee_id = owner and coalesce(e.left_on > date '2026-11-01', true) and not coalesce(e.is_bot, false)
cross join prior
order by n desc, owner
