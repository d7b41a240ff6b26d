"""The rows behind a figure are the very rows that it counts: "10" opens ten rows, whatever the group, switch, filter or viewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crmetrics.analysis import Analysis, Answer, Row
from crmetrics.analysis.opening import Cell, Part, opens
from crmetrics.catalogue import OpenCatalogue, find, keys, open_workspace
from crmetrics.presenting.csv import csv_parts
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.table import show
from crmetrics.vocabulary.errors import CrmetricsError, UnknownName
from crmetrics.vocabulary.unit import Unit
from crmetrics.warehouse.scope import ADMINISTRATOR, Filter, Viewer

OPENED = [key for key in keys() if find(key).behind]
ROWS = 4
"""So many rows of an answer are opened, the first and the last ones: groups that follow are alike."""
FEW = 2
"""So many of the first column where a switch stands otherwise; of the other columns the fullest row, with the total beside it."""


@pytest.fixture(scope="module")
def catalogue(demo_company: Callable[[str], Path]) -> OpenCatalogue:
    return open_workspace(demo_company("en"))


def a_rep(catalogue: OpenCatalogue) -> Viewer:
    reps = catalogue.ask("sales.team_performance").rows.values("owner")
    return Viewer("rep", "self", str(next(each for each in reps if each)))


def variants(declared: Analysis) -> Iterator[dict[str, Any]]:
    """The default choices, and each other word of each switch by itself."""
    yield {}
    for choice in declared.choices:
        if choice.kind == "word":
            yield from ({choice.name: word} for word in choice.words if word != choice.default)
        elif choice.kind == "flag":
            yield {choice.name: not choice.default}
        elif choice.kind == "by":
            yield from ({choice.name: by} for by in ("none", "month") if by == "none" or by in declared.groupings())


def some(answer: Answer[Any], most: int) -> list[Row]:
    """The first and the last rows."""
    rows = list(answer.rows)
    return rows if len(rows) <= most else [*rows[: most // 2], *rows[-most // 2 :]]


def fullest(answer: Answer[Any], column: str) -> list[Row]:
    """The row where a column counts most."""
    return sorted(answer.rows, key=lambda row: row.as_dict()[column] or 0)[-1:]


def cells(answer: Answer[Any], most: int = ROWS) -> Iterator[tuple[Cell, Any]]:
    """The counts that can be opened, with what they say: of some rows, and of the total."""
    columns = {each.name: each for each in answer.declared.row.columns}
    seen: set[tuple[str, ...]] = set()
    for name, groups in opens(answer.declared, answer.choices).items():
        if columns[name].unit is not Unit.COUNT:
            continue
        is_told_by_total = most == FEW and groups in seen and answer.total is not None
        seen.add(groups)
        for row in fullest(answer, name) if is_told_by_total else some(answer, most):
            told = row.as_dict()
            if told[name] is None:
                continue
            at = {group: None if told[group] is None else str(told[group]) for group in groups}
            yield Cell(name, at), told[name]
        if answer.total is not None and (said := answer.total.as_dict()[name]) is not None:
            yield Cell(name), said


def faults(catalogue: OpenCatalogue, key: str, most: int = ROWS, **asked: Any) -> list[str]:
    answer = catalogue.ask(key, **asked)
    choices = {name: value for name, value in asked.items() if name not in ("viewer", "where", "period")}
    scope = {name: asked[name] for name in ("where", "period") if name in asked}
    found = []
    for cell, said in cells(answer, most):
        opened = catalogue.open(key, cell, Part(count=1), viewer=asked.get("viewer", ADMINISTRATOR), **scope, **choices)
        count = opened.passport.rows_used if opened.passport else -1
        if count != (said or 0):
            found.append(f"{asked} {cell}: says {said}, opens {count}")
    return found


@pytest.mark.parametrize("key", OPENED)
def test_a_count_opens_as_many_rows(catalogue: OpenCatalogue, key: str) -> None:
    """A switch changes which rows are there, not how a group is found: all columns are opened in many groups under the first choices."""
    for choices in variants(find(key)):
        assert faults(catalogue, key, FEW if choices else ROWS, **choices) == []


def faults_of_words(catalogue: OpenCatalogue, key: str, **asked: Any) -> list[str]:
    """Of words that open the rows which have them, such as a segment or a band of risk."""
    answer = catalogue.ask(key, **asked)
    asked = {"viewer": ADMINISTRATOR, **asked}
    columns, found = {each.name: each for each in answer.declared.row.columns}, []
    for name, groups in opens(answer.declared, answer.choices).items():
        if columns[name].unit is not Unit.TEXT or groups != (name,):
            continue
        said = Counter(each for each in answer.rows.values(name) if each is not None)
        for word, count in said.items():
            opened = catalogue.open(key, Cell(name, {name: str(word)}), Part(count=1), **asked)
            used = opened.passport.rows_used if opened.passport else -1
            found += [f"{asked} {name} {word}: {count} rows, opens {used}"] if used != count else []
    return found


@pytest.mark.parametrize("key", OPENED)
def test_a_word_opens_as_many_rows_as_have_it(catalogue: OpenCatalogue, key: str) -> None:
    for choices in variants(find(key)):
        assert faults_of_words(catalogue, key, **choices) == []
    assert faults_of_words(catalogue, key, viewer=a_rep(catalogue)) == []


@pytest.mark.parametrize("key", OPENED)
def test_a_rep_opens_what_his_own_figures_count(catalogue: OpenCatalogue, key: str) -> None:
    assert faults(catalogue, key, viewer=a_rep(catalogue)) == []


@pytest.mark.parametrize("key", OPENED)
def test_a_filter_holds_for_the_rows_too(catalogue: OpenCatalogue, key: str) -> None:
    assert faults(catalogue, key, where=(Filter("country", ("GB",)), Filter("owner", (None, "E0012")))) == []


@pytest.mark.parametrize("key", OPENED)
def test_every_column_that_opens_stands_in_the_answer_and_gives_rows_to_read(
    catalogue: OpenCatalogue, key: str
) -> None:
    declared = find(key)
    format = format_for("tr", catalogue.settings.currency, catalogue.settings.zone)
    answer = catalogue.ask(key)
    columns = {each.name for each in declared.row.columns}
    for name, groups in opens(declared, answer.choices).items():
        assert {name, *groups} <= columns
        opened = catalogue.open(key, Cell(name), Part(count=3), viewer=ADMINISTRATOR)
        table = show(opened, format)
        assert len(table.rows) == min(3, opened.passport.rows_used if opened.passport else 0)
        assert "".join(csv_parts(opened, format)).count("\n") >= len(table.rows) + 1


@pytest.mark.parametrize(
    ("key", "column"),
    [
        ("finance.margin", "margin"),
        ("finance.whale_curve", "cumulated_profit"),
        ("sales.lead_conversion", "amount"),
        ("sales.pipeline_changes", "amount"),
        ("sales.stage_conversion", "lost_amount"),
        ("sales.stale_deals", "stake"),
        ("sales.win_probability", "expected_amount"),
    ],
)
def test_a_sum_is_what_its_rows_add_up_to(catalogue: OpenCatalogue, key: str, column: str) -> None:
    said = catalogue.ask(key).total.as_dict()[column]
    opened = catalogue.open(key, Cell(column), Part(), viewer=ADMINISTRATOR).rows
    told = column if column in {each.name for each in opened.row.columns} else "amount"
    assert said
    assert sum(float(each) for each in opened.values(told) if each is not None) == pytest.approx(float(said))


def test_rows_come_in_parts_and_in_the_order_asked(catalogue: OpenCatalogue) -> None:
    whole = catalogue.open("kpis.won_deals", Cell("n"), Part("-amount"), viewer=ADMINISTRATOR)
    amounts = [each for each in whole.rows.values("amount") if each is not None]
    assert amounts == sorted(amounts, reverse=True)
    second = catalogue.open("kpis.won_deals", Cell("n"), Part("-amount", start=2, count=2), viewer=ADMINISTRATOR)
    assert second.rows.values("deal_id") == whole.rows.values("deal_id")[2:4]
    assert second.passport is not None
    assert second.passport.rows_used == len(whole.rows)


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        (Cell("value; drop table deals"), Part()),
        (Cell("n", {"region": "West"}), Part()),
        (Cell("n"), Part("amount; drop table deals")),
        (Cell("n"), Part("nowhere")),
    ],
)
def test_what_cannot_be_opened_is_said(catalogue: OpenCatalogue, cell: Cell, part: Part) -> None:
    with pytest.raises(CrmetricsError, match=r"There are|have no"):
        catalogue.open("kpis.won_deals", cell, part, viewer=ADMINISTRATOR)


@pytest.mark.parametrize(
    ("key", "column"),
    [
        ("kpis.team_comparison", "n"),
        ("customers.rfm", "segment"),
        ("customers.cohort_value", "size"),
        ("sales.leak_ledger", "moved"),
    ],
)
def test_a_group_that_a_figure_has_not_is_said(catalogue: OpenCatalogue, key: str, column: str) -> None:
    with pytest.raises(UnknownName, match="have no 'party'"):
        catalogue.open(key, Cell(column, {"party": None}), Part(), viewer=ADMINISTRATOR)


def test_a_step_that_is_not_named_opens_nothing(catalogue: OpenCatalogue) -> None:
    cell = Cell("reached", {"party": "E0001"})
    assert len(catalogue.open("sales.stage_conversion", cell, Part(), viewer=ADMINISTRATOR, by="owner").rows) == 0


def test_a_group_is_a_value_and_never_sql(catalogue: OpenCatalogue) -> None:
    hostile = Cell("n", {"party": "x' or '1'='1"})
    opened = catalogue.open("kpis.won_deals", hostile, Part(), viewer=ADMINISTRATOR, by="owner")
    assert len(opened.rows) == 0


def test_an_unknown_analysis_is_told(catalogue: OpenCatalogue) -> None:
    with pytest.raises(UnknownName):
        catalogue.open("kpis.nothing", Cell("n"), Part(), viewer=ADMINISTRATOR)
