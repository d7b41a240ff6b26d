with open_stages as (select pipeline, stage, stage_no from stages where kind = 'open'),
visits as (
    select v.deal_id, d.pipeline, v.stage, s.stage_no, d.is_won, v.entered_at, coalesce(v.left_at, d.closed_at) as ended_at,
           coalesce(date_diff('microsecond', v.entered_at, coalesce(v.left_at, d.closed_at)) < 60000000, false) as is_passing
    from deal_stages v join deals d using (deal_id) join open_stages s on s.pipeline = d.pipeline and s.stage = v.stage
    where true /*deals*/
),
stays as (
    select deal_id, pipeline, stage, stage_no, any_value(is_won) as is_won, coalesce(min(entered_at) filter (where not is_passing), min(entered_at)) as entered_at,
           max(entered_at) filter (where not is_passing) as latest_at,
           sum(date_diff('microsecond', entered_at, coalesce(ended_at, timestamp '2026-11-01'))) filter (where not is_passing) as spent,
           count(*) filter (where ended_at is null) > 0 as is_running, count(*) filter (where not is_passing) as visits, count(*) filter (where is_passing) as passings
    from visits
    group by deal_id, pipeline, stage, stage_no
),
lost as (select deal_id, max(latest_at) as latest_at from stays where not is_won group by deal_id),
durations as (
    select pipeline, stage, stage_no, entered_at >= timestamp '2025-11-01' as is_now, round(spent / 1e6) as seconds,
           count(*) filter (where is_running) as running, count(*) filter (where not is_running) as gone,
           count(*) filter (where not is_running and s.latest_at = l.latest_at) as lost, sum(visits) as visits, sum(passings) as passings
    from stays s left join lost l using (deal_id)
    where entered_at >= timestamp '2024-11-01' and entered_at < timestamp '2026-11-01'
    group by all
),
at_risk as (
    select *, sum(gone + running) over (partition by is_now, pipeline, stage order by seconds desc) as risk from durations where visits > 0
),
curves as (
    select *, sum(ln(case when risk > gone then 1 - gone / risk else 1e-300 end)) over w as survival, max(gone) over w as any_gone
    from at_risk
    window w as (partition by is_now, pipeline, stage order by seconds)
),
-- the shares that went on or were lost by each duration
shares as (
    select *, exp(coalesce(lag(survival) over w, 0)) as alive_before, sum(alive_before_times * (gone - lost) / risk) over w as moved_by, sum(alive_before_times * lost / risk) over w as lost_by
    from (select *, exp(coalesce(lag(survival) over (partition by is_now, pipeline, stage order by seconds), 0)) as alive_before_times from curves)
    window w as (partition by is_now, pipeline, stage order by seconds)
),
figures as (
    select pipeline, stage, stage_no, is_now, sum(gone + running) as entered, sum(gone) as gone, sum(running) as open_deals, max(seconds) / 86400 as longest,
           min(seconds) filter (where survival <= ln(0.5) + 1e-11) / 86400 as median, min(seconds) filter (where survival <= ln(0.25) + 1e-11) / 86400 as p75,
           max(moved_by) as moved_share, max(lost_by) as lost_share,
           min(seconds) filter (where moved_by >= half_moved - 1e-11) / 86400 as moved_days, min(seconds) filter (where lost_by >= half_lost - 1e-11) / 86400 as lost_days
    from (select *, max(moved_by) over w / 2 as half_moved, max(lost_by) over w / 2 as half_lost from shares window w as (partition by is_now, pipeline, stage))
    group by all
)
select n.pipeline, n.stage, n.stage_no, n.entered, n.gone, n.open_deals, n.median, n.p75, n.longest, b.median as reference, (n.median - b.median) * n.entered as excess,
       n.moved_share, n.moved_days, n.lost_share, n.lost_days, (select sum(visits) from durations where is_now) as all_visits
from figures n left join figures b on b.pipeline = n.pipeline and b.stage = n.stage and not b.is_now
where n.is_now
order by n.pipeline, n.stage_no, n.stage
