"""The state of the data: what it is worth, what stands in quarantine, and correcting it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from crmetrics.cli.data import Progress
from crmetrics.cli.workspace import Here, in_workspace
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words

if TYPE_CHECKING:
    from crmetrics.intake.correcting import Taken
    from crmetrics.presenting.quality import QualityReport

_ = words("quality")

NOT_GOOD_ENOUGH: Final = 2
"""How `crmetrics check --strict` ends where the data are not good enough; a mistake of the user ends with 1."""
EXAMPLES: Final = 3


@click.command()
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it as a page to FILE."
)
@click.option("--strict", is_flag=True, help="End with 2 if rows stand in quarantine or a table's score is too low.")
@click.option(
    "--at-least", type=click.FloatRange(0, 100), default=95.0, show_default=True, metavar="PERCENT",
    help="With --strict: the score that every table must have.",
)  # fmt: skip
@in_workspace
def check(here: Here, html: Path | None, strict: bool, at_least: float) -> None:
    """Show how good the data are: scores, what gaps cost, quarantine, what is odd."""
    from crmetrics.presenting.quality import told_quality
    from crmetrics.presenting.quality_page import quality_page

    report = quality_report(here)
    if html is None:
        click.echo(told_quality(report, here.format()))
    else:
        html.write_text(quality_page(report, here.settings.company, here.format()), encoding="utf-8")
        click.echo(here.say(_("The page stands in {file}.", file=str(html))))
    if strict and (report.set_aside or report.worst() < at_least / 100):
        sys.exit(NOT_GOOD_ENOUGH)


def quality_report(here: Here) -> QualityReport:
    """Everything that is told of the current version's data."""
    from crmetrics.catalogue import current_version, open_workspace
    from crmetrics.intake.checking import check_of
    from crmetrics.presenting.quality import QualityReport

    version = current_version(here.folder)
    catalogue = open_workspace(here.folder)
    columns, tables, costs, outliers = (
        catalogue.ask("data.quality", show=show) for show in ("columns", "tables", "costs", "outliers")
    )
    return QualityReport(check_of(version, EXAMPLES), columns, tables, costs, outliers)


@click.command()
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.xlsx", help="Write the rows to correct."
)
@click.option(
    "--from", "from_", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE.xlsx",
    help="Take the rows that were corrected there.",
)  # fmt: skip
@in_workspace
def quarantine(here: Here, to: Path | None, from_: Path | None) -> None:
    """List the rows that could not be used, write them into a workbook, take them back corrected."""
    if to is not None and from_ is not None:
        raise BadValue(_("Either --to or --from: first the rows are written, then they are corrected and taken back."))
    if to is not None:
        _write(here, to)
    elif from_ is not None:
        _take(here, from_)
    else:
        _list(here)


def _list(here: Here) -> None:
    from crmetrics.catalogue import current_version
    from crmetrics.intake.checking import check_of
    from crmetrics.presenting.imports import told_quarantine

    click.echo(told_quarantine(check_of(current_version(here.folder), EXAMPLES), here.format()))


def _write(here: Here, to: Path) -> None:
    from crmetrics.intake.quarantine import MOST, set_aside
    from crmetrics.presenting.quarantine import as_workbook

    if to.suffix.lower() != ".xlsx":
        raise BadValue(_("'{file}' is no name of a workbook. Write it like quarantine.xlsx.", file=str(to)))
    rows = set_aside(here.folder)
    if not rows:
        click.echo(here.say(_("Nothing stands in quarantine.")))
        return
    to.write_bytes(as_workbook(rows, here.format()))
    told = _("{n} row written to {file}.", "{n} rows written to {file}.", n=len(rows), file=str(to))
    click.echo(here.say(told))
    if len(rows) == MOST:
        click.echo(here.say(_("There are more: so many at once are best mended where they arise.")))


def _take(here: Here, path: Path) -> None:
    from crmetrics.intake.correcting import take_workbook

    progress = Progress()
    try:
        taken = take_workbook(here.folder, path, progress=progress)
    finally:
        progress.end()
    _tell(here, taken)


def _tell(here: Here, taken: Taken) -> None:
    """What was corrected, what stayed as it was, and each row that was not taken, by its sheet, row and column."""
    click.echo(here.say(_("{n} row corrected.", "{n} rows corrected.", n=taken.corrected)))
    if taken.unchanged:
        told = _(
            "{n} row was left as it is and stays in quarantine.",
            "{n} rows were left as they are and stay in quarantine.",
            n=taken.unchanged,
        )
        click.echo(here.say(told))
    for each in taken.problems:
        place: dict[str, Any] = {"sheet": each.sheet, "row": each.number, "reason": each.reason}
        told = (
            _("Sheet '{sheet}', row {row}, column '{column}': {reason}", column=each.column, **place)
            if each.column
            else _("Sheet '{sheet}', row {row}: {reason}", **place)
        )
        click.echo(here.say(told), err=True)
    if taken.version is not None and taken.corrected:
        click.echo(here.say(_("Version {number} is made with them.", number=taken.version.number)))
    if taken.problems:
        sys.exit(1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--table",
    type=click.Choice(("orders", "invoices", "payments", "deals")),
    default="orders",
    show_default=True,
    help="What its rows are.",
)
@click.option("--system", default="", help="What the other system is called (default: the file's name).")
@click.option("--id", "record_id", default="", metavar="COLUMN", help="Its column of the record's ID.")
@click.option("--date", "stated_on", default="", metavar="COLUMN", help="Its column of the day.")
@click.option("--amount", default="", metavar="COLUMN", help="Its column of the amount.")
@click.option("--tax", "tax_amount", default="", metavar="COLUMN", help="Its column of the tax in the amount.")
@click.option(
    "--cancelled", "is_cancelled", default="", metavar="COLUMN", help="Its column that says yes for cancelled."
)
@click.option(
    "--currency", default="", metavar="CODE", help="Currency of amounts that name none (default: the company's)."
)
@click.option("--period", default="last-month", show_default=True, help="The period whose totals are compared.")
@in_workspace
def reconcile(here: Here, file: Path, table: str, system: str, currency: str, period: str, **columns: str) -> None:
    """Hold another system's export against ours: why does it show another number?"""
    from crmetrics.catalogue import open_workspace
    from crmetrics.intake.reconciling import Export, take_export
    from crmetrics.presenting.terminal import shown

    wanted = Export(
        file, table, system or file.stem, {role: name for role, name in columns.items() if name},
        currency.upper() or here.settings.currency,
    )  # fmt: skip
    progress = Progress()
    try:
        export, _report = take_export(here.folder, wanted, progress)
    finally:
        progress.end()
    read = ", ".join(f"{role} = {name}" for role, name in export.columns.items())
    click.echo(here.say(_("Read from {file}: {columns}.", file=file.name, columns=read)))
    catalogue = open_workspace(here.folder)
    answer = catalogue.ask("data.reconcile", period=period, of=table, system=export.system)
    click.echo(shown(answer, here.format()))
