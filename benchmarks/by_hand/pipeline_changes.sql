-- period 2026-10-25..2026-11-01, the last seven days of the data
with moves as (
    select deal_id, arg_min(coalesce(old_value, ''), changed_at) as amount_then from deal_changes
    where field_name = 'amount' and changed_at >= timestamp '2026-10-24 23:00:00' group by deal_id
),
deals_between as (
    select d.deal_id, d.is_won, d.created_at >= timestamp '2026-10-24 23:00:00' as is_new, d.closed_at,
           coalesce(d.amount * r.rate, 0) as money,
           coalesce(case when m.amount_then is null then d.amount else cast(nullif(m.amount_then, '') as decimal(18, 4)) end * r.rate, 0) as money_then
    from deals d
    left join moves m using (deal_id)
    left join (select currency, rate from meta.latest_rates union select 'GBP', 1) r on r.currency = coalesce(d.currency, 'GBP')
    where d.closed_at is null or d.closed_at >= timestamp '2026-10-24 23:00:00'
),
ends as (
    select d.deal_id, arg_min(coalesce(c.old_value, ''), c.changed_at) filter (where c.changed_at >= d.closed_at) as at_end
    from deals_between d join deal_changes c using (deal_id)
    where c.field_name = 'amount' and c.changed_at >= timestamp '2026-10-24 23:00:00' and d.closed_at is not null group by d.deal_id
),
paid as (
    select d.*, coalesce(is_new, false) as came,
           case when closed_at is null then money when e.at_end is null then money else coalesce(cast(nullif(e.at_end, '') as decimal(18, 4)), 0) end as money_at_end
    from deals_between d left join ends e using (deal_id)
)
select count(*) filter (where closed_at is null) as deals, sum(money) filter (where closed_at is null) as amount, count(*) as used, 0 as left_out,
       sum(money_then) filter (where not came) as open_before, sum(money_then) filter (where came) as created,
       sum(greatest(money_at_end - money_then, 0)) as grown, sum(least(money_at_end - money_then, 0)) as shrunk,
       -sum(money_at_end) filter (where is_won) as won, -sum(money_at_end) filter (where not is_won) as lost
from paid
