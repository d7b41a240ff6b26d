"""Stage conversion and loss per stage."""

from __future__ import annotations

from functools import partial, reduce
from typing import Annotated, Any, Final, Literal

import numpy as np

from crmetrics.analysis import By, Finding, Funnel, NeedsBy, Note, Options, Result, Row, analysis, column
from crmetrics.analysis.funnels import funnel_steps, is_counted, largest_first, left_out_of
from crmetrics.analysis.littleness import PLAIN_FROM, little_data
from crmetrics.models import funnel
from crmetrics.models.interval import wilson
from crmetrics.sales.funnel_rows import stage_rows
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, MONEY, SHARE, Figure
from crmetrics.warehouse.facts.funnels import CASES_BY_STEP
from crmetrics.warehouse.rows import Rows, joined
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

Counting = Annotated[
    Literal["or_later", "strict", "any"],
    Options(
        "Reached", or_later="the stage or a later one", strict="every stage in order", any="the stage, in the period"
    ),
]
RatesOf = Annotated[Literal["count", "amount"], Options("Rates of", count="deals", amount="money")]
AmountAt = Annotated[Literal["close", "now"], Options("Amount", close="when it was closed", now="as it stands now")]
Source = Annotated[Literal["deals", "leads"], Options("Counted from", deals="deals", leads="leads")]

UNPRICED: Final = ("without_amount", "unconverted")
COUNTS: Final = ("reached", "moved", "decided", "entered", "lost", "waiting", "skipped")


class StageConversion(Row):
    party = column("Group", dimension="by")
    stage = column(
        "Stage", dimension="stage", lead_came="Lead", lead_qualified="Qualified", lead_deal="Deal", all_won="Won"
    )
    stage_no = column("Place", COUNT, is_hidden=True)
    reached = column("Reached", COUNT, "came to the stage, by the chosen rule", better="higher")
    moved = column("Went on", COUNT, "reached the next stage", better="higher")
    next_rate = column("To the next stage", SHARE, better="higher", of=("moved", "reached"))
    low = column("At least", SHARE, "lower end of the 95 % interval of the share that went on")
    high = column("At most", SHARE, "upper end of the 95 % interval of the share that went on")
    decided = column("Decided", COUNT, "went on or were lost here", is_hidden=True)
    decided_rate = column("Of the decided", SHARE, "went on, without those still there", of=("moved", "decided"))
    entered = column("Entered", COUNT, "reached the first stage", is_hidden=True)
    cumulative = column("From the start", SHARE, "of all that entered", better="higher", of=("reached", "entered"))
    lost = column("Lost here", COUNT, "lost and came no further", better="lower")
    loss_rate = column("Loss rate", SHARE, better="lower", of=("lost", "reached"))
    lost_amount = column("Money lost", MONEY, better="lower")
    open_deals = column("Still there", COUNT, "open and came no further")
    skipped = column("Skipped", COUNT, "left here by skipping the next stage", only=("counting", ("strict",)))


@analysis(
    "Stage conversion and loss per stage",
    needs=NeedsBy(
        "source",
        deals={"deals": ["created_at", "stage"], "deal_stages": ["entered_at"]},
        leads={"leads": ["created_at"]},
    ),
    date="deals.created_at",
    kind="DG",
    chart=Funnel(x="stage", moved="moved", waiting="open_deals", lost="lost"),
    behind=stage_rows,
)
def stage_conversion(
    warehouse: Warehouse,
    period: Period,
    by: By = By(""),
    counting: Counting = "or_later",
    of: RatesOf = "count",
    amount_at: AmountAt = "close",
    source: Source = "deals",
    pipeline: Annotated[str, Options("Pipeline")] = "",
) -> Result[StageConversion]:
    """At which stage do deals (or leads) drop out, by count and by money?

    Formula: reached(s) = deals that entered s or any later open stage or were won; to the next stage = reached(s+1) /
             reached(s), after the last open stage comes won; lost(s) = lost deals whose furthest stage is s.
    Reads:   deal_stages, deals, stages, deal_changes for the amount at close; or leads.
    Mind:    Deals count in the period in which they entered the pipeline, followed to as-of: young ones still stand somewhere.
             Moves back do not lower the furthest stage. "The stage, in the period" may exceed 100 %.
    Source:  Wilson (1927), JASA 22(158), 209-212; Kish (1965) for its n where money is the weight.
    """
    chosen, others, steps = funnel_steps(warehouse, period, source, pipeline)
    ask = partial(warehouse.query, period=period, by=by, pipeline=chosen, amount_at=amount_at, steps=len(steps) - 1)
    rows = reduce(joined, (ask(sql, of=fact, moment=moment) for fact, sql, moment in CASES_BY_STEP[source, counting]))
    groups, group = largest_first(rows)
    tally = funnel.Funnel.tally_visits if counting == "any" else funnel.Funnel.tally
    place, outcome = rows.numbers("place"), rows.values("outcome")
    weights = (np.nan_to_num(rows.numbers(name)) for name in ("cases", "money", "squares"))
    found = funnel.PricedFunnel(
        *(tally(place, outcome, weight, group, len(groups) + 1, len(steps) - 1) for weight in weights)
    )
    by_money = of == "amount" and source == "deals"
    table = _table(found, groups, steps, by_money=by_money)
    entered = table.where(table.flags("is_total")).one()["entered"]
    unpriced = [int(rows.where(is_counted(rows)).numbers(name).sum()) if by_money else 0 for name in UNPRICED]
    uncounted = [Note(_("Leads carry no amount, so they are counted."))] if of == "amount" and not by_money else []
    return Result.of(
        StageConversion,
        table,
        notes=(*little_data(entered, found.cases.reached[:-1, 0]), *uncounted),
        findings=_leak([*steps], found),
        used=entered - sum(unpriced),
        left_out=left_out_of(rows, others, *unpriced),
    )


def _table(found: funnel.PricedFunnel, groups: list[Any], steps: dict[str, int], *, by_money: bool) -> Rows:
    """A row for each group and step, then the total: a funnel of one step, from the entry to the end, over all groups."""
    each, whole = found.figures(by_money=by_money), found.whole().figures(by_money=by_money)
    columns: dict[str, Any] = {name: np.append(each[name][:-1], whole[name][-1, 0]) for name in each}
    columns |= {name: [None if np.isnan(some) else int(some) for some in columns[name]] for name in COUNTS}
    return Rows({}).with_columns(
        party=[party for party in groups for _step in steps] + [None],
        stage=[*steps] * len(groups) + [None],
        stage_no=[*steps.values()] * len(groups) + [None],
        is_total=[False] * len(steps) * len(groups) + [True],
        open_deals=columns["waiting"],
        **columns,
    )


def _leak(names: list[str], found: funnel.PricedFunnel) -> tuple[Finding, ...]:
    """The stage that loses most money, if it loses more of its deals than the stages do together."""
    lost, reached, amounts = found.cases.lost[-1, :-1], found.cases.reached[-1, :-1], found.money.lost[-1, :-1]
    worst = int(np.argmax(amounts)) if len(amounts) else 0
    if not amounts.any() or reached[worst] < PLAIN_FROM:
        return ()
    if wilson(lost[worst], reached[worst])[0] <= lost.sum() / reached.sum():
        return ()
    message = _(
        "{stage} loses {share} of the deals that reach it, {money} in all.",
        stage=names[worst],
        share=Figure(float(lost[worst] / reached[worst]), SHARE),
        money=Figure(float(amounts[worst]), MONEY),
    )
    return (Finding(message, money=float(amounts[worst]), tone="bad", link={"by": "owner"}),)
