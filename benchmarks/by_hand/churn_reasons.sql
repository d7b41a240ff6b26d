-- how many of the customers of 1 November 2025 had each trait, and how many of those were lost within the year
with days as (
    select distinct o.customer_id, timezone('Europe/London', timezone('UTC', o.ordered_at))::date as day_on
    from (select order_id from order_lines group by order_id having sum(net_amount) > 0) t
    join orders o using (order_id)
    where not o.is_cancelled and o.customer_id is not null
      and o.ordered_at >= timestamp '2024-11-01' and o.ordered_at < timestamp '2026-11-01' /*orders*/
),
at_start as (
    -- the first gap of more than a year after a purchase of the year before is the loss
    select customer_id, min(lost_on) < date '2026-11-01' as is_lost
    from (
        select customer_id, case when after_on is null or after_on - day_on > 365 then day_on + 365 end as lost_on
        from (select *, lead(day_on) over (partition by customer_id order by day_on) as after_on from days)
        where day_on < date '2025-11-01' or customer_id in (select customer_id from days where day_on < date '2025-11-01')
    )
    group by customer_id
),
purchases_before as (
    select o.customer_id, count(*) filter (where t.net > 0) as purchases, max(o.ordered_at) filter (where t.net > 0) as last_at,
           min(o.ordered_at) filter (where t.net > 0) as first_at,
           count(*) filter (where t.net > 0 and o.ordered_at >= timestamp '2025-05-02 23:00:00') as lately,
           count(*) filter (where t.net > 0 and o.ordered_at >= timestamp '2024-11-01' and o.ordered_at < timestamp '2025-05-02 23:00:00') as before,
           max((o.ordered_at >= timestamp '2024-11-01' and t.net < t.sold and (o.currency = 'GBP' or d.rate is not null))::int) as returned, arg_max(o.channel, o.ordered_at) as channel
    from (select order_id, sum(net_amount) as net, sum(case when quantity < 0 then 0 else net_amount end) as sold from order_lines group by order_id) t
    join orders o using (order_id)
    left join meta.daily_rates d on d.currency = o.currency and d.day_on = timezone('Europe/London', timezone('UTC', o.ordered_at))::date
    where not o.is_cancelled and o.customer_id is not null and o.ordered_at < timestamp '2025-11-01' /*orders*/
    group by o.customer_id
),
tickets_before as (
    select customer_id, count(*) filter (where is_complaint and created_at >= timestamp '2025-08-02 23:00:00') as complaints,
           count(*) filter (where is_complaint and created_at >= timestamp '2024-11-01') as complaints_a_year,
           count(*) filter (where resolved_at is null or resolved_at >= timestamp '2025-11-01') as open_tickets
    from tickets
    where customer_id is not null and created_at < timestamp '2025-11-01' and is_spam is not true
    group by customer_id
),
answers_before as (
    select customer_id, arg_max(case when kind = 'nps' then turned < 7 else turned < 0.8 * scale_max end, answered_at) as unhappy
    from (select *, case when is_low_good and kind <> 'nps' then scale_max + 1 - score else score end as turned from responses)
    where customer_id is not null and answered_at < timestamp '2025-11-01' and turned is not null
    group by customer_id
),
invoices_before as (
    select i.customer_id, bool_or(coalesce(p.paid_on > i.due_on + 7, i.due_on + 7 < date '2025-11-01')) as late
    from invoices i
    left join (select invoice_id, min(paid_on) as paid_on from payments where invoice_id is not null and paid_on < date '2025-11-01' group by 1) p using (invoice_id)
    where i.due_on >= date '2024-11-01' and i.due_on < date '2025-11-01' and i.amount > 0
    group by i.customer_id
),
contacts_before as (
    select customer_id, max(done_at) as contact_at from activities
    where customer_id is not null and done_at < timestamp '2025-11-01' and kind not in ('note', 'task') group by customer_id
),
subscriptions_before as (
    select customer_id, min(started_on) as first_on, arg_max(plan, started_on) filter (where ended_on is null or ended_on >= date '2025-11-01') as plan
    from subscriptions where started_on < date '2025-11-01' group by customer_id
),
known_before as (
    select a.is_lost, c.source, c.kind, c.region, c.industry, c.size_band, c.loyalty_tier,
           case when c.customer_id is not null then (c.is_marketing_allowed is not true)::varchar end as not_written_to,
           (b.purchases = 1)::varchar as bought_once, (b.first_at >= timestamp '2025-05-02 23:00:00')::varchar as new_customer,
           (b.lately < b.before)::varchar as buys_less, (b.last_at < timestamp '2025-05-02 23:00:00')::varchar as silent,
           (b.returned = 1)::varchar as returned_goods, b.channel, (coalesce(t.complaints, 0) > 0)::varchar as complained,
           (coalesce(t.complaints_a_year, 0) > 1)::varchar as complained_again, (coalesce(t.open_tickets, 0) > 0)::varchar as open_ticket,
           r.unhappy::varchar as unhappy, i.late::varchar as paid_late,
           (not coalesce(k.contact_at >= timestamp '2025-08-02 23:00:00', false))::varchar as no_contact,
           s.plan, (s.first_on >= date '2025-05-03')::varchar as new_subscriber
    from at_start a
    left join customers c using (customer_id)
    left join purchases_before b using (customer_id)
    left join tickets_before t using (customer_id)
    left join answers_before r using (customer_id)
    left join invoices_before i using (customer_id)
    left join contacts_before k using (customer_id)
    left join subscriptions_before s using (customer_id)
),
answers as (unpivot known_before on columns(* exclude is_lost) into name trait value answer),
counted as (select trait, answer, count(*) as n, count(*) filter (where is_lost) as lost from answers group by all),
sides as (
    select trait, answer, n as n_with, lost as lost_with, sum(n) over (partition by trait) - n as n_without,
           sum(lost) over (partition by trait) - lost as lost_without,
           count(*) over (partition by trait) as values_of, bool_or(answer in ('true', 'false')) over (partition by trait) as is_flag,
           row_number() over (partition by trait order by lost / n desc, answer desc) as place
    from counted
)
select trait, answer, n_with, lost_with, lost_with / n_with as churn_with, n_without, lost_without / n_without as churn_without,
       churn_with - churn_without as diff_pp,
       case when row_number() over (order by trait, answer) = 1 then (select count(*) from at_start) end as used
from sides
where least(n_with, n_without) >= 30 and case when is_flag then answer = 'true' when values_of = 2 then place = 1 else true end
order by trait, answer
