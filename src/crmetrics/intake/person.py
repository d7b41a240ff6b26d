"""One person or company: what all tables and raw files hold about him or her, to be looked at or handed out."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from crmetrics.clean.personal import PEOPLE, Found, Prints
from crmetrics.intake.forgetting import raw_sources
from crmetrics.intake.recovery import resources
from crmetrics.intake.standing import standing_decisions
from crmetrics.vocabulary.errors import BadValue, NoWorkspace, UnknownName
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.disk import told_of_a_full_disk
from crmetrics.warehouse.expression import identifier, literal
from crmetrics.warehouse.schema import TABLES
from crmetrics.warehouse.versions import Version, Versions
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import read_settings

_ = words("history")

Lines = list[dict[str, Any]]


@dataclass(frozen=True)
class Person:
    """A customer with everyone who belongs to him or her.

    ids    (table of people, id): the customer under all ids that were made one, the contact persons, the leads
    texts  names, e-mails, phones and tax numbers, as they stand in files and as they are kept
    rows   table -> how many of its rows are about the person
    """

    customer_id: str
    ids: frozenset[tuple[str, str]]
    texts: frozenset[str]
    rows: Mapping[str, int]

    def prints(self, key: str) -> Prints:
        """One-way prints of all ids."""
        bare = Prints(key, {})
        known: dict[str, set[str]] = {}
        for table, id_ in self.ids:
            known.setdefault(table, set()).add(bare.of(table, id_))
        return Prints(key, {table: frozenset(prints) for table, prints in known.items()})


def current_of(place: Workspace) -> Version:
    """The version that is read now. Raises NoWorkspace if there is none."""
    current = Versions(place.versions).current()
    if current is None:
        raise NoWorkspace(_("'{folder}' holds no data yet.", folder=str(place.folder)))
    return current


def person_of(workspace: Path, customer_id: str) -> Person:
    """Find everyone who is meant by a customer's id, in tables and in raw files. Raises UnknownName if there is no such."""
    place = Workspace(workspace)
    current = current_of(place)
    with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
        same = _same(connection, customer_id)
        if not same:
            raise UnknownName(_("There is no customer '{customer}'.", customer=customer_id))
        found = Found({("customers", id_) for id_ in same}, set())
        _people(connection, found)
    room, standing = resources(place, read_settings(place.settings)), standing_decisions(place)
    with closing(duckdb.connect(":memory:", config=room.config())) as connection:
        while True:  # a contact person found in a file may have rows of another file
            known = len(found.ids)
            prints = Person(customer_id, frozenset(found.ids), frozenset(), {}).prints("")
            for source in raw_sources(place):
                people = source.looked_through(connection, prints, standing)
                for file in source.files:
                    people.find(file.entry, file.path, found)
            if len(found.ids) == known:
                break
    with closing(duckdb.connect(str(current.path), read_only=True)) as connection:
        rows = {name: len(lines) for name, lines in _rows(connection, found.ids).items()}
    return Person(customer_id, frozenset(found.ids), frozenset(found.texts), rows)


def export_person(workspace: Path, customer_id: str, to: Path, about: str = "") -> Person:
    """Write everything about a person into a new folder, or into a ZIP file if `to` ends so; returns who that was.

        person.json          all of it
        tables/<table>.csv   rows of the tables, as the product understands them
        files/<...>.csv      rows of the imported files, as they came
        README.txt           `about`: what this is, in the reader's language

    Errors: NoWorkspace, UnknownName, BadValue if something stands there already, NoSpace.
    """
    place = Workspace(workspace)
    if to.exists() and (to.is_file() or any(to.iterdir())):
        raise BadValue(_("'{path}' stands there already. Name another folder or file.", path=str(to)))
    person = person_of(workspace, customer_id)
    with closing(duckdb.connect(str(current_of(place).path), read_only=True)) as connection:
        tables = _rows(connection, person.ids)
    files = _raw_rows(place, person)
    told = {
        "customer_id": customer_id,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "tables": tables,
        "files": files,
    }
    with told_of_a_full_disk(to.parent, 1_000_000), tempfile.TemporaryDirectory() as aside:
        folder = Path(aside) / "person"
        _write(folder, told, about)
        to.parent.mkdir(parents=True, exist_ok=True)
        if to.suffix.lower() == ".zip":
            shutil.move(shutil.make_archive(str(Path(aside) / "packed"), "zip", folder), to)
        else:
            shutil.copytree(folder, to, dirs_exist_ok=True)
    return person


def _same(connection: duckdb.DuckDBPyConnection, customer_id: str) -> set[str]:
    """All ids of the customer: people may have made several one. Empty if there is no such customer."""
    merged = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'meta' and table_name = 'merged'"
    ).fetchall()[0][0]
    groups = (
        "select id, kept_id from meta.merged where table_name = 'customers'"
        if merged
        else "select '' as id, '' as kept_id limit 0"
    )
    kept = connection.execute(f"select kept_id from ({groups}) where id = $id", {"id": customer_id}).fetchall()
    main = str(kept[0][0]) if kept else customer_id
    if (
        not _has(connection, "customers")
        or not connection.execute("select 1 from customers where customer_id = $id", {"id": main}).fetchall()
    ):
        return set()
    others = connection.execute(f"select id from ({groups}) where kept_id = $id", {"id": main}).fetchall()
    return {main, customer_id, *(str(id_) for (id_,) in others)}


def _people(connection: duckdb.DuckDBPyConnection, found: Found) -> None:
    """Add the contact persons and leads of the customer, and leads of nobody's that came by the same e-mail."""
    ids = [id_ for _table, id_ in found.ids]
    for table, key in PEOPLE.items():
        if table != "customers" and _has(connection, table):
            rows = connection.execute(
                f"select {key} from {table} where list_contains($ids, customer_id)", {"ids": ids}
            ).fetchall()
            found.ids.update((table, str(id_)) for (id_,) in rows)
    if _has(connection, "leads"):
        rows = connection.execute(
            "select lead_id from leads where customer_id is null and lower(email) in "
            "(select lower(email) from customers where list_contains($ids, customer_id) and email is not null)",
            {"ids": ids},
        ).fetchall()
        found.ids.update(("leads", str(id_)) for (id_,) in rows)


def _rows(connection: duckdb.DuckDBPyConnection, ids: Iterable[tuple[str, str]]) -> dict[str, Lines]:
    """The rows about a person, table by table: those that name one of the ids, and those that belong to such a row."""
    connection.execute("create or replace temp table person(table_name varchar, id varchar)")
    connection.executemany("insert into person values (?, ?)", sorted(ids))
    found: dict[str, Lines] = {}
    tables = [table for table in TABLES.values() if _has(connection, table.name) and not table.is_shared]
    while True:  # a table may be declared before one that it belongs to
        before = len(found)
        for table in (table for table in tables if table.name not in found):
            own = PEOPLE.get(table.name)
            links = [
                f"{identifier(column.name)} in (select id from person where table_name = '{column.references}')"
                for column in table.columns
                if column.references in {*PEOPLE, *found}
                and column.name != "parent_id"
                and column.references != table.name
            ]
            links += [f"{own} in (select id from person where table_name = '{table.name}')"] if own else []
            if not links:
                continue
            where = f"from main.{table.name} where {' or '.join(links)}"
            lines = _lines(connection, f"select * {where} order by all")
            if lines:
                found[table.name] = lines
                if len(table.key) == 1 and not own:
                    connection.execute(f"insert into person select '{table.name}', {table.key[0]} {where}")
        if len(found) == before:
            return found


def _lines(connection: duckdb.DuckDBPyConnection, sql: str) -> Lines:
    cursor = connection.execute(sql)
    names = [str(column[0]) for column in cursor.description or ()]
    return [dict(zip(names, line, strict=True)) for line in cursor.fetchall()]


def _raw_rows(place: Workspace, person: Person) -> dict[str, Lines]:
    """The rows of the imported files that are about the person, as they came, by the file they stand in."""
    found: dict[str, Lines] = {}
    with closing(duckdb.connect(":memory:")) as connection:
        for source in raw_sources(place):
            people = source.looked_through(connection, person.prints(""), standing_decisions(place))
            for file in source.files:
                lines = people.rows(file.entry, file.path)
                if lines:
                    found.setdefault(f"{source.name}-{file.import_no}-{file.entry}-{Path(file.name).name}", []).extend(
                        lines
                    )
    return found


def _write(folder: Path, told: dict[str, Any], about: str) -> None:
    folder.mkdir()
    (folder / "person.json").write_text(json.dumps(told, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    if about:
        (folder / "README.txt").write_text(about + "\n", encoding="utf-8")
    for part in ("tables", "files"):
        (folder / part).mkdir()
        for name, lines in told[part].items():
            plain = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name)
            with (folder / part / f"{plain}.csv").open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.DictWriter(file, list(dict.fromkeys(key for line in lines for key in line)))
                writer.writeheader()
                writer.writerows(lines)


def _has(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    sql = f"select 1 from duckdb_tables() where schema_name = 'main' and table_name = {literal(table)}"
    return bool(connection.execute(sql).fetchall())
