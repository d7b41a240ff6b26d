"""Profitability by product, customer, segment."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeVar

import numpy as np

from crmetrics.analysis import (
    Bars,
    Behind,
    By,
    Finding,
    LeftOut,
    Locked,
    Note,
    Result,
    Row,
    Table,
    Toggle,
    analysis,
    column,
)
from crmetrics.analysis.littleness import LOCKED_ABOVE
from crmetrics.models.interval import Floats, share_of
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period
from crmetrics.vocabulary.unit import MONEY, SHARE, Figure
from crmetrics.warehouse.facts.margins import COSTED_NOW, DIRECT_COSTS, MARGIN_BY_PARTY
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.views import CUSTOM, reach
from crmetrics.warehouse.warehouse import Warehouse

_ = words("finance")

R = TypeVar("R", bound=Row)

BEHIND: Final = Behind(
    {"net_sales": "", "cost": "", "margin": ""},
    "costed_lines",
    "is_costed",
    "ordered_at",
    source=COSTED_NOW,
    tells={"net_sales": "net", "cost": "full_cost", "margin": "net - full_cost"},
)
"""What a line adds to each sum. The contribution also stands on costs, which are no lines."""


class Margin(Row):
    party = column("Group", dimension="by")
    net_sales = column("Net sales", MONEY, "of the lines whose cost is known", better="higher")
    cost = column("Cost of goods", MONEY, "of the units sold", better="lower")
    margin = column("Margin", MONEY, better="higher")
    margin_pct = column("Margin %", SHARE, "margin as a share of net sales", better="higher")
    share_of_margin = column("Share of margin", SHARE)
    estimated_share = column("Estimated", SHARE, "share of sales whose cost is the product's cost today")
    contribution = column("Contribution", MONEY, "margin less the costs booked on the group itself", better="higher")


@analysis(
    "Profitability by product, customer, segment",
    kind="DG",
    needs={"orders": ["ordered_at"], "order_lines": ["net_amount"]},
    date="orders.ordered_at",
    table="order_lines",
    chart=Bars(x="party", y="margin"),
    behind=(BEHIND,),
)
def margin(
    warehouse: Warehouse,
    period: Period,
    by: By = By("category"),
    estimated: Annotated[bool, Toggle("With estimated costs")] = True,
) -> Result[Margin]:
    """Which product, customer, group or channel earns the most?

    Formula: margin = net amount - cost of the units sold; margin % = sum of margins / sum of net amounts; contribution = margin -
             costs booked on the group itself.
    Reads:   order_lines.net_amount and cost_amount, products.unit_cost where a line has no cost, costs.
    Mind:    Goods bought in the period change nothing; only goods sold have a cost. A line without any cost counts neither in
             sales nor in cost.
    Source:  Definition of gross margin; rules R5, R7 and R8 of docs/rules.md.
    """
    rows = warehouse.query(
        MARGIN_BY_PARTY, period=period, by=by, of="costed_lines", moment="ordered_at", estimated=estimated
    )
    is_total = rows.flags("is_total")
    total = rows.where(is_total).one()
    uncosted = float(share_of([total["uncosted_sales"] or 0.0], [total["all_sales"] or 0.0])[0])
    if uncosted > LOCKED_ABOVE:
        return without_cost(Margin, uncosted)
    sales = rows.numbers("net_sales")
    earned = rows.numbers("margin")
    whole = float(np.nansum(earned[is_total]))
    direct, foreign = _direct(warehouse, rows, period, by)
    worked_out = {
        "margin": earned,
        "margin_pct": share_of(earned, sales),
        "share_of_margin": share_of(earned, whole if whole > 0 else np.nan),
        "estimated_share": share_of(np.nan_to_num(rows.numbers("estimated_sales")), sales),
        "contribution": earned - direct,
    }
    return Result.of(
        Margin,
        rows,
        worked_out=worked_out,
        used=int(total["used"] or 0),
        left_out=_left_out(total),
        notes=_notes(uncosted, float(worked_out["estimated_share"][is_total].sum()), foreign),
        findings=_findings(rows, earned, sales),
    )


def _direct(warehouse: Warehouse, rows: Rows, period: Period, by: str) -> tuple[Floats, int]:
    """The costs booked on each group itself, unknown where costs do not tell the group; and how many have no rate (R7)."""
    is_told = by not in GRAINS and not by.startswith(CUSTOM) and (not by or reach(TABLES["costs"], by) is not None)
    if not is_told or not warehouse.profile.rows("costs"):
        return np.full(len(rows), np.nan), 0
    booked = warehouse.query(DIRECT_COSTS, period=period, by=by, of="costs")
    direct = {
        party: amount or 0.0
        for party, amount, total in zip(
            booked.values("party"), booked.values("direct"), booked.flags("is_total"), strict=True
        )
        if not total
    }
    told = sum(amount for party, amount in direct.items() if party is not None or not by)
    parties = zip(rows.values("party"), rows.flags("is_total"), strict=True)
    foreign = int(booked.where(booked.flags("is_total")).one()["unconverted"] or 0)
    return np.array([told if total else direct.get(party, 0.0) for party, total in parties]), foreign


def without_cost(row: type[R], uncosted: float) -> Result[R]:
    """The locked answer where more than a fifth of the sales have no cost at all."""
    nothing: Table[R] = Table(row, {each.name: [] for each in row.columns})
    message = _(
        "Locked: {share} of the sales have no cost. Give order_lines.cost_amount or products.unit_cost.",
        share=Figure(uncosted, SHARE),
    )
    return Result(nothing, locked=Locked("order_lines.cost_amount", message), notes=(Note(message, "warn"),))


def _left_out(total: dict[str, Any]) -> tuple[LeftOut, ...]:
    reasons = (
        ("cancelled", _("of cancelled orders"), None),
        ("unconverted", _("in a currency without a rate"), None),
        ("uncosted", _("without any cost"), total["uncosted_sales"]),
    )
    return tuple(LeftOut(reason, int(total[name]), amount) for name, reason, amount in reasons if total[name])


def _notes(uncosted: float, estimated: float, foreign: int) -> tuple[Note, ...]:
    notes = []
    if uncosted > 0:
        notes.append(
            Note(_("{share} of the sales have no cost and are left out.", share=Figure(uncosted, SHARE)), "warn")
        )
    if estimated > 0:
        notes.append(
            Note(_("For {share} of the sales the cost is the product's cost today.", share=Figure(estimated, SHARE)))
        )
    if foreign:
        message = _(
            "{n} cost in a currency without a rate is not in the contribution.",
            "{n} costs in currencies without a rate are not in the contribution.",
            n=foreign,
        )
        notes.append(Note(message, "warn"))
    return tuple(notes)


def _findings(rows: Rows, earned: Floats, sales: Floats) -> tuple[Finding, ...]:
    """Groups that are sold at a loss; where more came back than was sold nothing was sold below its cost."""
    is_loss = ~rows.flags("is_total") & (earned < 0) & (sales > 0)
    if not is_loss.any():
        return ()
    lost = float(-earned[is_loss].sum())
    count = int(is_loss.sum())
    message = _(
        "{n} group is sold at a loss: {money} in all.",
        "{n} groups are sold at a loss: {money} in all.",
        n=count,
        money=Figure(lost, MONEY),
    )
    return (Finding(message, lost, "bad"),)
