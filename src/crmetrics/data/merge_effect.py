"""Effect of cleaning on KPIs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from crmetrics.analysis import Catalogue, Note, Options, Result, Row, Table, analysis, column
from crmetrics.analysis.metric import headline_column, reading_of, undivided
from crmetrics.clean.duplicates.groups import Group, Limits
from crmetrics.data.duplicate_pairs import groups_in
from crmetrics.vocabulary.errors import BadValue, NoWorkspace
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import COUNT, POINTS, SHARE, Figure, Unit
from crmetrics.warehouse.warehouse import Warehouse

_ = words("data")

Which = Annotated[
    Literal["sure", "all"], Options("Merges", sure="those that are sure", all="those to be asked about as well")
]
KPIS: Final = (
    "kpis.new_customers", "kpis.buyers", "customers.churn_rate", "customers.retention_rate",
    "customers.repeat_purchase_rate", "kpis.average_order_value", "finance.cac", "customers.clv_historic",
)  # fmt: skip
"""The KPIs that stand on who is one customer; each over its own period."""


class MergeEffect(Row):
    kpi = column("KPI")
    key = column("Key", is_hidden=True)
    before = column("Before")
    after = column("After")
    change = column("Change")
    n = column("Rows before", COUNT)


@dataclass(frozen=True, slots=True)
class _Told:
    """A KPI as a figure."""

    key: str
    title: Message
    value: float | None
    unit: Unit
    n: int


@analysis("Effect of cleaning on KPIs", needs={"customers": ["customer_id"]}, date="", table="customers")
def merge_effect(
    warehouse: Warehouse,
    catalogue: Catalogue,
    which: Which = "sure",
    groups: Annotated[str, Options("Groups")] = "",
) -> Result[MergeEffect]:
    """How would customers, churn, repeat rate and CAC change before I accept the merges?

    Formula: each KPI on the data as they are, and on a version made aside with the proposed merges; nothing is published.
    Reads:   The proposals of data.duplicates (all of them, or the groups that are named like 1,4), and what the KPIs read.
    Mind:    A merge changes the past too: who bought once under each of two ids has bought twice. Undoing it restores every figure.
    Source:  Own definition; survivorship: the fullest record, the latest value that is not blank of each column.
    """
    chosen = chosen_groups(groups_in(warehouse, "customers", Limits())[1], which, groups)
    used = int(warehouse.query("select count(*) as n from customers").one()["n"])
    before = list(_told(warehouse, catalogue))
    if not chosen:
        return Result(
            _table(before, before),
            notes=(Note(_("There are no such duplicates, so nothing would change.")),),
            used=used,
        )
    try:
        return Result(_table(before, _after(catalogue, chosen)), used=used)
    except NoWorkspace as error:
        return Result(_table(before, []), notes=(Note(error.message, "warn"),), used=used)


def chosen_groups(groups: list[Group], which: str, numbers: str) -> list[tuple[str, ...]]:
    """The ids of each group that would be merged: all of a group that is named, else what is sure, or all."""
    if numbers.strip():
        known = {group.number: group for group in groups}
        return [known[number].ids for number in read_numbers(numbers, known)]
    if which == "all":
        return [group.ids for group in groups]
    return [part for group in groups for part in group.sure]


def read_numbers(text: str, known: dict[int, Group]) -> list[int]:
    """Numbers of groups written like 1,4; BadValue for one that there is not."""
    told = []
    for part in text.replace(" ", "").split(","):
        if not part.isdigit() or int(part) not in known:
            raise BadValue(
                _("'{part}' is no group of duplicates. They are numbered from 1 to {last}.", part=part, last=len(known))
            )
        told.append(int(part))
    return list(dict.fromkeys(told))


def _after(catalogue: Catalogue, chosen: list[tuple[str, ...]]) -> list[_Told]:
    with catalogue.as_if_merged("customers", chosen) as (warehouse, merged):
        return list(_told(warehouse, merged))


def _told(warehouse: Warehouse, catalogue: Catalogue) -> Iterator[_Told]:
    count = int(warehouse.query("select count(*) as n from customers").one()["n"])
    yield _Told("", _("Customers"), count, COUNT, count)
    for key in KPIS:
        declared = catalogue.known(key)
        shown = None if declared is None else headline_column(declared)
        if declared is not None and shown is not None:
            answer = catalogue.ask(key, **undivided(declared))
            if answer.locked is None:
                yield _Told(key, declared.title, reading_of(answer).value, shown.unit, answer.result.used)


def _table(before: list[_Told], after: list[_Told]) -> Table[MergeEffect]:
    then = {each.key: each for each in after}
    return Table(
        MergeEffect,
        {
            "kpi": [each.title for each in before],
            "key": [each.key for each in before],
            "before": [Figure(each.value, each.unit) for each in before],
            "after": [Figure(then[each.key].value, each.unit) if each.key in then else None for each in before],
            "change": [_change(each, then.get(each.key)) for each in before],
            "n": [each.n for each in before],
        },
    )


def _change(before: _Told, after: _Told | None) -> Figure | None:
    if after is None or before.value is None or after.value is None:
        return None
    return Figure(after.value - before.value, POINTS if before.unit is SHARE else before.unit)
