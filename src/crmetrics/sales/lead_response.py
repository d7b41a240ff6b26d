"""First response to lead."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import numpy as np

from crmetrics.analysis import (
    Bars,
    Behind,
    By,
    Choices,
    Finding,
    LeftOut,
    Note,
    Number,
    Options,
    Result,
    Row,
    analysis,
    column,
)
from crmetrics.analysis.business_days import hours_note
from crmetrics.analysis.grouped import grouped
from crmetrics.analysis.littleness import SHOWN_FROM, little_data
from crmetrics.models.interval import share_of, wilson
from crmetrics.models.kaplan_meier import KaplanMeier
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, QUANTITY, SHARE, Figure
from crmetrics.warehouse.facts.contacts import LEAD_REPLIES
from crmetrics.warehouse.facts.waiting import BAND, MATURE, WAITING_LEADS, leads_by_minutes
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

Clock = Annotated[
    Literal["business", "calendar"], Options("Minutes counted", business="business minutes", calendar="all minutes")
]

BANDS: Final = ("hour", "day", "three_days", "later", "never")
YOUNG: Final = 3
"""Leads younger than so many days may still be answered: they are pending."""
NOTABLE: Final = 0.2
COUNTS: Final = ("leads", "contacted", "unanswered", "mature", "converted", "at_once")


def _behind(choices: Choices) -> tuple[Behind, ...]:
    columns = {"leads": "", "contacted": "replied_at is not null", "n": MATURE}
    return (
        Behind(
            columns,
            "lead_contacts",
            "not is_at_once",
            "created_at",
            groups={} if choices["by"] else {"party": BAND},
            derived=(LEAD_REPLIES,),
            values={"mature_days": max(YOUNG, choices["within"])},
            source=WAITING_LEADS,
        ),
    )


class LeadResponse(Row):
    party = column(
        "First contact",
        dimension="by",
        hour="within 1 hour",
        day="in 1 to 24 hours",
        three_days="in 1 to 3 days",
        later="after 3 days",
        never="never",
    )
    leads = column("Leads", COUNT)
    contacted = column("Contacted", COUNT, better="higher")
    contacted_share = column("Contacted of them", SHARE, better="higher", of=("contacted", "leads"))
    median = column(
        "Median minutes",
        QUANTITY,
        "half of the leads are contacted within it, those never contacted not left out",
        better="lower",
    )
    p75 = column(
        "Minutes for three quarters", QUANTITY, "three quarters of the leads are contacted within it", better="lower"
    )
    n = column("Old enough", COUNT, "leads of at least 3 days; the conversion counts these")
    converted = column("Won", COUNT, "of those old enough", better="higher")
    conversion = column("Conversion", SHARE, "won / old enough", better="higher", of=("converted", "n"))
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")


@analysis(
    "First response to lead",
    needs={"leads": ["created_at"], "activities": ["direction"]},
    date="leads.created_at",
    chart=Bars(x="party", y="conversion", band=("low", "high")),
    headline="median",
    behind=_behind,
)
def lead_response(
    warehouse: Warehouse,
    period: Period,
    by: By = By(""),
    clock: Clock = "business",
    within: Annotated[int, Number("Won within so many days (0: so far)", 0, 3650)] = 0,
) -> Result[LeadResponse]:
    """How fast is a new lead contacted, and does speed pay?

    Formula: Kaplan-Meier median of the minutes from the lead's creation to the first outbound or two-way call, mail, chat, visit
             or meeting; who was never contacted is censored when disqualified or at as-of. Conversion = leads won / leads, by the
             speed of the answer in calendar time.
    Reads:   leads, activities on the lead or its deal, deals.is_won (without deals the first purchase), business_hours, holidays.
    Mind:    That quickly answered leads are won more often is an association, not an effect: good leads are also called first.
             Leads younger than 3 days are not in the conversion.
    Source:  Kaplan and Meier (1958), JASA 53(282), 457-481; Wilson (1927), JASA 22(158), 209-212.
    """
    has_deals = warehouse.profile.rows("deals") > 0
    warehouse.derive(LEAD_REPLIES)
    # a filter goes by the lead: its deal is followed whoever has it
    warehouse.restate("deals_linked", TABLES["deals"], warehouse.as_of, is_filtered=False)
    found = warehouse.query(
        leads_by_minutes(clock, has_deals=has_deals),
        period=period,
        by=by,
        of="lead_contacts",
        moment="created_at",
        within=within,
        mature_days=max(YOUNG, within),
    )
    rows = grouped(found, _told, size="leads", name="party" if by else "band", places=() if by else BANDS)
    total = rows.where(rows.flags("is_total")).one()
    at_once, young = total["at_once"], total["leads"] - total["n"]
    reasons = (
        LeftOut(_("recorded together with a contact"), at_once),
        LeftOut(_("too young for the conversion"), young),
    )
    return Result.of(
        LeadResponse,
        rows,
        used=total["n"],
        left_out=tuple(reason for reason in reasons if reason.rows),
        notes=(*_notes(rows, total), *hours_note(warehouse, clock)),
        findings=() if by else _findings({row["party"]: row for row in rows.records()}, total),
        n=total["leads"],
    )


def _told(found: Rows, which: Any, groups: int) -> dict[str, Any]:
    """The figures of each group by their names, (g,) each, from the counts of equal minutes."""
    sums = {name: np.bincount(which, found.numbers(name), groups).astype(np.int64) for name in COUNTS}
    contacted, unanswered = found.numbers("contacted"), found.numbers("unanswered")
    some = contacted + unanswered > 0
    curve = KaplanMeier.fit(found.numbers("minutes")[some], contacted[some], unanswered[some], which[some], groups)
    low, high = wilson(sums["converted"], sums["mature"])
    is_enough = sums["leads"] >= SHOWN_FROM
    return {
        **{name: sums[name] for name in ("leads", "contacted", "converted", "at_once")},
        "n": sums["mature"],
        "contacted_share": share_of(sums["contacted"], sums["leads"]),
        "median": np.where(is_enough, curve.median(), np.nan),
        "p75": np.where(is_enough, curve.quantile(0.75), np.nan),
        "conversion": share_of(sums["converted"], sums["mature"]),
        "low": low,
        "high": high,
    }


def _notes(rows: Rows, total: dict[str, Any]) -> tuple[Note, ...]:
    if total["leads"] and not total["n"]:
        return (Note(_("All of these leads are too young for a conversion."), "few"),)
    return little_data(total["n"], rows.numbers("n")[:-1])


def _findings(bands: dict[str, dict[str, Any]], total: dict[str, Any]) -> tuple[Finding, ...]:
    """Leads that nobody contacted, and whether quick answers go with more wins beyond their intervals."""
    found = []
    never = bands.get("never")
    if never and total["leads"] >= SHOWN_FROM and never["n"] > NOTABLE * total["n"]:
        message = _(
            "{n} of {all} leads were never contacted ({share}).",
            n=never["n"],
            all=total["n"],
            share=Figure(never["n"] / total["n"], SHARE),
        )
        found.append(Finding(message, tone="bad", link={"by": "owner"}))
    quick, slow = bands.get("hour"), bands.get("later")
    if quick and slow and quick["n"] and slow["n"] and quick["low"] > slow["high"]:
        message = _(
            "Of the leads answered within an hour {quick} were won, of those after 3 days {slow}: they go together, "
            "which does not prove that speed is the reason.",
            quick=Figure(quick["conversion"], SHARE),
            slow=Figure(slow["conversion"], SHARE),
        )
        found.append(Finding(message, tone="info", link={"by": "owner"}))
    return tuple(found)
