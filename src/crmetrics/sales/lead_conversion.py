"""Conversion from interest to sale."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis import (
    By,
    Finding,
    Funnel,
    LeftOut,
    Note,
    Number,
    Options,
    Result,
    Row,
    Toggle,
    analysis,
    column,
)
from crmetrics.analysis.funnels import largest_first
from crmetrics.analysis.littleness import PLAIN_FROM, little_data
from crmetrics.models import funnel
from crmetrics.models.interval import wilson
from crmetrics.sales.lead_rows import LEAD_ROWS, STEPS
from crmetrics.sales.leads import WINDOW_OF_FEW, by_step, is_no_lead, top_reasons, usual_window
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, MONEY, SHARE, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

RatesOf = Annotated[Literal["count", "amount"], Options("Rates of", count="leads", amount="money of the deals")]

COUNTS: Final = ("reached", "moved", "entered", "lost", "waiting")


class LeadStep(Row):
    party = column("Group", dimension="by")
    step = column(
        "Step", dimension="step", lead="Lead", qualified="Qualified", deal="Deal", quote="Quote sent", sale="Won"
    )
    step_no = column("Place", COUNT, is_hidden=True)
    leads = column("Leads", COUNT, "came to the step or a later one in time", better="higher")
    moved = column("Went on", COUNT, "came to the next step", better="higher")
    next_rate = column("To the next step", SHARE, better="higher", of=("moved", "leads"))
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")
    entered = column("Came", COUNT, "leads that are old enough to tell", is_hidden=True)
    cumulative = column(
        "From the start", SHARE, "of all leads that are old enough", better="higher", of=("leads", "entered")
    )
    lost = column("Lost here", COUNT, "disqualified or lost in time, having come no further", better="lower")
    reason = column("Most frequent reason", meaning="of the disqualified ones")
    open_leads = column("Still there", COUNT, "neither won nor lost in time")
    pending = column("Pending", COUNT, "too young to tell: came so far, and are in no rate")
    amount = column("Money", MONEY, "of the deals that came so far", better="higher")


@analysis(
    "Conversion from interest to sale",
    needs={"leads": ["created_at"]},
    date="leads.created_at",
    kind="DG",
    chart=Funnel(x="step", moved="moved", waiting="open_leads", lost="lost"),
    headline="next_rate",
    behind=LEAD_ROWS,
)
def lead_conversion(
    warehouse: Warehouse,
    period: Period,
    by: By = By(""),
    of: RatesOf = "count",
    within: Annotated[int, Number("Within days (0: as nine of ten sales took)", 0, 3650)] = 0,
    spam: Annotated[bool, Toggle("Spam, tests and duplicates too")] = False,
) -> Result[LeadStep]:
    """Which share of leads becomes qualified, a deal, a quote, a sale?

    Formula: a lead reached a step if it came to it or a later one within N days; rate = won / leads. N is by default the time in
             which nine of ten sales of the last 24 months were won. Leads younger than N days are pending.
    Reads:   leads, deals, quotes; without deals the customer's first purchase after the lead.
    Mind:    All steps count the leads of the period, not what is dated in it. Deals are followed whoever has them. Leads that were
             disqualified as spam, tests or duplicates, and further leads of one deal, are left out.
    Source:  Wilson (1927), JASA 22(158), 209-212; Kish (1965) for its n where money is the weight.
    """
    source = "deals" if warehouse.profile.rows("deals") else "orders"
    window, sales = (within, None) if within else usual_window(warehouse, source)
    rows = by_step(warehouse, period, by, source, window)
    excluded = (is_no_lead(rows) | rows.flags("is_again")) & (not spam)
    pending = rows.flags("is_pending") & ~excluded
    steps = STEPS[source]
    groups, group = largest_first(rows)
    tally = _tallied(rows, group, len(groups) + 1, len(steps) - 1)
    found = funnel.PricedFunnel(*(tally(name, ~excluded & ~pending) for name in ("cases", "money", "squares")))
    table = _table(found, tally("cases", pending), groups, steps, by_money=of == "amount")
    table = table.with_columns(reason=[*top_reasons(rows, group, ~excluded & ~pending, len(groups), len(steps)), None])
    total = table.where(table.flags("is_total")).one()
    notes = [*little_data(total["leads"], found.cases.reached[:-1, 0]), *_notes(window, sales, source, rows)]
    return Result.of(
        LeadStep,
        table,
        notes=notes,
        findings=_worst(steps, found) if not by else (),
        used=total["leads"],
        left_out=_left_out(rows, excluded, pending, window),
    )


def _tallied(rows: Rows, group: NDArray[np.int64], groups: int, steps: int) -> Any:
    """Funnels of some rows weighed by one of their columns."""
    place, outcome = rows.numbers("place"), rows.values("outcome")

    def tally(name: str, chosen: NDArray[np.bool_]) -> funnel.Funnel:
        weight = np.where(chosen, np.nan_to_num(rows.numbers(name)), 0.0)
        return funnel.Funnel.tally(place, outcome, weight, group, groups, steps)

    return tally


def _table(
    found: funnel.PricedFunnel, pending: funnel.Funnel, groups: list[Any], steps: tuple[str, ...], *, by_money: bool
) -> Rows:
    """A row for each group and step, then the total: straight from the lead to the sale, over all groups."""
    each, whole = found.figures(by_money=by_money), found.whole().figures(by_money=by_money)
    if by_money:  # only deals carry money
        for name in ("next_rate", "low", "high", "cumulative"):
            each[name][:, : steps.index("deal") if "deal" in steps else len(steps)] = np.nan
            whole[name][:] = np.nan
    each |= {"pending": pending.reached, "amount": found.money.reached}
    whole |= {"pending": pending.whole().reached, "amount": found.money.whole().reached[:, 1:]}
    columns: dict[str, Any] = {name: np.append(each[name][:-1], whole[name][-1, 0]) for name in each}
    columns |= {
        name: [None if np.isnan(some) else int(some) for some in columns[name]] for name in (*COUNTS, "pending")
    }
    return Rows({}).with_columns(
        party=[party for party in groups for _step in steps] + [None],
        step=[*steps] * len(groups) + [None],
        step_no=[*range(1, len(steps) + 1)] * len(groups) + [None],
        is_total=[False] * len(steps) * len(groups) + [True],
        leads=columns["reached"],
        open_leads=columns["waiting"],
        **columns,
    )


def _notes(window: int, sales: int | None, source: str, rows: Rows) -> list[Note]:
    notes = []
    if sales is None:
        pass
    elif window == WINDOW_OF_FEW and sales < 5:
        few = _("Too few leads were won to tell how long it takes: {days} days are taken.", days=window)
        notes.append(Note(few, "few"))
    else:
        told = _(
            "Nine of ten leads that were won had been within {days} days: so long each lead is given.", days=window
        )
        notes.append(Note(told))
    if source == "orders":
        notes.append(Note(_("There are no deals: won is the customer's first purchase after the lead.")))
    if n := int(rows.where(rows.flags("is_total")).numbers("unconverted").sum()):
        foreign = _("{n} deal is in a currency without a rate.", "{n} deals are in currencies without a rate.", n=n)
        notes.append(Note(foreign, "warn"))
    return notes


def _worst(steps: tuple[str, ...], found: funnel.PricedFunnel) -> tuple[Finding, ...]:
    """The step that loses surely more of its leads than the steps do together."""
    lost, reached = found.cases.lost[-1, :-1], found.cases.reached[-1, :-1]
    if not lost.any():
        return ()
    worst = int(np.argmax(lost))
    if reached[worst] < PLAIN_FROM or wilson(lost[worst], reached[worst])[0] <= lost.sum() / reached.sum():
        return ()
    named = dict(LeadStep.step.words)
    message = _(
        "The step that loses most leads is {step}: {lost} of {n}, {share}.",
        step=named[steps[worst]],
        lost=int(lost[worst]),
        n=int(reached[worst]),
        share=Figure(float(lost[worst] / reached[worst]), SHARE),
    )
    return (Finding(message, tone="bad", link={"by": "source"}),)


def _left_out(rows: Rows, excluded: NDArray[np.bool_], pending: NDArray[np.bool_], window: int) -> tuple[LeftOut, ...]:
    is_total, cases = rows.flags("is_total"), rows.numbers("cases")
    is_again = excluded & rows.flags("is_again")
    reasons = (
        LeftOut(_("disqualified as spam, test or duplicate"), int(cases[is_total & excluded & ~is_again].sum())),
        LeftOut(_("a further lead of a deal"), int(cases[is_total & is_again].sum())),
        LeftOut(_("younger than {days} days", days=window), int(cases[is_total & pending].sum())),
    )
    return tuple(each for each in reasons if each.rows)
