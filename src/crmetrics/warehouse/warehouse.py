"""The warehouse as an analysis sees it: ask SQL of the canonical tables, get back what the viewer may see."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property, lru_cache
from threading import Lock, RLock
from typing import Final, TypeVar
from weakref import WeakValueDictionary

from sqlglot import exp

from crmetrics.vocabulary.errors import BadQuery, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import GRAINS, Period, local_day, midnight, parse_period
from crmetrics.warehouse.dialect import parsed, tables_of, unchecked, values_of
from crmetrics.warehouse.engine import Engine, Learned
from crmetrics.warehouse.facts import facts
from crmetrics.warehouse.facts.fact import ADDED_UP, JOINED, Derived, WorkedOut
from crmetrics.warehouse.meaning import Meaning, offsets_of
from crmetrics.warehouse.profile import Profile
from crmetrics.warehouse.rows import Rows, objects
from crmetrics.warehouse.schema import DIMENSIONS, TABLES, Table
from crmetrics.warehouse.scope import Members, Scope, Viewer
from crmetrics.warehouse.views import RATE, Grouping, Views, reach

_ = words("crmetrics")

T = TypeVar("T")

_WORKING: Final = RLock()
_LOOKING: Final[WeakValueDictionary[Hashable, Lock]] = WeakValueDictionary()
LOOKS_KEPT: Final = 32
"""Of so many scopes what was looked through is kept."""

FEW_NAMES: Final = 1000
"""So many names are asked for one by one; for more the whole table is read."""


class Warehouse:
    """One question's access to one published version, under one scope. Close it (or use `with`) when the answer is there."""

    def __init__(
        self, engine: Engine, scope: Scope, *, zone: str, currency: str, week_start: int = 1, fiscal_start: int = 1
    ) -> None:
        self.scope, self.zone, self.currency = scope, zone, currency
        self.profile: Profile = engine.profile
        self.engine_name = engine.name
        self.statements: list[str] = []
        self._engine, self.week_start, self.fiscal_start = engine, week_start, fiscal_start
        self._session = engine.session()
        self._derived: dict[str, str] = {}
        self._restated: dict[str, tuple[Table, Views, str]] = {}
        self._made: dict[str, str] = {}
        first, last = self.profile.span()
        is_single = self.profile.is_single_currency(currency)
        self._meaning = Meaning(offsets_of(zone, first, last), week_start, is_single, self.profile.calendar)

    @cached_property
    def views(self) -> Views:
        """The views of this question's scope."""
        seen = self._people(self.scope.viewer)
        return Views(self.profile, self.scope, self.currency, self._session.source, seen, self._rows_of)

    @property
    def as_of(self) -> datetime:
        """The UTC instant from which on nothing is read."""
        return self.views.as_of

    @property
    def today(self) -> date:
        """The local day of as-of: the first day that is not covered."""
        return local_day(self.as_of, self.zone)

    def period_of(self, text: str) -> Period:
        """A period as people write it, by the company's weeks and fiscal year; BadValue for anything else."""
        return parse_period(text, self.today, self.week_start, self.fiscal_start)

    def query(
        self,
        sql: str,
        *,
        period: Period | None = None,
        by: str = "",
        of: str = "",
        moment: str | None = None,
        **values: object,
    ) -> Rows:
        """Run a query of the house dialect over canonical tables and facts.

        period  binds $start and $end (UTC instants of local midnights) and $start_on and $end_on (days)
        by, of  group: the view of table `of` (or of the fact's grain) holds the dimension or grain of time `by` as `party`;
                `moment` is the driving date for grains of time
        values  are bound as $name. $as_of (UTC instant) and $today (local day) may always be used.
        Raises BadQuery for a qualified or unknown table or a function that is not on the list; UnknownName for a bad `by`.
        """
        tables, wanted = _named_in(sql)
        grouping = grouping_of(by, of, moment) if of else None
        for name in tables:
            self._make_view(name, grouping, reads_rates(sql))
        bound = self._bound(period, values)
        if missing := wanted - bound.keys():
            raise BadQuery(_("The query binds '{name}', which was not given.", name=sorted(missing)[0]))
        spelled = _spelled(self._meaning, sql, parsed)
        self.statements.append(self._session.written(spelled))
        return self._session.run(spelled, {name: bound[name] for name in wanted})

    def derive(self, derived: Derived, *, by: str = "", of: str = "", **values: object) -> None:
        """Make a company-wide reference (R23) ready to be queried under its name, filtered like any other table.

        It is worked out once for the version, as-of, grouping (as in `query`) and values, over the whole company, whoever asks.
        """
        asked = (derived.name, self.as_of, self.zone, self.currency, self.week_start, by, tuple(sorted(values.items())))
        if asked not in self._engine.kept:
            told = len(self.statements)
            with self._of_company() as company:
                self._engine.kept[asked] = company.keep(derived.sql, by=by, of=of, **values)
            del self.statements[told:]
        # the passport tells how it is made, also where it was made before
        made = self._session.written(_spelled(self._meaning, derived.sql, parsed))
        self.statements.append(f"create table {derived.name} as {made}")
        self._show(derived, self._engine.kept[asked])

    def work_out(self, worked: WorkedOut[T], **values: object) -> T:
        """Make a company-wide reference ready that Python works out (R23), filtered like any other table; give what was learned.

        As `derive`: once for the version, as-of and values, over the whole company, whoever asks. Whoever asks meanwhile waits:
        learning the same twice would cost more.
        """
        asked = (worked.name, self.as_of, self.zone, self.currency, self.week_start, tuple(sorted(values.items())))
        with _WORKING:
            if asked not in self._engine.learned:
                with Warehouse(
                    self._engine,
                    Scope(as_of=self.scope.as_of),
                    zone=self.zone,
                    currency=self.currency,
                    week_start=self.week_start,
                ) as company:
                    columns, told = worked.work(company, values)
                    rows = company._session.store(columns, worked.columns)
                    self._engine.learned[asked] = Learned(rows, told, tuple(dict.fromkeys(company.statements)))
        learned = self._engine.learned[asked]
        self.statements += learned.statements
        self._show(worked, learned.rows)
        found: T = learned.told
        return found

    def looked_through(self, name: str, look: Callable[[], T]) -> T:
        """What `look` finds in the rows of this scope, once for the version: several answers stand on the same look at every row.

        Who asks the same meanwhile waits for it. The passport tells its statements each time.
        """
        asked = (name, self.scope, self.as_of, self.zone, self.currency, self.week_start)
        learned = self._engine.learned
        with _LOOKING.setdefault((id(self._engine), asked), Lock()):
            if asked not in learned:
                told = len(self.statements)
                found = look()
                looks = [each for each in tuple(learned) if isinstance(each, tuple) and each[0] == name]
                for oldest in looks[: 1 - LOOKS_KEPT]:
                    del learned[oldest]
                learned[asked] = Learned("", found, tuple(self.statements[told:]))
                del self.statements[told:]
            known = learned[asked]
        self.statements += known.statements
        seen: T = known.told
        return seen

    @contextmanager
    def _of_company(self) -> Iterator[Warehouse]:
        """The warehouse of the whole company as of the same moment: this one, if that is what it is."""
        if self.scope.is_whole:
            yield self
            return
        whole = Scope(as_of=self.scope.as_of)
        with Warehouse(
            self._engine, whole, zone=self.zone, currency=self.currency, week_start=self.week_start
        ) as company:
            yield company

    def _show(self, derived: Derived | WorkedOut[T], rows: str) -> None:
        """Let rows that are kept for the company be queried under their name, as far as the viewer sees what they belong to."""
        seen = "" if self.scope.is_whole else f" where {derived.key} in (select {derived.key} from {derived.table})"
        self._derived[derived.name] = f"select * from {rows}{seen}"

    def keep(self, sql: str, *, by: str = "", of: str = "", **values: object) -> str:
        """Keep the rows of a query beyond this question; the name under which the engine holds them."""
        tables, wanted = _named_in(sql)
        grouping = grouping_of(by, of, None) if of else None
        for name in tables:
            self._make_view(name, grouping, reads_rates(sql))
        bound = self._bound(None, values)
        spelled = _spelled(self._meaning, sql, parsed)
        self.statements.append(self._session.written(spelled))
        return self._session.keep(spelled, {name: bound[name] for name in wanted})

    def restate(
        self, name: str, table: Table, as_of: datetime, *, is_filtered: bool = True, joined_to: str = ""
    ) -> None:
        """Let a table as it was known at a moment be queried under a name of its own, beside the table itself (R21).

        table        canonical, or a copy of one with fewer histories or another rate date
        is_filtered  under the filters of the scope, by the values of then; the rights of the viewer always hold
        joined_to    the parent to which it will be joined so that rows of unseen parents fall away: it is not asked here again
        """
        filters = self.scope.filters if is_filtered else ()
        scope = replace(self.scope, as_of=min(as_of, self.as_of), filters=filters)
        self._restated[name] = (table, replace(self.views, scope=scope), joined_to)

    def names_of(self, table: str, column: str, ids: list[str]) -> dict[str, str]:
        """The display names of ids, for a dimension whose values are ids."""
        key = TABLES[table].key[0]
        tree = parsed(f"select {key} as id, {column} as shown from {table} where {column} <> {key}")
        if len(ids) <= FEW_NAMES:
            tree = tree.copy().where(exp.column(key).isin(*ids))
        self._make_view(table, None, False)
        rows = self._session.run(tree, {})
        named = zip(rows.values("id"), rows.values("shown"), strict=True)
        if len(ids) >= len(rows):
            return dict(named)  # of a million names most of the work would be to look which are wanted
        wanted = set(ids)
        return {each: shown for each, shown in named if each in wanted}

    def sources_of(self, table: str) -> tuple[str, ...]:
        """The names of the sources that a table's rows came from, of the whole company."""
        asked = f"select distinct source_system from {self._session.source(table)} where source_system is not null"
        return tuple(sorted(self._session.run(unchecked(asked), {}).values("source_system")))

    def recorded(self, sql: str, *tables: str) -> Rows | None:
        """Rows of what the import keeps beside the tables, of the whole company: of {quarantine}, {files} and the like in `sql`.

        Not for a viewer of a part: whose a row is, is not known there. None where the version is older than such a record.
        """
        if not all(self._session.holds(each) for each in tables):
            return None
        asked = unchecked(sql.format(**{each: self._session.source(each) for each in tables}))
        self.statements.append(self._session.written(asked))
        return self._session.run(asked, {})

    def close(self) -> None:
        """End the question."""
        self._session.close()

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _bound(self, period: Period | None, values: Mapping[str, object]) -> dict[str, object]:
        bound: dict[str, object] = {"as_of": self.as_of, "today": self.today, **values}
        if period is not None:
            bound |= {
                "start": midnight(period.start, self.zone),
                "end": midnight(period.end, self.zone),
                "start_on": period.start,
                "end_on": period.end,
            }
        return bound

    def _make_view(self, name: str, grouping: Grouping | None, is_priced: bool) -> None:
        """Make the view of a table or fact if this session has it not, or has it with another grouping or without rates."""
        if name in facts():
            fact = facts()[name]
            alias = fact.parties.get(grouping.table if grouping else "", fact.parties[fact.grain])
            sql = text = fact.sql.replace("{party}", f"{alias}.party")
            read = parsed
            needed, _values = _named_in(sql)
            for each in needed:
                self._make_view(each, grouping, is_priced)
            sql += " -- " + " ".join(self._made[each] for each in needed)  # a changed view changes what is built on it
        elif name in self._derived:
            sql = text = self._derived[name]
            read = unchecked
            # The rows at rest have a qualified name; the table that says which of them are seen has not. The query may group
            # by it, so it is the same view.
            for each in sorted(
                {table.name for table in unchecked(sql).find_all(exp.Table) if not table.args.get("db")}
            ):
                self._make_view(each, grouping, is_priced)
        elif name in self._restated:
            table, views, parent = self._restated[name]
            sql = text = views.sql(
                table, grouping if grouping is not None and grouping.table == table.name else None, parent
            )
            read = unchecked
        elif name == ADDED_UP:
            wanted = grouping if grouping is not None and grouping.table == "orders" else None
            sql = text = self.views.added_up(wanted, is_priced)
            read = unchecked
        elif name in TABLES or name in JOINED:
            own, parent = JOINED.get(name, (name, ""))
            wanted = grouping if grouping is not None and grouping.table == own else None
            sql = text = self.views.sql(TABLES[own], wanted, parent, is_priced)
            read = unchecked
        else:
            raise UnknownName(_("'{name}' is not a canonical table or fact.", name=name))
        if self._made.get(name) != sql:
            self._session.create_view(name, _spelled(self._meaning, text, read))
            self._made[name] = sql

    def _rows_of(self, members: Members) -> str:
        """The rows that hold who is in a segment, made known to the engine once, whatever is asked of them."""
        asked = ("members", members.mark)
        with _LOOKING.setdefault((id(self._engine), asked), Lock()):
            if asked not in self._engine.kept:
                ids = {"customer_id": objects(members.ids)}
                self._engine.kept[asked] = self._session.store(ids, {"customer_id": "VARCHAR"})
        return self._engine.kept[asked]

    def _people(self, viewer: Viewer) -> tuple[str, ...] | None:
        if viewer.sees == "all":
            return None
        if viewer.employee_id is None:
            return ()
        if viewer.sees == "self" or not self.profile.rows("employees"):
            return (viewer.employee_id,)
        everybody = unchecked(f"select employee_id, team, manager_id from {self._session.source('employees')}")
        return team_of(viewer.employee_id, self._session.run(everybody, {}))


@lru_cache(maxsize=1024)
def _spelled(meaning: Meaning, sql: str, read: Callable[[str], exp.Query]) -> exp.Query:
    """A query spelled out for one company, once: of a small answer that is most of the work. Do not change the tree: it is shared."""
    return meaning.of(read(sql))


@lru_cache(maxsize=1024)
def _named_in(sql: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The tables that a query reads, in their order, and the values that it binds."""
    tree = parsed(sql)
    return tuple(sorted(tables_of(tree))), frozenset(values_of(tree))


@lru_cache(maxsize=1024)
def reads_rates(sql: str) -> bool:
    """Whether a query, or a fact that it reads, names the rate of money. For all others the tables are read without one: joining
    rates that nobody looks at is most of the work of a count."""
    if RATE in sql:
        return True
    tables, _values = _named_in(sql.replace("{party}", "party"))
    return any(reads_rates(facts()[name].sql) for name in tables if name in facts())


def grouping_of(by: str, of: str, moment: str | None) -> Grouping:
    """Where the grouping of a table or fact is best carried: by the fact's table nearest to the dimension."""
    if of not in facts():
        return Grouping(by, of, moment)
    fact = facts()[of]
    if by in GRAINS:
        return Grouping(by, next(table for table in fact.parties if moment and TABLES[table].has(moment)), moment)
    path = reach(TABLES[fact.grain], by) if by in DIMENSIONS else None
    passed = [step.table for step in path.steps if step.table in fact.parties] if path else []
    return Grouping(by, passed[-1] if passed else fact.grain, moment)


def team_of(employee_id: str, everybody: Rows) -> tuple[str, ...]:
    """The ids of an employee's team, his own first: those of his team column, else those below him in the manager tree."""
    ids, teams, managers = (everybody.values(name) for name in ("employee_id", "team", "manager_id"))
    own = next((team for each, team in zip(ids, teams, strict=True) if each == employee_id), None)
    if own is not None:
        return (
            employee_id,
            *sorted(each for each, team in zip(ids, teams, strict=True) if team == own and each != employee_id),
        )
    below, reached = [employee_id], {employee_id}
    for manager in below:  # grows while it is walked; `reached` ends a circle of managers
        direct = sorted(each for each, his in zip(ids, managers, strict=True) if his == manager and each not in reached)
        below += direct
        reached.update(direct)
    return tuple(below)
