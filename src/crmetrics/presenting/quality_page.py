"""The state of the data as one page of HTML that stands alone: no script, no other file, ready to be printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, PackageLoader, select_autoescape

from crmetrics.intake.checking import OddRow
from crmetrics.intake.report import Told
from crmetrics.presenting.imports import placed
from crmetrics.presenting.letters import cut, harmless
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.quality import ASPECTS, QualityReport, cost_sentences, verdict
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.schema import TABLES

_ = words("quality")

FAULTS_SHOWN: Final = 60
GOOD_FROM: Final = 0.98
"""From this share on a score is not marked (rule R20: so many filled make a figure one to trust)."""
_LONGEST: Final = 60

TEXTS: Final[Mapping[str, Message]] = {
    "title": _("Data quality"),
    "costs": _("What gaps cost"),
    "no_costs": _("No gap costs an analysis anything."),
    "scores": _("Score of each table"),
    "scores_mean": _("The mean of its columns, each weighted by how many analyses need it."),
    "table": _("Table"),
    "rows": _("Rows"),
    "score": _("Score"),
    "needed_by": _("Needed by"),
    "completeness": _("Completeness"),
    "validity": _("Validity"),
    "consistency": _("Consistency"),
    "uniqueness": _("Uniqueness"),
    "timeliness": _("Timeliness"),
    "faults": _("What does not hold"),
    "column": _("Column"),
    "wrong": _("What is wrong"),
    "broken": _("Rows concerned"),
    "of": _("Of"),
    "quarantine": _("In quarantine"),
    "quarantine_means": _("Rows that were read but that no figure counts. Nothing is lost: corrected, they count again."),
    "no_quarantine": _("Nothing stands in quarantine."),
    "odd": _("Kept, but odd"),
    "odd_means": _("These rows count. Have a look at them."),
    "file": _("File"),
    "value": _("Value"),
    "outliers": _("Far from all others"),
    "outliers_mean": _("Told, never left out: most of them are true."),
    "usual": _("Usual"),
    "largest": _("Largest"),
    "mend": _("How to mend it"),
    "mend_list": _("Write the rows in quarantine into a workbook:"),
    "mend_take": _("Correct them there, and give it back:"),
    "mend_source": _("Gaps are best mended where they arise: in the system that the data come from, before the next import."),
}  # fmt: skip


def quality_page(report: QualityReport, company: str, format: Format) -> str:
    """The page. Every value is escaped; control characters are taken out."""
    environment = Environment(
        loader=PackageLoader("crmetrics.presenting"), autoescape=select_autoescape(default=True),
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    version = report.check.version
    about = _(
        "Version {number} of {published}, data up to {reaches}",
        number=version.number, published=format.moment(version.published_at), reaches=format.moment(version.reaches),
    )  # fmt: skip
    return environment.get_template("quality.html").render(
        language={"zh": "zh-Hans"}.get(format.language, format.language),
        say={name: say(text, format) for name, text in TEXTS.items()},
        company=harmless(company),
        about=say(about, format),
        verdict=say(verdict(report), format),
        costs=list(cost_sentences(report, format)),
        aspects=[(each, say(TEXTS[each], format)) for each in ASPECTS if any(each in shares for _row, shares in report.scores)],
        scores=[_score(row, shares, report, format) for row, shares in report.scores],
        faults=[_fault(row, format) for row in report.faults[:FAULTS_SHOWN]],
        quarantine=[_reason(told, examples, format) for told, examples in report.check.quarantined],
        odd=[_reason(told, examples, format) for told, examples in report.check.warnings],
        outliers=[_outlier(row, format) for row in report.outliers.rows if row.outliers],
    )  # fmt: skip


def _score(row: Any, shares: Mapping[str, float], report: QualityReport, format: Format) -> dict[str, Any]:
    name = next((name for name, table in TABLES.items() if table.label == row.table_name), "")
    needed = _("{n} analysis", "{n} analyses", n=row.spoils)
    return {
        "table": say(row.table_name, format),
        "rows": format.count(report.check.tables.get(name, 0)),
        "score": format.percent(row.share),
        "width": max(1, round(100 * row.share)),
        "is_low": row.share < GOOD_FROM,
        "shares": {each: (format.percent(share), share < GOOD_FROM) for each, share in shares.items()},
        "needed": say(needed, format) if row.spoils else "",
    }


def _fault(row: Any, format: Format) -> dict[str, Any]:
    return {
        "table": say(row.table_name, format),
        "column": say(row.column_name, format),
        "wrong": say(row.rule, format),
        "broken": format.count(row.checked - row.passed),
        "of": format.count(row.checked),
        "share": format.percent((row.checked - row.passed) / row.checked),
        "needed": format.count(row.spoils) if row.spoils else "",
    }


def _reason(told: Told, examples: tuple[OddRow, ...], format: Format) -> dict[str, Any]:
    table = TABLES.get(told.table)
    label = say(table.label, format) if table else harmless(told.table)
    column = say(table.column(told.column).label, format) if table and table.has(told.column) else harmless(told.column)
    return {
        "place": ", ".join(part for part in (label, column) if part),
        "reason": say(told.reason, format),
        "rows": format.count(told.rows),
        "examples": [
            {
                "place": placed(each, format),
                "value": cut(harmless(each.value or ""), _LONGEST),
            }
            for each in examples
        ],
    }


def _outlier(row: Any, format: Format) -> dict[str, Any]:
    return {
        "table": say(row.table_name, format),
        "column": say(row.column_name, format),
        "n": format.count(row.outliers),
        "of": format.count(row.checked),
        "usual": f"{format.number(row.least, 2)} – {format.number(row.most, 2)}",
        "largest": format.number(row.largest, 2),
    }
