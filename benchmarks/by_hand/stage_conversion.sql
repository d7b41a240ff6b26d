with open_stages as (
    select pipeline, stage, stage_no, row_number() over (partition by pipeline order by stage_no, stage) as place from stages where kind = 'open'
),
entered as (select * from deals d where d.created_at >= timestamp '2025-11-01' and d.created_at < timestamp '2026-11-01' /*deals*/),
visited as (
    select v.deal_id, max(s.place) as place
    from deal_stages v join entered d using (deal_id) join open_stages s on s.pipeline = d.pipeline and s.stage = v.stage
    group by v.deal_id
),
-- the amount when a deal was closed, where it was changed afterwards
closing as (
    select c.deal_id, arg_min(coalesce(c.old_value, ''), c.changed_at) as amount
    from deal_changes c join entered d using (deal_id)
    where c.field_name = 'amount' and c.changed_at >= d.closed_at
    group by c.deal_id
),
paths as (
    select d.is_won, greatest(v.place, o.place) as place,
           case when c.amount is null then d.amount else cast(nullif(c.amount, '') as decimal(18, 4)) end
               * case when d.currency is null or d.currency = 'GBP' then 1 when d.closed_at is null then q.rate else r.rate end as money
    from entered d
    left join visited v using (deal_id)
    left join closing c using (deal_id)
    left join open_stages o on o.pipeline = d.pipeline and o.stage = d.stage
    left join meta.latest_rates q on q.currency = d.currency
    left join meta.daily_rates r on r.currency = d.currency and r.day_on = timezone('Europe/London', timezone('UTC', d.closed_at))::date
),
counted as (
    select place, is_won, count(*) as cases, sum(money) as money from paths where place is not null or is_won group by all
),
steps as (
    select s.stage, s.stage_no, false as is_total, sum(c.cases) filter (where c.is_won or c.place >= s.place) as reached,
           sum(c.cases) filter (where c.is_won or c.place > s.place) as moved, coalesce(sum(c.cases) filter (where not c.is_won and c.place = s.place), 0) as lost,
           coalesce(sum(c.money) filter (where not c.is_won and c.place = s.place), 0) as lost_amount,
           coalesce(sum(c.cases) filter (where c.is_won is null and c.place = s.place), 0) as open_deals
    from open_stages s cross join counted c
    group by all
    union all
    select null, null, true, sum(cases), sum(cases) filter (where is_won), sum(cases) filter (where not is_won), sum(money) filter (where not is_won),
           sum(cases) filter (where is_won is null)
    from counted
)
select *, moved / reached as next_rate, moved / nullif(moved + lost, 0) as decided_rate, lost / reached as loss_rate, reached / max(reached) over () as cumulative,
       greatest(0, (next_rate + 1.959963984540054 ** 2 / (2 * reached) - 1.959963984540054 * sqrt(next_rate * (1 - next_rate) / reached + 1.959963984540054 ** 2 / (4 * reached * reached))) / (1 + 1.959963984540054 ** 2 / reached)) as low,
       least(1, (next_rate + 1.959963984540054 ** 2 / (2 * reached) + 1.959963984540054 * sqrt(next_rate * (1 - next_rate) / reached + 1.959963984540054 ** 2 / (4 * reached * reached))) / (1 + 1.959963984540054 ** 2 / reached)) as high,
       (select coalesce(sum(cases), 0) from counted) as used
from steps
order by is_total, stage_no
