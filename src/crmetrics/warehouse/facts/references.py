"""What a company is compared with: the funnels of its segments."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.fact import Derived

SEGMENT_FUNNELS: Final = Derived(
    "segment_funnels",
    key="pipeline",
    table="stages",
    sql="""
    select party, pipeline, place, outcome, count(*) as cases, sum(money) as money, count(money) as priced
    from (
        select party, pipeline, place, outcome, converted(closing_amount, company_rate) as money
        from deal_path
        where pipeline = $pipeline and created_at >= $start and created_at < $end
    ) ended
    group by party, pipeline, place, outcome
    """,
)
"""How far the deals that entered a pipeline came, by segment (the grouping), over the whole company."""
