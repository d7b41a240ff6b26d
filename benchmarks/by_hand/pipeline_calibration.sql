with open_stages as (
    select pipeline, stage, row_number() over (partition by pipeline order by stage_no, stage) as place, count(*) over (partition by pipeline) as places
    from stages where kind = 'open'
),
visits as (
    select v.deal_id, d.pipeline, v.stage, s.place, s.places, d.is_won, v.entered_at, coalesce(v.left_at, d.closed_at) as ended_at, d.closed_at
    from deal_stages v join deals d using (deal_id) join open_stages s on s.pipeline = d.pipeline and s.stage = v.stage
),
-- nine of ten deals are decided within so many days
cycle as (
    select ceil(quantile_cont(date_diff('microsecond', created_at, closed_at) / 864e8, 0.9)) as days
    from deals where closed_at >= timestamp '2024-11-01' and created_at is not null
),
months as (
    select timezone('UTC', timezone('Europe/London', t.ends_at)) as ends_at, timezone('UTC', timezone('Europe/London', t.ends_at - interval 24 month)) as since
    from (select unnest(range(timestamp '2024-12-01', timestamp '2026-11-02', interval 1 month)) as ends_at) t, cycle
    where t.ends_at::date <= date '2026-11-01' - days::int
),
-- by month: the steps of decided deals to a stage further than any before, counted
steps as (
    select *, coalesce(max(place) over (partition by deal_id order by entered_at, place rows between unbounded preceding and 1 preceding), 0) as below
    from visits where is_won is not null
),
counted as (
    select pipeline, places, below, place, date_trunc('month', timezone('Europe/London', timezone('UTC', entered_at))) as reached,
           date_trunc('month', timezone('Europe/London', timezone('UTC', closed_at))) as closed, count(*) filter (where is_won) as won, count(*) as decided
    from steps where place > below group by all
),
known as (
    select m.ends_at, m.since, c.* from months m join counted c on c.closed >= timezone('Europe/London', timezone('UTC', m.since))
    and c.closed < timezone('Europe/London', timezone('UTC', m.ends_at))
),
record as (
    select k.ends_at, s.pipeline, s.stage, s.place,
           sum(case when k.below < s.place and s.place <= k.place and k.reached >= timezone('Europe/London', timezone('UTC', k.since)) then k.won else 0 end)
             + sum(case when k.below = 0 then k.won else 0 end) - sum(case when k.below < s.place and s.place <= k.place then k.won else 0 end) as won,
           sum(case when k.below < s.place and s.place <= k.place and k.reached >= timezone('Europe/London', timezone('UTC', k.since)) then k.decided else 0 end)
             + sum(case when k.below = 0 then k.won else 0 end) - sum(case when k.below < s.place and s.place <= k.place then k.won else 0 end) as decided
    from known k join open_stages s on s.pipeline = k.pipeline
    group by all
),
priors as (
    select ends_at, pipeline, p, case when stages < 5 then 10 when below <= 0 or above <= 0 then 200 else least(200, greatest(5, p * (1 - p) / (above / below) - 1)) end as m
    from (
        select ends_at, pipeline, p, count(*) as stages, sum(decided * (won / decided - p) ** 2) - (count(*) - 1) * p * (1 - p) as above,
               sum(decided) - sum(decided * decided) / sum(decided) - (count(*) - 1) as below
        from (select *, first_value(won / decided) over (partition by ends_at, pipeline order by place) as p from record)
        group by ends_at, pipeline, p
    )
),
chances as (select r.*, p.p as whole, (r.won + m * p.p) / (r.decided + m) as chance from record r join priors p using (ends_at, pipeline)),
stood as (
    select m.ends_at, v.pipeline, v.stage, v.place, count(*) as n, count(*) filter (where is_won) as won, count(*) filter (where not is_won) as lost
    from (
        select pipeline, stage, place, is_won, date_trunc('month', timezone('Europe/London', timezone('UTC', entered_at))) as came,
               date_trunc('month', timezone('Europe/London', timezone('UTC', ended_at))) as went
        from visits
    ) v join months m on v.came < timezone('Europe/London', timezone('UTC', m.ends_at)) and coalesce(v.went >= timezone('Europe/London', timezone('UTC', m.ends_at)), true)
    group by all
)
select s.pipeline, s.stage, grouping(s.stage) = 1 as is_total, sum(s.n) as n, sum(s.n * chance) / sum(s.n) as told, sum(s.won) / sum(s.n) as happened,
       happened - told as miss, sum(s.won) as won, sum(s.lost) as lost, sum(s.n - s.won - s.lost) as open_deals,
       sum(s.n * chance ** 2 - 2 * chance * s.won + s.won) / sum(s.n) as brier, sum(s.n * whole ** 2 - 2 * whole * s.won + s.won) / sum(s.n) as base_brier
from stood s join chances c using (ends_at, pipeline, stage)
where c.decided >= 30
group by grouping sets ((s.pipeline, s.stage, s.place), ())
order by is_total, s.pipeline, s.place
