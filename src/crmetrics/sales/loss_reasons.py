"""Loss reasons."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis import Bars, By, Finding, LeftOut, NeedsBy, Note, Options, Result, Row, analysis, column
from crmetrics.analysis.littleness import PLAIN_FROM, little_data
from crmetrics.models.interval import share_of, wilson
from crmetrics.sales.rows_behind import lost_rows
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, MONEY, SHARE, Figure
from crmetrics.warehouse.facts.losses import REASONS, WON_DEALS
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

SharesOf = Annotated[Literal["count", "amount"], Options("Shares of", count="number", amount="money")]
Source = Annotated[
    Literal["deals", "leads", "quotes"], Options("What was lost", deals="deals", leads="leads", quotes="quotes")
]

NOTABLE: Final = 0.2
"""So large a share of blank reasons is worth a word."""


class LossReason(Row):
    party = column("Group", dimension="by")
    reason = column("Reason", dimension="loss_reason")
    stage = column("Furthest stage", dimension="stage", lead_came="Lead", lead_qualified="Qualified")
    stage_no = column("Place", COUNT, is_hidden=True)
    lost = column("Lost", COUNT, "with this reason, from this stage", better="lower")
    n = column("Lost in all", COUNT, "in the group, blank reasons among them")
    share = column("Share", SHARE, "of all that was lost in the group, by number or money", of=("lost", "n"))
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")
    amount = column("Money lost", MONEY, "of those whose amount is known", better="lower")
    of_reason = column("Lost with the reason", COUNT, "from all stages together", is_hidden=True)
    reason_share = column("Share of the reason", SHARE, "from all stages together", of=("of_reason", "n"))


@analysis(
    "Loss reasons",
    needs=NeedsBy(
        "source",
        deals={"deals": ["closed_at", "is_won"]},
        leads={"leads": ["disqualified_at"]},
        quotes={"quotes": ["rejected_at"]},
    ),
    date="deals.closed_at",
    kind="G",
    chart=Bars(x="reason", y="lost", parts="stage"),
    behind=lost_rows,
)
def loss_reasons(
    warehouse: Warehouse, period: Period, by: By = By(""), of: SharesOf = "count", source: Source = "deals"
) -> Result[LossReason]:
    """Why and at which stage do we lose, in count and money?

    Formula: share = lost with the reason / all lost, blanks as a row of their own; by the furthest stage that was reached.
    Reads:   deals.loss_reason, competitor, amount, deal_stages; or leads.disqualify_reason; or quotes.reject_reason.
    Mind:    They count on the day on which they were lost, whenever they were created. Reasons are what people typed:
             two spellings are two reasons.
    Source:  Wilson (1927), JASA 22(158), 209-212 for the interval; Kish (1965) for its n where money is the weight.
    """
    fact, sql, moment = REASONS[source]
    rows = warehouse.query(sql, period=period, by=by, of=fact, moment=moment)
    by_money = of == "amount" and source != "leads"
    rows = _in_order(_with_shares(rows, by_money=by_money))
    total = rows.where(rows.flags("is_total")).one()
    won = warehouse.query(WON_DEALS, period=period).one()["won"] if source == "deals" else 0
    unpriced = [int(total[name] or 0) if by_money else 0 for name in ("without_amount", "unconverted")]
    groups = rows.where(~rows.flags("is_total")).groups("party")[0] if by else rows.where(rows.flags("is_total"))
    notes = [*little_data(total["lost"], _sizes(rows) if len(groups) > 1 else ())]
    if of == "amount" and not by_money:
        notes.append(Note(_("Leads carry no amount, so they are counted.")))
    reasons = (
        LeftOut(_("won"), int(won)),
        LeftOut(_("without an amount"), unpriced[0]),
        LeftOut(_("in a currency without a rate"), unpriced[1]),
    )
    return Result.of(
        LossReason,
        rows,
        notes=notes,
        findings=_findings(rows, total) if not by else (),
        used=int(total["lost"] or 0) - sum(unpriced),
        left_out=tuple(each for each in reasons if each.rows),
    )


def _sums(rows: Rows, which: NDArray[np.int64], name: str) -> NDArray[np.float64]:
    """For every row the sum of a column over the rows of its group."""
    if not len(rows):
        return rows.numbers(name)
    sums: NDArray[np.float64] = np.bincount(which, np.nan_to_num(rows.numbers(name))).astype(np.float64)
    return sums[which]


def _with_shares(rows: Rows, *, by_money: bool) -> Rows:
    """The rows with their group's totals and their shares of it."""
    is_total = rows.flags("is_total")
    _parties, group = rows.groups("is_total", "party")
    _reasons, alike = rows.groups("is_total", "party", "reason")
    lost = rows.numbers("lost")
    n, of_reason = _sums(rows, group, "lost"), _sums(rows, alike, "lost")
    k, whole, of_k = lost, n, of_reason
    if by_money:
        money, squares = _sums(rows, group, "amount"), _sums(rows, group, "squares")
        weight = share_of(money**2, squares)  # Kish: so many equal losses would be as certain
        k, of_k, whole = np.nan_to_num(rows.numbers("amount")), _sums(rows, alike, "amount"), money
        low, high = wilson(share_of(k, whole) * weight, weight)
    else:
        low, high = wilson(k, whole)
    is_known = ~is_total | (lost > 0)
    return rows.with_columns(
        stage_no=[
            None if np.isnan(each) else int(each) for each in np.where(is_total, np.nan, rows.numbers("stage_no"))
        ],
        n=n.astype(np.int64),
        of_reason=of_reason.astype(np.int64),
        share=np.where(is_known, share_of(k, whole), np.nan),
        low=np.where(is_total, np.nan, low),
        high=np.where(is_total, np.nan, high),
        reason_share=np.where(is_known, share_of(of_k, whole), np.nan),
    )


def _in_order(rows: Rows) -> Rows:
    """The largest group first, in it the most frequent reason, in that the stages in their order; the total last."""
    parties, reasons, stages = (rows.values(name) for name in ("party", "reason", "stage"))
    n, share, stage_no = rows.numbers("n"), rows.numbers("reason_share"), rows.numbers("stage_no")
    is_total = rows.flags("is_total")

    def place(each: int) -> tuple[Any, ...]:
        group = (bool(is_total[each]), -n[each], parties[each] is None, parties[each] or "")
        reason = (-np.nan_to_num(share[each]), reasons[each] is None, reasons[each] or "")
        return (*group, *reason, np.isnan(stage_no[each]), np.nan_to_num(stage_no[each]), stages[each] or "")

    order = sorted(range(len(rows)), key=place)
    return Rows({name: values[order] for name, values in rows.columns.items()})


def _sizes(rows: Rows) -> NDArray[np.float64]:
    """How many each group lost."""
    parts = rows.where(~rows.flags("is_total"))
    _parties, which = parts.groups("party")
    return np.bincount(which, parts.numbers("lost")).astype(np.float64)


def _findings(rows: Rows, total: dict[str, Any]) -> tuple[Finding, ...]:
    """The reason that stands out among those named, with the stage where it strikes most; and blanks, if they are many."""
    parts = rows.where(~rows.flags("is_total"))
    lost = int(total["lost"] or 0)
    if lost < PLAIN_FROM:
        return ()
    found = []
    blank = int(total["unnamed"] or 0)
    if blank > NOTABLE * lost:
        message = _("{n} of {all} that were lost have no reason: ask for it when one is lost.", n=blank, all=lost)
        found.append(Finding(message, tone="warn", link={"by": "owner"}))
    named = parts.where(np.array([each is not None for each in parts.values("reason")], dtype=bool))
    reasons, which = named.groups("reason")
    if len(reasons) < 2:
        return tuple(found)
    counts = np.bincount(which, named.numbers("lost"))
    worst = int(np.argmax(counts))
    if wilson(counts[worst], counts.sum())[0] <= 1 / len(reasons):  # no more than if every reason were as frequent
        return tuple(found)
    own = named.where(which == worst)
    most = own.where(own.numbers("lost") == own.numbers("lost").max()).one()
    money = float(np.nan_to_num(own.numbers("amount")).sum())
    message = _(
        "{reason} is the reason of {share} of what was lost, {money} in all.",
        reason=reasons.values("reason")[worst],
        share=Figure(float(counts[worst]) / lost, SHARE),
        money=Figure(money, MONEY),
    )
    if most["stage"] not in (None, "lead_came", "lead_qualified"):
        message = _(
            "{reason} is the reason of {share} of what was lost, {money} in all; most often at {stage}.",
            reason=reasons.values("reason")[worst],
            share=Figure(float(counts[worst]) / lost, SHARE),
            money=Figure(money, MONEY),
            stage=most["stage"],
        )
    return (*found, Finding(message, money=money, tone="bad", link={"by": "owner"}))
