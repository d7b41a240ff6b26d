"""Duplicates of public sets with known truth: precision and recall of pairs, and beside them splink's own tutorial settings.

CRMETRICS_TEST_DATA=... python -m benchmarks.duplicates_truth
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from contextlib import closing
from itertools import combinations
from pathlib import Path

import duckdb

from crmetrics.clean.duplicates.finding import find_duplicates
from crmetrics.clean.duplicates.groups import groups_of

FEBRL = """
    create or replace table customers as select rec_id as customer_id, 'person' as kind,
        nullif(concat_ws(' ', nullif(trim(given_name), ''), nullif(trim(surname), '')), '') as name,
        nullif(trim(soc_sec_id), '') as tax_number, nullif(trim(suburb), '') as city, nullif(trim(state), '') as region,
        try_strptime(date_of_birth, '%Y%m%d')::date as born_on,
        nullif(concat_ws(' ', nullif(trim(street_number), ''), nullif(trim(address_1), '')), '') as custom_address,
        nullif(trim(postcode), '') as custom_postcode, split_part(rec_id, '-', 2) as truth
    from read_csv('{file}', all_varchar = true, delim = ', ')
"""
FAKE = """
    create or replace table customers as select unique_id as customer_id, 'person' as kind,
        nullif(concat_ws(' ', first_name, surname), '') as name, email, city, dob::date as born_on, cluster as truth
    from read_csv('{file}', all_varchar = true)
"""

Pairs = Iterable[tuple[str, str]]


def measured(connection: duckdb.DuckDBPyConnection, pairs: Pairs) -> str:
    """Precision and recall of pairs, against the truth of the table `customers`."""
    truth = dict(connection.execute("select customer_id, truth from customers").fetchall())
    sizes = connection.execute("select sum(n * (n - 1) // 2) from (select count(*) as n from customers group by truth)")
    true = sizes.fetchall()[0][0]
    found = {frozenset(pair) for pair in pairs}
    right = sum(len({truth[one] for one in pair}) == 1 for pair in found)
    return f"precision {right / max(len(found), 1):.4f}  recall {right / true:.4f}"


def ours(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Print what we find."""
    found = find_duplicates(connection, "customers", "(select * exclude (truth) from customers)")
    groups = groups_of(found.pairs, found.telling)
    told = {
        "pairs, from 50 %": [(pair.left, pair.right) for pair in found.pairs if pair.probability >= 0.5],
        "pairs, from 99 %": [(pair.left, pair.right) for pair in found.pairs if pair.probability >= 0.99],
        "groups, all that is proposed": [two for group in groups for two in combinations(group.ids, 2)],
        "groups, what is sure": [two for group in groups for part in group.sure for two in combinations(part, 2)],
    }
    for what, pairs in told.items():
        print(f"{name:<12} {what:<30} {measured(connection, pairs)}")


def tutorial(connection: duckdb.DuckDBPyConnection) -> None:
    """Print what the settings of splink's tutorial find in fake_1000, by pairs and by clusters."""
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.internals.duckdb.database_api import DuckDBAPI

    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("first_name"),
            cl.NameComparison("surname"),
            cl.LevenshteinAtThresholds("dob", 1),
            cl.ExactMatch("city").configure(term_frequency_adjustments=True),
            cl.EmailComparison("email"),
        ],
        blocking_rules_to_generate_predictions=[block_on("first_name", "city"), block_on("surname")],
    )
    database = DuckDBAPI(connection)
    linker = Linker(database.register("tutorial"), settings, log_level=None)
    rules = [
        block_on("first_name", "dob"),
        "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
        block_on("email"),
    ]
    linker.training.estimate_probability_two_random_records_match(rules, recall=0.7)
    linker.training.estimate_u_using_random_sampling(1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("first_name", "surname"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("dob"))
    scored = linker.inference.predict(warning_mode="never").physical_name
    for least in (0.5, 0.99):
        pairs = connection.execute(
            f"select unique_id_l, unique_id_r from {scored} where match_probability >= {least}"
        ).fetchall()
        print(f"{'fake_1000':<12} {f'tutorial, pairs from {least:.0%}':<30} {measured(connection, pairs)}")
        print(f"{'fake_1000':<12} {f'tutorial, clusters {least:.0%}':<30} {measured(connection, _joined(pairs))}")


def _joined(pairs: list[tuple[str, str]]) -> Pairs:
    """All pairs of the records that are connected."""
    above: dict[str, str] = {}

    def root(one: str) -> str:
        while above.setdefault(one, one) != one:
            one = above[one]
        return one

    for left, right in pairs:
        above[root(left)] = root(right)
    members: dict[str, list[str]] = {}
    for one in list(above):
        members.setdefault(root(one), []).append(one)
    return (two for each in members.values() for two in combinations(each, 2))


def main() -> None:
    """Measure all sets."""
    folder = Path(os.environ["CRMETRICS_TEST_DATA"])
    with closing(duckdb.connect()) as connection:
        for number in (1, 2, 3):
            connection.execute(FEBRL.format(file=folder / "febrl" / f"dataset{number}.csv"))
            ours(connection, f"febrl {number}")
        fake = folder / "splink_fake_1000" / "fake_1000.csv"
        connection.execute(FAKE.format(file=fake))
        ours(connection, "fake_1000")
        connection.execute(
            f"create table tutorial as select * exclude (cluster) from read_csv('{fake}', all_varchar = true)"
        )
        tutorial(connection)


if __name__ == "__main__":
    main()
