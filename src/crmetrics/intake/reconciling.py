"""An export of another system, taken in to be held against ours: found out which of its columns is which, and imported."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from types import MappingProxyType
from typing import Final

from crmetrics.clean.understanding.known import Known
from crmetrics.clean.understanding.toml import value
from crmetrics.intake.imports import import_sources
from crmetrics.intake.report import ImportReport
from crmetrics.intake.understanding import understand
from crmetrics.vocabulary.errors import BadFile, BadValue
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.spelling import file_name
from crmetrics.workspace.folder import Workspace

_ = words("quality")

Progress = Callable[[str, float], None]
TABLES: Final = ("orders", "invoices", "payments", "deals")

ROLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "record_id": ("order_id", "invoice_id", "payment_id", "deal_id"),
        "stated_on": ("ordered_at", "issued_on", "paid_on", "closed_at", "created_at"),
        "amount": ("net_amount", "amount", "unit_price"),
        "currency": ("currency",),
        "is_cancelled": ("is_cancelled",),
        "tax_amount": ("tax_amount",),
    }
)
"""What is needed of an export, and as what its columns may have been understood, the likeliest first."""
NEEDED: Final = ("record_id", "stated_on", "amount")
_CODE: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Export:
    """One export of another system: of which records it is, and which of its columns is which (by the names in ROLES).

    currency  of amounts in a file that names none
    """

    path: Path
    table: str
    system: str
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    currency: str = ""


def understood(workspace: Path, export: Export, progress: Progress = lambda name, share: None) -> tuple[Export, str]:
    """The export with all its columns found, and the mapping by which it will be read.

    Errors: BadValue for another table, a column that is not there or cannot be found out, or amounts without a currency;
    BadFile for a file that is no table.
    """
    if export.table not in TABLES:
        raise BadValue(
            _("'{table}' cannot be compared. There are: {names}.", table=export.table, names=", ".join(TABLES))
        )
    proposal, _errors = understand([export.path], Workspace(workspace).spill, progress)
    known = proposal.known[0]
    found = {**_found(known, export.table), **_checked(known, export.columns)}
    for role in NEEDED:
        if role not in found:
            raise BadValue(
                _(
                    "'{file}': which column is the {role} cannot be told. Name it with --{option} COLUMN; there are: {names}.",
                    file=export.path.name, role=_NAMES[role], option=_OPTIONS[role],
                    names=", ".join(column.name for column in known.columns),
                )
            )  # fmt: skip
    if "currency" not in found and not _CODE.fullmatch(export.currency):
        raise BadValue(
            _("'{file}' names no currency. Say it with --currency CODE, such as EUR.", file=export.path.name)
        )
    whole = Export(export.path, export.table, export.system, MappingProxyType(found), export.currency)
    return whole, _mapping(whole, known)


def take_export(
    workspace: Path, export: Export, progress: Progress = lambda name, share: None
) -> tuple[Export, ImportReport]:
    """Import an export of another system; the same system's earlier one of these records is replaced.

    Errors: as of `understood` and of an import; after any of them the current version is what it was.
    """
    whole, text = understood(workspace, export, progress)
    folder = Workspace(workspace).folder / "mappings"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_source(whole)}.toml"
    path.write_text(text, encoding="utf-8")
    return whole, import_sources(workspace, [export.path], path, progress=progress)


_NAMES: Final = {"record_id": _("ID of the record"), "stated_on": _("day"), "amount": _("amount")}
_OPTIONS: Final = {"record_id": "id", "stated_on": "date", "amount": "amount"}


def _found(known: Known, table: str) -> dict[str, str]:
    """The columns that were understood, those of the wanted table before those of others."""
    own = f"{table.removesuffix('s')}_id"
    told: dict[str, str] = {}
    for name, matches in sorted(known.found.tables.items(), key=lambda each: each[0] != table):
        for match in matches:
            is_own = name in (table, "order_lines") or match.target == own
            if match.column and (is_own or table not in known.found.tables):
                told.setdefault(match.target, match.column)
    targets = {role: (own, *others) if role == "record_id" else others for role, others in ROLES.items()}
    return {
        role: next(told[target] for target in wanted if target in told)
        for role, wanted in targets.items()
        if any(target in told for target in wanted)
    }


def _checked(known: Known, columns: Mapping[str, str]) -> dict[str, str]:
    names = [column.name for column in known.columns]
    for name in columns.values():
        if name not in names:
            raise BadValue(
                _("'{column}' is not a column of the file. There are: {names}.", column=name, names=", ".join(names))
            )
    return dict(columns)


def _source(export: Export) -> str:
    return f"reconcile-{file_name(export.system)}-{export.table}"


def _mapping(export: Export, known: Known) -> str:
    """The mapping of an export, to be read and corrected like any other."""
    if not known.match:
        raise BadFile(_("'{file}' holds no table.", file=export.path.name))
    columns = export.columns
    decimal = known.column(columns["amount"]).reading.decimal or "."
    dates = list(known.column(columns["stated_on"]).reading.dates)
    missing = sorted({word for name in columns.values() for word in known.column(name).reading.missing})
    lines = ["[source]", f"name = {value(_source(export))}", 'kind = "full"', "", "[files.export]"]
    lines.append(f"match = {value(escape(export.path.name))}")
    lines += [f"sheet = {value(known.sheet)}"] if known.sheet else []
    lines += [f"decimal = {value(decimal)}"] if decimal != "." else []
    lines += [f"dates = {value(dates)}"] if dates else []
    lines += [f"missing = {value(missing)}"] if missing else []
    lines += ["", "[other_records]", 'from = "export"']
    for role in ROLES:
        if role in columns:
            lines.append(f"{role} = {value(columns[role])}")
        elif role == "currency":
            lines.append(f"currency = {value({'value': export.currency})}")
    lines.append(f"other_system = {value({'value': export.system})}")
    lines.append(f"of_table = {value({'value': export.table})}")
    return "\n".join([*lines, ""])
