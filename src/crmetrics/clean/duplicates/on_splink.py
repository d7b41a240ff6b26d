"""Splink at work: a model told in its words, u by sampling, m by EM, pairs scored. Loaded only where pairs are compared."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import duckdb

from crmetrics.clean.duplicates.fields import Field
from crmetrics.clean.duplicates.shares import Shares

if TYPE_CHECKING:
    from splink import Linker

SEED: Final = 1


def sampled_u(
    connection: duckdb.DuckDBPyConnection, records: str, fields: Sequence[Field], shares: Shares, pairs: float
) -> dict[str, list[float]]:
    """How often each level is met among random pairs, in the order of the fields' levels; 0 for what is not met."""
    linker = _linker(connection, records, fields, shares)
    linker.training.estimate_u_using_random_sampling(pairs, seed=SEED, min_count_per_level=None, num_chunks=1)
    return _told(linker, fields, "u_probability")


def learned_m(
    connection: duckdb.DuckDBPyConnection,
    records: str,
    fields: Sequence[Field],
    shares: Shares,
    key: str,
    pairs: float,
) -> dict[str, list[float]]:
    """m by EM over the pairs that agree in a key, of the fields that are not asked of by it; u stays as it is."""
    from splink import block_on

    linker = _linker(connection, records, fields, shares)
    linker.training.estimate_parameters_using_expectation_maximisation(
        block_on(key), estimate_without_term_frequencies=True, max_pairs=pairs, record_sample_proportion=1.0
    )
    return _told(linker, fields, "m_probability")


def predicted(
    connection: duckdb.DuckDBPyConnection,
    records: str,
    fields: Sequence[Field],
    shares: Shares,
    candidates: str,
    least: float,
) -> str:
    """Score the candidate pairs; the name of the table of those as likely as `least`, with levels and weights."""
    linker = _linker(connection, records, fields, shares)
    found = linker._db_api.table_to_splink_dataframe(candidates, candidates)
    linker.table_management.register_blocked_pairs_for_predict(found)
    return str(linker.inference.predict(threshold_match_probability=least, warning_mode="never").physical_name)


def _linker(connection: duckdb.DuckDBPyConnection, records: str, fields: Sequence[Field], shares: Shares) -> Linker:
    logging.getLogger("splink").setLevel(logging.ERROR)  # it tells of its steps as if it were the program
    from splink import Linker, SettingsCreator
    from splink.internals.duckdb.database_api import DuckDBAPI

    database = DuckDBAPI(connection)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[_comparison(field, shares) for field in fields],
        probability_two_random_records_match=shares.match,
        retain_matching_columns=True,  # it holds the levels back otherwise
        retain_intermediate_calculation_columns=True,
    )
    return Linker(database.register(records), settings, log_level=None, validate_settings=False)


def _comparison(field: Field, shares: Shares) -> dict[str, Any]:
    levels: list[dict[str, Any]] = [
        {
            "sql_condition": field.blank,
            "label_for_charts": "blank",
            "is_null_level": True,
        }
    ]
    for level, m, u in zip(field.levels, shares.m[field.name], shares.u[field.name], strict=True):
        told = {
            "sql_condition": level.condition or "ELSE",
            "label_for_charts": level.said.text,
            "m_probability": m,
            "u_probability": u,
        }
        if level.by_chance and shares.is_learned:
            told |= {"tf_adjustment_column": level.by_chance, "disable_tf_exact_match_detection": True}
        levels.append(told)
    return {"output_column_name": field.name, "comparison_levels": levels}


def _told(linker: Linker, fields: Sequence[Field], share: str) -> dict[str, list[float]]:
    """What the linker learned, by field in the order of its levels."""
    comparisons = {each["output_column_name"]: each for each in linker.misc.save_model_to_json()["comparisons"]}
    return {
        field.name: [
            float(level.get(share) or 0.0) if isinstance(level.get(share), float | None) else 0.0
            for level in comparisons[field.name]["comparison_levels"]
            if not level.get("is_null_level")
        ]
        for field in fields
    }
