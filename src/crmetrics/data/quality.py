"""Data quality."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Final, Literal

from crmetrics.analysis import (
    Catalogue,
    Finding,
    HeatMap,
    LeftOut,
    Note,
    Number,
    Options,
    Result,
    Row,
    Table,
    analysis,
    column,
)
from crmetrics.data.costs import Cost, Needed, costs_of, needed_columns, spoiled
from crmetrics.data.judged import Measured
from crmetrics.data.measured import measured
from crmetrics.data.outliers import outliers_of
from crmetrics.data.quality_rows import judged_rows
from crmetrics.data.scores import is_judged, scores
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import COUNT, QUANTITY, SHARE
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.schema.rule import ASPECTS
from crmetrics.warehouse.warehouse import Warehouse

_ = words("data")

Show = Annotated[
    Literal["columns", "tables", "costs", "outliers"],
    Options(
        "Show", columns="the columns", tables="the tables", costs="what it costs each analysis", outliers="outliers"
    ),
]
Rules = Annotated[
    Literal["all", "completeness", "validity", "consistency", "uniqueness", "timeliness"],
    Options(
        "Rules", all="all", completeness="completeness", validity="validity", consistency="consistency",
        uniqueness="uniqueness", timeliness="timeliness",
    ),
]  # fmt: skip
Weights = Annotated[
    Literal["needed", "equal"],
    Options("Weights", needed="by the analyses that need a column", equal="all columns alike"),
]

TOLD: Final = 3
_COLUMNS: Final = ("show", ("columns",))


class Quality(Row):
    table_name = column("Table")
    checked_for = column(
        "Checked for", only=("show", ("tables",)), all="all of it", completeness="completeness", validity="validity",
        consistency="consistency", uniqueness="uniqueness", timeliness="timeliness",
    )  # fmt: skip
    analysis_name = column("Analysis", only=("show", ("costs",)))
    column_name = column("Column", only=("show", ("columns", "costs", "outliers")))
    dimension = column(
        "Dimension", only=_COLUMNS, completeness="completeness", validity="validity",
        consistency="consistency", uniqueness="uniqueness", timeliness="timeliness",
    )  # fmt: skip
    rule = column("What is wrong where it does not hold", only=_COLUMNS)
    checked = column("Checked", COUNT, "rows in which it matters")
    passed = column("Passed", COUNT, only=("show", ("columns", "tables", "costs")))
    broken = column("To mend", COUNT, "rows of the table that break it; the others stand in quarantine", only=_COLUMNS)
    share = column(
        "Share", SHARE, "passed / checked; of a table the mean of its columns", better="higher",
        only=("show", ("columns", "tables", "costs")),
    )  # fmt: skip
    spoils = column("Spoils", COUNT, "analyses that need it", only=("show", ("columns", "tables")))
    cost = column("What it costs", only=("show", ("costs",)))
    outliers = column("Outliers", COUNT, only=("show", ("outliers",)))
    least = column("Usual from", QUANTITY, only=("show", ("outliers",)))
    most = column("Usual up to", QUANTITY, only=("show", ("outliers",)))
    largest = column("Largest", QUANTITY, only=("show", ("outliers",)))
    check = column("Check", is_hidden=True)


@analysis(
    "Data quality", needs={}, date="", chart=HeatMap(x="checked_for", y="table_name", value="share"), behind=judged_rows
)
def quality(
    warehouse: Warehouse,
    catalogue: Catalogue,
    show: Show = "columns",
    rules: Rules = "all",
    weights: Weights = "needed",
    limit: Annotated[float, Number("Limit of outliers", 2, 20)] = 6.0,
) -> Result[Quality]:
    """How complete, valid, consistent, unique and fresh is the data, and what does it spoil?

    Formula: share = rows that pass / rows in which it matters (a closing date only of decided deals); score of a table = mean of its
             columns' shares, weighted by how many analyses need each column.
    Reads:   Every table that has rows, and for who sees all the rows in quarantine, as failed.
    Mind:    A column that no analysis needs is not judged for gaps. The same customer under two keys is no repeated key. Outliers are
             told, by factors around the median, and never left out; most of them are true.
    Source:  Own rules, declared with the tables; Wang and Strong (1996), Journal of Management Information Systems 12(4), 5-33.
    """
    needed = needed_columns(catalogue)
    lines, held = warehouse.looked_through("quality", lambda: measured(warehouse))
    used = [each for each in lines if is_judged(each, needed) and rules in ("all", each.aspect)]
    shown = {
        "columns": lambda: _columns(used, needed),
        "tables": lambda: _tables(used, needed, weights),
        "costs": lambda: _costs(costs_of(needed, held)),
        "outliers": lambda: _outliers(warehouse, limit),
    }
    found = list(shown[show]())
    aside = (
        warehouse.recorded("select count(*) as n from {quarantine}", "quarantine") if warehouse.scope.is_whole else None
    )
    rows_aside = int(aside.one()["n"]) if aside is not None else 0
    return Result(
        Table(Quality, {each.name: [line.get(each.name) for line in found] for each in Quality.columns}),
        notes=_notes(lines, used, rules),
        findings=_findings(costs_of(needed, held)),
        used=sum(warehouse.profile.rows(name) for name in TABLES) if warehouse.scope.is_whole else 0,
        left_out=(LeftOut(_("stands in quarantine"), rows_aside),) if rows_aside else (),
    )


def _columns(lines: Sequence[Measured], needed: Needed) -> Iterator[dict[str, Any]]:
    def damage(each: Measured) -> tuple[Any, ...]:
        lost = 1 - each.passed / each.checked
        return (-lost * (1 + spoiled(needed, each.table, each.column)), each.table.name, each.column, str(each.says))

    for each in sorted(lines, key=damage):
        yield {
            "table_name": each.table.label,
            "column_name": each.table.column(each.column).label,
            "dimension": each.aspect,
            "rule": each.says,
            "checked": each.checked,
            "passed": each.passed,
            "broken": each.broken,
            "check": each.check or None,
            "share": each.passed / each.checked,
            "spoils": spoiled(needed, each.table, each.column),
        }


def _tables(lines: Sequence[Measured], needed: Needed, weights: str) -> Iterator[dict[str, Any]]:
    """Of each table its score and that of each dimension, the worst table first."""
    whole = scores(lines, needed, weights)
    for name in sorted(whole, key=lambda each: (whole[each], each)):
        of_table = [each for each in lines if each.table.name == name]
        users = len({each.key for (table, _column), all_ in needed.items() if table == name for each in all_})
        for aspect in ("all", *ASPECTS):
            some = [each for each in of_table if aspect in ("all", each.aspect)]
            if some:
                yield {
                    "table_name": TABLES[name].label,
                    "checked_for": aspect,
                    "checked": sum(each.checked for each in some),
                    "passed": sum(each.passed for each in some),
                    "share": scores(some, needed, weights)[name],
                    "spoils": users,
                }


def _costs(costs: Iterable[Cost]) -> Iterator[dict[str, Any]]:
    for each in costs:
        held = each.held
        yield {
            "table_name": held.table.label, "analysis_name": each.declared.title, "column_name": held.column.label,
            "checked": held.expected, "passed": held.usable, "share": held.share, "cost": each.message(),
        }  # fmt: skip


def _outliers(warehouse: Warehouse, limit: float) -> Iterator[dict[str, Any]]:
    for each in outliers_of(warehouse, limit):
        yield {
            "table_name": each.table.label, "column_name": each.column.label, "checked": each.n,
            "outliers": each.outliers, "least": each.least, "most": each.most, "largest": each.largest, "check": each.check,
        }  # fmt: skip


def _notes(lines: Sequence[Measured], used: Sequence[Measured], rules: str) -> tuple[Note, ...]:
    if not lines:
        return (Note(_("There are no rows to be judged."), "warn"),)
    left = sum(1 for each in lines if rules in ("all", each.aspect)) - len(used)
    return (Note(_("{n} column is needed by no analysis and not judged for gaps.",
                   "{n} columns are needed by no analysis and not judged for gaps.", n=left)),) if left else ()  # fmt: skip


def _findings(costs: Sequence[Cost]) -> tuple[Finding, ...]:
    """The columns that cost most, each once: how many analyses use it, and how much of it they can."""
    by_column: dict[tuple[str, str], list[Cost]] = {}
    for each in costs:
        by_column.setdefault((each.held.table.name, each.held.column.name), []).append(each)
    order = sorted(by_column.values(), key=lambda some: -(1 - some[0].held.share) * len(some))
    return tuple(Finding(some[0].message(), tone="warn") for some in order[:TOLD])
