"""The values of a dimension to choose from, with how often each occurs: only what the viewer may see."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

from crmetrics.analysis import Analysis
from crmetrics.analysis.segments import reaches_customers
from crmetrics.catalogue import OpenCatalogue
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.table import value_name
from crmetrics.vocabulary.spelling import folded
from crmetrics.warehouse.schema import COUNTRIES, DIMENSIONS, TABLES, path_to
from crmetrics.warehouse.scope import SEGMENT, Scope, Viewer
from crmetrics.warehouse.views import CUSTOM, custom_path
from crmetrics.warehouse.warehouse import Warehouse

MOST: Final = 2_000
"""So many of a dimension's values are held, the most frequent ones; the others are found by a part of their name."""
KEPT: Final = 200  # lists

VALUES: Final = "select party as found, count(*) as n from {table} group by party order by n desc, party limit {most}"
NAMED: Final = """
select t.party as found, count(*) as n from {table} t
where contains(t.party, $as_typed) or contains(t.party, $large) or contains(t.party, $as_name)
or t.party in (select {key} from {names} where contains({column}, $as_typed) or contains({column}, $large)
or contains({column}, $small) or contains({column}, $as_name))
group by t.party order by n desc, found limit {most}
"""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a dimension, what it is called, and in how many rows it stands."""

    value: str | None
    shown: str
    count: int


@dataclass(frozen=True, slots=True)
class _Listed:
    counts: tuple[tuple[str | None, int], ...]
    names: Mapping[str, str]
    is_cut: bool


@dataclass
class Values:
    """Lists of values, kept by data version, viewer, moment, table and dimension."""

    _lists: OrderedDict[tuple[object, ...], _Listed] = field(default_factory=OrderedDict)
    _single: dict[int, frozenset[str]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def dimensions(self, catalogue: OpenCatalogue, declared: Analysis, viewer: Viewer) -> tuple[str, ...]:
        """What the rows of an analysis can be filtered by: every dimension that they reach and that has several values, and
        segments of customers if the viewer has any."""
        profile = catalogue.engine.profile
        if declared.table not in TABLES or not profile.rows(declared.table):
            return ()
        single, found = self._of_one_value(catalogue), []
        for name, each in DIMENSIONS.items():
            path = path_to(declared.table, each)
            if (
                path is not None
                and profile.has(path.table, path.column)
                and f"{path.table}.{path.column}" not in single
            ):
                found.append(name)
        own = [f"{CUSTOM}{name}" for names in profile.custom.values() for name in names]
        reached = (name for name in own if custom_path(profile, TABLES[declared.table], name) is not None)
        is_segmented = reaches_customers(declared.table) and bool(catalogue.segments.titles(viewer))
        return (*found, *([SEGMENT] if is_segmented else []), *dict.fromkeys(reached))

    def listed(
        self,
        catalogue: OpenCatalogue,
        scope: Scope,
        declared: Analysis,
        dimension: str,
        format: Format,
        typed: str = "",
    ) -> tuple[list[Value], bool]:
        """The values with `typed` in them, the most frequent first, and whether there are more than are held."""
        if dimension == SEGMENT:  # how many each has is a question of its own, told where they are listed
            titles, sought = catalogue.segments.titles(scope.viewer), folded(typed.strip())
            return [Value(number, title, 0) for number, title in titles.items() if sought in folded(title)], False
        found = self._list(catalogue, scope, declared.table, dimension)
        named = [Value(value, value_name(dimension, value, found.names, format), n) for value, n in found.counts]
        sought = folded(typed.strip())
        is_code = dimension in COUNTRIES  # found by its name and by the code that stands in files and addresses
        fitting = [
            each
            for each in named
            if sought in folded(each.shown) or (is_code and folded(each.value or "").startswith(sought))
        ]
        if sought and found.is_cut and not fitting and dimension in DIMENSIONS:
            rows = self._sought(catalogue, scope, declared.table, dimension, typed.strip())
            fitting = [Value(value, value_name(dimension, value, rows.names, format), n) for value, n in rows.counts]
        return fitting, found.is_cut

    def _list(self, catalogue: OpenCatalogue, scope: Scope, table: str, dimension: str) -> _Listed:
        seen = Scope(scope.viewer, (), scope.as_of)
        key = (catalogue.engine.profile.number, seen, table, dimension)
        with self._lock:
            known = self._lists.get(key)
            if known is not None:
                self._lists.move_to_end(key)
                return known
        with catalogue.warehouse(seen) as warehouse:
            known = _counted(warehouse, VALUES.format(table=table, most=MOST + 1), table, dimension)
        with self._lock:
            self._lists[key] = known
            while len(self._lists) > KEPT:
                self._lists.popitem(last=False)
        return known

    def _sought(self, catalogue: OpenCatalogue, scope: Scope, table: str, dimension: str, typed: str) -> _Listed:
        """The values that are not among those held, by a part of their name as it was typed."""
        names, column = DIMENSIONS[dimension].names or (table, "")
        if not column:
            return _Listed((), {}, False)
        sql = NAMED.format(table=table, names=names, key=TABLES[names].key[0], column=column, most=50)
        spelled = {"as_typed": typed, "large": typed.upper(), "small": typed.lower(), "as_name": typed.title()}
        with catalogue.warehouse(Scope(scope.viewer, (), scope.as_of)) as warehouse:
            return _counted(warehouse, sql, table, dimension, **spelled)

    def _of_one_value(self, catalogue: OpenCatalogue) -> frozenset[str]:
        """The columns behind dimensions that hold one value in all rows: there is nothing to choose. Once for a version."""
        profile = catalogue.engine.profile
        if profile.number not in self._single:
            with catalogue.warehouse(Scope()) as warehouse:
                self._single = {profile.number: frozenset(_single(warehouse))}
        return self._single[profile.number]


def names_of(catalogue: OpenCatalogue, viewer: Viewer, dimension: str, values: list[str]) -> Mapping[str, str]:
    """The names of some values of a dimension whose values are ids, as far as the viewer may see them."""
    if dimension == SEGMENT:
        return catalogue.segments.titles(viewer)
    named = DIMENSIONS[dimension].names if dimension in DIMENSIONS else None
    if named is None or not values or not catalogue.engine.profile.rows(named[0]):
        return {}
    with catalogue.warehouse(Scope(viewer)) as warehouse:
        return warehouse.names_of(*named, values)


def _counted(warehouse: Warehouse, sql: str, table: str, dimension: str, **values: Any) -> _Listed:
    rows = warehouse.query(sql, by=dimension, of=table, **values)
    found = list(zip(rows.values("found"), (int(n) for n in rows.values("n")), strict=True))
    ids = [value for value, _n in found if value is not None]
    named = DIMENSIONS[dimension].names if dimension in DIMENSIONS else None
    is_named = named is not None and bool(ids) and warehouse.profile.rows(named[0]) > 0
    names = warehouse.names_of(*named, ids) if named is not None and is_named else {}
    return _Listed(tuple(found[:MOST]), names, len(found) > MOST)


def _single(warehouse: Warehouse) -> Iterator[str]:
    of_tables: dict[str, list[str]] = {}
    for each in DIMENSIONS.values():
        for table, column in each.columns.items():
            if warehouse.profile.has(table, column) and each.names is None and column not in of_tables.get(table, ()):
                of_tables.setdefault(table, []).append(column)
    for table, columns in of_tables.items():
        asked = ", ".join(
            f"min({name}) as low_{name}, max({name}) as high_{name}, count({name}) as n_{name}" for name in columns
        )
        row = warehouse.query(f"select count(*) as n, {asked} from {table}").one()
        for name in columns:
            if row[f"low_{name}"] == row[f"high_{name}"] and row[f"n_{name}"] == row["n"]:
                yield f"{table}.{name}"
