"""What was lost, and why: deals, leads and quotes in the same columns."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.fact import Fact

LOST_DEALS: Final = Fact(
    "lost_deals",
    parties={"deals": "d"},
    sql="""
    select d.deal_id, d.closed_at, d.loss_reason as reason, s.stage, s.stage_no, d.company_rate, d.party,
           case when a.amount is null then d.amount else cast(nullif(a.amount, '') as decimal(18, 4)) end as amount
    from (
        select d.deal_id, d.pipeline, d.closed_at, d.loss_reason, d.amount, d.company_rate, {party} as party, max(s.place) as place
        from deals d
        left join deal_stages_of_deals v on v.deal_id = d.deal_id
        left join open_stages s on s.pipeline = d.pipeline and s.stage = v.stage
        where not d.is_won
        group by d.deal_id, d.pipeline, d.closed_at, d.loss_reason, d.amount, d.company_rate, {party}
    ) d
    left join open_stages s on s.pipeline = d.pipeline and s.place = d.place
    left join closing_amounts a on a.deal_id = d.deal_id
    """,
)
"""Lost deals with their reason, the furthest open stage in which they ever stood, and the amount with which they were closed."""

LOST_LEADS: Final = Fact(
    "lost_leads",
    parties={"leads": "l"},
    sql="""
    select l.lead_id, l.disqualified_at as closed_at, l.disqualify_reason as reason,
           case when l.qualified_at is null then 'lead_came' else 'lead_qualified' end as stage,
           case when l.qualified_at is null then 1 else 2 end as stage_no, 1 as company_rate, {party} as party,
           cast(null as decimal(18, 4)) as amount
    from leads l
    where l.disqualified_at is not null and l.deal_id is null
    """,
)
"""Disqualified leads in the columns of `lost_deals`; one that became a deal all the same is not lost."""

REJECTED_QUOTES: Final = Fact(
    "rejected_quotes",
    parties={"quotes": "q"},
    sql="""
    select q.quote_id, q.rejected_at as closed_at, q.reject_reason as reason, s.stage, s.stage_no, q.company_rate,
           {party} as party, q.amount
    from quotes q
    left join deal_path p on p.deal_id = q.deal_id
    left join open_stages s on s.pipeline = p.pipeline and s.place = p.place
    where q.rejected_at is not null
    """,
)
"""Rejected quotes in the columns of `lost_deals`; the furthest stage is that of their deal."""

LOST_NOW: Final = "closed_at >= $start and closed_at < $end"

_REASONS: Final = """
select party, reason, stage, grouping(party) = 1 as is_total, min(stage_no) as stage_no, count(*) as lost, sum(money) as amount,
       sum(power(cast(money as double), 2)) as squares, count(*) filter (where reason is null) as unnamed,
       count(*) filter (where amount is null) as without_amount,
       count(*) filter (where amount is not null and money is null) as unconverted
from (
    select *, converted(amount, company_rate) as money from {fact} where {now}
) lost
group by grouping sets ((party, reason, stage), ())
order by is_total, party, reason, stage
"""

REASONS: Final = {
    "deals": ("lost_deals", _REASONS.format(fact="lost_deals", now=LOST_NOW), "closed_at"),
    "leads": ("lost_leads", _REASONS.format(fact="lost_leads", now=LOST_NOW), "disqualified_at"),
    "quotes": ("rejected_quotes", _REASONS.format(fact="rejected_quotes", now=LOST_NOW), "rejected_at"),
}
"""What was lost -> its fact, the counts by reason and furthest stage asked of it, and its driving date."""

WON_DEALS: Final = "select count(*) as won from deals where is_won and closed_at >= $start and closed_at < $end"
