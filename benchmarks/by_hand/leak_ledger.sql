-- period 2025; the best source is the reference, all stages have at least 30 decided deals
with open_stages as (
    select pipeline, stage, row_number() over (partition by pipeline order by stage_no, stage) as place, count(*) over (partition by pipeline) as places
    from stages where kind = 'open'
),
late as (
    select c.deal_id, arg_min(coalesce(c.old_value, ''), c.changed_at) as amount
    from deal_changes c join deals d using (deal_id) where c.field_name = 'amount' and c.changed_at >= d.closed_at group by c.deal_id
),
ways as (
    select d.deal_id, d.source, d.is_won, d.closed_at, d.currency, d.amount, max(s.place) as place
    from deals d
    left join deal_stages v using (deal_id)
    left join open_stages s on s.pipeline = d.pipeline and s.stage = v.stage
    where d.pipeline = 'main' and d.created_at >= timestamp '2025-01-01' and d.created_at < timestamp '2026-01-01'
    group by all
),
cases as (
    select w.source, w.place, case when w.is_won then 'won' when not w.is_won then 'lost' else 'open' end as outcome, count(*) as cases,
           sum(money) as money, count(money) as priced
    from (
        select w.*, case when a.amount is null then w.amount else cast(nullif(a.amount, '') as decimal(18, 4)) end
               * case when w.currency is null or w.currency = 'GBP' then 1 when w.closed_at is null then l.rate else r.rate end as money
        from ways w
        left join late a using (deal_id)
        left join meta.daily_rates r on r.currency = w.currency and r.day_on = cast(timezone('Europe/London', timezone('UTC', w.closed_at)) as date)
        left join meta.latest_rates l on l.currency = w.currency
    ) w
    group by all
),
by_step as (
    select c.source, s.place, grouping(c.source) = 1 as is_whole, sum(c.cases) as reached,
           sum(c.cases) filter (where c.outcome = 'won' or c.place > s.place) as moved,
           coalesce(sum(c.cases) filter (where c.outcome = 'lost' and c.place = s.place), 0) as lost,
           sum(c.money) filter (where c.outcome = 'won') / sum(c.priced) filter (where c.outcome = 'won') as size
    from cases c join (select distinct place from open_stages where pipeline = 'main') s on c.outcome = 'won' or c.place >= s.place
    group by grouping sets ((c.source, s.place), (s.place))
),
segments as (
    select source, arg_max(moved, place) as won, arg_max(moved, place) + sum(lost) as decided, min(moved + lost) as least
    from by_step where not is_whole group by source
),
prior as (
    select p, case when groups < 5 then 10 when below <= 0 or above <= 0 then 200 else least(200, greatest(5, p * (1 - p) / (above / below) - 1)) end as m
    from (
        select p, count(*) as groups, sum(decided * (won / decided - p) ** 2) - (count(*) - 1) * p * (1 - p) as above,
               sum(decided) - sum(decided * decided) / sum(decided) - (count(*) - 1) as below
        from segments, (select sum(won) / sum(decided) as p from segments) group by p
    )
),
best as (
    select source from segments, prior where source is not null and least >= 30 order by (won + m * p) / (decided + m) desc, decided desc, source desc limit 1
),
rates as (
    select o.place, o.reached, o.moved, o.lost, o.moved / (o.moved + o.lost) as a, f.moved / (f.moved + f.lost) as f, o.size, f.size as reference_size
    from by_step o join by_step f on f.place = o.place and f.source = (select source from best) and not f.is_whole
    where o.is_whole
)
select first(reached order by place) as entered, last(moved order by place) as moved, last(moved order by place) + sum(lost) as n, product(a) as actual,
       product(f) as reference, any_value(size) as size, any_value(reference_size) as reference_size,
       first(reached order by place) * (product(f) * any_value(reference_size) - product(a) * any_value(size)) as leak_money,
       first(reached order by place) as used, 0 as left_out
from rates
