"""What funnels are counted from: how far deals and leads came, and what became of them."""

from __future__ import annotations

from typing import Final

from crmetrics.warehouse.facts.fact import Fact

CLOSING_AMOUNTS: Final = Fact(
    "closing_amounts",
    parties={"deal_changes": "c", "deals": "d"},
    sql="""
    select c.deal_id, arg_min(coalesce(c.old_value, ''), c.changed_at) as amount, min({party}) as party
    from deal_changes_of_deals c
    join deals d on d.deal_id = c.deal_id
    where c.field_name = 'amount' and c.changed_at >= d.closed_at
    group by c.deal_id
    """,
)
"""The amount, as a text, with which a deal was closed, where it was changed afterwards; '' where it then had none."""

_DEAL: Final = "d.deal_id, d.pipeline, d.created_at, d.closed_at, d.is_won, d.amount, d.company_rate"
_CLOSING_AMOUNT: Final = (
    "case when a.amount is null then d.amount else cast(nullif(a.amount, '') as decimal(18, 4)) end as closing_amount"
)

DEAL_PATH: Final = Fact(
    "deal_path",
    parties={"deals": "d"},
    sql=f"""
    select d.*, {_CLOSING_AMOUNT},
           case when d.is_won then 'won' when not d.is_won then 'lost' else 'open' end as outcome
    from (
        select {_DEAL}, {{party}} as party,
               case when max(s.place) > coalesce(max(o.place), 0) then max(s.place) else coalesce(max(o.place), -1) end as place
        from deals d
        left join deal_stages_of_deals v on v.deal_id = d.deal_id
        left join open_stages s on s.pipeline = d.pipeline and s.stage = v.stage
        left join open_stages o on o.pipeline = d.pipeline and o.stage = d.stage
        group by {_DEAL}, {{party}}
    ) d
    left join closing_amounts a on a.deal_id = d.deal_id
    """,
)
"""How far each deal came and what became of it.

place           of the furthest open stage in which it ever stood, whatever it skipped; -1 where nothing tells
outcome         won, lost or open
closing_amount  the amount when it was closed; `amount` is the present one
"""

STRICT_PATH: Final = Fact(
    "strict_path",
    parties={"deals": "d"},
    sql=f"""
    with firsts as (
        select deal_id, place, min(entered_at) as entered_at from stage_visits group by deal_id, place
    ),
    steps as (
        select deal_id, place,
               coalesce(max(place) over (
                   partition by deal_id order by entered_at, place rows between unbounded preceding and 1 preceding
               ), 0) as before
        from firsts
    ),
    depths as (
        select deal_id, coalesce(min(before) filter (where place > before + 1), max(place)) as place,
               count(*) filter (where place > before + 1) > 0 as is_skipper
        from steps
        group by deal_id
    )
    select {_DEAL}, {{party}} as party, {_CLOSING_AMOUNT}, coalesce(p.place, -1) as place,
           case when p.place is null then 'skipped' when p.is_skipper or (d.is_won and p.place < o.places) then 'skipped'
                when d.is_won then 'won' when not d.is_won then 'lost' else 'open' end as outcome
    from deals d
    left join depths p on p.deal_id = d.deal_id
    left join (select pipeline, count(*) as places from open_stages group by pipeline) o on o.pipeline = d.pipeline
    left join closing_amounts a on a.deal_id = d.deal_id
    """,
)
"""How far each deal came without skipping a stage; one that skips leaves there (`skipped`; place 0: at once). A win is the last step."""

STAGE_ENTRIES: Final = Fact(
    "stage_entries",
    parties={"deal_stages": "v", "deals": "v"},
    sql="""
    select v.deal_id, v.pipeline, v.place, v.entered_at, p.amount, p.closing_amount, p.company_rate, {party} as party,
           case when v.place < p.place or p.outcome = 'won' then 'moved' else p.outcome end as outcome
    from stage_visits v
    join deal_path p on p.deal_id = v.deal_id
    """,
)
"""Visits of open stages with what became of the deal: it moved on, at last, or was lost or still is at this stage."""

LEAD_PATH: Final = Fact(
    "lead_path",
    parties={"leads": "l"},
    sql="""
    select l.lead_id as deal_id, 'leads' as pipeline, l.created_at,
           case when l.deal_id is not null then coalesce(l.qualified_at, d.created_at) else l.disqualified_at end as closed_at,
           cast(null as decimal(18, 4)) as amount, cast(null as decimal(18, 4)) as closing_amount, 1 as company_rate,
           case when l.qualified_at is null then 1 else 2 end as place,
           case when l.deal_id is not null then 'won' when l.disqualified_at is not null then 'lost' else 'open' end as outcome,
           {party} as party
    from leads l
    left join deals d on d.deal_id = l.deal_id
    """,
)
"""How far each lead came, in the columns of `deal_path`: 1 it came in, 2 it was qualified; won: it became a deal."""

STRICT_LEAD_PATH: Final = Fact(
    "strict_lead_path",
    parties={"leads": "p"},
    sql="""
    select p.deal_id, p.pipeline, p.created_at, p.closed_at, p.amount, p.closing_amount, p.company_rate, p.place, {party} as party,
           case when p.outcome = 'won' and p.place = 1 then 'skipped' else p.outcome end as outcome
    from lead_path p
    """,
)
"""The same without those that became a deal and never were qualified."""

LEAD_ENTRIES: Final = Fact(
    "lead_entries",
    parties={"leads": "v"},
    sql="""
    select v.deal_id, p.pipeline, v.place, v.entered_at, p.amount, p.closing_amount, p.company_rate, {party} as party,
           case when v.place < p.place or p.outcome = 'won' then 'moved' else p.outcome end as outcome
    from (
        select l.lead_id as deal_id, 1 as place, l.created_at as entered_at, l.party from leads l
        union all
        select l.lead_id as deal_id, 2 as place, l.qualified_at as entered_at, l.party from leads l where l.qualified_at is not null
    ) v
    join lead_path p on p.deal_id = v.deal_id
    """,
)
"""The two steps of a lead with what became of it, in the columns of `stage_entries`."""

_COUNTED: Final = """
select party, grouping(party) = 1 as is_total, place, outcome, count(*) as cases, sum(money) as money,
       sum(power(cast(money as double), 2)) as squares, count(*) filter (where agreed is null) as without_amount,
       count(*) filter (where agreed is not null and money is null) as unconverted
from ({priced}) deals
group by grouping sets ((party, place, outcome), (place, outcome))
order by is_total, party, place, outcome
"""
_PRICED: Final = """
    select *, converted(agreed, company_rate) as money
    from (select *, case when $amount_at = 'close' then closing_amount else amount end as agreed from ({deals}) deals) deals
"""


def _cohort(fact: str) -> tuple[str, str, str]:
    came = f"select * from {fact} where pipeline = $pipeline and created_at >= $start and created_at < $end"
    return fact, _PRICED.format(deals=came), "created_at"


def _entries(fact: str, moment: str) -> tuple[str, str, str]:
    came = f"""
    select deal_id, min(party) as party, place, outcome, amount, closing_amount, company_rate
    from {fact} where pipeline = $pipeline and entered_at >= $start and entered_at < $end
    group by deal_id, place, outcome, amount, closing_amount, company_rate
    """
    return fact, _PRICED.format(deals=came), moment


def _wins(fact: str, moment: str) -> tuple[str, str, str]:
    won = f"""
    select deal_id, party, $steps + 1 as place, outcome, amount, closing_amount, company_rate
    from {fact} where pipeline = $pipeline and outcome = 'won' and closed_at >= $start and closed_at < $end
    """
    return fact, _PRICED.format(deals=won), moment


CASES: Final = {
    ("deals", "or_later"): (_cohort("deal_path"),),
    ("deals", "strict"): (_cohort("strict_path"),),
    ("deals", "any"): (_entries("stage_entries", "entered_at"), _wins("deal_path", "closed_at")),
    ("leads", "or_later"): (_cohort("lead_path"),),
    ("leads", "strict"): (_cohort("strict_lead_path"),),
    ("leads", "any"): (_entries("lead_entries", "created_at"), _wins("lead_path", "created_at")),
}
"""Source and counting of a funnel -> facts, the cases with place, outcome and money that are asked of them, and their driving dates.

The queries bind $pipeline, $amount_at (close or now), $steps (so many open stages) and a period. With `any` a case is a deal at a
place, and the won ones are asked for themselves.
"""
CASES_BY_STEP: Final = {
    counted: tuple((fact, _COUNTED.format(priced=priced), moment) for fact, priced, moment in asked)
    for counted, asked in CASES.items()
}
"""The same, counted by furthest step and outcome."""

STEPS: Final = """
select s.pipeline, s.stage, s.stage_no, s.kind, coalesce(d.entered, 0) as entered
from stages s
left join (
    select pipeline, count(*) as deals, count(*) filter (where created_at >= $start and created_at < $end) as entered
    from deals group by pipeline
) d on d.pipeline = s.pipeline
where s.kind <> 'lost'
order by coalesce(d.deals, 0) desc, s.pipeline, s.stage_no, s.stage
"""
"""The stages of every pipeline but the lost ones, that with most deals first, and how many deals entered it in the period."""
