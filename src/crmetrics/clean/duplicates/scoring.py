"""Pairs scored: how likely two records are the same customer (Fellegi and Sunter), and what each field says in bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from crmetrics.clean.duplicates.candidates import find_candidates
from crmetrics.clean.duplicates.fields import Field, Model
from crmetrics.clean.duplicates.learning import Learning
from crmetrics.clean.duplicates.on_splink import predicted
from crmetrics.clean.duplicates.shares import Shares, defaults_of

ENOUGH_PAIRS: Final = 1000
"""With fewer pairs to compare the default weights are used: nothing can be learned from them."""

EXPECTED_SHARE: Final = 0.05
"""So many of the records are taken to have a duplicate where the data cannot say."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of comparing.

    fields      the fields that the company's records have
    compared    how many pairs were looked at
    is_learned  whether the weights were learned from them
    """

    fields: tuple[Field, ...]
    compared: int
    is_learned: bool


def score(connection: duckdb.DuckDBPyConnection, records: str, model: Model, least: float, pairs: str) -> Scored:
    """Compare the records of a table and write those pairs that are as likely as `least` (0 to 1) or more.

    The table `pairs`: left_id, right_id, probability, and for each field <name>_level (its place in the field's levels, null
    where it says nothing) and <name>_bits. m, u and the share of matches are learned from 1,000 pairs on; below that the
    defaults of the model hold.
    """
    rows = _count(connection, f"select count(*) from {records}")
    fields = tuple(field for field in model.fields if _is_given(connection, records, field))
    compared = find_candidates(connection, records, model, "candidates")
    if not compared or not fields:
        _write_nothing(connection, model.fields, pairs)
        return Scored(model.fields, 0, False)
    shares = defaults_of(fields, min(0.1, 2 * EXPECTED_SHARE / max(rows - 1, 1)))
    is_learned = compared >= ENOUGH_PAIRS
    if is_learned:
        shares = Learning(connection, records, rows, fields).learn(shares)
    found = predicted(connection, records, fields, shares, "candidates", least)
    _write(connection, fields, shares, found, pairs)
    return Scored(fields, compared, is_learned)


def _is_given(connection: duckdb.DuckDBPyConnection, records: str, field: Field) -> bool:
    return any(_count(connection, f"select count({column}) from {records}") > 1 for column in field.columns)


def _write(
    connection: duckdb.DuckDBPyConnection, fields: Sequence[Field], shares: Shares, found: str, pairs: str
) -> None:
    """Write the scored pairs, of the levels their places and of the weights their bits."""
    told = []
    for field in fields:
        last, level = len(field.levels) - 1, f"gamma_{field.name}"
        weight = f"mw_{field.name}" + (f" + mw_tf_adj_{field.name}" if shares.uses_frequencies(field) else "")
        told.append(f"case when {level} >= 0 then {last} - {level} end as {field.name}_level")
        told.append(f"case when {level} >= 0 then {weight} else 0 end as {field.name}_bits")
    connection.execute(
        f"create or replace table {pairs} as select unique_id_l as left_id, unique_id_r as right_id, "
        f"match_probability as probability, {', '.join(told)} from {found}"
    )


def _write_nothing(connection: duckdb.DuckDBPyConnection, fields: Sequence[Field], pairs: str) -> None:
    columns = ", ".join(f"{field.name}_level integer, {field.name}_bits double" for field in fields)
    connection.execute(
        f"create or replace table {pairs} (left_id varchar, right_id varchar, probability double, {columns})"
    )


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])
