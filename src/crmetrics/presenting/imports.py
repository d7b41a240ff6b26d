"""What an import did, and what stands in quarantine, as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from crmetrics.intake.checking import CheckReport, OddRow
from crmetrics.intake.report import ImportReport, Told, not_read
from crmetrics.presenting.letters import cut, harmless, padded, width
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.schema import TABLES

_ = words("presenting")

REASONS_SHOWN: Final = 8
"""So many reasons are told after an import; `crmetrics check` tells them all."""
_LONGEST: Final = 60


def told_import(report: ImportReport, format: Format) -> str:
    """What an import did: files, tables, what was set aside and why."""
    if not report.is_changed:
        nothing_new = say(_("Nothing new: these files had been imported before."), format)
        return "\n".join([nothing_new, *_unread(report, format)])
    version = report.version.number if report.version else 0
    seconds = format.number(report.seconds, 1)
    lines = [say(_("Version {version} published in {seconds} seconds.", version=version, seconds=seconds), format), ""]
    lines += [_file(file.name, file.read, file.kept, file.quarantined, file.merged, format) for file in report.files]
    lines += ["", *_tables(report.tables, format)]
    lines += _reasons(say(_("Set aside (quarantine)"), format), report.quarantined, format)
    lines += _reasons(say(_("Kept, but odd"), format), report.warnings, format)
    if report.quarantined or report.warnings:
        lines += ["", say(_("`crmetrics check` shows examples of each."), format)]
    return "\n".join([*lines, *_unread(report, format)])


def told_check(report: CheckReport, format: Format) -> str:
    """What stands in quarantine and what is odd, with examples: file, row, column and value."""
    lines = [say(_("Version {version}", version=report.version.number), format), "", *_tables(report.tables, format)]
    for title, reasons in (
        (_("Set aside (quarantine)"), report.quarantined),
        (_("Kept, but odd"), report.warnings),
    ):
        lines += ["", say(title, format)] if reasons else []
        for told, examples in reasons:
            lines.append(_reason(told, format))
            lines += [f"      {_example(example, format)}" for example in examples]
    if not report.quarantined and not report.warnings:
        lines += ["", say(_("Nothing stands in quarantine, and nothing is odd."), format)]
    return "\n".join(lines)


def told_quarantine(report: CheckReport, format: Format) -> str:
    """What stands in quarantine alone, by reason, with examples."""
    if not report.quarantined:
        return say(_("Nothing stands in quarantine."), format)
    lines = []
    for told, examples in report.quarantined:
        lines.append(_reason(told, format))
        lines += [f"      {_example(example, format)}" for example in examples]
    return "\n".join(lines)


def _unread(report: ImportReport, format: Format) -> list[str]:
    """The files that were passed over because the mapping does not know them, and what to do about it."""
    if not report.unread:
        return []
    way_out = _(
        "To have such files read, import them from a folder of their own, or write the mapping anew with "
        "`crmetrics import SOURCE --propose` and import again."
    )
    return ["", harmless(say(not_read(report.unread), format)), say(way_out, format)]


def _file(name: str, read: int, kept: int, quarantined: int, merged: int, format: Format) -> str:
    told = _(
        "{file}: {read} rows read, {kept} kept, {quarantined} set aside, {merged} merged",
        file=harmless(name),
        read=format.count(read),
        kept=format.count(kept),
        quarantined=format.count(quarantined),
        merged=format.count(merged),
    )
    return f"  {say(told, format)}"


def _tables(tables: Mapping[str, int], format: Format) -> Iterator[str]:
    """The tables that hold something, in the order of the schema."""
    labels = {name: say(TABLES[name].label, format) for name in TABLES if tables.get(name)}
    wide = max((width(label) for label in labels.values()), default=0)
    for name, label in labels.items():
        yield f"  {padded(label, wide)}  {format.count(tables[name]):>12}"


def _reasons(title: str, reasons: Sequence[Told], format: Format) -> list[str]:
    if not reasons:
        return []
    shown = [_reason(told, format) for told in reasons[:REASONS_SHOWN]]
    more = len(reasons) - len(shown)
    return ["", title, *shown, *([f"    {say(_('and {n} more', n=more), format)}"] if more else [])]


def _reason(told: Told, format: Format) -> str:
    place = ".".join(part for part in (told.table, told.column) if part)
    said = say(told.reason, format)  # a row that no table could take has no place
    return f"  {format.count(told.rows):>9}  {place}: {said}" if place else f"  {format.count(told.rows):>9}  {said}"


def placed(example: OddRow, format: Format) -> str:
    """Where a row stands: its file, and there its number."""
    if example.row is None:
        return harmless(example.file)
    return say(_("{file}, row {row}", file=harmless(example.file), row=example.row), format)


def _example(example: OddRow, format: Format) -> str:
    place = placed(example, format)
    return place if example.value is None else f"{place}: '{cut(harmless(example.value), _LONGEST)}'"
