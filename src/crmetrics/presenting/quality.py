"""The state of the data, told to people: scores, what gaps cost, what stands in quarantine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crmetrics.analysis import Answer
from crmetrics.intake.checking import CheckReport
from crmetrics.presenting.imports import told_check
from crmetrics.presenting.letters import padded, width
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import SHARE, Figure

_ = words("quality")

FAULTS_SHOWN: Final = 12
TOLD_FROM: Final = 0.0005
"""The least share of rows that is not written as 0 %."""
ASPECTS: Final = ("completeness", "validity", "consistency", "uniqueness", "timeliness")


@dataclass(frozen=True)
class QualityReport:
    """Everything that is told of a version's data: the answers of `data.quality`, and the rows in quarantine by reason."""

    check: CheckReport
    columns: Answer[Any]
    tables: Answer[Any]
    costs: Answer[Any]
    outliers: Answer[Any]

    @property
    def scores(self) -> list[tuple[Any, dict[str, Any]]]:
        """Of each table its line for everything, and by dimension the share; the worst table first."""
        found: list[tuple[Any, dict[str, Any]]] = []
        for row in self.tables.rows:
            if row.checked_for == "all":
                found.append((row, {}))
            else:
                found[-1][1][row.checked_for] = row.share
        return found

    @property
    def faults(self) -> list[Any]:
        """The lines in which not every row passes, the costliest first."""
        return [row for row in self.columns.rows if row.passed < row.checked]

    @property
    def set_aside(self) -> int:
        """The rows in quarantine."""
        return sum(told.rows for told, _examples in self.check.quarantined)

    @property
    def rows(self) -> int:
        """The rows in the tables."""
        return sum(self.check.tables.values())

    def worst(self) -> float:
        """The lowest score of a table; 1 where there is none."""
        return min((row.share for row, _shares in self.scores), default=1.0)


def cost_sentences(report: QualityReport, format: Format) -> Iterator[str]:
    """What gaps cost, one sentence for each column: the analysis that loses most, and how many more lose by the same column.

    A gap of so few rows that all would still read as 100 % costs nothing that could be told; its rows stand among what does not hold.
    """
    by_column: dict[tuple[str, str], list[Any]] = {}
    for row in (each for each in report.costs.rows if 1 - each.share >= TOLD_FROM):
        by_column.setdefault((str(row.table_name), str(row.column_name)), []).append(row)
    order = sorted(by_column.values(), key=lambda some: -(1 - some[0].share) * len(some))
    for some in order:
        more = len(some) - 1
        told = some[0].cost
        if more:
            told = _("{sentence} So can {n} other.", "{sentence} So can {n} others.", sentence=told, n=more)
        yield say(told, format)


def verdict(report: QualityReport) -> Message:
    """The state of the data in one sentence."""
    told: dict[str, Any] = {"rows": report.rows, "share": Figure(report.worst(), SHARE)}
    if not report.scores:
        return _("There are no rows yet.")
    name = report.scores[0][0].table_name
    if report.set_aside:
        return _(
            "{rows} rows were kept, {n} stands in quarantine. The lowest score has {table}: {share}.",
            "{rows} rows were kept, {n} stand in quarantine. The lowest score has {table}: {share}.",
            n=report.set_aside, table=name, **told,
        )  # fmt: skip
    return _(
        "{rows} rows were kept, none stands in quarantine. The lowest score has {table}: {share}.", table=name, **told
    )


def fault_sentence(row: Any) -> Message:
    """One line that does not hold, in a sentence."""
    return _(
        "{table}, {column}: {reason} ({n} of {all} rows)",
        table=row.table_name,
        column=row.column_name,
        reason=row.rule,
        n=row.checked - row.passed,
        all=row.checked,
    )


def told_quality(report: QualityReport, format: Format) -> str:
    """The state of the data as text: scores, costs, faults, then quarantine and odd rows with examples."""
    lines = [say(verdict(report), format), ""]
    names = [say(row.table_name, format) for row, _shares in report.scores]
    wide = max((width(name) for name in names), default=0)
    for name, (row, _shares) in zip(names, report.scores, strict=True):
        lines.append(f"  {padded(name, wide)}  {format.percent(row.share):>8}")
    lines += _section(_("What gaps cost"), list(cost_sentences(report, format)), format)
    faults = [say(fault_sentence(row), format) for row in report.faults]
    lines += _section(_("What does not hold"), faults[:FAULTS_SHOWN], format)
    more = len(faults) - FAULTS_SHOWN
    if more > 0:
        lines.append(
            "  "
            + say(
                _("and {n} more: crmetrics ask data.quality", "and {n} more: crmetrics ask data.quality", n=more),
                format,
            )
        )
    return "\n".join([*lines, "", told_check(report.check, format)])


def _section(title: Message, sentences: Sequence[str], format: Format) -> list[str]:
    return ["", say(title, format), *(f"  {each}" for each in sentences)] if sentences else []
