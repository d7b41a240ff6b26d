-- period 2025
with lost as (
    select d.deal_id, d.pipeline, d.closed_at, d.currency, d.amount, d.loss_reason, max(s.place) as place
    from deals d
    left join deal_stages v using (deal_id)
    left join (select pipeline, stage, row_number() over (partition by pipeline order by stage_no, stage) as place from stages where kind = 'open') s
        on s.pipeline = d.pipeline and s.stage = v.stage
    where not d.is_won and d.closed_at >= timestamp '2025-01-01' and d.closed_at < timestamp '2026-01-01'
    group by all
),
late as (
    select c.deal_id, arg_min(coalesce(c.old_value, ''), c.changed_at) as amount
    from deal_changes c join lost d using (deal_id) where c.field_name = 'amount' and c.changed_at >= d.closed_at group by c.deal_id
),
priced as (
    select l.loss_reason as reason, l.place,
           case when a.amount is null then l.amount else cast(nullif(a.amount, '') as decimal(18, 4)) end
             * case when l.currency is null or l.currency = 'GBP' then 1 else r.rate end as money
    from lost l
    left join late a using (deal_id)
    left join meta.daily_rates r on r.currency = l.currency and r.day_on = cast(timezone('Europe/London', timezone('UTC', l.closed_at)) as date)
),
parts as (
    select reason, place, grouping(place) = 1 as is_total, count(*) as lost, sum(money) as amount
    from priced group by grouping sets ((reason, place), ())
)
select reason, place, is_total, lost, sum(lost) over (partition by is_total) as n, lost / sum(lost) over (partition by is_total) as share, amount,
       sum(lost) over (partition by is_total, reason) as of_reason, sum(lost) over (partition by is_total) as used,
       (select count(*) from deals where is_won and closed_at >= timestamp '2025-01-01' and closed_at < timestamp '2026-01-01') as left_out
from parts
order by is_total, of_reason desc, reason, place
