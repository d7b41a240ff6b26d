"""How long duplicates take to find: customers drawn with known duplicates among them, in a process of its own.

python -m benchmarks.duplicates --customers 1000000
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from typing import Any

import duckdb
import numpy as np

from crmetrics.clean.duplicates.finding import find_duplicates
from crmetrics.clean.duplicates.groups import groups_of

COMPANIES, DOUBLED = 0.12, 0.08
SYLLABLES = (
    *("ka", "ra", "me", "lin", "do", "vi", "sa", "to", "ne", "ri", "ya", "shi", "ber"),
    *("gul", "ozan", "and", "ist", "mar", "pol", "zen", "hu", "far", "del", "kor", "nes"),
)


def draw(connection: duckdb.DuckDBPyConnection, count: int) -> None:
    """Make the table `customers` of so many rows: as many of the later ones as DOUBLED says repeat an earlier one, with slips."""
    once = int(count * (1 - DOUBLED))
    connection.register("drawn", _drawn(once))
    connection.execute(
        "create or replace table one as select number as id, draw < $companies as is_company, "
        "case when is_company then word || ' ' || second || ' ' || ['Ltd', 'GmbH', 'Inc.', 'A.Ş.'][number % 4 + 1] "
        "else first || ' ' || last end as name, "
        "case when hash(number) % 10 < 7 then case when is_company then 'info@' || word || number || '.com' else "
        "first || '.' || last || number || '@' || ['gmail.com', 'mail.com', 'outlook.com'][number % 3 + 1] end end as email, "
        "case when hash(number + 7) % 10 < 7 then '+4930' || (10000000 + number * 7) end as phone, city, "
        "case when not is_company and hash(number + 3) % 10 < 4 then date '1940-01-01' + (hash(number + 1) % 24000)::int end as born_on, "
        "second || ' ' || hash(number + 5) % 200 as street, (10000 + hash(city) % 80000)::varchar as postcode from drawn",
        {"companies": COMPANIES},
    )
    # a repeated customer: another spelling, and some of the rest blank or with a slip of the pen
    connection.execute(
        f"create or replace table two as select id as of, {once} + row_number() over (order by hash(id)) - 1 as id, is_company, "
        "case hash(id + 11) % 4 when 0 then upper(name) when 1 then left(name, 3) || substr(name, 5) else name end as name, "
        "case when hash(id + 12) % 10 < 6 then email end as email, case when hash(id + 13) % 10 < 6 then phone end as phone, "
        "case when hash(id + 14) % 10 < 9 then city end as city, case when hash(id + 15) % 10 < 8 then born_on end as born_on, "
        "case when hash(id + 16) % 10 < 7 then street end as street, case when hash(id + 17) % 10 < 9 then postcode end as postcode "
        f"from one order by hash(id) limit {count - once}"
    )
    connection.execute(
        "create or replace table customers as select id::varchar as customer_id, name, case when is_company then 'company' "
        "else 'person' end as kind, email, phone, null::varchar as tax_number, 'DE' as country, null::varchar as region, city, "
        "born_on, false as is_internal, street as custom_street, postcode as custom_postcode "
        "from (select * from one union all select * exclude (of) from two)"
    )


def _drawn(count: int) -> dict[str, np.ndarray[Any, Any]]:
    """The names and places of so many customers, the frequent ones as frequent as such are."""
    rng = np.random.default_rng(2026)
    first, last, words = (_words(rng, size) for size in (3_000, 60_000, 40_000))
    return {
        "first": first[_zipf(rng, len(first), count)],
        "last": last[_zipf(rng, len(last), count)],
        "word": words[_zipf(rng, len(words), count)],
        "second": words[_zipf(rng, len(words), count)],
        "city": _words(rng, 400)[_zipf(rng, 400, count)],
        "number": np.arange(count),
        "draw": rng.random(count),
    }


def _words(rng: np.random.Generator, count: int) -> np.ndarray[Any, Any]:
    drawn = rng.integers(0, len(SYLLABLES), (count, 3))
    return np.array(["".join(SYLLABLES[place] for place in row).capitalize() for row in drawn], dtype=object)


def _zipf(rng: np.random.Generator, kinds: int, count: int) -> np.ndarray[Any, Any]:
    weights = 1 / (np.arange(kinds) + 10.0)
    return rng.choice(kinds, count, p=weights / weights.sum())


def main() -> None:
    """Draw, find, and print the seconds, the memory and how much of what was doubled is found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as spill:
        connection = duckdb.connect(
            ":memory:", config={"memory_limit": "2500MB", "threads": 2, "temp_directory": spill}
        )
        draw(connection, asked.customers)
        started, worked = time.monotonic(), time.process_time()
        found = find_duplicates(connection, "customers", "customers")
        groups = groups_of(found.pairs, found.telling)
        seconds, worked = time.monotonic() - started, time.process_time() - worked
        truth = {
            frozenset((str(one), str(two))) for one, two in connection.execute("select of, id from two").fetchall()
        }
    told = {frozenset((pair.left, pair.right)): pair.proposal for group in groups for pair in group.pairs}
    sure = {pair for pair, proposal in told.items() if proposal == "sure"}
    print(
        json.dumps(
            {
                "customers": asked.customers,
                "seconds": round(seconds, 1),
                "processor_seconds": round(worked, 1),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
                "compared": found.compared,
                "groups": len(groups),
                "recall": round(len(told.keys() & truth) / len(truth), 4),
                "precision": round(len(told.keys() & truth) / max(len(told), 1), 4),
                "recall_sure": round(len(sure & truth) / len(truth), 4),
                "precision_sure": round(len(sure & truth) / max(len(sure), 1), 4),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
