"""What an import touches: the tables that are made again, and the files that are read again for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import duckdb

from crmetrics.clean.mapping import Section
from crmetrics.warehouse.schema import TABLES

if TYPE_CHECKING:
    from crmetrics.clean.source_rows import SourceRows

_FAMILIES: Final = (("stages", "deals", "deal_stages", "deal_changes"), ("tickets", "ticket_events"))
"""Tables whose values are derived from each other."""


@dataclass
class Touched:
    """Grows from the files that are new until nothing else is touched.

    A row of a file is judged once for all tables that it feeds, so all of them are made again together; a table whose key
    names a parent follows its parent; and a source that lost rows to another one is read again with it. Without an old
    version everything is. `merged` are the tables whose duplicates people have made one.
    """

    connection: duckdb.DuckDBPyConnection
    sources: Sequence[SourceRows]
    old_tables: set[str]
    has_old: bool
    merged: Collection[str] = ()
    tables: set[str] = field(default_factory=set)
    entries: set[tuple[str, str]] = field(default_factory=set)

    @property
    def read(self) -> set[str]:
        """The sources whose files are read again."""
        return {source for source, _entry in self.entries}

    def find(self) -> Touched:
        """Find everything that is touched."""
        source = self.sources[0]
        if not self.has_old:
            self.entries = {(each.name, entry) for each in self.sources for entry in each.mapping.entries}
            self.tables = {name for each in self.sources for name in each.mapping.tables}
        elif self._is_new_mapping():
            self.entries = {(source.name, entry) for entry in source.mapping.entries}
            self.tables = self._tables_of(source.name) | set(source.mapping.tables)
        else:
            for part in source.all_parts:
                if part.is_new:
                    self.entries |= {(source.name, entry) for entry in source.mapping.readers_of(part.entry)}
        while True:
            before = len(self.tables), len(self.entries)
            self._spread()
            if (len(self.tables), len(self.entries)) == before:
                return self

    def sure(self) -> set[tuple[str, str]]:
        """References that cannot fail: child and parent are made of the same rows by the same cell."""
        found = set()
        for table in TABLES.values():
            for column in table.columns:
                if column.references is None or column.references not in TABLES:
                    continue
                children = self._sections(table.name)
                parents = self._sections(column.references)
                key = TABLES[column.references].key[0]
                if len(children) == 1 and len(parents) == 1 and _is_same(children[0], column.name, parents[0], key):
                    found.add((table.name, column.name))
        return found

    def _spread(self) -> None:
        for source in self.sources:
            for section in source.mapping.sections:
                if (source.name, section.entry) in self.entries:
                    self.tables.add(section.table.name)
                elif section.table.name in self.tables and self._must_read(source.name, section.table.name):
                    self.entries.add((source.name, section.entry))
        for family in _FAMILIES:
            if self.tables & set(family):
                self.tables |= {name for name in family if name in self.old_tables or self._sections(name)}
        for table in TABLES.values():
            follows = any(column.is_key and column.references in self.tables for column in table.columns)
            if follows and (table.name in self.old_tables or self._sections(table.name)):
                self.tables.add(table.name)

    def _must_read(self, source: str, table: str) -> bool:
        """Whether a source's rows of a touched table must be made again: it is the imported one, or rows of the table were
        united with those of another source, or are made one by people, so that the current version does not hold them as each gave them."""
        if source == self.sources[0].name or not self.has_old or table in self.merged:
            return True
        found = self.connection.execute("select count(*) from old.meta.united where table_name = ?", [table]).fetchall()
        return int(found[0][0]) > 0

    def _is_new_mapping(self) -> bool:
        source = self.sources[0]
        found = self.connection.execute(
            "select mapping from old.meta.sources where source = ?", [source.name]
        ).fetchall()
        return not found or found[0][0] != source.mapping.text

    def _tables_of(self, source: str) -> set[str]:
        """The tables of the current version that hold rows of a source."""
        found = set()
        for name in self.old_tables:
            rows = self.connection.execute(
                f"select 1 from old.main.{name} where source_system = ? limit 1", [source]
            ).fetchall()
            found |= {name} if rows else set()
        return found

    def _sections(self, table: str) -> list[Section]:
        return [
            section for source in self.sources for section in source.mapping.sections if section.table.name == table
        ]


def _is_same(child: Section, column: str, parent: Section, key: str) -> bool:
    ours, theirs = child.by_target.get(column), parent.by_target.get(key)
    if ours is None or theirs is None or child.entry != parent.entry or parent.where is not None:
        return False
    same = (ours.column, ours.map, ours.strip_prefix, ours.strip_suffix) == (
        theirs.column, theirs.map, theirs.strip_prefix, theirs.strip_suffix,
    )  # fmt: skip
    return same and ours.column is not None and ours.formula is None and theirs.formula is None
