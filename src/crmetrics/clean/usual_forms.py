"""Phones, e-mail addresses, countries, regions and towns in their usual form; the originals are kept.

Each different value is worked out once. `meta.originals` tells what every changed value was; the row of the file that a
row came from stands among the raw rows, as it was. What cannot be brought into its form is kept as it is, and warned of.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from crmetrics.clean.countries import country_code
from crmetrics.clean.ledger import EXAMPLES, count, told
from crmetrics.clean.parents import can_be_made
from crmetrics.clean.phones import write_numbers
from crmetrics.clean.places import usual_places
from crmetrics.clean.values import folded
from crmetrics.vocabulary.language import Message, words
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import TABLES

_ = words("understanding")

ORIGINALS: Final = (
    "originals(source varchar, table_name varchar, column_name varchar, original varchar, usual varchar, rows bigint)"
)

PHONE: Final = _("A phone number is written in its international form.")
EMAIL: Final = _("An e-mail address is written in small letters, and alone.")
COUNTRY: Final = _("A country is written by its code of ISO 3166-1.")
PLACE: Final = _("A place is written as it is written most often.")
NO_PHONE: Final = _("It can be no phone number.")
NO_EMAIL: Final = _("It is no e-mail address.")
NO_COUNTRY: Final = _("It is no country that is known.")
LOOK_ALIKE: Final = _("A word mixes Latin and Cyrillic letters that look alike.")
A_TOTAL: Final = _("It is a word for a total: the row is hardly one of the table.")

TOTALS: Final = (
    "total", "grand total", "subtotal", "toplam", "genel toplam", "ara toplam", "итого", "всего", "разом", "всього", "усього",
    "合计", "总计", "小计",
)  # fmt: skip
"""What stands in the last line of many lists, where an id stands above."""

REACHED: Final = ("customers", "contacts", "leads")
ADDRESS: Final = (
    r"^[\p{L}0-9.!#$%&''*+/=?^_`{|}~-]+@[\p{L}0-9]([\p{L}0-9-]*[\p{L}0-9])?(\.[\p{L}0-9]([\p{L}0-9-]*[\p{L}0-9])?)+$"
)
MIXED: Final = r"\p{Latin}\p{Cyrillic}|\p{Cyrillic}\p{Latin}"
NAMED: Final[Mapping[str, Sequence[str]]] = {
    "customers": ("name", "email", "region", "city"),
    "contacts": ("name", "email"),
    "leads": ("name", "company", "email"),
    "employees": ("name",),
    "products": ("name", "brand"),
}
"""Columns whose words are told apart by their letters."""


@dataclass(frozen=True)
class UsualForms:
    """Brings the tables of a version that is being filled into their usual forms.

    country  the company's, for phones of customers without one
    entries  (source, table) -> the kind of file that fills it, for the record of what was changed
    """

    connection: duckdb.DuckDBPyConnection
    country: str
    entries: Mapping[tuple[str, str], str]

    def run(self, tables: Collection[str]) -> None:
        """Go over the tables that were made."""
        for name in sorted(tables):
            if TABLES[name].has("country"):
                self._countries(name)
        for name in sorted(set(REACHED) & set(tables)):
            self._emails(name)
            self._phones(name, "customers" in tables)
        for column in ("region", "city"):
            self._places(column, [name for name in sorted(tables) if TABLES[name].has(column)])
        for name in (one for one in sorted(tables) if can_be_made(TABLES[one])):
            key = TABLES[name].key[0]
            self._warn(name, key, f"{folded(f'rtrim({key}, $$ :$$)')} in ({', '.join(map(literal, TOTALS))})", A_TOTAL)
        for name, columns in NAMED.items():
            if name in tables:
                for column in columns:
                    self._warn(name, column, f"regexp_matches({column}, '{MIXED}')", LOOK_ALIKE)

    def _countries(self, table: str) -> None:
        found = self._different(table, "country", "not regexp_full_match(country, '[A-Z]{2}')")
        known = {text: code for text in found if (code := country_code(text))}
        self._write(table, "country", known, COUNTRY)
        self._warn(table, "country", "not regexp_full_match(country, '[A-Z]{2}')", NO_COUNTRY)

    def _places(self, column: str, tables: Sequence[str]) -> None:
        counted: dict[str, int] = {}
        for table in tables:
            for text, rows in self._different(table, column).items():
                counted[text] = counted.get(text, 0) + rows
        usual = usual_places(counted)
        for table in tables if usual else ():
            self._write(table, column, usual, PLACE)

    def _emails(self, table: str) -> None:
        # Ada <Ada@X.COM>; bob@x.com: the first address alone
        first = r"regexp_extract(email, '[^\s<>;,:\"]+@[^\s<>;,\"]+', 0)"
        usual = f"lower(coalesce(nullif({first}, ''), email))"
        self._changed(
            table, "email", f"select rowid as id, {usual} as usual from main.{table} where email <> {usual}", EMAIL
        )
        self._warn(table, "email", f"not regexp_matches(email, '{ADDRESS}')", NO_EMAIL)

    def _phones(self, table: str, knows_customers: bool) -> None:
        of, joined = "null", ""
        if table == "customers":
            of = "t.country"
        elif TABLES[table].has("customer_id") and knows_customers:
            of, joined = "c.country", "left join main.customers as c on c.customer_id = t.customer_id"
        region = f"case when regexp_full_match({of}, '[A-Z]{{2}}') then {of} else {literal(self.country)} end"
        rows = count(
            self.connection,
            f"create or replace temp table phones_given as select t.rowid as id, t.phone as original, {region} as region "
            f"from main.{table} as t {joined} where t.phone is not null",
        )
        if not rows:
            return
        write_numbers(self.connection)
        same = "u.original = g.original and u.region is not distinct from g.region"
        self._changed(
            table, "phone",
            f"select g.id, u.usual from phones_given as g join phones_usual as u on {same} where u.usual <> g.original", PHONE,
        )  # fmt: skip
        self._warn(table, "phone", "not regexp_matches(phone, '^\\+[1-9]\\d{5,14}$')", NO_PHONE)

    def _different(self, table: str, column: str, condition: str = "true") -> dict[str, int]:
        name = identifier(column)
        sql = f"select {name}, count(*) from main.{table} where {name} is not null and {condition} group by 1"
        return dict(self.connection.execute(sql).fetchall())

    def _write(self, table: str, column: str, usual: Mapping[str, str], rule: Message) -> None:
        if not usual:
            return
        self.connection.execute(
            "create or replace temp table usual_values as select unnest($before::varchar[]) as original, "
            "unnest($after::varchar[]) as usual",
            {"before": list(usual), "after": list(usual.values())},
        )
        name = identifier(column)
        self._changed(
            table, column,
            f"select t.rowid as id, u.usual from main.{table} as t join usual_values as u on u.original = t.{name}", rule,
        )  # fmt: skip

    def _changed(self, table: str, column: str, rows: str, rule: Message) -> None:
        """Write new values by row, and note what they were."""
        name = identifier(column)
        if not count(self.connection, f"create or replace temp table usual_rows as {rows}"):
            return
        self.connection.execute(
            f"insert into meta.originals select t.source_system, {literal(table)}, {literal(column)}, t.{name}, u.usual, count(*) "
            f"from main.{table} as t join usual_rows as u on u.id = t.rowid group by all"
        )
        for source, rows_of, changed, before, after in self.connection.execute(
            f"select t.source_system, (select count({name}) from main.{table} as a where a.source_system = t.source_system), "
            f"count(*), arg_min(t.{name}, u.id), arg_min(u.usual, u.id) from main.{table} as t "
            "join usual_rows as u on u.id = t.rowid group by 1"
        ).fetchall():
            entry = self.entries.get((source, table), "")
            self.connection.execute(
                f"insert into meta.changes select $source, $entry, $table, $column, {told(rule)}, $rows, $changed, $before, "
                "$after, (select $source || ':' || max(import_no) from known_files where source = $source)",
                {"source": source, "entry": entry, "table": table, "column": column, "rows": rows_of, "changed": changed,
                 "before": before, "after": after},
            )  # fmt: skip
        self.connection.execute(
            f"update main.{table} set {name} = u.usual from usual_rows as u where u.id = {table}.rowid"
        )

    def _warn(self, table: str, column: str, condition: str, says: Message) -> None:
        """Warn of rows that are kept as they are: some as examples, all as a number."""
        where = f"{identifier(column)} is not null and {condition}"
        found = count(self.connection, f"select count(*) from main.{table} where {where}")
        if not found:
            return
        rows = f"(select * from main.{table} where {where} limit {EXAMPLES})"
        self.connection.execute(
            f"insert into meta.warnings select f.import_no, t.source_system, f.entry, {literal(table)}, t.source_file, t.source_row, "
            f"{literal(column)}, t.{identifier(column)}, {told(says)} from {rows} as t "
            "left join known_files as f on f.source = t.source_system and f.file = t.source_file "
            f"and f.imported_at = t.imported_at and list_contains(f.tables, {literal(table)})"
        )
        self.connection.execute(
            f"insert into meta.warning_counts select null, {literal(table)}, {literal(column)}, {told(says)}, {found}"
        )


def make_table(
    connection: duckdb.DuckDBPyConnection, copies: bool, touched: Collection[str], read: Collection[str]
) -> None:
    """Make `meta.originals`, with what the current version tells of rows that are not made again.

    touched, read  the tables that are made again, and the sources that are read for them
    """
    connection.execute(f"create table if not exists meta.{ORIGINALS}")
    known = "select 1 from duckdb_tables() where database_name = 'old' and schema_name = 'meta' and table_name = 'originals'"
    if copies and connection.execute(known).fetchall():
        tables = ", ".join(map(literal, sorted(touched))) or "null"
        sources = ", ".join(map(literal, sorted(read))) or "null"
        connection.execute(
            "insert into meta.originals by name select * from old.meta.originals "
            f"where not (table_name in ({tables}) and source in ({sources}))"
        )
