-- every order once, for the four figures that are made of orders; the first purchase of a customer is that of the whole company
with order_totals as (
    select o.order_id, o.customer_id, o.owner_id, o.ordered_at, t.net, t.lines, case when o.currency = 'GBP' then 1 else r.rate end as rate,
           date_trunc('month', timezone('Europe/London', timezone('UTC', o.ordered_at)))::date as month_on
    from (select order_id, sum(net_amount) as net, count(*) as lines from order_lines group by order_id) t
    join orders o using (order_id)
    left join meta.daily_rates r on r.currency = o.currency and r.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    where not o.is_cancelled and o.ordered_at < timestamp '2026-11-01'
),
firsts as (
    select arg_min(order_id, ordered_at) as order_id from order_totals where net > 0 and customer_id is not null group by customer_id
),
seen as (select * from order_totals o where o.ordered_at >= timestamp '2024-06-30 23:00:00' /*orders*/),
sold as (
    select month_on, sum(net * rate) as net_sales, sum(lines) filter (where rate is not null) as lines,
           sum(net * rate) filter (where net > 0) as bought, count(rate) filter (where net > 0) as purchases,
           count(f.order_id) as new_customers
    from seen left join firsts f using (order_id)
    group by month_on
),
buyers as (
    select month_on, count(*) as buyers, count(*) filter (where purchases >= 2) as repeaters
    from (select month_on, customer_id, count(*) as purchases from seen where net > 0 and customer_id is not null group by all)
    group by month_on
),
decided as (
    select date_trunc('month', timezone('Europe/London', timezone('UTC', d.closed_at)))::date as month_on,
           count(*) filter (where is_won) as won, count(*) as decided,
           median(date_diff('second', created_at, closed_at) / 86400) filter (where is_won and closed_at >= created_at) as days,
           count(*) filter (where is_won and closed_at >= created_at) as timed,
           sum(amount * case when d.currency is null or d.currency = 'GBP' then 1 else r.rate end) filter (where is_won) as won_amount,
           count(amount * case when d.currency is null or d.currency = 'GBP' then 1 else r.rate end) filter (where is_won) as with_amount
    from deals d
    left join meta.daily_rates r on r.currency = d.currency and r.day_on = timezone('Europe/London', timezone('UTC', d.closed_at))::date
    where d.is_won is not null and d.closed_at >= timestamp '2024-06-30 23:00:00' and d.closed_at < timestamp '2026-11-01' /*deals*/
    group by month_on
),
answered as (
    select date_trunc('month', timezone('Europe/London', timezone('UTC', d.sent_at)))::date as month_on,
           count(accepted_at) as accepted, count(*) filter (where accepted_at is not null or rejected_at is not null) as answered
    from quotes d
    where d.sent_at >= timestamp '2024-06-30 23:00:00' and d.sent_at < timestamp '2026-11-01' /*deals*/
    group by month_on
),
surveyed as (
    select date_trunc('month', timezone('Europe/London', timezone('UTC', d.answered_at)))::date as month_on,
           avg(case when score >= 9 then 100 when score <= 6 then -100 else 0 end) as nps, count(score) as answers
    from responses d
    where d.kind = 'nps' and d.answered_at >= timestamp '2024-06-30 23:00:00' and d.answered_at < timestamp '2026-11-01' /*deals*/
    group by month_on
),
figures as (
    select 1 as place, 'sales.win_rate' as kpi, 'share' as kind, month_on, won / decided as value, decided as n from decided
    union all select 2, 'kpis.time_to_close', 'mean', month_on, case when timed >= 5 then days end, timed from decided
    union all select 3, 'kpis.accepted_quotes', 'share', month_on, accepted / nullif(answered, 0), answered from answered
    union all select 4, 'customers.repeat_purchase_rate', 'share', month_on, repeaters / buyers, buyers from buyers
    union all select 5, 'kpis.nps', 'score', month_on, case when answers >= 5 then nps end, answers from surveyed
    union all select 6, 'kpis.net_sales', 'sum', month_on, coalesce(net_sales, 0), lines from sold
    union all select 7, 'kpis.won_amount', 'sum', month_on, coalesce(won_amount, 0), with_amount from decided
    union all select 8, 'kpis.average_order_value', 'mean', month_on, case when purchases >= 5 then bought / purchases end, purchases from sold
    union all select 9, 'kpis.new_customers', 'sum', month_on, new_customers, new_customers from sold
),
-- months without a case: nothing where it adds up, unknown else
courses as (
    select k.place, k.kpi, k.kind, m.month_on, coalesce(f.value, case when k.kind = 'sum' then 0 end) as value, coalesce(f.n, 0) as n
    from (select place, kpi, kind, min(month_on) as first_on from figures group by all) k
    join (select unnest(generate_series(date '2024-07-01', date '2026-10-01', interval 1 month))::date as month_on) m on m.month_on >= k.first_on
    left join figures f on f.kpi = k.kpi and f.month_on = m.month_on
),
changes as (
    select *, lag(value) over w as before, case when kind in ('share', 'score') then value - lag(value) over w
                else (value - lag(value) over w) / nullif(abs(lag(value) over w), 0) end as change
    from courses
    window w as (partition by kpi order by month_on)
),
swings as (
    select kpi, case when count(change) >= 8 then 2 * 1.4826 * median(abs(change - middle)) end as swing
    from (select *, median(change) over (partition by kpi) as middle from changes where month_on < date '2026-10-01')
    group by kpi
)
select kpi, value, c.n, before, change, t.target_value as target, s.swing,
       case when value is null or (kind <> 'sum' and n < 5) then 'few' when t.target_value is null then 'none'
            when value >= t.target_value then 'on' when value >= 0.9 * t.target_value then 'close' else 'behind' end as status,
       case when value is null or (kind <> 'sum' and n < 5) then null when abs(change) <= s.swing then 'usual'
            when (change > 0) = (kpi <> 'kpis.time_to_close') then 'better' when change is not null and s.swing is not null then 'worse' end as verdict,
       (select list(value order by month_on) from courses x where x.kpi = c.kpi and x.month_on >= date '2025-10-01') as series
from changes c
left join swings s using (kpi)
left join targets t on t.kpi = c.kpi and (/*planned*/ t.scope = 'company') and t.starts_on = date '2026-10-01' and t.ends_on = date '2026-11-01'
where c.month_on = date '2026-10-01'
order by place
