"""Follow-up delays."""

from __future__ import annotations

from typing import Any, Final

from crmetrics.analysis import Bars, Behind, By, Choices, Finding, LeftOut, Note, Result, Row, analysis, column
from crmetrics.analysis.business_days import Clock, calendar_note
from crmetrics.analysis.littleness import PLAIN_FROM, SHOWN_FROM, little_data
from crmetrics.analysis.silences import SILENCES, derive_silences, is_reached
from crmetrics.sales.delays import STATES, by_party
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period, midnight
from crmetrics.vocabulary.unit import COUNT, DAYS, MONEY, SHARE, Figure
from crmetrics.warehouse.facts.lateness import CASES_BY_DELAY, FOLLOW_UPS, NOW
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

NOTABLE: Final = 0.1

OPEN: Final = "(select *, seconds_between(silent_from, $as_of) / 86400 as silence from deal_silences)"
NO_STEP: Final = "next_step_at is null"
SILENT: Final = "silence > silence_limit"

OPEN_BY_PARTY = f"""
select party, grouping(party) = 1 as is_total, count(*) as open_deals,
       count(*) filter (where {NO_STEP}) as no_next_step,
       count(*) filter (where {SILENT}) as silent,
       sum(case when {SILENT} then converted(amount, company_rate) end) as silent_amount,
       count(*) filter (where won < 10) as unlimited
from {OPEN} d
group by grouping sets ((party), ())
order by is_total, party
"""
"""Open deals; their groups are those of the deals, not of the activities."""


def _behind(choices: Choices) -> tuple[Behind, ...]:
    states = {name: f"state = '{state}'" for name, state in STATES.items()}
    due = {"due": " or ".join(states.values())}
    deals = {"open_deals": "", "no_next_step": NO_STEP, "silent": SILENT}
    return (
        Behind(due | states, "activities", "true", "due_at", source=FOLLOW_UPS[choices["clock"]]),
        Behind(deals, "deal_silences", "true", derived=SILENCES, source=f"select * from {OPEN} d"),
    )


class FollowUpDelay(Row):
    party = column("Group", dimension="by")
    due = column("Due", COUNT, "follow-ups due in the period, and by now")
    on_time = column("On time", COUNT, "done by the time they were due", better="higher")
    late = column("Late", COUNT, "done, but later", better="lower")
    open_overdue = column("Overdue", COUNT, "due and still not done", better="lower")
    on_time_rate = column(
        "On-time rate", SHARE, "on time / due; overdue ones count as late", better="higher", of=("on_time", "due")
    )
    low = column("At least", SHARE, "lower end of the 95 % interval")
    high = column("At most", SHARE, "upper end of the 95 % interval")
    median_delay = column(
        "Median delay",
        DAYS,
        "half are done within so many days after they were due; overdue ones included",
        better="lower",
    )
    longest = column("Longest delay", DAYS, "done or still open", better="lower")
    open_deals = column("Open deals", COUNT)
    no_next_step = column("Without next step", COUNT, "open deals with no open activity to come", better="lower")
    silent = column(
        "Silent",
        COUNT,
        "open deals without a two-way contact for longer than three quarters of won deals ever were",
        better="lower",
    )


@analysis(
    "Follow-up delays",
    needs={"activities": ["due_at"]},
    date="activities.due_at",
    kind="DR",
    chart=Bars(x="party", y="on_time_rate", band=("low", "high")),
    headline="on_time_rate",
    behind=_behind,
)
def follow_up_delay(
    warehouse: Warehouse, period: Period, by: By = By("owner"), clock: Clock = "calendar"
) -> Result[FollowUpDelay]:
    """Which follow-ups are late, and which open deals have no next step?

    Formula: delay = time from due to done, or to as-of where it is overdue; on-time rate = done by due / due by now; median
             by Kaplan-Meier, for overdue ones are not over. Silent: the days since the last two-way activity (else since
             creation) are more than the 75th percentile of the longest silence of won deals in that stage.
    Reads:   activities, deals, stages, deal_stages; holidays for business days.
    Mind:    Open deals are those of now, whatever period is asked. What is due on a day without a time, and what people meet
             for, is late from the next day on. Silences are counted in calendar days; a stage with fewer than 10 won deals
             has a limit of 30 days.
    Source:  Kaplan and Meier (1958), JASA 53(282), 457-481; Wilson (1927), JASA 22(158), 209-212.
    """
    values: dict[str, object] = {"today_at": midnight(warehouse.today, warehouse.zone)}
    if clock == "business":
        values |= warehouse.query(NOW).one()
    cases = warehouse.query(CASES_BY_DELAY[clock], period=period, by=by, of="activities", moment="due_at", **values)
    derive_silences(warehouse)
    has_deals = is_reached(warehouse, "deals", by)
    deals = warehouse.query(OPEN_BY_PARTY, by=by if has_deals else "", of="deals")
    rows = by_party(cases, deals, is_split=bool(by), has_deals=has_deals)
    whole = deals.where(deals.flags("is_total")).one()
    return Result.of(
        FollowUpDelay,
        rows,
        notes=(*_notes(rows, whole), *calendar_note(warehouse, clock)),
        findings=(*_latest(rows, by), *_neglected(whole)),
        used=int(rows.where(rows.flags("is_total")).one()["due"]),
        left_out=_left_out(cases),
    )


def _notes(rows: Rows, whole: dict[str, Any]) -> list[Note]:
    is_total = rows.flags("is_total")
    notes = [*little_data(rows.numbers("due")[is_total].sum(), rows.numbers("due")[~is_total])]
    if n := int(whole["unlimited"] or 0):
        fixed = _(
            "{n} open deal stands in a stage that fewer than 10 won deals have passed: 30 days of silence are its limit.",
            "{n} open deals stand in stages that fewer than 10 won deals have passed: 30 days of silence are their limit.",
            n=n,
        )
        notes.append(Note(fixed, "few"))
    return notes


def _latest(rows: Rows, by: str) -> tuple[Finding, ...]:
    """The group that is later than the others beyond chance, the one with most that is late among several."""
    if not by:
        return ()
    total = rows.where(rows.flags("is_total")).one()
    for row in rows.where(~rows.flags("is_total")).records():
        others = total["due"] - row["due"]
        if min(row["due"], others) < PLAIN_FROM:
            continue
        rest = (total["on_time"] - row["on_time"]) / others
        if row["high"] < rest and row["on_time_rate"] < rest - NOTABLE:
            message = _(
                "{who} does {rate} of the follow-ups on time, the others {others}: {n} were late or are overdue.",
                who=row["party"],
                rate=Figure(row["on_time_rate"], SHARE),
                others=Figure(rest, SHARE),
                n=row["late"] + row["open_overdue"],
            )
            return (Finding(message, tone="bad", link={"by": by}),)
    return ()


def _neglected(whole: dict[str, Any]) -> tuple[Finding, ...]:
    """Open deals that nobody talks about any more, where they are a notable part."""
    silent, deals = int(whole["silent"] or 0), int(whole["open_deals"] or 0)
    if silent < SHOWN_FROM or silent < NOTABLE * deals:
        return ()
    message = _(
        "In {n} of {deals} open deals nobody has talked with the customer for longer than is usual where deals are won: {money}.",
        n=silent,
        deals=deals,
        money=Figure(whole["silent_amount"] or 0.0, MONEY),
    )
    return (Finding(message, money=whole["silent_amount"], tone="warn", link={"by": "owner"}),)


def _left_out(cases: Rows) -> tuple[LeftOut, ...]:
    reasons = {"undated": _("without a due date"), "waiting": _("not due yet"), "cancelled": _("cancelled")}
    counts = dict.fromkeys(reasons, 0)
    for state, number in zip(cases.values("state"), cases.values("cases"), strict=True):
        if state in counts:
            counts[state] += number
    return tuple(LeftOut(reasons[state], rows) for state, rows in counts.items() if rows)
