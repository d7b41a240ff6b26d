"""First contact to quote."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from crmetrics.analysis import Behind, By, Finding, LeftOut, Note, Result, Row, Spread, analysis, column
from crmetrics.analysis.business_days import BusinessFirst, calendar_note
from crmetrics.analysis.grouped import grouped
from crmetrics.analysis.littleness import SHOWN_FROM, too_few
from crmetrics.models.interval import share_of
from crmetrics.models.kaplan_meier import KaplanMeier
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, DAYS, SHARE, Figure
from crmetrics.warehouse.facts.contacts import QUOTE_BEGINS
from crmetrics.warehouse.facts.pipeline import WORKED_TO_DATE
from crmetrics.warehouse.facts.waiting import TIMED, WAITS, waits_by_duration
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

ENOUGH: Final = 10
MINUTES_A_DAY: Final = 1440
LIMITS: Final = (1, 3, 7)
COUNTS: Final = ("quoted", "unquoted", "waiting")
SLOWER: Final = 2.0


BEHIND: Final = Behind(
    {"cases": "", "quoted": "outcome = 'quoted'", "unquoted": "outcome = 'closed'", "waiting": "outcome = 'waiting'"},
    "quote_waits",
    TIMED,
    derived=(QUOTE_BEGINS,),
    source=WAITS,
)


class FirstContactToQuote(Row):
    party = column("Group", dimension="by")
    cases = column("Deals", COUNT, "deals whose first contact lies in the period")
    quoted = column("Quoted", COUNT, "that have been sent a quote", better="higher")
    unquoted = column("Ended unquoted", COUNT, "lost, or won, before any quote was sent")
    waiting = column("Waiting", COUNT, "open and not yet quoted")
    median = column(
        "Median", DAYS, "half of all deals have a quote within this time; blank: not so many have", better="lower"
    )
    p75 = column("Three quarters", DAYS, "three quarters of all deals have a quote within this time", better="lower")
    longest = column("Longest", DAYS, "the longest time seen so far, quoted or not")
    within_1 = column(
        "Within 1 day", SHARE, "of the deals begun at least 1 day ago", better="higher", of=("quick_1", "mature_1")
    )
    within_3 = column(
        "Within 3 days", SHARE, "of the deals begun at least 3 days ago", better="higher", of=("quick_3", "mature_3")
    )
    within_7 = column(
        "Within 7 days", SHARE, "of the deals begun at least 7 days ago", better="higher", of=("quick_7", "mature_7")
    )
    quick_1 = column("Quoted within 1 day", COUNT, is_hidden=True)
    mature_1 = column("Begun 1 day ago", COUNT, is_hidden=True)
    quick_3 = column("Quoted within 3 days", COUNT, is_hidden=True)
    mature_3 = column("Begun 3 days ago", COUNT, is_hidden=True)
    quick_7 = column("Quoted within 7 days", COUNT, is_hidden=True)
    mature_7 = column("Begun 7 days ago", COUNT, is_hidden=True)


@analysis(
    "First contact to quote",
    needs={"deals": ["created_at"], "quotes": ["sent_at"]},
    date="",
    table="deals",
    chart=Spread(x="party", median="median", p75="p75"),
    headline="median",
    enough=ENOUGH,
    behind=(BEHIND,),
)
def first_contact_to_quote(
    warehouse: Warehouse, period: Period, by: By = By("owner"), clock: BusinessFirst = "business"
) -> Result[FirstContactToQuote]:
    """How long does a prospect wait for a quote?

    Formula: share quoted within t days of the first contact (Aalen-Johansen: a deal that ends unquoted competes, one that still
             waits is censored); median and p75 = the smallest t by which a half and three quarters of all deals are quoted.
    Reads:   activities, leads, deals, quotes.sent_at; holidays for business days.
    Mind:    The first contact is the first outbound or two-way activity on the deal or its lead, else the lead's creation, else
             the deal's. Deals without a quote are not left out: those that wait would make the median look short.
    Source:  Aalen and Johansen (1978), Scand. J. Stat. 5, 141-150.
    """
    worked = warehouse.query(WORKED_TO_DATE).one()["worked"] if clock == "business" else 0.0
    warehouse.derive(QUOTE_BEGINS)
    waits = warehouse.query(waits_by_duration(clock, LIMITS), period=period, by=by, of="quote_waits", worked=worked)
    rows = grouped(waits, _told, size="cases")
    total = rows.where(rows.flags("is_total")).one()
    return Result.of(
        FirstContactToQuote,
        rows,
        used=total["cases"],
        left_out=_left_out(total["faults"], total["undated"]),
        notes=(*_notes(rows), *calendar_note(warehouse, clock)),
        findings=_findings(rows),
    )


def _told(waits: Rows, which: Any, groups: int) -> dict[str, Any]:
    """The figures of each group by their names, (g,) each, from the counts of equal waits."""
    names = (*COUNTS, "faults", "undated", *(f"{part}_{days}" for days in LIMITS for part in ("quick", "mature")))
    sums = {name: np.bincount(which, waits.numbers(name), groups).astype(np.int64) for name in names}
    minutes = waits.numbers("minutes")
    quoted, unquoted, waiting = (waits.numbers(name) for name in COUNTS)
    timed = ~np.isnan(minutes)
    ends = np.stack([quoted, unquoted], axis=1)[timed]
    curve = KaplanMeier.fit(minutes[timed], ends, waiting[timed], which[timed], groups)
    cases = sums["quoted"] + sums["unquoted"] + sums["waiting"]
    is_enough = cases >= SHOWN_FROM
    shares = {f"within_{days}": share_of(sums[f"quick_{days}"], sums[f"mature_{days}"]) for days in LIMITS}
    return sums | shares | {
        "cases": cases,
        "median": np.where(is_enough, curve.reached(0.5) / MINUTES_A_DAY, np.nan),
        "p75": np.where(is_enough, curve.reached(0.75) / MINUTES_A_DAY, np.nan),
        "longest": curve.longest / MINUTES_A_DAY,
    }  # fmt: skip


def _left_out(faults: int, undated: int) -> tuple[LeftOut, ...]:
    reasons = (
        LeftOut(_("quoted or closed before the first contact on record"), faults),
        LeftOut(_("without any moment of contact or creation"), undated),
    )
    return tuple(reason for reason in reasons if reason.rows)


def _notes(rows: Rows) -> list[Note]:
    cases = rows.numbers("cases")
    notes = [*too_few(cases, ENOUGH)]
    if unknown := int(np.sum(np.isnan(rows.numbers("median")) & (cases >= ENOUGH))):
        told = _(
            "In {n} row fewer than half have a quote so far: the median is longer than the longest time seen, or never.",
            "In {n} rows fewer than half have a quote so far: the median is longer than the longest time seen, or never.",
            n=unknown,
        )
        notes.append(Note(told))
    return notes


def _findings(rows: Rows) -> tuple[Finding, ...]:
    """The group whose prospects wait by far the longest, against all together."""
    whole = rows.where(rows.flags("is_total")).one()
    groups = rows.where(~rows.flags("is_total") & (rows.numbers("cases") >= 3 * ENOUGH))
    medians = groups.numbers("median")
    if len(groups) < 2 or not whole["median"] or not np.any(medians > SLOWER * whole["median"]):
        return ()
    worst = groups.where(medians == np.nanmax(medians)).one()
    message = _(
        "{party}: prospects wait {median} for a quote in the middle, {all} in all.",
        party=worst["party"],
        median=Figure(worst["median"], DAYS),
        all=Figure(whole["median"], DAYS),
    )
    return (Finding(message, tone="bad", link={"key": "sales.time_in_stage"}),)
