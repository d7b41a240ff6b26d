"""The hall: every analysis by key, one way to ask, the only cache."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from crmetrics.analysis import Analysis, Answer, Entry, Locked, Note, Result, Table
from crmetrics.analysis.kept import Answers, Asked
from crmetrics.analysis.own_kpis import mark_of, read_own_kpis
from crmetrics.analysis.provenance import is_thin, locked_by, passport_of, reading_notes
from crmetrics.vocabulary.errors import NoWorkspace, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Compare, Period, parse_period
from crmetrics.warehouse.engine import DuckDbEngine, Engine
from crmetrics.warehouse.schema import DIMENSIONS
from crmetrics.warehouse.scope import ADMINISTRATOR, Filter, Scope, Viewer
from crmetrics.warehouse.views import CUSTOM
from crmetrics.warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from crmetrics.warehouse.versions import Version
    from crmetrics.workspace.settings import Settings

_ = words("crmetrics")

AREAS: Final = ("kpis", "customers", "sales", "finance", "marketing", "service", "data", "actions")


def current_version(folder: Path | str) -> Version:
    """The published version that a workspace's questions read; NoWorkspace if there is none yet."""
    from crmetrics.warehouse.versions import Versions

    version = Versions(Path(folder) / "versions").current()
    if version is None:
        raise NoWorkspace(
            _(
                "There is no data in '{folder}' yet. Import some: crmetrics --workspace {folder} import SOURCE --mapping FILE",
                folder=str(folder),
            )
        )
    return version


def open_workspace(folder: Path | str, answers: Answers | None = None) -> OpenCatalogue:
    """Open a workspace for questions, on its current version; `answers` is a cache to go on with."""
    from crmetrics.workspace.settings import read_settings

    settings = read_settings(Path(folder) / "crmetrics.toml")
    engine = DuckDbEngine(
        current_version(folder).path,
        memory_limit=settings.memory_limit or None,
        threads=settings.threads or None,
        spill=Path(folder) / (settings.spill or "spill"),
    )
    return OpenCatalogue(engine, settings, answers, read_own_kpis(Path(folder) / "kpis.toml"))


def find(key: str, own: Mapping[str, Analysis] = MappingProxyType({})) -> Analysis:
    """The analysis of that key, or the company's own KPI; UnknownName, with the nearest keys, if there is none."""
    found = known(key, own)
    if found is not None:
        return found
    near = get_close_matches(key, (*keys(), *own), n=3, cutoff=0.5)
    if near:
        raise UnknownName(_("There is no analysis '{key}'. Did you mean {near}?", key=key, near=", ".join(near)))
    raise UnknownName(_("There is no analysis '{key}'. `crmetrics list` shows them all.", key=key))


def known(key: str, own: Mapping[str, Analysis] = MappingProxyType({})) -> Analysis | None:
    """The analysis of that key, or the company's own KPI, None if there is none. Imports its file only."""
    area, _dot, name = key.partition(".")
    if area not in AREAS or not name.isidentifier() or name.startswith("_"):
        return own.get(key)
    try:
        module = importlib.import_module(f"crmetrics.{area}.{name}")
    except ModuleNotFoundError as error:
        if error.name not in (f"crmetrics.{area}", f"crmetrics.{area}.{name}"):
            raise
        return None
    found = getattr(module, name, None)
    return found if isinstance(found, Analysis) else None


def keys() -> tuple[str, ...]:
    """The keys of all analyses, by area, without importing them."""
    found = []
    for area in AREAS:
        try:
            package = importlib.import_module(f"crmetrics.{area}")
        except ModuleNotFoundError:
            continue
        found += [
            f"{area}.{each.name}" for each in pkgutil.iter_modules(package.__path__) if not each.name.startswith("_")
        ]
    return tuple(key for key in found if isinstance(_declared(key), Analysis))


def _declared(key: str) -> object:
    area, _dot, name = key.partition(".")
    return getattr(importlib.import_module(f"crmetrics.{area}.{name}"), name, None)


class OpenCatalogue:
    """The catalogue over one open workspace. Every door asks here."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        answers: Answers | None = None,
        own: Mapping[str, Analysis] = MappingProxyType({}),
    ) -> None:
        self.engine, self.settings, self.own = engine, settings, own
        self._answers = answers or Answers()

    def ask(
        self,
        key: str,
        /,
        *,
        viewer: Viewer = ADMINISTRATOR,
        period: Period | str | None = None,
        compare: Compare | None = None,
        as_of: datetime | None = None,
        where: tuple[Filter, ...] = (),
        **choices: Any,
    ) -> Answer[Any]:
        """Answer a question.

        period   a Period or its text; default: the analysis' own
        compare  also answer for the previous period of equal length, or the same of last year (R2)
        as_of    UTC instant of an earlier state
        where    filters on declared dimensions
        choices  the switches of the definition, typed or as text; `by` groups
        Raises UnknownName or BadValue for a key, choice, dimension or period that does not exist.
        """
        check_filters(where)
        scope = Scope(viewer, tuple(sorted(where, key=lambda each: each.dimension)), as_of)
        with self._warehouse(scope) as warehouse:
            return self.ask_of(warehouse, key, period, compare, choices)

    def ask_of(
        self,
        warehouse: Warehouse,
        key: str,
        period: Period | str | None,
        compare: Compare | None,
        choices: Mapping[str, Any],
    ) -> Answer[Any]:
        """The same of a warehouse that is open already, under its scope: the views that it has made are used again."""
        declared = self.find(key)
        read = read_choices(declared, choices)
        span = self._period(declared, period, warehouse)
        asked = Asked(
            key,
            tuple(sorted(read.items())),
            span,
            compare,
            warehouse.scope,
            self.engine.profile.number,
            (self.settings.currency, self.settings.zone, self.settings.week_start, mark_of(self.own)),
            self.engine.name,
        )
        kept = self._answers.get(asked)
        if kept is None:
            kept = self._answer(declared, read, span, compare, warehouse)
            self._answers.keep(asked, kept)
        return kept

    def known(self, key: str) -> Analysis | None:
        """The analysis of that key, one of the company's own KPIs among them; None if there is none."""
        return known(key, self.own)

    def find(self, key: str) -> Analysis:
        """The same; UnknownName, with the nearest keys, if there is none."""
        return find(key, self.own)

    def keys(self) -> tuple[str, ...]:
        """The keys of all analyses and of the company's own KPIs."""
        return (*keys(), *self.own)

    def entries(self, viewer: Viewer = ADMINISTRATOR) -> tuple[Entry, ...]:
        """Every analysis with its state: ready, thin, or locked by a column."""
        found = []
        with self._warehouse(Scope(viewer)) as warehouse:
            for key in self.keys():
                declared = self.find(key)
                locked = locked_by(declared, warehouse, {})
                state: Literal["ready", "thin", "locked"] = (
                    "locked" if locked else "thin" if is_thin(declared, warehouse) else "ready"
                )
                found.append(Entry(declared, state, locked))
        return tuple(found)

    def warehouse(self, scope: Scope) -> Warehouse:
        """The warehouse under a scope, for doors that list values to filter by."""
        return self._warehouse(scope)

    def _warehouse(self, scope: Scope) -> Warehouse:
        settings = self.settings
        return Warehouse(
            self.engine, scope, zone=settings.zone, currency=settings.currency, week_start=settings.week_start
        )

    def _period(self, declared: Analysis, period: Period | str | None, warehouse: Warehouse) -> Period | None:
        if not declared.takes_period:
            return None
        if isinstance(period, Period):
            return period
        return parse_period(
            period or str(declared.period), warehouse.today, self.settings.week_start, self.settings.fiscal_start
        )

    def _answer(
        self,
        declared: Analysis,
        choices: Mapping[str, Any],
        period: Period | None,
        compare: Compare | None,
        warehouse: Warehouse,
    ) -> Answer[Any]:
        today, told = warehouse.today, len(warehouse.statements)
        earlier = period.compared(compare or "previous", today) if period else None
        locked = locked_by(declared, warehouse, choices)
        run = self._runner(declared, choices, warehouse)
        result = locked_result(declared, locked) if locked else run(period, earlier)
        statements = tuple(dict.fromkeys(warehouse.statements[told:]))
        before = run(earlier, earlier.compared(compare, today)) if compare and earlier and not result.locked else None
        del warehouse.statements[told:]  # what is asked for the sake of another question stands in its own passport
        notes = (*result.notes, *reading_notes(declared, warehouse, period, choices))
        in_order = result.rows.sorted_by("party") if choices.get("by") in GRAINS else result.rows
        result = replace(result, notes=notes, rows=in_order)
        return Answer(
            declared=declared,
            choices=choices,
            period=period,
            is_incomplete=bool(period and period.elapsed(today) != period),
            today=today,
            currency=self.settings.currency,
            result=result,
            before=before,
            before_period=earlier if compare else None,
            passport=passport_of(
                declared, result, warehouse, choices, statements, datetime.now(UTC).replace(tzinfo=None)
            ),
            names=_names(result, choices, warehouse),
        )

    def _runner(
        self, declared: Analysis, choices: Mapping[str, Any], warehouse: Warehouse
    ) -> Callable[[Period | None, Period | None], Result[Any]]:
        def run(period: Period | None, before: Period | None) -> Result[Any]:
            given = {
                "warehouse": warehouse,
                "period": period,
                "before": before,
                "catalogue": _ForViewer(self, warehouse),
            }
            return declared.function(
                **{name: value for name, value in given.items() if name in declared.given}, **choices
            )

        return run


@dataclass(frozen=True)
class _ForViewer:
    """The catalogue handed to an analysis that asks other questions: same viewer, same filters, same as-of."""

    catalogue: OpenCatalogue
    warehouse: Warehouse

    def ask(
        self,
        key: str,
        /,
        *,
        period: Period | str | None = None,
        compare: Compare | None = None,
        where: tuple[Filter, ...] = (),
        **choices: Any,
    ) -> Answer[Any]:
        """The answer to another question; further filters are added to those of the scope."""
        if not where:
            return self.catalogue.ask_of(self.warehouse, key, period, compare, choices)
        scope = self.warehouse.scope
        return self.catalogue.ask(
            key,
            viewer=scope.viewer,
            period=period,
            compare=compare,
            as_of=scope.as_of,
            where=(*scope.filters, *where),
            **choices,
        )

    def known(self, key: str) -> Analysis | None:
        """The analysis of that key, one of the company's own KPIs among them; None if there is none."""
        return known(key, self.catalogue.own)

    def find(self, key: str) -> Analysis:
        """The same; UnknownName, with the nearest keys, if there is none."""
        return self.catalogue.find(key)

    def entries(self) -> tuple[Entry, ...]:
        """Every analysis with its state."""
        return self.catalogue.entries(self.warehouse.scope.viewer)


def check_filters(where: tuple[Filter, ...]) -> None:
    """UnknownName for a filter on a dimension that does not exist."""
    for each in where:
        if each.dimension not in DIMENSIONS and not each.dimension.startswith(CUSTOM):
            raise UnknownName(
                _(
                    "'{name}' is not a dimension. There are: {names}.",
                    name=each.dimension,
                    names=", ".join(sorted(DIMENSIONS)),
                )
            )


def read_choices(declared: Analysis, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every choice of an analysis, the given ones read and checked, the others at their defaults."""
    if unknown := sorted(given.keys() - {choice.name for choice in declared.choices}):
        names = ", ".join(choice.name for choice in declared.choices) or "-"
        raise UnknownName(
            _("{key} has no choice '{name}'. It has: {names}.", key=declared.key, name=unknown[0], names=names)
        )
    read = {
        choice.name: choice.read(given[choice.name]) if choice.name in given else choice.default
        for choice in declared.choices
    }
    for choice in declared.choices:
        value = read[choice.name]
        if choice.kind == "by":
            read[choice.name] = value = "" if value in ("none", "-") else value
            if value and not value.startswith(CUSTOM) and value not in declared.groupings():
                raise UnknownName(
                    _(
                        "{key} cannot be grouped by '{by}'. It can by: {names}.",
                        key=declared.key,
                        by=value,
                        names=", ".join(declared.groupings()),
                    )
                )
    return read


def locked_result(declared: Analysis, locked: Locked) -> Result[Any]:
    """The empty result of a locked question."""
    nothing: Table[Any] = Table(declared.row, {column.name: [] for column in declared.row.columns})
    return Result(nothing, notes=(Note(locked.message, "warn"),), locked=locked)


def _names(result: Result[Any], choices: Mapping[str, Any], warehouse: Warehouse) -> dict[str, dict[str, str]]:
    """Display names for every column whose values are ids of something that has a name."""
    found = {}
    for column in result.rows.row.columns:
        by = choices.get(column.dimension, column.dimension) if column.dimension else ""
        names = DIMENSIONS[by].names if by in DIMENSIONS else None
        ids = [value for value in result.rows.values(column.name) if value is not None] if names else []
        if names and ids and warehouse.profile.rows(names[0]):
            found[column.name] = warehouse.names_of(*names, ids)
    return found
