"""Time to close."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import numpy as np

from crmetrics.analysis import By, Finding, LeftOut, Lines, Options, Result, Row, analysis, column
from crmetrics.analysis.business_days import Clock, calendar_note
from crmetrics.analysis.littleness import PLAIN_FROM, SHOWN_FROM, few_values, too_few
from crmetrics.models.interval import Floats
from crmetrics.models.kaplan_meier import KaplanMeier
from crmetrics.sales.rows_behind import cycle_rows
from crmetrics.sales.young_cohorts import notes_on_young
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, midnight
from crmetrics.vocabulary.unit import COUNT, DAYS, SHARE, Figure
from crmetrics.warehouse.facts.cycles import COHORT_BY_DURATION, FIRST_LEADS, WON_BY_PARTY, spelled
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

Start = Annotated[Literal["deal", "lead"], Options("From", deal="the deal's creation", lead="the lead's creation")]

NOTABLE: Final = 0.2
MINUTES_A_DAY: Final = 1440
SHOWN: Final = ("p25", "median", "p75", "p90", "mean")


class CycleLength(Row):
    party = column("Group", dimension="by")
    won = column("Won", COUNT, "won in the period, with usable dates", better="higher")
    median = column("Median", DAYS, "half of the won deals took no longer", better="lower")
    p90 = column("Nine of ten", DAYS, "nine of ten won deals took no longer", better="lower")
    mean = column("Mean", DAYS, "a few very slow deals draw it up", better="lower")
    p25 = column("A quarter", DAYS, "a quarter of the won deals took no longer")
    p75 = column("Three quarters", DAYS, "three quarters of the won deals took no longer")
    entered = column("Created", COUNT, "deals created in the period: the cohort, won, lost or still open")
    won_share = column(
        "Won of them",
        SHARE,
        "the share of the cohort that is won by the longest time seen, open deals not left out",
        better="higher",
    )
    half_time = column("Half-time", DAYS, "half of what the cohort wins is won within this time", better="lower")


@analysis(
    "Time to close",
    needs={"deals": ["is_won", "closed_at", "created_at"]},
    date="deals.closed_at",
    chart=Lines(x="party", y="median", band=("p25", "p75")),
    headline="median",
    enough=SHOWN_FROM,
    behind=cycle_rows,
)
def cycle_length(
    warehouse: Warehouse,
    period: Period,
    before: Period,
    by: By = By("month"),
    start: Start = "deal",
    clock: Clock = "calendar",
) -> Result[CycleLength]:
    """How long does it take from start to close?

    Formula: close - creation of the deals won in the period: median, p90, mean (percentiles interpolate). Of the deals created in
             the period the share won within t days (Aalen-Johansen: lost ones compete, open ones are censored); half-time = the
             smallest t with F(t) >= F(last) / 2.
    Reads:   deals.created_at, closed_at, is_won; leads.created_at if counted from the lead; holidays for business days.
    Mind:    The deals won in a period are not those created in it: a young pipeline looks quick, for its slow deals are still
             open. The half-time does not leave them out. From the lead is longer than from the deal.
    Source:  Aalen and Johansen (1978), Scand. J. Stat. 5, 141-150; Hyndman and Fan (1996), type 7, for the percentiles.
    """
    if start == "lead":
        warehouse.derive(FIRST_LEADS)
    won = warehouse.query(
        spelled(WON_BY_PARTY, start, clock),
        period=period,
        by=by,
        of="deals",
        moment="closed_at",
        before_start=midnight(before.start, warehouse.zone),
        before_end=midnight(before.end, warehouse.zone),
    )
    cases = warehouse.query(
        spelled(COHORT_BY_DURATION, start, clock), period=period, by=by, of="deals", moment="created_at"
    )
    rows = _with_cohorts(won, cases)
    is_told = (rows.numbers("won") > 0) | (rows.numbers("entered") > 0)  # a month of the period before is no row
    rows = rows.where(rows.flags("is_total") | is_told)
    is_total = rows.flags("is_total")
    total = rows.where(is_total).one()
    counted = np.nan_to_num(rows.numbers("won"))
    worked_out: dict[str, Any] = {
        name: np.where(counted >= SHOWN_FROM, rows.numbers(name), np.nan) for name in SHOWN
    } | {"won": counted.astype(np.int64)}
    return Result.of(
        CycleLength,
        rows,
        worked_out=worked_out,
        used=int(total["won"] or 0),
        left_out=_left_out(total),
        notes=(
            *few_values(total["won"]),
            *too_few(counted[~is_total], SHOWN_FROM),
            *notes_on_young(rows.numbers("running"), rows.numbers("entered")),
            *calendar_note(warehouse, clock),
        ),
        findings=_findings(total),
    )


def _with_cohorts(won: Rows, cases: Rows) -> Rows:
    """The rows of the won deals with the cohort beside each; groups that only have a cohort come after those that won."""
    groups, which = cases.groups("party")
    parts = [_cohort(cases, which, len(groups)), _cohort(cases, np.zeros(len(cases), dtype=np.int64), 1)]
    found = {
        (party, False): row for party, row in zip(groups.values("party"), zip(*parts[0], strict=True), strict=True)
    }
    found[None, True] = tuple(part[0] for part in parts[1])
    keys = list(zip(won.values("party"), won.flags("is_total").tolist(), strict=True))
    later = sorted((key for key in found if key not in set(keys)), key=lambda key: str(key[0] or ""))
    nothing = (0.0, np.nan, np.nan, 0.0)
    beside = np.array([found.get(key, nothing) for key in (*keys, *later)], dtype=np.float64).reshape(-1, 4)
    blank = np.full(len(later), np.nan)
    columns: dict[str, Any] = {
        name: np.concatenate([won.numbers(name), blank]) for name in won.names if name not in ("party", "is_total")
    }
    columns["party"] = np.array([None, *(key[0] for key in (*keys, *later))], dtype=object)[1:]
    columns["is_total"] = np.array([key[1] for key in (*keys, *later)], dtype=bool)
    return Rows(
        columns
        | {
            "entered": beside[:, 0].astype(np.int64),
            "won_share": beside[:, 1],
            "half_time": beside[:, 2],
            "running": beside[:, 3],
        }
    )


def _cohort(cases: Rows, which: Any, groups: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Of each group: deals created, share of them won by the longest time seen, half-time in days, still open; (g,) each."""
    won, lost, running = (cases.numbers(name) for name in ("won", "lost", "running"))
    curve = KaplanMeier.fit(cases.numbers("minutes"), np.stack([won, lost], axis=1), running, which, groups)
    entered, wins = (np.bincount(which, counts, groups) for counts in (won + lost + running, won))
    half = np.where(wins >= SHOWN_FROM, curve.half_time(0) / MINUTES_A_DAY, np.nan)
    share = np.where(entered >= SHOWN_FROM, curve.ever()[:, 0], np.nan)
    return entered.astype(np.float64), share, half, np.bincount(which, running, groups).astype(np.float64)


def _left_out(total: dict[str, Any]) -> tuple[LeftOut, ...]:
    reasons = (
        LeftOut(_("won before they were created: a fault of the data"), int(total["negative"] or 0)),
        LeftOut(_("won within the minute in which they were recorded"), int(total["at_once"] or 0)),
        LeftOut(_("won without a moment of creation"), int(total["undated"] or 0)),
    )
    return tuple(reason for reason in reasons if reason.rows)


def _findings(total: dict[str, Any]) -> tuple[Finding, ...]:
    """Whether the median has notably changed against the period compared with, on enough deals in both."""
    now, then = total["median"], total["median_before"]
    if not now or not then or min(total["won"], total["won_before"]) < PLAIN_FROM or abs(now - then) < NOTABLE * then:
        return ()
    told = (
        _("Winning a deal takes {now} in the middle, {before} before: it has become slower.")
        if now > then
        else _("Winning a deal takes {now} in the middle, {before} before: it has become quicker.")
    )
    message = told(now=Figure(now, DAYS), before=Figure(then, DAYS))
    return (Finding(message, tone="bad" if now > then else "good", link={"by": "owner"}),)
