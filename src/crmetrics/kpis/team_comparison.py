"""Fair team comparison."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import numpy as np

from crmetrics.analysis import (
    Finding,
    FunnelPlot,
    LeftOut,
    NeedsBy,
    Note,
    Options,
    Result,
    Row,
    Toggle,
    analysis,
    column,
)
from crmetrics.analysis.comparison import COMPARED, PEOPLE, Everybody
from crmetrics.analysis.littleness import SHOWN_FROM, too_few
from crmetrics.kpis.compared_rows import compared_rows
from crmetrics.models.fair_shares import WARNING, beyond_luck, luck_limits
from crmetrics.models.interval import share_of, wilson
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, midnight
from crmetrics.vocabulary.unit import COUNT, RATIO, SHARE, Figure
from crmetrics.warehouse.rows import Array, Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("kpis")

Metric = Annotated[
    Literal["win_rate", "quote_to_sale", "fcr", "csat"],
    Options(
        "Compared by",
        win_rate="win rate",
        quote_to_sale="quote-to-sale rate",
        fcr="first contact resolution",
        csat="satisfaction",
    ),
]
Adjusted = Annotated[
    Literal["both", "first", "none"],
    Options(
        "Adjusted for",
        both="deal source and size, or ticket category and priority",
        first="deal source, or ticket category",
        none="nothing",
    ),
]
TOLD: Final = 3
OUTSIDE: Final[dict[str, Any]] = dict(
    none="within luck", **{"95": "outside 95 %", "99.8": "outside 99.8 %"}, few="too few"
)


class TeamComparison(Row):
    owner = column("Owner", dimension="owner")
    team = column("Team", dimension="team")
    n = column("Cases", COUNT)
    observed = column("Observed", SHARE, "the share that went well", better="higher", of=("k", "n"))
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")
    expected = column("Expected", SHARE, "what everybody together would reach on the same mix of work")
    index = column("Index", RATIO, "observed / expected", better="higher")
    adjusted = column("Adjusted", SHARE, "index x the rate of everybody: as if all had the same work", better="higher")
    shrunken = column(
        "Drawn together",
        SHARE,
        "the fewer cases, the more the observed rate is drawn to the expected",
        better="higher",
    )
    luck_low = column("Luck from", SHARE, "in 95 of 100 cases luck alone leaves the rate between these two")
    luck_high = column("Luck to", SHARE)
    outside = column("Outside", **OUTSIDE)
    k = column("Went well", COUNT, is_hidden=True)
    whole = column("Everybody", SHARE, is_hidden=True)


@analysis(
    "Fair team comparison",
    needs=NeedsBy(
        "metric",
        win_rate={"deals": ["is_won", "closed_at", "owner_id"], "employees": ["employee_id"]},
        quote_to_sale={"quotes": ["sent_at"], "employees": ["employee_id"]},
        fcr={"tickets": ["owner_id"], "ticket_events": ["occurred_at"], "employees": ["employee_id"]},
        csat={"responses": ["answered_at", "score"], "employees": ["employee_id"]},
    ),
    date="deals.closed_at",
    table="employees",
    kind="DG",
    chart=FunnelPlot(x="n", y="adjusted", name="owner", middle="whole", outside="outside"),
    behind=compared_rows,
)
def team_comparison(
    warehouse: Warehouse,
    period: Period,
    metric: Metric = "win_rate",
    adjusted: Adjusted = "both",
    with_left: Annotated[bool, Toggle("With those who have left")] = False,
) -> Result[TeamComparison]:
    """Who differs from the team by more than luck and a different mix of work?

    Formula: expected = mean over a person's cases of everybody's rate in the case's cell (fewer than 30 cases: of its first part,
             then of all); index = observed / expected; drawn together = (k + m x expected) / (n + m) by R14; limits of luck =
             expected +- 1.96 and 3.09 x sqrt(p (1 - p) / n).
    Reads:   deals, deal_changes, customers.size_band, employees; or quotes, tickets, ticket_events, responses.
    Mind:    Everybody is held against the whole company, so a person's figures are the same for every viewer, and each
             representative sees only himself and the limits. A deal belongs to who closed it. Of a hundred people who are all
             alike five lie outside the limits of 95 %.
    Source:  Spiegelhalter (2005), Statistics in Medicine 24(8), 1185-1202; Kleinman (1973), JASA 68(341), 46-54.
    """
    bounds = {"start": midnight(period.start, warehouse.zone), "end": midnight(period.end, warehouse.zone)}
    everybody = warehouse.work_out(COMPARED, metric=metric, adjusted=adjusted, **bounds)
    people = warehouse.query(PEOPLE)
    shown = people.where(~people.flags("is_bot") & (with_left | ~people.flags("has_left")))
    return _result(shown, everybody, _left_out(people, everybody, warehouse, with_left), warehouse)


def _result(
    rows: Rows, everybody: Everybody, left_out: tuple[LeftOut, ...], warehouse: Warehouse
) -> Result[TeamComparison]:
    k, n, expected = (rows.numbers(name) for name in ("k", "n", "expected"))
    observed, enough = share_of(k, n), n >= SHOWN_FROM
    index = np.where(enough, share_of(observed, expected), np.nan)
    low, high = wilson(k, n)
    luck_low, luck_high = luck_limits(expected, n, WARNING)
    outside = np.where(n < SHOWN_FROM, "few", beyond_luck(observed, expected, n))
    worked_out: dict[str, Any] = {
        "n": n.astype(np.int64),
        "k": k.astype(np.int64),
        "observed": observed,
        "low": low,
        "high": high,
        "index": index,
        "adjusted": index * everybody.whole,
        "luck_low": luck_low,
        "luck_high": luck_high,
        "outside": outside.tolist(),
        "whole": np.full(len(rows), everybody.whole),
    }
    return Result.of(
        TeamComparison,
        rows,
        worked_out=worked_out,
        used=int(n[enough].sum()),
        left_out=left_out,
        notes=_notes(n, everybody, warehouse),
        findings=_findings(rows, observed, expected, outside == "99.8"),
    )


def _left_out(people: Rows, everybody: Everybody, warehouse: Warehouse, with_left: bool) -> tuple[LeftOut, ...]:
    n, is_bot = people.numbers("n"), people.flags("is_bot")
    has_left = people.flags("has_left") & ~is_bot & (not with_left)
    reasons = [
        (_("of people with too few cases"), n[(n < SHOWN_FROM) & ~is_bot & ~has_left].sum()),
        (_("of people who have left"), n[has_left].sum()),
        (_("of bots"), n[is_bot].sum()),
    ]
    if warehouse.scope.is_whole:  # to others it would tell how much the rest of the company does
        reasons.append((_("without an owner"), everybody.without_owner))
        reasons.append(
            (_("of owners who are not among the employees"), everybody.cases - everybody.without_owner - n.sum())
        )
    return tuple(LeftOut(reason, int(cases)) for reason, cases in reasons if cases)


def _notes(n: Array, everybody: Everybody, warehouse: Warehouse) -> list[Note]:
    if not everybody.cases:
        return [Note(_("No cases in this period, so there is no rate."), "few")]
    drawn = _(
        "All together reach {rate}. To each one's cases {weight} of the expected are added before rates are drawn together.",
        rate=Figure(everybody.whole, SHARE),
        weight=round(everybody.weight),
    )
    notes = [Note(drawn), *too_few(n, SHOWN_FROM)]
    if warehouse.scope.viewer.sees == "self":
        notes.append(Note(_("You see yourself and the limits within which luck alone would leave anybody.")))
    return notes


def _findings(rows: Rows, observed: Array, expected: Array, is_far: Array) -> tuple[Finding, ...]:
    """Who lies beyond the far limits, the most cases gained or lost first."""
    gained = (observed - expected) * rows.numbers("n")
    order = sorted(range(len(rows)), key=lambda each: -abs(gained[each]))
    found = []
    for each in [place for place in order if is_far[place]][:TOLD]:
        message = _(
            "{who} reaches {observed} where {expected} was to be expected of this work: luck alone hardly explains it.",
            who=rows.values("name")[each] or rows.values("owner")[each],
            observed=Figure(float(observed[each]), SHARE),
            expected=Figure(float(expected[each]), SHARE),
        )
        found.append(Finding(message, tone="good" if gained[each] > 0 else "bad"))
    return tuple(found)
