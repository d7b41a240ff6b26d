"""Tables of predicted values: customers, groups, and how the models did on held-out time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import numpy as np

from crmetrics.analysis import Row, Table
from crmetrics.customers.purchase_histories import Buying
from crmetrics.models.buying_contest import CLASSES, BuyingContest, Classes
from crmetrics.vocabulary.period import GRAINS
from crmetrics.warehouse.rows import Rows, plain
from crmetrics.warehouse.views import GRAIN_TEXT
from crmetrics.warehouse.warehouse import Warehouse

R = TypeVar("R", bound=Row)

MEASURES: Final = ("bias", "rmse", "mae", "correlation", "spearman", "found", "surprise")


def by_party(warehouse: Warehouse, sql: str, by: str, day: str) -> Rows:
    """Groups and the whole: by a dimension of customers, or by the cohort of the first purchase, whose day is the column `day`."""
    party = GRAIN_TEXT.get(by, "c.party").replace("{day}", day)
    return warehouse.query(sql.replace("{party}", party), by="" if by in ("customer", *GRAINS) else by, of="customers")


def filled(row: type[R], columns: Mapping[str, Sequence[Any]], count: int) -> Table[R]:
    """A table of `row` that holds these columns and is blank in all others."""
    return Table(row, {each.name: columns.get(each.name, [None] * count) for each in row.columns})


def table_of(row: type[R], rows: Rows) -> Table[R]:
    """A table of `row` of what the rows of a query hold."""
    names = {each.name for each in row.columns} & set(rows.names)
    return filled(row, {name: rows.values(name) for name in names}, len(rows))


def tests_of(row: type[R], buying: Buying, show: str) -> Table[R]:
    """How the models did on held-out time: by `frequency`, by `tenths` of what was foretold, or the `models` compared."""
    if buying.test is None or buying.frequencies is None or buying.tenths is None:
        return filled(row, {}, 0)
    if show == "models":
        return _comparison(row, buying.test, buying.used)
    return _classes(row, buying.frequencies if show == "frequency" else buying.tenths, show)


def _classes(row: type[R], classes: Classes, show: str) -> Table[R]:
    """Foretold beside happened by class, means of a customer by frequency, sums by tenth."""
    divisor = classes.customers if show == "frequency" else np.ones(len(classes.number))
    last = f"{CLASSES - 1}+" if show == "frequency" else ""
    names = [last if last and number == CLASSES - 1 else str(int(number)) for number in classes.number]
    sums = (classes.expected, classes.happened, classes.at_own_rate)
    columns: dict[str, Sequence[Any]] = {"class_no": names, "customers": classes.customers.astype(int).tolist()}
    for name, values in zip(("foretold", "happened", "at_own_rate"), sums, strict=True):
        columns[name] = (values / divisor).tolist()
    return filled(row, columns, len(names))


def _comparison(row: type[R], contest: BuyingContest, used: str) -> Table[R]:
    """Models and baselines on held-out time, the models first."""
    tests = contest.tests
    columns: dict[str, Sequence[Any]] = {
        "model": [each.name for each in tests],
        "foretold": [each.expected for each in tests],
        "happened": [each.happened for each in tests],
        **{name: plain(np.array([getattr(each, name) for each in tests])) for name in MEASURES},
        "is_used": ["yes" if each.name == used else "no" for each in tests],
    }
    return filled(row, columns, len(tests))
