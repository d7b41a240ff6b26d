with open_stages as (
    select pipeline, stage, stage_no, probability, row_number() over (partition by pipeline order by stage_no, stage) as place
    from stages where kind = 'open'
),
-- what became of the deals decided in the last 24 months, of the whole company
ways as (
    select d.pipeline, d.is_won, max(s.place) as furthest, coalesce(max(s.place) filter (where v.entered_at < timestamp '2024-11-01'), 0) as before
    from deals d join deal_stages v using (deal_id) join open_stages s on s.pipeline = d.pipeline and s.stage = v.stage
    where d.closed_at >= timestamp '2024-11-01'
    group by d.deal_id, d.pipeline, d.is_won
),
record as (
    select s.pipeline, s.stage, s.place, count(*) filter (where w.is_won) as won, count(*) as decided
    from open_stages s join ways w on w.pipeline = s.pipeline and s.place > w.before and (w.is_won or s.place <= w.furthest)
    group by all
),
-- drawn to the rate p of the pipeline by so many cases m
priors as (
    select pipeline, p, case when stages < 5 then 10 when below <= 0 or above <= 0 then 200 else least(200, greatest(5, p * (1 - p) / (above / below) - 1)) end as m
    from (
        select pipeline, p, count(*) as stages, sum(decided * (won / decided - p) ** 2) - (count(*) - 1) * p * (1 - p) as above,
               sum(decided) - sum(decided * decided) / sum(decided) - (count(*) - 1) as below
        from (select *, first_value(won / decided) over (partition by pipeline order by place) as p from record)
        group by pipeline, p
    )
),
chances as (select r.*, (r.won + m * p) / (r.decided + m) as chance from record r join priors using (pipeline)),
open_deals as (
    select d.pipeline, d.stage, s.stage_no, d.amount, d.amount * case when d.currency is null or d.currency = 'GBP' then 1 else q.rate end as money,
           coalesce(d.probability, s.probability) as typed, c.chance, c.decided, d.expected_close_on, coalesce(n.due_at >= timestamp '2026-11-01', false) as has_next_step,
           date_diff('second', d.created_at, timestamp '2026-11-01') / 86400 as age
    from deals d
    left join stages s on s.pipeline = d.pipeline and s.stage = d.stage
    left join chances c on c.pipeline = d.pipeline and c.stage = d.stage
    left join meta.latest_rates q on q.currency = d.currency
    left join (
        select deal_id, max(due_at) as due_at from activities d
        where done_at is null and coalesce(outcome, '') <> 'cancelled' and deal_id is not null /*deals*/
        group by deal_id
    ) n using (deal_id)
    where d.is_won is null /*deals*/
)
select pipeline, stage, stage_no, grouping(stage) = 1 as is_total, count(*) as deals, sum(money) as amount,
       sum(money * case when decided >= 30 then chance else coalesce(typed, chance) end) as weighted,
       weighted / sum(money) as probability, any_value(decided) as n, case when count(age) >= 5 then median(age) end as median_age,
       count(*) filter (where amount is null) as without_amount, count(*) filter (where amount is null) / count(*) as no_amount,
       count(*) filter (where expected_close_on is null) as without_date, count(*) filter (where expected_close_on is null) / count(*) as no_date,
       count(*) filter (where not has_next_step) as without_next_step, count(*) filter (where not has_next_step) / count(*) as no_next_step,
       count(*) filter (where expected_close_on < date '2026-11-01') as overdue,
       count(*) filter (where amount is not null and money is null) as unconverted, count(*) as used, 0 as left_out
from open_deals
group by grouping sets ((pipeline, stage, stage_no), ())
order by is_total, pipeline, stage_no, stage
