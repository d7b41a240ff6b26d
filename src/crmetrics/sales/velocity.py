"""Sales velocity."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from crmetrics.analysis import Behind, By, Choices, Finding, LeftOut, Options, Result, Row, Waterfall, analysis, column
from crmetrics.analysis.littleness import too_few
from crmetrics.models.interval import share_of, wilson
from crmetrics.models.log_mean import factor_shares
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period
from crmetrics.vocabulary.unit import COUNT, DAYS, MONEY, MONEY_PER_DAY, SHARE, Figure
from crmetrics.warehouse.facts.pipeline import DAYS_TO_CLOSE
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

Floats = NDArray[np.float64]
VelocityOf = Annotated[
    Literal["decided", "open"],
    Options("Number of deals", decided="decided in the period", open="open at its end"),
]

ENOUGH: Final = 10
NOTABLE: Final = 0.1

DEALS: Final = f"""
    select *, is_decided and is_won and money is not null and coalesce(days >= 0, false) as is_counted
    from (
        select deal_id, party, is_won, amount, coalesce(closed_at >= $start and closed_at < $end, false) as is_decided,
               converted(amount, company_rate) as money, {DAYS_TO_CLOSE} as days
        from deals
        where (closed_at >= $start and closed_at < $end)
           or ((created_at < $end or created_at is null) and (closed_at >= $end or (closed_at is null and is_won is null)))
    ) deals
"""
LOST: Final = "is_decided and not is_won"
FACTORS_BY_PARTY = f"""
select party, grouping(party) = 1 as is_total,
       count(*) filter (where {LOST}) as lost,
       count(*) filter (where is_counted) as won,
       sum(money) filter (where is_counted) as won_amount,
       sum(days) filter (where is_counted) as won_days,
       count(*) filter (where not is_decided) as open_deals,
       count(*) filter (where is_decided and is_won and amount is null) as without_amount,
       count(*) filter (where is_decided and is_won and amount is not null and money is null) as unconverted,
       count(*) filter (where is_decided and is_won and money is not null and not coalesce(days >= 0, false)) as without_days
from ({DEALS}) deals
group by grouping sets ((party), ())
order by is_total, won_amount desc nulls last, party
"""

FACTORS: Final = {
    "by_deals": _("the number of deals"),
    "by_win_rate": _("the win rate"),
    "by_amount": _("the size of the deals"),
    "by_cycle": _("the time to close"),
}


def _behind(choices: Choices) -> tuple[Behind, ...]:
    decided = f"is_counted or ({LOST})"
    n = decided if choices["of"] == "decided" else "not is_decided"
    return (Behind({"n": n, "decided": decided, "won": "is_counted"}, "deals", "true", "closed_at", source=DEALS),)


class Velocity(Row):
    party = column("Group", dimension="by")
    n = column("Deals", COUNT, "the deals that the velocity counts", better="higher")
    decided = column("Decided", COUNT, "won, with amount and dates, or lost", is_hidden=True)
    won = column("Won", COUNT, "won, with amount and dates", better="higher")
    win_rate = column("Win rate", SHARE, "won / decided", better="higher", of=("won", "decided"))
    low = column("At least", SHARE, "lower end of the 95 % interval of the win rate")
    high = column("At most", SHARE, "upper end of the 95 % interval of the win rate")
    mean_amount = column("Deal size", MONEY, "mean amount of the won deals", better="higher")
    cycle_days = column("Days to close", DAYS, "mean of the won deals", better="lower")
    velocity = column("Velocity", MONEY_PER_DAY, "deals x win rate x deal size / days to close", better="higher")
    before = column("Before", MONEY_PER_DAY, "the velocity in the period compared with")
    change = column("Change", MONEY_PER_DAY, better="higher")
    by_deals = column(
        "From number of deals", MONEY_PER_DAY, "the part of the change that comes from it", better="higher"
    )
    by_win_rate = column("From win rate", MONEY_PER_DAY, "the part of the change that comes from it", better="higher")
    by_amount = column("From deal size", MONEY_PER_DAY, "the part of the change that comes from it", better="higher")
    by_cycle = column("From days to close", MONEY_PER_DAY, "the part of the change that comes from it", better="higher")


@analysis(
    "Sales velocity",
    needs={"deals": ["is_won", "closed_at", "created_at"]},
    date="deals.closed_at",
    kind="DG",
    chart=Waterfall(x="party", y="velocity", before="before", parts=tuple(FACTORS)),
    headline="velocity",
    enough=ENOUGH,
    behind=_behind,
)
def velocity(
    warehouse: Warehouse, period: Period, before: Period, by: By = By(""), of: VelocityOf = "decided"
) -> Result[Velocity]:
    """How much money per day does the pipeline make, and which lever moved it?

    Formula: deals x win rate x mean won amount / mean days to close, all from the deals decided in the period; or the number
             of deals open at its end. Change by factor: log-mean shares, which sum to the change.
    Reads:   deals.is_won, amount, created_at, closed_at and the grouping column.
    Mind:    It grows with the length of the period, so only periods of equal length compare. Won deals without an amount or
             dates are left out; a velocity stands on at least 10 won deals.
    Source:  Ang (2004), Energy Policy 32(9), 1131-1139 for the shares.
    """
    rows = warehouse.query(FACTORS_BY_PARTY, period=period, by=by, of="deals", moment="closed_at")
    earlier = warehouse.query(FACTORS_BY_PARTY, period=before, by=by, of="deals", moment="closed_at")
    if of == "decided" or by in GRAINS:
        rows = rows.where(rows.flags("is_total") | (rows.numbers("won") + rows.numbers("lost") > 0))
    if by in GRAINS:  # open deals close in no month
        rows = rows.with_columns(open_deals=np.where(rows.flags("is_total"), rows.numbers("open_deals"), np.nan))
    now, then = _factors(rows, of), _factors(_matched(earlier, rows), of)
    if by in GRAINS:
        then = np.where(rows.flags("is_total"), then, np.nan)
    value, value_before = now.prod(axis=0), then.prod(axis=0)
    won = rows.numbers("won")
    decided = won + rows.numbers("lost")
    low, high = wilson(won, decided)
    worked_out = {
        "n": decided.astype(np.int64) if of == "decided" else rows.values("open_deals"),
        "decided": decided.astype(np.int64),
        "win_rate": share_of(won, decided),
        "low": low,
        "high": high,
        "mean_amount": now[2],
        "cycle_days": np.where(won >= ENOUGH, share_of(rows.numbers("won_days"), won), np.nan),
        "velocity": value,
        "before": value_before,
        "change": value - value_before,
        **dict(zip(FACTORS, factor_shares(then, now), strict=True)),
    }
    total = rows.where(rows.flags("is_total")).one()
    result = Result.of(
        Velocity,
        rows,
        worked_out=worked_out,
        notes=too_few(won, ENOUGH),
        used=int((total["won"] or 0) + (total["lost"] or 0)),
        left_out=_left_out(total),
    )
    return replace(result, findings=_moved(result.total))


def _factors(rows: Rows, of: VelocityOf) -> Floats:
    """Number, win rate, mean amount and 1 / mean days, (4, m); unknown where fewer than 10 were won."""
    won, lost = rows.numbers("won"), rows.numbers("lost")
    number = won + lost if of == "decided" else rows.numbers("open_deals")
    rate, days = share_of(won, won + lost), share_of(rows.numbers("won_days"), won)
    factors = np.stack([number, rate, share_of(rows.numbers("won_amount"), won), share_of(1.0, days)])
    return np.where(won >= ENOUGH, factors, np.nan)


def _matched(earlier: Rows, rows: Rows) -> Rows:
    """The rows of the period before, in the order of the rows of now; unknown where a group was not there."""
    place = {
        key: number for number, key in enumerate(zip(earlier.flags("is_total"), earlier.values("party"), strict=True))
    }
    found = [place.get(key, -1) for key in zip(rows.flags("is_total"), rows.values("party"), strict=True)]
    columns = {}
    for name in ("won", "lost", "open_deals", "won_amount", "won_days"):
        columns[name] = np.append(earlier.numbers(name), np.nan)[found]
    return Rows(columns)


def _moved(total: Velocity | None) -> tuple[Finding, ...]:
    """What moved the velocity most, if it moved notably."""
    if total is None or total.change is None or abs(total.change) < NOTABLE * total.before or total.by_deals is None:
        return ()
    shares = {name: getattr(total, name) * (1 if total.change > 0 else -1) for name in FACTORS}
    most = max(shares, key=lambda name: shares[name])
    message = _(
        "The velocity went from {before} to {now}; most of it comes from {factor}: {share}.",
        before=Figure(total.before, MONEY_PER_DAY),
        now=Figure(total.velocity, MONEY_PER_DAY),
        factor=FACTORS[most],
        share=Figure(getattr(total, most), MONEY_PER_DAY),
    )
    return (Finding(message, money=total.change, tone="good" if total.change > 0 else "bad", link={"by": "owner"}),)


def _left_out(total: dict[str, Any]) -> tuple[LeftOut, ...]:
    reasons = (
        LeftOut(_("won without an amount"), total["without_amount"] or 0),
        LeftOut(_("in a currency without a rate"), total["unconverted"] or 0),
        LeftOut(_("won without usable dates"), total["without_days"] or 0),
    )
    return tuple(reason for reason in reasons if reason.rows)
