"""Win rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np

from crmetrics.analysis import Bars, Behind, By, LeftOut, Options, Result, Row, analysis, column
from crmetrics.analysis.littleness import little_data
from crmetrics.models.interval import share_of, wilson
from crmetrics.sales.young_cohorts import notes_on_young
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period
from crmetrics.vocabulary.unit import COUNT, SHARE
from crmetrics.warehouse.rows import Rows, joined
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

WinRateOf = Annotated[
    Literal["count", "amount", "all", "honest"],
    Options(
        "Counted over",
        count="decided deals",
        amount="money of decided deals",
        all="all created deals",
        honest="decided and overdue deals",
    ),
]

SEEN = """
case when $counted_over = 'all' then created_at >= $start and created_at < $end
     when is_won is null then created_at < $end or created_at is null
     else closed_at >= $start and closed_at < $end end
"""
OVERDUE = "is_won is null and expected_close_on >= $start_on and expected_close_on < least($end_on, $today)"

DEALS_BY_PARTY = f"""
select party, grouping(party) = 1 as is_total,
       count(*) filter (where is_won) as won,
       count(*) filter (where not is_won) as lost,
       count(*) filter (where is_won is null) as open_deals,
       count(*) filter (where {OVERDUE}) as overdue
       {{money}}
from deals
where {SEEN}
group by grouping sets ((party), ())
order by is_total, won desc, party
"""
MONEY_DECIDED = """,
       sum(converted(amount, company_rate)) filter (where is_won) as won_amount,
       sum(converted(amount, company_rate)) filter (where is_won is not null) as decided_amount,
       sum(power(cast(converted(amount, company_rate) as double), 2)) filter (where is_won is not null) as decided_squares,
       count(*) filter (where is_won is not null and amount is null) as without_amount,
       count(*) filter (where is_won is not null and amount is not null and company_rate is null) as unconverted,
       sum(converted(amount, company_rate)) filter (where not is_won) as lost_amount
"""


def _behind(choices: Mapping[str, Any]) -> tuple[Behind, ...]:
    counted = {
        "count": "is_won is not null",
        "amount": "is_won is not null and converted(amount, company_rate) is not null",
        "all": "",
        "honest": f"is_won is not null or ({OVERDUE})",
    }[choices["of"]]
    columns = {"won": "is_won", "lost": "not is_won", "open_deals": "is_won is null", "overdue": OVERDUE, "n": counted}
    moment = "created_at" if choices["of"] == "all" else "closed_at"
    behind = Behind(columns, "deals", SEEN, moment, values={"counted_over": choices["of"]})
    if choices["of"] != "honest" or choices["by"] not in GRAINS:
        return (behind,)
    # the overdue ones have a month of their own, so the deals that are counted have not one date but two
    closed = {name: condition for name, condition in columns.items() if name not in ("overdue", "n")}
    late = replace(behind, columns={"overdue": OVERDUE}, moment="expected_close_on")
    return replace(behind, columns=closed), late


class WinRate(Row):
    party = column("Group", dimension="by")
    won = column("Won", COUNT, better="higher")
    lost = column("Lost", COUNT, better="lower")
    open_deals = column("Open", COUNT)
    overdue = column("Overdue", COUNT, "open past the expected close date", better="lower")
    n = column("Counted", COUNT, "the deals that the rate counts")
    rate = column("Win rate", SHARE, "by the chosen definition", better="higher", of=("won", "n"))
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")
    loss_rate = column("Loss rate", SHARE, "lost over the same base", better="lower", of=("lost", "n"))


@analysis(
    "Win rate",
    needs={"deals": ["is_won", "closed_at"]},
    date="deals.closed_at",
    chart=Bars(x="party", y="rate", band=("low", "high")),
    headline="rate",
    behind=_behind,
)
def win_rate(warehouse: Warehouse, period: Period, by: By = By("owner"), of: WinRateOf = "count") -> Result[WinRate]:
    """Which share of the decided deals did we win?

    Formula: won / (won + lost); by amount, over all created, or honest (overdue counted) as `of` says.
    Reads:   deals.is_won, amount, closed_at, expected_close_on and the grouping column.
    Mind:    Open deals are not counted, so a young period is judged by its quick deals alone.
    Source:  Wilson (1927), JASA 22(158), 209-212 for the interval; Kish (1965) for its n where money is the weight.
    """
    sql = DEALS_BY_PARTY.format(money=MONEY_DECIDED if of == "amount" else "")
    ask = partial(warehouse.query, sql, period=period, by=by, of="deals", counted_over=of)
    rows = ask(moment="created_at" if of == "all" else "closed_at")
    if by in GRAINS and of != "all":
        rows = _in_time(rows, ask(moment="expected_close_on") if of == "honest" else None)
    won, lost, still_open = rows.numbers("won"), rows.numbers("lost"), rows.numbers("open_deals")
    base = won + lost + {"all": still_open, "honest": rows.numbers("overdue")}.get(of, 0 * won)
    if of == "amount":
        base -= rows.numbers("without_amount") + rows.numbers("unconverted")
        money, squares = rows.numbers("decided_amount"), rows.numbers("decided_squares")
        rate = share_of(np.nan_to_num(rows.numbers("won_amount")), money)
        loss_rate = share_of(np.nan_to_num(rows.numbers("lost_amount")), money)
        weight = share_of(money**2, squares)  # Kish: so many equal deals would be as certain
        low, high = wilson(rate * weight, weight)
    else:
        rate, loss_rate, (low, high) = share_of(won, base), share_of(lost, base), wilson(won, base)
    is_total = rows.flags("is_total")
    return Result.of(
        WinRate,
        rows,
        worked_out={"n": base.astype(int), "rate": rate, "low": low, "high": high, "loss_rate": loss_rate},
        used=int(base[is_total].sum()),
        left_out=_left_out(rows.where(is_total).one(), of),
        notes=(
            *little_data(base[is_total].sum(), base[~is_total]),
            *(notes_on_young(still_open, base) if of == "all" else ()),
        ),
    )


def _in_time(rows: Rows, late: Rows | None) -> Rows:
    """By month, or another grain of time: decided deals in that of their close, overdue ones in that in which they should have
    closed (`late`: the same by that day); open deals are in none."""
    is_total = rows.flags("is_total")
    own = rows.where(is_total | (rows.numbers("won") + rows.numbers("lost") > 0))
    if late is not None:
        months = set(own.values("party"))
        alone = np.array([month not in months for month in late.values("party")], dtype=bool)
        only = late.where(alone & (late.numbers("overdue") > 0))
        own = joined(own, only.with_columns(**dict.fromkeys(("won", "lost"), np.zeros(len(only), dtype=np.int64))))
    is_total, parties = own.flags("is_total"), own.values("party")
    overdue = {} if late is None else dict(zip(late.values("party"), late.values("overdue"), strict=True))
    return own.with_columns(
        open_deals=[deals if whole else None for whole, deals in zip(is_total, own.values("open_deals"), strict=True)],
        overdue=[
            deals if whole else overdue.get(party, 0) if late is not None else None
            for whole, party, deals in zip(is_total, parties, own.values("overdue"), strict=True)
        ],
    )


def _left_out(total: dict[str, Any], of: WinRateOf) -> tuple[LeftOut, ...]:
    reasons = []
    if of in ("count", "amount"):
        reasons.append(LeftOut(_("still open"), total["open_deals"] or 0))
    if of == "honest":
        reasons.append(LeftOut(_("open and not overdue"), (total["open_deals"] or 0) - (total["overdue"] or 0)))
    if of == "amount":
        reasons.append(LeftOut(_("decided without an amount"), total["without_amount"] or 0))
        reasons.append(LeftOut(_("in a currency without a rate"), total["unconverted"] or 0))
    return tuple(reason for reason in reasons if reason.rows)
