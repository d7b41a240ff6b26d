"""Quote-to-sale rate."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final, Literal

import numpy as np

from crmetrics.analysis import Bars, Behind, By, Choices, Finding, LeftOut, Note, Options, Result, Row, analysis, column
from crmetrics.analysis.grouped import grouped
from crmetrics.analysis.littleness import SHOWN_FROM, little_data
from crmetrics.models.interval import share_of, wilson
from crmetrics.models.kaplan_meier import KaplanMeier
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, DAYS, MONEY, SHARE, Figure
from crmetrics.warehouse.facts.quoting import AGED, CASES_BY_AGE, DRAFTS, QUOTED_DEALS
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

Counted = Annotated[Literal["case", "quote"], Options("Unit", case="cases (deals)", quote="single quotes")]
Base = Annotated[Literal["decided", "sent"], Options("Of", decided="decided ones", sent="all sent")]

FACTS: Final = {"case": "quote_cases", "quote": "single_quotes"}
MONTH, QUARTER = 30, 90
"""Days after which an open quote is told apart as old."""
UNSETTLED: Final = 0.2
"""With a larger share still pending the quick answers alone make the rate: a scorecard does not hold it against others."""
MINUTES_A_DAY: Final = 1440
SUMS: Final = (
    *("won", "lost", "pending", "won_amount", "lost_amount", "open_amount"),
    *("first_amount", "accepted_amount", "without_amount", "unconverted"),
)


def _behind(choices: Choices) -> tuple[Behind, ...]:
    """Of a case its first quote: by that it is counted."""
    waiting, month, quarter = "outcome is null", MONTH * MINUTES_A_DAY, QUARTER * MINUTES_A_DAY
    columns = {
        "cases": "",
        "won": "outcome = 'won'",
        "lost": "outcome = 'lost'",
        "pending": waiting,
        "n": "outcome is not null" if choices["base"] == "decided" else "",
        "open_30": f"{waiting} and minutes <= {month}",
        "open_90": f"{waiting} and minutes > {month} and minutes <= {quarter}",
        "open_older": f"{waiting} and minutes > {quarter}",
    }
    fact = FACTS[choices["unit"]]
    source = AGED.replace("{cases}", fact)
    return (Behind(columns, fact, "true", "sent_at", derived=(QUOTED_DEALS,), source=source),)


class QuoteToSale(Row):
    party = column("Group", dimension="by")
    cases = column("Cases", COUNT, "deals with a sent quote, or quotes without a deal; or single quotes")
    won = column("Won", COUNT, better="higher")
    lost = column("Lost", COUNT, "lost, rejected or expired", better="lower")
    pending = column("Pending", COUNT, "not yet decided")
    n = column("Counted", COUNT, "the cases that the rate counts")
    rate = column("Quote-to-sale rate", SHARE, "won / decided, or won / all sent", better="higher", of=("won", "n"))
    settled_rate = column("Settled rate", SHARE, better="higher", of=("won", "n"), is_hidden=True)
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")
    amount_rate = column("Rate by money", SHARE, "the same by the amount of the last quote sent", better="higher")
    discount = column("Discount", SHARE, "1 - accepted / first amount, of the won cases", better="lower")
    median_days = column(
        "Median",
        DAYS,
        "half of all cases are won within this time of the first quote; blank: not so many are",
        better="lower",
    )
    half_days = column("Half-time", DAYS, "half of those that are won are won within this time", better="lower")
    open_30 = column("Open up to 30 days", COUNT)
    open_90 = column("Open 31 to 90 days", COUNT)
    open_older = column("Open longer", COUNT, "open for more than 90 days", better="lower")
    open_amount = column("Open amount", MONEY, "of the pending cases, by the last quote sent")


@analysis(
    "Quote-to-sale rate",
    needs={"quotes": ["sent_at"]},
    date="quotes.sent_at",
    kind="DG",
    chart=Bars(x="party", y="rate", band=("low", "high")),
    headline="settled_rate",
    behind=_behind,
)
def quote_to_sale(
    warehouse: Warehouse, period: Period, by: By = By("owner"), unit: Counted = "case", base: Base = "decided"
) -> Result[QuoteToSale]:
    """What share of quotes becomes a sale, how fast, and which are still open?

    Formula: cases won / cases decided, by the first quote sent in the period. A case is a deal with its quotes, decided with the
             deal; a quote without a deal is decided when accepted, rejected or expired. Days from the first quote to the win by
             Aalen-Johansen: lost ones compete, pending ones are censored.
    Reads:   quotes, deals.is_won, closed_at and the grouping column.
    Mind:    Three revisions of which the last is accepted are one case won, but one quote of three. Young periods hold more
             pending cases: the quick answers decide their rate.
    Source:  Wilson (1927), JASA 22(158), 209-212; Kish (1965) for money; Aalen and Johansen (1978), Scand. J. Stat. 5, 141-150.
    """
    fact = FACTS[unit]
    warehouse.derive(QUOTED_DEALS)
    cases = warehouse.query(CASES_BY_AGE.replace("{cases}", fact), period=period, by=by, of=fact, moment="sent_at")
    rows = grouped(cases, partial(_told, base), size="cases")
    total = rows.where(rows.flags("is_total")).one()
    drafts = warehouse.query(DRAFTS).one()["drafts"]
    return Result.of(
        QuoteToSale,
        rows,
        used=int(total["n"]),
        left_out=_left_out(total, base, int(drafts)),
        notes=(*little_data(total["n"], rows.numbers("n")[:-1]), *_notes(total)),
        findings=_findings(total),
    )


def _told(base: Base, cases: Rows, which: Any, groups: int) -> dict[str, Any]:
    """The figures of each group by their names, (g,) each, from the counts of equal ages."""
    sums = {name: np.bincount(which, np.nan_to_num(cases.numbers(name)), groups) for name in SUMS}
    minutes, won, lost, pending = (cases.numbers(name) for name in ("minutes", "won", "lost", "pending"))
    timed = ~np.isnan(minutes)
    ends = np.stack([won, lost], axis=1)[timed]
    curve = KaplanMeier.fit(minutes[timed], ends, pending[timed], which[timed], groups)
    is_all = base == "sent"
    n = sums["won"] + sums["lost"] + is_all * sums["pending"]
    every = sums["won"] + sums["lost"] + sums["pending"]
    money = sums["won_amount"] + sums["lost_amount"] + is_all * sums["open_amount"]
    low, high = wilson(sums["won"], n)
    days = minutes / MINUTES_A_DAY
    is_enough = sums["won"] >= SHOWN_FROM

    def open_within(first: float, last: float) -> Any:
        is_so = (days > first) & (days <= last)
        return np.bincount(which[is_so], pending[is_so], groups).astype(np.int64)

    return {
        **{name: sums[name].astype(np.int64) for name in ("won", "lost", "pending", "without_amount", "unconverted")},
        "cases": every.astype(np.int64),
        "n": n.astype(np.int64),
        "rate": share_of(sums["won"], n),
        "settled_rate": np.where(sums["pending"] <= UNSETTLED * every, share_of(sums["won"], n), np.nan),
        "low": low,
        "high": high,
        "amount_rate": np.where(n >= SHOWN_FROM, share_of(sums["won_amount"], money), np.nan),
        "discount": np.where(is_enough, 1 - share_of(sums["accepted_amount"], sums["first_amount"]), np.nan),
        "median_days": np.where(is_enough, curve.reached(0.5) / MINUTES_A_DAY, np.nan),
        "half_days": np.where(is_enough, curve.half_time() / MINUTES_A_DAY, np.nan),
        "open_30": open_within(-1, MONTH),
        "open_90": open_within(MONTH, QUARTER),
        "open_older": open_within(QUARTER, np.inf),
        "open_amount": sums["open_amount"],
        "untimed": np.bincount(which[~timed], (won + lost + pending)[~timed], groups).astype(np.int64),
    }


def _left_out(total: dict[str, Any], base: Base, drafts: int) -> tuple[LeftOut, ...]:
    reasons = [LeftOut(_("drafts, never sent"), drafts)]
    if base == "decided":
        reasons.append(LeftOut(_("not yet decided"), total["pending"], total["open_amount"]))
    return tuple(reason for reason in reasons if reason.rows)


def _notes(total: dict[str, Any]) -> tuple[Note, ...]:
    told = {
        "without_amount": _(
            "{n} case has no amount: the rate by money leaves it out.",
            "{n} cases have no amount: the rate by money leaves them out.",
        ),
        "unconverted": _(
            "{n} case is in a currency without a rate: the rate by money leaves it out.",
            "{n} cases are in a currency without a rate: the rate by money leaves them out.",
        ),
        "untimed": _(
            "{n} case was decided before its first quote was sent: its days are not counted.",
            "{n} cases were decided before their first quote was sent: their days are not counted.",
        ),
    }
    notes = [Note(message(n=total[name])) for name, message in told.items() if total[name]]
    if total["pending"] > UNSETTLED * total["cases"]:
        quick = _("{share} of the cases are still pending: those decided quickly make the rate.")
        notes.append(Note(quick(share=Figure(total["pending"] / total["cases"], SHARE)), "warn"))
    return tuple(notes)


def _findings(total: dict[str, Any]) -> tuple[Finding, ...]:
    """Quotes that have been open for long and the money that stands in the pending ones."""
    if total["open_older"] < SHOWN_FROM or 2 * total["open_older"] < total["pending"]:
        return ()
    message = _(
        "{n} of {all} pending quotes have been open for more than 90 days; {money} stand in the pending ones.",
        n=total["open_older"],
        all=total["pending"],
        money=Figure(total["open_amount"], MONEY),
    )
    return (Finding(message, total["open_amount"], "warn", {"key": "sales.loss_reasons"}),)
