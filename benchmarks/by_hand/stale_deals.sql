with talks as (
    select deal_id, coalesce(done_at, created_at) as talked_at
    from activities
    where coalesce(outcome, '') not in ('cancelled', 'no_show', 'no_answer')
      and case when done_at is null then direction = 'in' and kind in ('email', 'chat')
               when kind in ('meeting', 'visit') or direction = 'both' then true
               when kind = 'call' then outcome = 'answered' else direction = 'in' and kind in ('email', 'chat') end
),
open_stages as (
    select pipeline, stage, probability, row_number() over (partition by pipeline order by stage_no, stage) as place from stages where kind = 'open'
),
-- the limits that won deals have set
won as (select deal_id, pipeline, created_at, closed_at from deals where is_won),
visits as (
    select v.deal_id, d.pipeline, v.stage, v.entered_at, coalesce(v.left_at, d.closed_at) as ended_at
    from deal_stages v join won d using (deal_id) join open_stages s on s.pipeline = d.pipeline and s.stage = v.stage
    where date_diff('microsecond', v.entered_at, coalesce(v.left_at, d.closed_at)) >= 60000000
),
begins as (
    select deal_id, created_at as began_at from won where created_at is not null
    union all
    select deal_id, talked_at from talks join won using (deal_id) where talked_at < closed_at and (created_at is null or talked_at > created_at)
),
silences as (select deal_id, began_at, lead(began_at) over (partition by deal_id order by began_at) as ended_at from begins),
silence_limits as (
    select pipeline, stage, case when count(*) >= 10 then quantile_cont(silence / 864e8, 0.75) else 30 end as silence_limit
    from (
        select v.deal_id, v.pipeline, v.stage, max(date_diff('microsecond', s.began_at, least(s.ended_at, v.ended_at))) as silence
        from visits v join silences s on s.deal_id = v.deal_id and s.began_at < v.ended_at and coalesce(s.ended_at > v.entered_at, true)
        group by all
    )
    group by all
),
stay_limits as (
    select pipeline, stage, case when count(*) >= 10 then quantile_cont(stay / 864e8, 0.75) else 30 end as stay_limit
    from (select deal_id, pipeline, stage, sum(date_diff('microsecond', entered_at, ended_at)) as stay from visits group by all)
    group by all
),
-- the chances of the stages: decided in the last 24 months, of the whole company, drawn to the rate p of the pipeline by m cases
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
-- the open deals
open_deals as (select * from deals d where is_won is null /*deals*/),
heard as (select deal_id, max(talked_at) as talked_at from talks where deal_id in (select deal_id from open_deals) group by all),
stays as (
    select v.deal_id, sum(date_diff('microsecond', v.entered_at, coalesce(v.left_at, timestamp '2026-11-01'))) / 864e8 as days
    from deal_stages v join open_deals d on d.deal_id = v.deal_id and d.stage = v.stage
    join open_stages s on s.pipeline = d.pipeline and s.stage = v.stage
    where v.left_at is null or date_diff('microsecond', v.entered_at, v.left_at) >= 60000000
    group by all
),
judged as (
    select d.deal_id, d.name, d.owner_id, d.stage, d.expected_close_on, s.days, coalesce(l.stay_limit, 30) as stay_limit,
           date_diff('microsecond', greatest(h.talked_at, d.created_at), timestamp '2026-11-01') / 864e8 as silence,
           coalesce(m.silence_limit, 30) as silence_limit, d.amount * case when d.currency is null or d.currency = 'GBP' then 1 else q.rate end as amount,
           case when c.decided >= 30 then c.chance else coalesce(d.probability, o.probability, c.chance) end as probability,
           coalesce(s.days > coalesce(l.stay_limit, 30), false) as is_long, coalesce(silence > coalesce(m.silence_limit, 30), false) as is_silent,
           coalesce(d.expected_close_on < date '2026-11-01', false) as is_past, count(*) over () as used
    from open_deals d
    left join stays s using (deal_id)
    left join heard h using (deal_id)
    left join meta.latest_rates q on q.currency = d.currency
    left join open_stages o on o.pipeline = d.pipeline and o.stage = d.stage
    left join stay_limits l on l.pipeline = d.pipeline and l.stage = d.stage
    left join silence_limits m on m.pipeline = d.pipeline and m.stage = d.stage
    left join chances c on c.pipeline = d.pipeline and c.stage = d.stage
)
select deal_id, name, owner_id, stage, days, stay_limit as "limit", silence, silence_limit, expected_close_on,
       concat_ws('_', case when is_long then 'stage' end, case when is_silent then 'silence' end, case when is_past then 'date' end) as reasons,
       is_long::int + is_silent::int + is_past::int as score, amount, probability, amount * probability as stake,
       sum(amount) over () as whole_amount, sum(amount * probability) over () as whole_stake, used
from judged
where is_long or is_silent or is_past
order by coalesce(stake, -1) desc, deal_id
