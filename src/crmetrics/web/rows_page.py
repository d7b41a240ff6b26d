"""The rows behind a figure: opened from a cell of an answer, with its filters, period and switches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import QueryParams

from crmetrics.analysis import Answer, Row
from crmetrics.analysis.opening import MOST, Cell, Part, opens
from crmetrics.analysis.reading import read_choices
from crmetrics.analysis.search import there_of
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.order import looked_up
from crmetrics.presenting.passport import lines
from crmetrics.presenting.table import Cells, ShownTable, headers, show
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import Message, words
from crmetrics.vocabulary.unit import Unit
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.scope import Scope
from crmetrics.web.admission import SIGNED_IN, Rights
from crmetrics.web.asking import asking_of
from crmetrics.web.files import FILES, file_of
from crmetrics.web.pages import ROWS, column_classes
from crmetrics.web.records import customer_address, page_of, telling_columns
from crmetrics.web.site import Site
from crmetrics.workspace.rights import Permission

_ = words("rows")
segment = words("segments")

AT: Final = "at."
"""`cell=won&at.party=E017` names a figure: its column, and whose row it stands in; without `at.` it is the total."""
_OFFERED: Final[tuple[Permission, ...]] = ("share", "export")
_OF_THE_PAGE: Final = frozenset({"cell", "sort", "page", "rows", "language", "bom"})

RIGHTS: Final[Rights] = {
    "/a/{key}/rows": SIGNED_IN,
    "/a/{key}/rows.json": "export",
    "/a/{key}/rows.csv": "export",
    "/a/{key}/rows.xlsx": "export",
}

WORDS: Final[dict[str, Message]] = {
    "figure": _("The figure says {value}."),
    "rows": _("{n} row", "{n} rows"),
    "table": _("The rows"),
    "pages": _("Pages"),
    "nothing": _("No rows."),
    "back": _("Back to the answer"),
    "passport": _("How this is worked out"),
    "sorted": _("Sort by this column"),
    "keep_segment": segment("Keep as a segment"),
    "segment_told": segment("The customers behind this figure, under a name by which you can filter any answer."),
    "segment_title": segment("Title"),
    "segment_follows": segment("Follows the data: whoever is behind this figure from now on"),
    "segment_stays": segment("Stays as it is today: these customers, to see later what became of them"),
    "segment_shared": segment("Share with everybody"),
    "segment_keep": segment("Keep"),
}


def routes(site: Site) -> APIRouter:
    """The page of rows, and the same rows as a file."""
    router = APIRouter()
    _files(router, site)

    @router.get("/a/{key}/rows")
    def page(request: Request, key: str) -> Response:
        number = request.query_params.get("page", "1")
        here = max(1, int(number)) if number.isdecimal() and len(number) < 9 else 1
        opened = opening(site, request, key, start=(here - 1) * ROWS, count=ROWS)
        known = _customers(site, request, opened.rows)
        shown = _shown(opened, here, request.query_params, site.format(request), known)
        may = {f"may_{right}": site.may(request, right) for right in _OFFERED}
        return site.page(request, "rows.html", WORDS, key=key, **may, **shown)

    return router


def _files(router: APIRouter, site: Site) -> None:
    def address(ending: str) -> None:
        @router.get(f"/a/{{key}}/rows.{ending}", name=f"rows_as_{ending}")
        def sent(request: Request, key: str) -> Response:
            rows = opening(site, request, key).rows
            return file_of(rows, site.format(request), f"{key}-rows", ending, has_bom="bom" in request.query_params)

    for ending in FILES:
        address(ending)


@dataclass(frozen=True)
class Opening:
    """A figure that was opened: the answer that it stands in, where, and rows behind it."""

    answer: Answer[Any]
    cell: Cell
    rows: Answer[Any]

    @property
    def count(self) -> int:
        """How many rows there are in all."""
        return self.rows.passport.rows_used if self.rows.passport else len(self.rows.rows)

    @property
    def row(self) -> Row | None:
        """The row of the answer that the figure stands in; None if the answer has it no more."""
        if not self.cell.at:
            return self.answer.total
        rows: Iterable[Row] = self.answer.rows
        wanted = {name: value or "" for name, value in self.cell.at.items()}
        return next((row for row in rows if all(_text(row.as_dict()[name]) == wanted[name] for name in wanted)), None)


def opening(site: Site, request: Request, key: str, start: int = 0, count: int | None = None) -> Opening:
    """Open the figure that an address names; all rows, or `count` of them from `start`."""
    given = request.query_params
    question = of_the_question(given)
    catalogue = site.catalogue()
    declared = catalogue.find(key)
    asked = asking_of(declared, question, catalogue.settings.zone)
    choices = read_choices(declared, asked.choices)
    viewer = site.viewer(request)
    scope: dict[str, Any] = {"period": asked.period, "as_of": asked.as_of, "where": asked.where}
    cell = cell_of(given)
    alphabet = partial(looked_up, format=site.format(request))
    part = Part(given.get("sort", ""), start, MOST if count is None else count, alphabet)
    rows = catalogue.open(key, cell, part, viewer=viewer, **scope, **choices)
    return Opening(catalogue.ask(key, viewer=viewer, **scope, **choices), cell, rows)


def of_the_question(given: QueryParams) -> QueryParams:
    """The parts of an address that ask the question whose figure is opened."""
    return QueryParams([(name, value) for name, value in given.multi_items() if not _is_of_the_page(name)])


def of_the_rows(given: QueryParams) -> list[tuple[str, str]]:
    """The parts of an address that say which rows are meant, whatever of them is shown and how."""
    several = given.multi_items()
    return [
        (name, value) for name, value in several if name == "cell" or name.startswith(AT) or not _is_of_the_page(name)
    ]


def cell_of(given: QueryParams) -> Cell:
    """The figure that an address names."""
    return Cell(
        given.get("cell", ""), {name.removeprefix(AT): given[name] or None for name in given if name.startswith(AT)}
    )


def _is_of_the_page(name: str) -> bool:
    return name in _OF_THE_PAGE or name.startswith(AT)


def addresses(answer: Answer[Any], given: Mapping[str, str]) -> Callable[[str, Row], str | None]:
    """Where the figures of an answer are opened: a function of a column's name and a row (the total among them).

    given  the parts of the address of the answer's page. None: that figure cannot be opened.
    """
    opened = opens(answer.declared, answer.choices)
    # a share leads to those of the cases that have what it tells of
    parts = {each.name: each.of[0] for each in answer.declared.row.columns if each.of and each.of[0] in opened}
    items = QueryParams(given).multi_items()
    kept = [(name, value) for name, value in items if name not in ("page", "sort", "language")]

    # a customer and a deal have pages of their own
    people = {
        each.name
        for each in answer.declared.row.columns
        if answer.choices.get(each.dimension or "", each.dimension) == "customer"
    }
    columns = (each.name for each in answer.declared.row.columns)
    telling = telling_columns(columns, is_of_deals=answer.declared.table == "deals") - opened.keys()

    def address(column: str, row: Row) -> str | None:
        if column in people:
            customer = row.as_dict()[column]
            return None if customer is None else customer_address(str(customer))
        if column in telling:
            return page_of(column, row.as_dict())
        column, told = column if column in opened else parts.get(column, column), row.as_dict()
        if column not in opened or told[column] in (None, 0):
            return None
        at = [] if row is answer.total else [(AT + name, _text(told[name])) for name in opened[column]]
        return f"/a/{answer.key}/rows?{urlencode([*kept, ('cell', column), *at])}"

    return address


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _customers(site: Site, request: Request, rows: Answer[Any]) -> frozenset[str]:
    """The customers named in the rows whose pages the viewer may open: his deal may be with somebody else's customer."""
    if all(column.name != "customer_id" for column in rows.columns):
        return frozenset()
    named = sorted({str(value) for value in rows.rows.values("customer_id") if value is not None})
    with site.catalogue().warehouse(Scope(site.viewer(request))) as warehouse:
        return there_of(warehouse, "customers", named)


def _shown(opened: Opening, here: int, given: QueryParams, format: Format, customers: frozenset[str]) -> dict[str, Any]:
    table = show(opened.rows, format)
    cells = Cells(opened.answer, format)
    columns = cells.all_columns
    labels = {head.name: head.label for head in headers(opened.answer, format)}
    row, last = opened.row, max(1, -(-opened.count // ROWS))
    is_word = columns[opened.cell.column].unit is Unit.TEXT  # a segment says nothing of how many it has
    sort = given.get("sort", "")
    question = [(name, value) for name, value in given.multi_items() if not _is_of_the_page(name)]
    return {
        "title": say(opened.answer.declared.title, format),
        "column": labels[opened.cell.column],
        "groups": _groups(opened, cells, labels),
        "figure": cells.text(columns[opened.cell.column], row) if row is not None and not is_word else "",
        "period": format.period(opened.answer.period) if opened.answer.period else "",
        "answer_address": f"/a/{opened.answer.key}" + (f"?{urlencode(question)}" if question else ""),
        "table": table,
        "cells": _linked(opened.rows, table, customers),
        "kind": say(TABLES[opened.rows.declared.table].label, format),
        "heads": [
            (
                head,
                _with(given, sort=f"-{head.name}" if sort == head.name else head.name, page=None),
                _order(sort, head.name),
            )
            for head in table.headers
        ],
        "set_as": column_classes(table),
        "count": opened.count,
        "kept_as": urlencode(of_the_rows(given)) if opened.rows.declared.table == "customers" and table.rows else None,
        "passport": lines(opened.rows, format),
        "files": {ending: _with(given, page=None, file=ending) for ending in FILES},
        "pages": [
            (number, _with(given, page=str(number)), number == here)
            for number in sorted({1, last, *range(max(1, here - 2), min(last, here + 2) + 1)})
            if last > 1
        ],
    }


def _groups(opened: Opening, cells: Cells, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Whose figure it is, as label and name; where only programs are told that, the words that stand in the figure's row."""
    row, columns = opened.row, cells.all_columns
    read = [name for name in labels if not columns[name].is_hidden]
    shown = [name for name in opened.cell.at if name in read]
    if row is not None and len(shown) < len(opened.cell.at):
        told = row.as_dict()
        shown += [name for name in read if columns[name].unit is Unit.TEXT and told[name] and name not in shown]
    if row is not None:
        return [(labels[name], cells.text(columns[name], row)) for name in shown]
    at = opened.cell.at
    return [
        (labels[name], cells.label(columns[name], at[name]) if columns[name].dimension else _text(at[name]))
        for name in shown
    ]


def _linked(rows: Answer[Any], table: ShownTable, customers: frozenset[str]) -> list[list[tuple[str, str | None]]]:
    """The cells of the page with where they lead: a customer, if he is among those, and a deal to their pages."""
    places = [head.name for head in table.headers]
    telling = telling_columns(places, is_of_deals=rows.declared.table == "deals")
    found = []
    for row, texts in zip(rows.rows, table.rows, strict=True):
        told = row.as_dict()
        leads = telling if str(told.get("customer_id")) in customers else telling - {"customer_id"}
        cells = zip(places, texts, strict=True)
        found.append([(text, page_of(name, told) if name in leads else None) for name, text in cells])
    return found


def _order(sort: str, name: str) -> str:
    """How the rows are sorted by a column now; blank if by another one."""
    return {name: "ascending", f"-{name}": "descending"}.get(sort, "")


def _with(given: QueryParams, *, file: str = "", **changed: str | None) -> str:
    """The address of this page with parts changed, None taken away; with `file` that of the file of that kind."""
    kept = [(name, value) for name, value in given.multi_items() if name not in changed]
    kept += [(name, value) for name, value in changed.items() if value is not None]
    return (f"rows.{file}" if file else "rows") + (f"?{urlencode(kept)}" if kept else "")
