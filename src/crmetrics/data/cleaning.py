"""Data cleaning."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final, Literal

from crmetrics.analysis import Finding, LeftOut, Note, Options, Result, Row, Table, analysis, column
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import COUNT, SHARE, Figure
from crmetrics.warehouse.rows import Rows
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.warehouse import Warehouse

_ = words("data")

NOTED_FROM: Final = 0.01
"""Rows set aside are told as a finding from this share of all rows on."""

CHANGES: Final = """
select table_name, column_name, rule, rule_domain, rule_values, sum(rows) as n, sum(changed) as changed,
       max(case when place = 1 then example_before end) as before,
       max(case when place = 1 then example_after end) as after_it, max(case when place = 1 then undo_id end) as undo_id
from (
    select *, row_number() over (partition by table_name, column_name, rule, decision order by source, entry) as place
    from (select *, case when undo_id like 'decision:%' then undo_id else '' end as decision from {changes})
)
group by table_name, column_name, rule, rule_domain, rule_values, decision
order by table_name, column_name, rule, decision
"""
ASIDE: Final = """
select table_name, column_name, reason as rule, reason_domain as rule_domain, min(reason_values) as rule_values,
       count(*) as quarantined, max(case when place = 1 then value end) as before,
       max(case when place = 1 then source || ':' || cast(import_no as varchar) end) as undo_id
from (select *, row_number() over (partition by table_name, column_name, reason order by source, file, row) as place from {quarantine})
group by table_name, column_name, reason, reason_domain
order by table_name, column_name, reason
"""
READ: Final = """
select source, entry, file, sum(rows_read) as rows_read, sum(rows_kept) as rows_kept,
       sum(rows_quarantined) as quarantined, sum(rows_merged) as merged, max(source || ':' || cast(import_no as varchar)) as undo_id
from {files} where is_live group by source, entry, file order by source, entry, file
"""

Show = Annotated[Literal["rules", "files"], Options("Show", rules="what each rule did", files="the rows of each file")]
Rule = Annotated[
    Literal["all", "changed", "quarantined"],
    Options("Rules", all="all", changed="values that were changed", quarantined="rows that were set aside"),
]


class Cleaning(Row):
    table_name = column("Table", only=("show", ("rules",)))
    column_name = column("Column", only=("show", ("rules",)))
    file = column("File", only=("show", ("files",)))
    rule = column("Rule", only=("show", ("rules",)))
    rows = column("Rows", COUNT, "values or rows that the rule looked at")
    changed = column("Changed", COUNT, only=("show", ("rules",)))
    kept = column("Kept", COUNT, only=("show", ("files",)))
    quarantined = column("Set aside", COUNT, "rows in quarantine")
    merged = column("Merged", COUNT, "rows that say what another one says", only=("show", ("files",)))
    example_before = column("As it came", only=("show", ("rules",)))
    example_after = column("As it is read", only=("show", ("rules",)))
    undo_id = column("Undone by", meaning="the source and import whose mapping or rows it follows from")


@analysis("Data cleaning", needs={}, date="", kind="R")
def cleaning(warehouse: Warehouse, show: Show = "rules", rules: Rule = "all") -> Result[Cleaning]:
    """What was corrected or set aside, why, and can it be undone?

    Formula: every rule with the values it changed and one example; read = kept + set aside + merged, for every file.
    Reads:   What the import recorded of its rules, of the rows in quarantine, and of its files.
    Mind:    The rows as they came are kept, so that every change can be undone by another mapping and a rebuild. Only who sees all data
             is shown it, for whose a row in quarantine is, is not known.
    Source:  Own definition.
    """
    if not warehouse.scope.is_whole:
        return Result(_table([]), notes=(Note(_("This is told of the whole company only, without filters."), "warn"),))
    files = list(_files(warehouse))
    lines = files if show == "files" else [*_rules(warehouse, rules)]
    read, aside, merged = (sum(each[name] for each in files) for name in ("rows", "quarantined", "merged"))
    reasons = (
        LeftOut(_("stands in quarantine"), aside),
        LeftOut(_("says what another row says"), merged),
    )
    return Result(
        _table(lines),
        _total(files) if files else None,
        notes=() if files else (Note(_("There are no data yet."), "warn"),),
        used=read - aside - merged,
        left_out=tuple(each for each in reasons if each.rows),
        findings=_findings(read, aside),
    )


def _table(lines: list[dict[str, Any]]) -> Table[Cleaning]:
    return Table(Cleaning, {each.name: [line.get(each.name) for line in lines] for each in Cleaning.columns})


def _total(files: list[dict[str, Any]]) -> Cleaning:
    summed = {name: sum(each[name] for each in files) for name in ("rows", "kept", "quarantined", "merged")}
    return Cleaning(tuple(summed.get(each.name) for each in Cleaning.columns))


def _files(warehouse: Warehouse) -> Iterator[dict[str, Any]]:
    for line in _lines(warehouse.recorded(READ, "files")):
        yield {
            "file": line["file"], "rows": int(line["rows_read"]), "kept": int(line["rows_kept"]),
            "quarantined": int(line["quarantined"]), "merged": int(line["merged"]), "undo_id": line["undo_id"],
        }  # fmt: skip


def _rules(warehouse: Warehouse, rules: str) -> Iterator[dict[str, Any]]:
    if rules != "changed":
        for line in _lines(warehouse.recorded(ASIDE, "quarantine")):
            rows = int(line["quarantined"])
            yield _line(line, rows=rows, quarantined=rows)
    if rules != "quarantined":
        for line in _lines(warehouse.recorded(CHANGES, "changes")):
            yield _line(
                line, rows=int(line["n"]), changed=int(line["changed"]), example_after=line["after_it"],
            )  # fmt: skip


def _line(line: dict[str, Any], **more: Any) -> dict[str, Any]:
    table = TABLES.get(str(line["table_name"]))
    name = str(line["column_name"] or "")
    return {
        "table_name": table.label if table else line["table_name"],
        "column_name": table.column(name).label if table and table.has(name) else name or None,
        "rule": _rule(line),
        "example_before": line["before"],
        "undo_id": line["undo_id"],
        **more,
    }


def _rule(line: dict[str, Any]) -> Message:
    """The rule in the reader's language, with the values that it names."""
    values = json.loads(line["rule_values"]) if line["rule_values"] else {}
    return Message(str(line["rule"]), str(line["rule_domain"]), values)


def _lines(rows: Rows | None) -> Iterable[dict[str, Any]]:
    return () if rows is None else rows.records()


def _findings(read: int, aside: int) -> tuple[Finding, ...]:
    if not read or aside < NOTED_FROM * read:
        return ()
    told = _("{share} of the rows that were read stand in quarantine: nothing counts them.")
    return (Finding(told(share=Figure(aside / read, SHARE)), tone="warn"),)
