-- customers at the start and at the end: who bought in the 365 days before; each month has a base of its own, the last row is the year
with days as (
    select distinct o.customer_id, timezone('Europe/London', timezone('UTC', o.ordered_at))::date as day_on
    from (select order_id from order_lines group by order_id having sum(net_amount) > 0) t
    join orders o using (order_id)
    where not o.is_cancelled and o.customer_id is not null
      and o.ordered_at >= timestamp '2024-11-01' and o.ordered_at < timestamp '2026-11-01' /*orders*/
),
marked as (
    select *, lag(day_on) over each as before_on, lead(day_on) over each as after_on
    from days
    window each as (partition by customer_id order by day_on)
),
ends as (
    select customer_id, day_on, before_on is null or day_on - before_on > 365 as is_first,
           case when after_on is null or after_on - day_on > 365 then day_on
                else lead(day_on) over (partition by customer_id order by day_on) end + 365 as lost_on
    from marked
    where before_on is null or day_on - before_on > 365 or after_on is null or after_on - day_on > 365
),
stays as (select customer_id, day_on as from_on, lost_on from ends where is_first),
periods as (
    select unnest(range(date '2025-11-01', date '2026-11-01', interval 1 month))::date as starts_on,
           starts_on + interval 1 month as ends_on, strftime(starts_on, '%Y-%m') as party
    union all
    select date '2025-11-01', date '2026-11-01', null
),
moves as (
    select from_on as day_on, count(*) as n from stays group by 1
    union all
    select lost_on, -count(*) from stays group by 1
),
there as (
    select p.starts_on, p.party, sum(m.n) filter (where m.day_on < p.starts_on) as start, sum(m.n) as at_end
    from periods p join moves m on m.day_on < p.ends_on
    group by p.starts_on, p.party
),
gone as (
    select p.party, count(*) as lost, count(b.customer_id) as won_back
    from stays a
    join periods p on a.from_on < p.starts_on and a.lost_on >= p.starts_on and a.lost_on < p.ends_on
    left join stays b
      on b.customer_id = a.customer_id and b.from_on > a.lost_on and b.from_on < p.ends_on and b.lost_on >= p.ends_on
    group by p.party
),
everybody as (
    select (select count(*) from customers c where c.is_internal is not true /*customers*/) as known,
           (select count(*) from stays s where s.from_on < date '2025-11-01' and s.lost_on >= date '2025-11-01'
            and not exists (select 1 from customers c where c.customer_id = s.customer_id /*customers*/)) as unknown
)
select t.party, t.start, t.start - coalesce(g.lost, 0) + coalesce(g.won_back, 0) as kept, coalesce(g.won_back, 0) as won_back, t.at_end, kept / t.start as rate,
       greatest(0, (rate + 3.841458820694124 / (2 * t.start) - 1.959963984540054 * sqrt(rate * (1 - rate) / t.start + 3.841458820694124 / (4.0 * t.start * t.start))) / (1 + 3.841458820694124 / t.start)) as low,
       least(1, (rate + 3.841458820694124 / (2 * t.start) + 1.959963984540054 * sqrt(rate * (1 - rate) / t.start + 3.841458820694124 / (4.0 * t.start * t.start))) / (1 + 3.841458820694124 / t.start)) as high,
       case when t.party is null then t.start end as used, e.known - t.start + e.unknown as left_out
from there t
left join gone g on g.party is not distinct from t.party
cross join everybody e
order by t.party nulls last
