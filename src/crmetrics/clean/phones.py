"""Phone numbers in their international form, such as +905321234567.

The library takes some fifty microseconds a number, which is a minute for a million. The end of a number never decides how
it is written, so numbers of one length and beginning are worked out once, and the others of their kind follow in SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import duckdb

BEGINNING: Final = 7
"""Digits and signs that decide how a number is written, with its length; what follows is taken over."""

PLAIN: Final = r"^\+?[\d\s().\-\x{a0}\x{202f}]+$"
"""A number that is nothing but digits and what parts them; any other is read by itself."""

DIGITS: Final = r"[^\d+]"
_SEVERAL: Final = re.compile(r"[;,|/]|\s(?:or|and|veya|ve|або|или|и|та|或)\s")


@dataclass(frozen=True, slots=True)
class Rule:
    """How the numbers of one beginning and length are written: `prefix`, then what stands from place `start` (from 1) on."""

    region: str | None
    beginning: str
    length: int
    prefix: str
    start: int


def international(text: str, region: str) -> str | None:
    """A number in its international form, of the region where it names no country; None if it can be none.

    Of several numbers in one text it is the first.
    """
    # heavy, and hardly needed: most files hold no phones
    import phonenumbers

    for part in (text, *_SEVERAL.split(text)):
        try:
            number = phonenumbers.parse(part, region or None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None


def rule_of(digits: str, region: str | None, written: str) -> Rule | None:
    """How numbers that begin as this one and are as long are written; None if this one's end is not taken over."""
    end = digits[BEGINNING:]
    if not end or not written.endswith(end):
        return None
    return Rule(region, digits[:BEGINNING], len(digits), written[: len(written) - len(end)], BEGINNING + 1)


def write_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `phones_usual(original, region, usual)` from `phones_given(original, region)`: each different number once.

    `usual` is NULL for what can be no phone number.
    """
    connection.execute(
        "create or replace temp table phones_cut as select original, region, "
        f"case when regexp_matches(original, '{PLAIN}') then regexp_replace(original, '{DIGITS}', '', 'g') end as digits "
        "from (select distinct original, region from phones_given)"
    )
    kinds = connection.execute(
        f"select region, min(digits) from phones_cut where length(digits) > {BEGINNING} "
        f"group by region, left(digits, {BEGINNING}), length(digits)"
    ).fetchall()
    found = [(region, digits, international(digits, region or "")) for region, digits in kinds]
    rules = [rule for region, digits, written in found if written and (rule := rule_of(digits, region, written))]
    covered = {(rule.region, rule.beginning, rule.length) for rule in rules}
    singular = {(region, digits[:BEGINNING], len(digits)) for region, digits, written in found if written} - covered
    connection.execute(
        "create or replace temp table phone_rules(region varchar, beginning varchar, size bigint, prefix varchar, start bigint)"
    )
    _fill(connection, "phone_rules", [(r.region, r.beginning, r.length, r.prefix, r.start) for r in rules])
    same = f"r.region is not distinct from c.region and r.beginning = left(c.digits, {BEGINNING}) and r.size = length(c.digits)"
    connection.execute(
        "create or replace temp table phones_usual as select c.original, c.region, r.prefix || substr(c.digits, r.start) as usual "
        f"from phones_cut as c join phone_rules as r on {same}"
    )
    # what no rule covers though it is a number, and what holds more than digits, is worked out one by one
    ruled = f"select 1 from phone_rules as r where {same}"
    rest = connection.execute(
        f"select original, region, digits is null or length(digits) <= {BEGINNING}, left(digits, {BEGINNING}), length(digits) "
        f"from phones_cut as c where not exists ({ruled})"
    ).fetchall()
    alone = [
        (text, region) for text, region, is_odd, start, size in rest if is_odd or (region, start, size) in singular
    ]
    _fill(connection, "phones_usual", [(text, region, international(text, region or "")) for text, region in alone])


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Put rows of Python into a table, many at a time."""
    columns = list(zip(*rows, strict=True))
    if columns:
        lists = ", ".join("unnest(?)" for _column in columns)
        connection.execute(f"insert into {table} select {lists}", [list(column) for column in columns])
