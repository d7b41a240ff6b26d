"""Duplicates of a table found: records made comparable, candidate pairs scored, reasons told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import duckdb

from crmetrics.clean.duplicates.fields import Field, Model
from crmetrics.clean.duplicates.found import Found, Pair, Reason
from crmetrics.clean.duplicates.inputs import ADDRESSES, POSTCODES
from crmetrics.clean.duplicates.models import CONTACT, ORGANISATION, PERSON
from crmetrics.clean.duplicates.names import is_company
from crmetrics.clean.duplicates.records import GIVEN, make_records
from crmetrics.clean.duplicates.scoring import score
from crmetrics.warehouse.expression import identifier

LEAST: Final = 0.1
"""Pairs less likely than this are not told at all."""


def find_duplicates(connection: duckdb.DuckDBPyConnection, table: str, rows: str) -> Found:
    """Find the pairs of rows that may be one. `rows` is a relation of the connection that holds the table's columns.

    Tables of the work are made in the connection and dropped again. The same rows give the same pairs.
    """
    columns = [name for name, *_rest in connection.execute(f"describe select * from {rows}").fetchall()]
    connection.execute(f"create or replace temp table chosen as {_chosen(table, rows, columns)}")
    models: Sequence[tuple[Model, str]] = [(CONTACT, "true")]
    if table == "customers":
        _tell_companies(connection)
        models = [(PERSON, "not is_company"), (ORGANISATION, "is_company")]
    pairs: list[Pair] = []
    compared, learned = 0, []
    for model, condition in models:
        connection.execute(f"create or replace temp view one_kind as select * from chosen where {condition}")
        if not make_records(connection, "one_kind", model, "records"):
            continue
        scored = score(connection, "records", model, LEAST, "pairs")
        pairs += _pairs(connection, scored.fields)
        compared += scored.compared
        learned.append(scored.is_learned)
    pairs.sort(key=lambda pair: (-pair.probability, -pair.score, pair.left, pair.right))
    telling = _telling(connection, columns, rows, table, {one for pair in pairs for one in (pair.left, pair.right)})
    count = int(connection.execute("select count(*) from chosen").fetchall()[0][0])
    connection.execute("drop table chosen; drop table if exists records; drop table if exists pairs")
    return Found(table, count, tuple(pairs), telling, compared, any(learned))


def _chosen(table: str, rows: str, columns: Sequence[str]) -> str:
    """SQL of the rows under the names that comparing knows; blank what the company has no column for."""
    own = {name.removeprefix("custom_").lower(): name for name in columns if name.startswith("custom_")}
    key = "customer_id" if table == "customers" else "contact_id"
    names = {
        "id": key,
        "company": "customer_id" if table == "contacts" else "",
        "street": next((own[name] for name in ADDRESSES if name in own), ""),
        "postcode": next((own[name] for name in POSTCODES if name in own), ""),
    }
    told = []
    for name in GIVEN:
        column = names.get(name, name if name in columns else "")
        value = f"nullif(trim(cast({identifier(column)} as varchar)), '')" if column else "cast(null as varchar)"
        if name == "name":
            value = f"nullif({value}, {key})"  # a name made of the id says nothing
        told.append(f"{value} as {name}")
    if table == "customers":
        told.append("kind = 'company' as is_company" if "kind" in columns else "false as is_company")
    internal = " where coalesce(not is_internal, true)" if "is_internal" in columns else ""
    return f"select {', '.join(told)} from {rows}{internal} order by {key}"


def _tell_companies(connection: duckdb.DuckDBPyConnection) -> None:
    """Take rows whose name says a company form for companies: many systems have one list of both."""
    connection.create_function("names_a_company", is_company, ["VARCHAR"], "BOOLEAN")
    connection.execute(
        "update chosen set is_company = true where not is_company and born_on is null and name is not null and names_a_company(name)"
    )
    connection.remove_function("names_a_company")


def _pairs(connection: duckdb.DuckDBPyConnection, fields: Sequence[Field]) -> list[Pair]:
    columns = ", ".join(f"{field.name}_level, {field.name}_bits" for field in fields)
    found = connection.execute(
        f"select left_id, right_id, probability, {columns} from pairs order by left_id, right_id"
    ).fetchall()
    known: dict[tuple[str, int, float], Reason] = {}
    return [_pair(row, fields, known) for row in found]


def _pair(row: tuple[Any, ...], fields: Sequence[Field], known: dict[tuple[str, int, float], Reason]) -> Pair:
    reasons, backing = [], 0
    for place, field in enumerate(fields):
        level, bits = row[3 + 2 * place], row[4 + 2 * place]
        if level is not None:
            told = (field.name, level, round(bits, 2))
            if told not in known:  # pairs have few different reasons: those alike are one object
                known[told] = Reason(field.label, field.levels[level].said, told[2])
            reasons.append(known[told])
            backing += field.is_telling and bits > 0
    reasons.sort(key=lambda reason: -abs(reason.bits))
    return Pair(
        row[0], row[1], round(sum(each.bits for each in reasons), 2), float(row[2]), tuple(reasons), backing > 1
    )


def _telling(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[str], rows: str, table: str, ids: set[str]
) -> Mapping[str, tuple[str | None, str | None]]:
    """Tax number and birth date of the records in pairs."""
    key = "customer_id" if table == "customers" else "contact_id"
    tax = "nullif(regexp_replace(upper(tax_number), '[^0-9A-Z]', '', 'g'), '')" if "tax_number" in columns else "null"
    born = "cast(born_on as varchar)" if "born_on" in columns else "null"
    connection.execute("create or replace temp table wanted(id varchar)")
    connection.execute("insert into wanted select unnest(?::varchar[])", [sorted(ids)])
    found = connection.execute(f"select {key}, {tax}, {born} from {rows} join wanted on wanted.id = {key}").fetchall()
    connection.execute("drop table wanted")
    return {one: (tax, born) for one, tax, born in found}
