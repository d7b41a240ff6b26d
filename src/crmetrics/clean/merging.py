"""Duplicates made one: of each group of rows the fullest survives, filled from the others; what names them names the survivor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import duckdb

from crmetrics.clean.ledger import count
from crmetrics.clean.parents import references
from crmetrics.vocabulary.errors import UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import ORIGIN, TABLES, Table

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision

_ = words("duplicates")

TAKES: Final = ("latest", "first", "kept", "strictest")
"""Whose value survives in a column, blanks aside: the one of the row made last, or first; the kept row's own, if it has one;
or of a permission a no before a yes."""

TAKEN: Final[Mapping[str, str]] = MappingProxyType({"created_at": "first", "is_marketing_allowed": "strictest"})
"""Columns whose value is not simply the latest: a customer is as old as its first record, and a no to marketing is a no."""

_META: Final = (
    "merged(table_name varchar, id varchar, kept_id varchar, decision bigint)",
    "apart(table_name varchar, left_id varchar, right_id varchar)",
)


def merge_duplicates(
    connection: duckdb.DuckDBPyConnection,
    tables: Collection[str],
    merges: Sequence[Decision],
    aparts: Sequence[Decision],
) -> None:
    """Make rows one as people decided, in the tables of a version that is being filled, and note the ids of all in `meta.merged`.

    A decision is about {table, keep, others} and may say {take: {column: one of TAKES}}. Ids that are not there are of no
    matter: a merge waits for the rows that it is about. `aparts` are noted in `meta.apart`.
    """
    for table in _META:
        connection.execute(f"create table if not exists meta.{table}")
    for name in dict.fromkeys(str(each.about["table"]) for each in merges):
        Merging(connection, TABLES[name], tables, [each for each in merges if each.about["table"] == name]).run()
    for each in aparts:
        told = [str(each.about[part]) for part in ("table", "left", "right")]
        connection.execute("insert into meta.apart values (?, ?, ?)", told)


def survivors(merges: Sequence[Decision]) -> dict[str, tuple[str, int]]:
    """Every id that was merged away -> the id that survives in the end, and the number of the decision that merged it.

    Later decisions build on earlier ones: what was kept once may be merged into another one later.
    """
    above: dict[str, tuple[str, int]] = {}

    def last(one: str) -> str:
        while one in above:
            one = above[one][0]
        return one

    for each in merges:
        keep = last(str(each.about["keep"]))
        for other in each.about["others"]:
            one = last(str(other))
            if one != keep:
                above[one] = (keep, each.number)
    return {one: (last(one), number) for one, (_keep, number) in above.items()}


@dataclass(frozen=True)
class Merging:
    """Merges the rows of one table, and points the rows of all `tables` that name them to what survives."""

    connection: duckdb.DuckDBPyConnection
    table: Table
    tables: Collection[str]
    merges: Sequence[Decision]

    def run(self) -> None:
        """Merge."""
        found = survivors(self.merges)
        if not found:
            return
        self.connection.execute("create or replace temp table away(id varchar, kept_id varchar, decision bigint)")
        self.connection.execute(
            "insert into away select unnest($ids), unnest($kept), unnest($numbers)",
            {
                "ids": list(found),
                "kept": [keep for keep, _number in found.values()],
                "numbers": [number for _keep, number in found.values()],
            },
        )
        self.connection.execute(
            f"insert into meta.merged select {literal(self.table.name)}, id, kept_id, decision from away order by id"
        )
        if self.table.name in self.tables:
            self._unite()
        for child, column, parent in references(sorted(self.tables)):
            if parent == self.table.name:
                self._point(child, column.name, is_key=column.is_key)
        self.connection.execute("drop table away")

    @property
    def takes(self) -> dict[str, str]:
        """What is taken in each column that a decision names, or that has a rule of its own."""
        told = {**TAKEN}
        for each in self.merges:
            told |= {str(column): str(take) for column, take in each.about.get("take", {}).items()}
        for column, take in told.items():
            if take not in TAKES:
                raise UnknownName(
                    _(
                        "'{take}' is no way to choose the surviving value of {column}. There are: {names}.",
                        take=take, column=column, names=", ".join(TAKES),
                    )
                )  # fmt: skip
        return told

    def _unite(self) -> None:
        """Make one row of each group that has rows in the table."""
        name, key = self.table.name, self.table.key[0]
        made = "t.created_at desc nulls last, " if self.table.has("created_at") else ""
        in_groups = (
            f"select t.*, t.rowid as _row, w.kept_id as _kept, t.{key} = w.kept_id as _is_kept, "
            f"row_number() over (partition by w.kept_id order by {made}t.imported_at desc, t.{key} = w.kept_id desc, t.rowid) "
            f"as _place from main.{name} as t join (select id, kept_id from away union select kept_id, kept_id from away) as w "
            f"on w.id = t.{key}"
        )
        self.connection.execute(f"create or replace temp table groups as {in_groups}")
        if not count(self.connection, "select count(*) from groups"):
            return
        columns = [column for column in self._columns() if column != key and column not in ORIGIN]
        taken = [f"{self._taken(column)} as {identifier(column)}" for column in columns]
        # the origin of the row is the kept one's; where that is gone, of the row made last
        first = "row(not _is_kept, _place)"
        taken += [f"arg_min_null({column}, {first}) as {column}" for column in ORIGIN]
        listed = ", ".join([key, *map(identifier, [*columns, *ORIGIN])])
        self._account()
        self.connection.execute(
            f"create or replace temp table made_one as select _kept as {key}, {', '.join(taken)} from groups group by _kept"
        )
        self.connection.execute(f"delete from main.{name} where rowid in (select _row from groups)")
        self.connection.execute(f"insert into main.{name} ({listed}) select {listed} from made_one order by {key}")
        if self.table.has("name") and self.table.column("name").default is not None:
            self.connection.execute(f"update main.{name} set name = {key} where name is null")
        self.connection.execute("drop table groups; drop table made_one")

    def _columns(self) -> list[str]:
        found = self.connection.execute(
            "select column_name from duckdb_columns() where database_name = current_database() and schema_name = 'main' "
            f"and table_name = '{self.table.name}' order by column_index"
        ).fetchall()
        return [column for (column,) in found]

    def _taken(self, column: str) -> str:
        """SQL of the value that survives in a column; a name that was made of the id is none."""
        value, key = identifier(column), self.table.key[0]
        if column == "name" and self.table.column("name").default is not None:
            value = f"nullif(name, {key})"
        match self.takes.get(column, "latest"):
            case "first":
                return f"arg_max({value}, _place)"
            case "kept":
                return f"arg_min({value}, row(not _is_kept, _place))"
            case "strictest":
                return f"min({value})"
            case _:
                return f"arg_min({value}, _place)"

    def _account(self) -> None:
        """Count the rows that are no rows of their own any more among the merged ones of their files."""
        self.connection.execute(
            "insert into merged_rows select f.import_no, f.source, f.entry, f.file, count(*) from ("
            "select *, row_number() over (partition by _kept order by not _is_kept, _place) as _rank from groups) as g "
            "join known_files as f on f.source = g.source_system and f.file = g.source_file and f.imported_at = g.imported_at "
            f"and list_contains(f.tables, '{self.table.name}') where g._rank > 1 group by all"
        )

    def _point(self, child: Table, column: str, *, is_key: bool) -> None:
        """Let the rows of a table name the survivor; where that gives two rows of one key, they become one."""
        name = identifier(column)
        self.connection.execute(
            f"update main.{child.name} as c set {name} = away.kept_id from away where c.{name} = away.id"
        )
        if child.name == self.table.name:
            key = child.key[0]
            self.connection.execute(f"update main.{child.name} set {name} = null where {name} = {key}")
        if is_key:
            self._unite_children(child)

    def _unite_children(self, child: Table) -> None:
        """Make one row of those with one key, such as a campaign's member who was chosen as two: the earliest of each value."""
        keys = ", ".join(identifier(key) for key in child.key)
        found = [
            column
            for (column,) in self.connection.execute(
                "select column_name from duckdb_columns() where database_name = current_database() and schema_name = 'main' "
                f"and table_name = '{child.name}' order by column_index"
            ).fetchall()
        ]
        columns = [column for column in found if column not in child.key]
        order = f"{child.appears} asc nulls last, _row" if child.appears else "_row"
        listed = ", ".join(identifier(column) for column in [*child.key, *columns])
        self.connection.execute(
            f"create or replace temp table doubled as select *, row_number() over (partition by {keys} order by {order}) as _place "
            f"from (select *, rowid as _row, count(*) over (partition by {keys}) as _n from main.{child.name}) where _n > 1"
        )
        if count(self.connection, "select count(*) from doubled"):
            taken = ", ".join(
                f"{'arg_min_null' if column in ORIGIN else 'arg_min'}({identifier(column)}, _place) as {identifier(column)}"
                for column in columns
            )
            self.connection.execute(
                f"create or replace temp table single as select {keys}, {taken} from doubled group by {keys}"
            )
            self.connection.execute(
                "insert into merged_rows select f.import_no, f.source, f.entry, f.file, count(*) from doubled as g "
                "join known_files as f on f.source = g.source_system and f.file = g.source_file and f.imported_at = g.imported_at "
                f"and list_contains(f.tables, '{child.name}') where g._place > 1 group by all"
            )
            self.connection.execute(f"delete from main.{child.name} where rowid in (select _row from doubled)")
            self.connection.execute(f"insert into main.{child.name} ({listed}) select {listed} from single")
            self.connection.execute("drop table single")
        self.connection.execute("drop table doubled")
