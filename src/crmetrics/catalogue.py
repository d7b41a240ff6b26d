"""The hall: every analysis by key, one way to ask, the only cache."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from crmetrics.analysis import Analysis, Answer, Catalogue, Entry, Result
from crmetrics.analysis.kept import Answers, Asked
from crmetrics.analysis.opening import Cell, Part, rows_behind
from crmetrics.analysis.own_kpis import ReadOwn, mark_of, read_own_kpis
from crmetrics.analysis.provenance import is_thin, locked_by, locked_result, names_in, passport_of, reading_notes
from crmetrics.analysis.reading import read_choices
from crmetrics.analysis.segments import SegmentsOfCustomers
from crmetrics.analysis.small_groups import without_small_groups
from crmetrics.vocabulary.errors import NoWorkspace, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Compare, Period, local_day, parse_period
from crmetrics.warehouse.engine import DuckDbEngine, Engine
from crmetrics.warehouse.scope import ADMINISTRATOR, Filter, Scope, Viewer
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


def open_workspace(folder: Path | str, answers: Answers | None = None, read: ReadOwn = read_own_kpis) -> OpenCatalogue:
    """Open a workspace for questions, on its current version, with `answers` as cache; `read` reads the own KPIs."""
    from crmetrics.warehouse.versions import facts_of
    from crmetrics.workspace.settings import Settings, read_settings

    version = current_version(folder)
    facts = facts_of(version.path)  # a first import publishes before it writes the settings that it proposes
    told = Settings(zone=facts["zone"], currency=facts["currency"])
    settings = read_settings(Path(folder) / "crmetrics.toml").completed(told)
    engine = DuckDbEngine(
        version.path,
        memory_limit=settings.memory_limit or None,
        threads=settings.threads or None,
        spill=Path(folder) / (settings.spill or "spill"),
    )
    return OpenCatalogue(engine, settings, answers, read(Path(folder) / "kpis.toml"), Path(folder))


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
    return getattr(importlib.import_module(f"crmetrics.{key}"), key.partition(".")[2], None)


class OpenCatalogue:
    """The catalogue over one open workspace. Every door asks here."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        answers: Answers | None = None,
        own: Mapping[str, Analysis] = MappingProxyType({}),
        folder: Path | None = None,
    ) -> None:
        self.engine, self.settings, self.own, self.folder = engine, settings, own, folder
        self._answers = answers or Answers()
        self._entries: dict[Viewer, tuple[Entry, ...]] = {}

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
        return self.answer(
            self.question(key, viewer=viewer, period=period, compare=compare, as_of=as_of, where=where, **choices)
        )

    def question(
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
    ) -> Asked:
        """The same read and checked, not yet answered: everything that can change its answer."""
        scope = self.scope(viewer, where, as_of)
        reaches = self.engine.profile.reaches
        today = local_day(min(as_of or reaches, reaches), self.settings.zone)
        return self._asked(self.find(key), choices, period, compare, scope, today)

    def kept(self, asked: Asked) -> Answer[Any] | None:
        """The answer to a question, if it is known already."""
        return self._answers.get(asked)

    def answer(self, asked: Asked) -> Answer[Any]:
        """The answer to a question that was read before; whoever asks the same meanwhile waits for this one."""

        def work() -> Answer[Any]:
            with self.warehouse(asked.scope) as warehouse:
                return self._answer(asked, warehouse)

        return self._answers.once(asked, work)

    def usual_seconds(self, key: str) -> float | None:
        """How long the last answer of an analysis took, None if there was none since the start."""
        return self._answers.usual(key)

    def ask_of(
        self,
        warehouse: Warehouse,
        key: str,
        period: Period | str | None,
        compare: Compare | None,
        choices: Mapping[str, Any],
    ) -> Answer[Any]:
        """The same of a warehouse that is open already, under its scope: the views that it has made are used again."""
        asked = self._asked(self.find(key), choices, period, compare, warehouse.scope, warehouse.today)
        return self._answers.once(asked, lambda: self._answer(asked, warehouse))

    def _asked(
        self,
        declared: Analysis,
        choices: Mapping[str, Any],
        period: Period | str | None,
        compare: Compare | None,
        scope: Scope,
        today: date,
    ) -> Asked:
        told = self.settings
        return Asked(
            declared.key,
            tuple(sorted(read_choices(declared, choices).items())),
            self._period(declared, period, today),
            compare,
            scope,
            self.engine.profile.number,
            (told.currency, told.zone, told.week_start, told.fiscal_start, mark_of(self.own)),
            self.engine.name,
        )

    def open(
        self, key: str, cell: Cell, part: Part, /, *, viewer: Viewer, where: tuple[Filter, ...] = (), **asked: Any
    ) -> Answer[Any]:
        """The very rows behind a figure of the answer to the same question (arguments as of `ask`); `used` of its passport is
        how many there are in all. Not kept: each part is asked for itself."""
        period, declared = asked.pop("period", None), self.find(key)
        with self.warehouse(self.scope(viewer, where, asked.pop("as_of", None))) as warehouse:
            choices, span = read_choices(declared, asked), self._period(declared, period, warehouse.today)
            listed, result = rows_behind(declared, warehouse, span, choices, cell, part)
            return self._told(listed, choices, span, warehouse, result)

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
        """Every analysis with its state: ready, thin, or locked by a column. Known once for a viewer, as a version never changes."""
        known = self._entries.get(viewer)
        if known is None:
            known = self._entries[viewer] = self._listed(viewer)
        return known

    def _listed(self, viewer: Viewer) -> tuple[Entry, ...]:
        found = []
        with self.warehouse(Scope(viewer)) as warehouse:
            for key in self.keys():
                declared = self.find(key)
                locked = locked_by(declared, warehouse, {})
                state: Literal["ready", "thin", "locked"] = (
                    "locked" if locked else "thin" if is_thin(declared, warehouse) else "ready"
                )
                found.append(Entry(declared, state, locked))
        return tuple(found)

    def scope(self, viewer: Viewer, where: tuple[Filter, ...], as_of: datetime | None = None) -> Scope:
        """The scope of a question: filters checked, and who is in the segments among them worked out for this viewer."""
        return self.segments.scope(Scope(viewer, tuple(sorted(where, key=lambda each: each.dimension)), as_of))

    @cached_property
    def segments(self) -> SegmentsOfCustomers:
        """The segments of customers that people keep in this workspace."""
        return SegmentsOfCustomers(self.folder, self.find, self.warehouse, self._period)

    def warehouse(self, scope: Scope) -> Warehouse:
        """The warehouse under a scope, for doors that list values to filter by."""
        told = self.settings
        own = {"week_start": told.week_start, "fiscal_start": told.fiscal_start}
        return Warehouse(self.engine, scope, zone=told.zone, currency=told.currency, **own)

    def _period(self, declared: Analysis, period: Period | str | None, today: date) -> Period | None:
        if not declared.takes_period:
            return None
        if isinstance(period, Period):
            return period
        return parse_period(period or str(declared.period), today, self.settings.week_start, self.settings.fiscal_start)

    def _answer(self, asked: Asked, warehouse: Warehouse) -> Answer[Any]:
        declared, choices, period, compare = self.find(asked.key), dict(asked.choices), asked.period, asked.compare
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
        answer = self._told(declared, choices, period, warehouse, result, statements)
        return replace(answer, before=before, before_period=earlier if compare else None)

    def _told(
        self,
        declared: Analysis,
        choices: Mapping[str, Any],
        period: Period | None,
        warehouse: Warehouse,
        result: Result[Any],
        statements: tuple[str, ...] = (),
    ) -> Answer[Any]:
        """A result with all that is needed to trust it."""
        told = statements or tuple(dict.fromkeys(warehouse.statements))
        return Answer(
            declared=declared,
            choices=choices,
            period=period,
            is_incomplete=bool(period and period.elapsed(warehouse.today) != period),
            today=warehouse.today,
            currency=self.settings.currency,
            result=result,
            before=None,
            before_period=None,
            passport=passport_of(declared, result, warehouse, choices, told, datetime.now(UTC).replace(tzinfo=None)),
            names=names_in(result, choices, warehouse),
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
            asked = {name: value for name, value in given.items() if name in declared.given}
            return without_small_groups(declared.function(**asked, **choices), choices, warehouse)

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

    @contextmanager
    def as_if_merged(self, table: str, groups: Sequence[Sequence[str]]) -> Iterator[tuple[Warehouse, Catalogue]]:
        """The same over a version made aside in which these duplicates are merged; NoWorkspace where there are no raw rows."""
        from crmetrics.intake.duplicates import previewed

        settings = self.catalogue.settings
        with previewed(self.catalogue.folder, groups, table) as path, DuckDbEngine(path) as engine:
            other = OpenCatalogue(engine, settings, None, self.catalogue.own)
            with other.warehouse(self.warehouse.scope) as warehouse:
                yield warehouse, _ForViewer(other, warehouse)
