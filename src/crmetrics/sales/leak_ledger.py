"""Leak ledger."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from crmetrics.analysis import Bars, By, Finding, Note, Options, Result, Row, Toggle, analysis, column
from crmetrics.analysis.funnels import funnel_steps, left_out_of
from crmetrics.analysis.littleness import PLAIN_FROM, little_data
from crmetrics.sales.courses import (
    Course,
    Reference,
    best_segment,
    courses,
    derive_segments,
    display_name,
    last_year,
    whole_course,
)
from crmetrics.sales.funnel_rows import leak_rows
from crmetrics.sales.leak_lines import ledger, ledger_table
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period
from crmetrics.vocabulary.unit import COUNT, MONEY, SHARE, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.warehouse import Warehouse

_ = words("sales")

ReferenceOf = Annotated[
    Literal["best", "year"], Options("Reference", best="the best segment", year="the same period last year")
]
Segment = Annotated[
    Literal["source", "owner", "team", "industry", "size_band", "region", "country"],
    Options(
        "Segments by",
        source="source",
        owner="owner",
        team="team",
        industry="industry",
        size_band="size of the customer's company",
        region="region",
        country="country",
    ),
]


class Leak(Row):
    party = column("Group", dimension="by")
    stage = column("Stage", dimension="stage", deal_size="Size of the won deals")
    stage_no = column("Place", COUNT, is_hidden=True)
    entered = column("Entered", COUNT, "deals that came so far")
    moved = column("Went on", COUNT, is_hidden=True)
    n = column("Decided", COUNT, "went on or were lost here")
    actual = column("Went on", SHARE, "of the decided", better="higher", of=("moved", "n"))
    reference = column("Reference", SHARE, "the same of the reference")
    size = column("Deal size", MONEY, "mean amount of the won deals", better="higher")
    reference_size = column("Reference size", MONEY, "the same of the reference")
    leak_money = column("Leak", MONEY, "money lost against the reference; a gain is negative", better="lower")
    low = column("At least", MONEY, "lower end of the 95 % interval of the leak")
    high = column("At most", MONEY, "upper end of the 95 % interval of the leak")
    place = column("Rank", COUNT, "1: where repair is worth most")


@analysis(
    "Leak ledger",
    needs={"deals": ["created_at", "stage"], "deal_stages": ["entered_at"]},
    date="deals.created_at",
    kind="GR",
    chart=Bars(x="stage", y="leak_money", band=("low", "high")),
    headline="leak_money",
    behind=leak_rows,
)
def leak_ledger(
    warehouse: Warehouse,
    period: Period,
    by: By = By(""),
    reference: ReferenceOf = "best",
    segment: Segment = "source",
    gains: Annotated[bool, Toggle("Gains too")] = True,
    pipeline: Annotated[str, Options("Pipeline")] = "",
) -> Result[Leak]:
    """How much money does each stage lose against a realistic reference, and where is repair worth most?

    Formula: entries x shares that went on before x (reference share - own share) x reference shares after x reference deal
             size; at last entries x own shares x (reference size - own size). The parts sum to the whole gap.
    Reads:   deal_stages, deals, stages, deal_changes for the amount at close.
    Mind:    Deals count in the period in which they entered the pipeline, followed to as-of. Open ones count in the stages they
             have passed, not in that where they stand. The best segment may simply have the easier customers.
    Source:  Kleinman (1973), JASA 68(341), 46-54 for the shrunken win rate that chooses the best segment.
    """
    chosen, others, steps = funnel_steps(warehouse, period, "deals", pipeline)
    names = dict(list(steps.items())[:-1])
    if reference == "best":
        derive_segments(warehouse, period, chosen, segment)
    if reference == "best" and not by and warehouse.scope.is_whole:
        rows, groups, found = whole_course(warehouse, len(names))
    else:
        rows, groups, found = courses(warehouse, period, chosen, len(names), by)
    notes: list[Note] = []
    if reference == "year":
        against = last_year(warehouse, period, chosen, len(names), by, groups)
    else:
        best = best_segment(warehouse, len(names)) if names else None
        against = [best.course if best else None] * len(found)
        if best is not None:
            notes.append(_known_as(warehouse, segment, best))
    ledgers = [ledger(own, other, names) for own, other in zip(found, against, strict=True)]
    table = ledger_table(ledgers, groups)
    lines = table.where(~table.flags("is_total"))
    notes += _notes(found, against, lines, is_whole=gains)
    if not gains:
        table = table.where(table.flags("is_total") | ~(table.numbers("leak_money") < 0))
    entered = table.where(table.flags("is_total")).one()["entered"]
    return Result.of(
        Leak,
        table,
        notes=notes,
        findings=_worst(lines, by),
        used=entered,
        left_out=left_out_of(rows, others),
        n=int(found[-1].decided),
    )


def _known_as(warehouse: Warehouse, segment: Segment, best: Reference) -> Note:
    """Whose course is the reference; to a representative a colleague's figures are not told under his name."""
    if segment == "owner" and warehouse.scope.viewer.sees != "all":
        return Note(_("The reference is the owner who wins most; who that is, only those who see everybody are told."))
    message = _(
        "The reference is {segment}: {rate} of its {n} decided deals were won.",
        segment=display_name(warehouse, segment, best.party),
        rate=Figure(best.course.won / best.course.decided, SHARE),
        n=int(best.course.decided),
    )
    return Note(message)


def _notes(found: list[Course], against: list[Course | None], lines: Rows, *, is_whole: bool) -> list[Note]:
    notes = [*little_data(found[-1].decided, [each.decided for each in found[:-1]])]
    if against[-1] is None:
        none = _(
            "There is no reference: it needs {least} decided deals and {priced} won ones with an amount. Ask a longer period, "
            "or compare with another reference.",
            least=PLAIN_FROM,
            priced=5,
        )
        notes.append(Note(none, "few"))
    if any(" + " in stage for stage in lines.values("stage") if stage):
        notes.append(
            Note(
                _(
                    "Stages with fewer than {least} decided deals are taken together with their neighbour.",
                    least=PLAIN_FROM,
                )
            )
        )
    if np.isnan(found[-1].size) and found[-1].won:
        notes.append(
            Note(_("Too few won deals have an amount to compare their size: it is left out of the sum."), "few")
        )
    gained = lines.numbers("leak_money")
    if not is_whole and np.any(gained < 0):
        hidden = _(
            "Gains of {money} are not shown, but are in the sum.", money=Figure(-float(gained[gained < 0].sum()), MONEY)
        )
        notes.append(Note(hidden))
    return notes


def _worst(lines: Rows, by: str) -> tuple[Finding, ...]:
    """The line that leaks most, if it surely does."""
    sure = lines.where(
        (lines.numbers("low") > 0) & np.array([each is not None for each in lines.values("actual")], bool)
    )
    if not len(sure):
        return ()
    worst = sure.where(sure.numbers("place") == sure.numbers("place").min()).one()
    told = {
        "stage": worst["stage"],
        "actual": Figure(worst["actual"], SHARE),
        "reference": Figure(worst["reference"], SHARE),
        "money": Figure(worst["leak_money"], MONEY),
    }
    if worst["party"] is None:
        message = _(
            "{stage} leaks {money}: {actual} of the decided deals go on there, {reference} at the reference.", **told
        )
    else:
        message = _(
            "{group} leaks {money} at {stage}: {actual} of the decided deals go on there, {reference} at the reference.",
            group=worst["party"],
            **told,
        )
    return (Finding(message, money=worst["leak_money"], tone="bad", link={"by": by or "source"}),)
