"""The declaration as a page to read: docs/data-model.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crmetrics.warehouse.schema.columns import NEVER
from crmetrics.warehouse.schema.dimensions import DIMENSIONS, Dimension, path_to
from crmetrics.warehouse.schema.statements import ORIGIN
from crmetrics.warehouse.schema.table import Column, Table, Type
from crmetrics.warehouse.schema.tables import TABLES

_TYPE_WORDS = {
    Type.TEXT: "text",
    Type.INTEGER: "whole number",
    Type.NUMBER: "number",
    Type.MONEY: "money",
    Type.SHARE: "share, 0-1",
    Type.RATE: "rate",
    Type.DATE: "day",
    Type.MOMENT: "moment",
    Type.FLAG: "yes or no",
    Type.TIME: "time of day",
}


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_HEAD = f"""# Data model

<!-- Written by `make docs` from src/crmetrics/warehouse/schema: change it there. -->

Every source is mapped to these tables, and analyses read only these. [The mapping](mapping.md) says which column
of a file gives which column here. Every table is optional: an analysis whose tables or columns are missing is locked
and says so.

- Days end in `_on`. Moments end in `_at` and are kept in UTC. Money is in the currency of its row; it is converted
  when it is read, never where it is kept.
- Blank means unknown. It is never 0, and never a word such as "N/A".
- **key**: together the key columns name a row; no two rows share them. **required**: a row without it stands in
  quarantine. **derived**: made by the product where the source has none, and counted as such. **expected**: where a
  blank counts as missing, if that is not in every row.
- Every row also says where it came from: {_listed(tuple(ORIGIN))}.
  Columns of a company's own are called `custom_...`.
- **Personal**: it may tell of a living person. It is blanked when a person is erased, as are all columns of a company's own,
  and can be hidden from users.
- A check marked **quarantine** keeps a row out; any other is a warning, and the row stays.
"""


def data_model() -> str:
    """Return the whole page as Markdown: what each table and column means, and which dimensions reach which tables."""
    tables = "\n".join(f"| [`{table.name}`](#{table.name}) | {table.grain} |" for table in TABLES.values())
    parts = [
        _HEAD,
        "## Tables\n",
        f"| table | |\n|---|---|\n{tables}\n",
        *(_table(table) for table in TABLES.values()),
        _dimensions(),
    ]
    return "\n".join(parts)


def _table(table: Table) -> str:
    lines = [f"### {table.name}\n", f"{table.grain}\n"]
    lines += ["| column | type | | |", "|---|---|---|---|"]
    lines += [_column(column) for column in table.columns]
    lines.append("")
    facts = list(_facts(table))
    lines += [*facts, ""] if facts else []
    return "\n".join(lines)


def _column(column: Column) -> str:
    standing = "key" if column.is_key else ""
    if column.is_required and not column.is_key:
        standing = "required"
    kind = _TYPE_WORDS[column.type]
    if column.references:
        kind = f"[{column.references}](#{column.references})"
    return f"| `{column.name}` | {kind} | {standing} | {' '.join(_said_of(column))} |"


def _said_of(column: Column) -> Iterator[str]:
    yield f"{column.label}."
    if column.meaning:
        yield str(column.meaning)
    if column.choices:
        yield f"One of {_listed(column.choices)}."
    if column.default is not None:
        yield f"Derived: `{column.default}`."
    if column.expected == NEVER:
        yield "Often blank."
    elif column.expected is not None:
        yield f"Expected where `{column.expected}`."
    if column.personal:
        yield "**Personal.**"


def _facts(table: Table) -> Iterator[str]:
    if table.appears:
        yield f"- As of an earlier day: rows with a later `{table.appears}` are left out."
    if table.appears_with:
        parent = table.column(table.appears_with).references
        yield f"- As of an earlier day: rows whose `{parent}` row is left out are left out too."
    alone = [moment for moment, columns in table.settles.items() if columns == (moment,)]
    for moment, columns in table.settles.items():
        if moment not in alone:
            yield f"- As of an earlier day: a later `{moment}` is blank, and with it {_listed(columns[1:])}."
    if alone:
        yield f"- As of an earlier day: a later {_listed(alone)} is blank."
    for history in table.histories:
        yield f"- As of an earlier day: {_listed(history.columns)} as [{history.table}](#{history.table}) tells."
    if table.priced_at:
        yield f"- Converted at the rate of `{table.priced_at}`, or at the latest rate where that is blank."
    for check in table.checks:
        yield f"- Check: `{check.condition}`. {'**Quarantine:** ' if check.is_fatal else ''}{check.says}"
    reached = [dimension.name for dimension in DIMENSIONS.values() if path_to(table.name, dimension)]
    if reached:
        yield f"- Grouped and filtered by {_listed(reached)}."


def _dimensions() -> str:
    lines = [
        "## Dimensions\n",
        "By these, figures are grouped and filtered. A dimension reaches a table by a column of the table's own or by",
        "the nearest parent that has one: an order line through its order to the customer. A table it does not reach",
        "is never filtered in silence.\n",
        "| dimension | | read from | reaches |",
        "|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_dimension(dimension) for dimension in DIMENSIONS.values()), ""])


def _dimension(dimension: Dimension) -> str:
    homes = ", ".join(f"`{table}.{column}`" for table, column in dimension.columns.items())
    reached = [name for name in TABLES if name not in dimension.columns and path_to(name, dimension)]
    said = f"{dimension.label}. {dimension.meaning or ''}".strip()
    if dimension.names:
        said += f" Shown by `{'.'.join(dimension.names)}`."
    if dimension.is_personal:
        said += " Personal: for description only, and of groups of ten customers or more."
    return f"| `{dimension.name}` | {said} | {homes} | {', '.join(reached)} |"
