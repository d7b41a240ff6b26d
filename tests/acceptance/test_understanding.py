"""How much of the public sets, and of the demo company in each language, is understood without a mapping."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmetrics.collect.demo import write_demo
from crmetrics.intake.understanding import understand
from tests.understanding.measured import Measured, measured, truth_of, truth_of_mapping

MARK = 0.9
FILES = {
    "cdnow": ["CDNOW_master.txt"],
    "febrl": ["dataset1.csv"],
    "groceries": ["Groceries_dataset.csv"],
    "online_retail_uci": ["by-day"],
    "support_tickets": ["customer_support_tickets.csv"],
    "telco_churn_ibm": ["Telco-Customer-Churn.csv", "IBM_Cognos_Data.csv"],
}
"""The files that are looked through where a set holds more than its tables, or the same twice."""

SETS = (
    "cdnow", "contoso_global_electronics", "crm_basudev", "crm_maven_kaggle", "event_logs", "febrl", "groceries", "hillstrom",
    "lead_scoring_x_education", "marketing_campaign_personality", "nps_survey", "olist", "online_retail_uci",
    "splink_fake_1000", "superstore", "support_tickets", "telco_churn_ibm",
)  # fmt: skip
SYSTEMS = ("dbt_hubspot", "dbt_salesforce", "dbt_zendesk")
"""Exports that are known by their shape, and mapped as it says."""


@pytest.fixture(scope="module")
def sets(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    scratch = tmp_path_factory.mktemp("understanding")
    found = {}
    for name in (*SETS, *SYSTEMS):
        files = [real_data / name / file for file in FILES.get(name, [])] or [real_data / name]
        proposal, _errors = understand(files, scratch)
        found[name] = measured(name, proposal, truth_of(name))
    return found


def share(found: list[Measured]) -> float:
    return sum(one.right for one in found) / sum(one.columns for one in found)


def told(found: list[Measured]) -> str:
    return "\n".join(map(str, found)) + f"\n{share(found):7.1%} over all"


def test_nine_columns_of_ten_are_mapped_right(sets: dict[str, Measured]) -> None:
    print(told(list(sets.values())))  # noqa: T201  # the figures are what one runs it for
    assert share([sets[name] for name in SETS]) >= MARK, told(list(sets.values()))
    assert share([sets[name] for name in SYSTEMS]) >= MARK


def test_no_wrong_mapping_goes_without_a_question(sets: dict[str, Measured]) -> None:
    assert [told for one in sets.values() for told in one.surely_wrong] == []


@pytest.mark.parametrize("language", ["en", "tr", "uk", "zh"])
def test_a_company_in_its_own_language(language: str, tmp_path: Path) -> None:
    truth = truth_of_mapping(write_demo(tmp_path / "exports", language=language, lines=2_000))
    proposal, _errors = understand(sorted((tmp_path / "exports").glob("*.csv")), tmp_path / "scratch")
    found = measured(language, proposal, truth)
    print(found)  # noqa: T201  # as above
    assert found.right >= MARK * found.columns, found.missed
    assert found.surely_wrong == ()
