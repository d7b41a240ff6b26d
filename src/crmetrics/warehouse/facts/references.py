"""What a company is compared with: the funnels of its segments."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.fact import Derived

SEGMENT_FUNNELS: Final = Derived(
    "segment_funnels",
    key="stage",
    table="stages",
    sql="""
    select party, pipeline, stage, place, outcome, count(*) as cases, sum(money) as money, count(money) as priced
    from (
        select p.party, s.pipeline, s.stage, s.place, p.outcome, converted(p.closing_amount, p.company_rate) as money
        from deal_path p
        join open_stages s on s.pipeline = p.pipeline and s.place = case when p.outcome = 'won' then s.places else p.place end
        where p.pipeline = $pipeline and p.created_at >= $start and p.created_at < $end
    ) ended
    group by party, pipeline, stage, place, outcome
    """,
)
"""How far the deals that entered a pipeline came, by segment (the grouping), over the whole company; won ones at the last stage."""
