"""Candidate pairs: of the many pairs that there are, those that agree in a key."""

from __future__ import annotations

from typing import Final

import duckdb

from crmetrics.clean.duplicates.fields import Model

BLOCK: Final = 20
"""A key whose value more records share tells too little to look at all their pairs: others of their keys do."""


def find_candidates(connection: duckdb.DuckDBPyConnection, records: str, model: Model, candidates: str) -> int:
    """Write the pairs that agree in a key of the model, each once (join_key_l < join_key_r); returns how many there are."""
    keyed = " union all ".join(
        f"select {place} as key, hash({sql}) as shared, rowid as id from {records} where ({sql}) is not null"
        for place, (_name, sql) in enumerate(model.keys)
    )
    connection.execute(
        f"create or replace temp table blocks as select list(id) as ids from ({keyed}) group by key, shared "
        f"having count(*) between 2 and {BLOCK}"
    )
    connection.execute(
        "create or replace temp table met as select distinct one, unnest(list_filter(ids, lambda id: id > one)) as other "
        "from (select unnest(ids) as one, ids from blocks)"
    )
    # the ids of a pair in one order, whatever order the rows stand in
    connection.execute(
        f"create or replace table {candidates} as select '0' as match_key, least(l.unique_id, r.unique_id) as join_key_l, "
        f"greatest(l.unique_id, r.unique_id) as join_key_r from met join {records} as l on l.rowid = met.one "
        f"join {records} as r on r.rowid = met.other"
    )
    connection.execute("drop table blocks; drop table met")
    return int(connection.execute(f"select count(*) from {candidates}").fetchall()[0][0])


def cap(connection: duckdb.DuckDBPyConnection, records: str, column: str) -> int:
    """Add the column k_<column>, blank where a value is of one record alone or of too many; returns how many pairs agree in it."""
    connection.execute(
        f"create or replace temp table usual as select {column} as value, count(*) as n from {records} "
        f"where {column} is not null group by 1 having count(*) between 2 and {BLOCK}"
    )
    connection.execute(f"alter table {records} add column if not exists k_{column} varchar")
    connection.execute(f"update {records} set k_{column} = {column} from usual where {column} = usual.value")
    found = connection.execute("select coalesce(sum(n * (n - 1) // 2), 0) from usual").fetchall()
    connection.execute("drop table usual")
    return int(found[0][0])
