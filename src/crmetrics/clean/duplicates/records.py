"""Records made comparable: one table of normalised columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import duckdb
import numpy as np

from crmetrics.clean.duplicates.fields import Model
from crmetrics.clean.duplicates.letters import folded, plain
from crmetrics.clean.duplicates.names import company_name, person_name
from crmetrics.clean.duplicates.reached import comparable_mail, comparable_phone, domain_of
from crmetrics.warehouse.rows import objects

SHARED_BY: Final = 5
"""A phone, an address or a mail box of more customers than these is no one's own: a call centre, an office house."""

DOMAIN_SHARED_BY: Final = 20
"""A domain of more companies than these is that of a mail host which is not on the list."""

GIVEN: Final = (
    "id", "name", "email", "phone", "tax_number", "country", "region", "city", "born_on", "street", "postcode", "company",
)  # fmt: skip
"""The columns of the rows to be compared, all texts; blank where a company has none."""


def make_records(connection: duckdb.DuckDBPyConnection, given: str, model: Model, records: str) -> int:
    """Make the table `records` of the comparable rows of `given` (columns GIVEN); returns how many there are."""
    connection.execute(
        f"create or replace temp table given as select *, coalesce(upper(country) = 'TR', false) as is_turkish from {given}"
    )
    _normalise(connection, "names", "name, is_turkish", _named(model))
    _normalise(connection, "mails", "email", _mailed)
    _normalise(connection, "phones", "phone, upper(country)", _called)
    _normalise(connection, "places", "city, is_turkish", _placed)
    _normalise(connection, "streets", "street, is_turkish", _placed)
    connection.execute(
        f"create or replace table {records} as select g.id as unique_id, n.a as name_folded, n.b as name_key, n.c as first, "
        "n.d as last, n.e as squeezed, m.a as mail, m.b as mail_local, m.c as domain, p.a as phone, "
        "nullif(regexp_replace(upper(g.tax_number), '[^0-9A-Z]', '', 'g'), '') as tax, g.born_on as born, "
        "c.a as city, s.a as street, nullif(regexp_replace(upper(g.postcode), '[^0-9A-Z]', '', 'g'), '') as postcode, "
        "upper(g.country) as country, g.company from given as g "
        "left join names as n on n.k1 = g.name and n.k2 = g.is_turkish left join mails as m on m.k1 = g.email "
        "left join phones as p on p.k1 = g.phone and p.k2 is not distinct from upper(g.country) "
        "left join places as c on c.k1 = g.city and c.k2 = g.is_turkish "
        "left join streets as s on s.k1 = g.street and s.k2 = g.is_turkish"
    )
    for column, most in (
        ("phone", SHARED_BY),
        ("mail", SHARED_BY),
        ("street", SHARED_BY),
        ("domain", DOMAIN_SHARED_BY),
    ):
        _leave_shared_out(connection, records, column, most)
    found = connection.execute(f"select count(*) from {records}").fetchall()
    return int(found[0][0])


Forms = tuple[str | None, ...]


def _normalise(
    connection: duckdb.DuckDBPyConnection, name: str, columns: str, forms: Callable[[str, Any], Forms]
) -> None:
    """Make a table of the comparable forms (a, b, ...) of every different value (k1, and k2 which decides how it is read)."""
    first, _comma, second = columns.partition(", ")
    found = connection.execute(
        f"select distinct {first} as k1, {second or 'null::varchar'} as k2 from given where {first} is not null"
    ).fetchnumpy()
    ones, twos = (_values(found[key]) for key in ("k1", "k2"))
    lists: list[list[str | None]] = [[], [], [], [], []]
    for one, two in zip(ones, twos, strict=True):
        told = forms(one, two)
        for place, column in enumerate(lists):
            column.append(told[place] if place < len(told) else None)
    second_type = "boolean" if second == "is_turkish" else "varchar"
    arrays = {"k1": ones, "k2": twos} | {letter: objects(column) for letter, column in zip("abcde", lists, strict=True)}
    if not len(ones):
        arrays = {key: np.array([], dtype="U1") for key in arrays}
    connection.register("told_forms", arrays)
    texts = ", ".join(f"cast({letter} as varchar) as {letter}" for letter in "abcde")
    connection.execute(
        f"create or replace temp table {name} as select cast(k1 as varchar) as k1, cast(k2 as {second_type}) as k2, {texts} "
        "from told_forms"
    )
    connection.unregister("told_forms")


def _values(column: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A column as objects, None where it is masked."""
    values = np.ma.getdata(column).astype(object)
    values[np.ma.getmaskarray(column)] = None
    return values


def _named(model: Model) -> Callable[[str, Any], Forms]:
    read = company_name if model.name == "company" else person_name

    def forms(text: str, is_turkish: Any) -> Forms:
        told = read(text, bool(is_turkish))
        squeezed = plain(told.folded).replace(" ", "") if told.folded else None
        return (*told, squeezed)

    return forms


def _mailed(text: str, _second: Any) -> Forms:
    address = comparable_mail(text)
    return address, address.partition("@")[0] if address else None, domain_of(text)


def _called(text: str, country: Any) -> Forms:
    return (comparable_phone(text, country),)


def _placed(text: str, is_turkish: Any) -> Forms:
    return (plain(folded(text, bool(is_turkish))) or None,)


def _leave_shared_out(connection: duckdb.DuckDBPyConnection, records: str, column: str, most: int) -> None:
    also = ", mail_local = null" if column == "mail" else ""
    connection.execute(
        f"update {records} set {column} = null{also} where {column} in (select {column} from {records} "
        f"where {column} is not null group by 1 having count(*) > {most})"
    )
