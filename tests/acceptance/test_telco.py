"""Lives of the public telephone company's customers: the known Kaplan-Meier curve, all and by contract."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from crmetrics.catalogue import OpenCatalogue
from crmetrics.vocabulary.period import months_later
from tests.acceptance.conftest import Expected
from tests.company import company

TODAY = date(2026, 1, 1)
ENDED = date(2025, 6, 1)
"""The set tells only how many months each customer has been one: those lost ended on one day, the others run on another."""


@pytest.fixture(scope="module")
def telco(real_data: Path) -> Iterator[OpenCatalogue]:
    with (real_data / "telco_churn_ibm" / "Telco-Customer-Churn.csv").open(encoding="utf-8-sig", newline="") as file:
        people = list(csv.DictReader(file))
    rows = [
        {
            "subscription_id": each["customerID"],
            "customer_id": each["customerID"],
            "plan": each["Contract"],
            "started_on": str(months_later(ENDED if each["Churn"] == "Yes" else TODAY, -int(each["tenure"]))),
            "ended_on": str(ENDED) if each["Churn"] == "Yes" else None,
            "monthly_amount": each["MonthlyCharges"],
        }
        for each in people
    ]
    customers = [{"customer_id": each["customerID"], "kind": "person"} for each in people]
    with company(customers=customers, subscriptions=rows) as opened:
        yield opened


def share_left(rows: list[object], month: int) -> float:
    return [row.s for row in rows if row.t <= month][-1]  # type: ignore[attr-defined]


def test_the_curve_of_all_and_of_each_contract(telco: OpenCatalogue, expected: Callable[[str], Expected]) -> None:
    known = expected("telco_churn_ibm")
    rows = list(telco.ask("customers.survival", unit="month").rows)
    for month, told in known["kaplan_meier"].items():
        assert share_left(rows, int(month)) == pytest.approx(told["survival"], rel=1e-9)
    by_plan = list(telco.ask("customers.survival", unit="month", by="plan").rows)
    for plan, curve in known["kaplan_meier_by_contract"].items():
        for month, told in curve.items():
            own = [row for row in by_plan if row.party == plan]
            assert share_left(own, int(month)) == pytest.approx(told["survival"], rel=1e-9)


def test_contracts_differ_beyond_chance(telco: OpenCatalogue) -> None:
    notes = [str(note.message) for note in telco.ask("customers.survival", unit="month", by="plan").notes]
    assert any(
        note.startswith("The groups differ (log-rank test: by chance alone in less than 0.1%)") for note in notes
    )


def test_customers_lost_in_the_month_of_the_ends(telco: OpenCatalogue, expected: Callable[[str], Expected]) -> None:
    known = expected("telco_churn_ibm")
    answer = telco.ask("customers.churn_rate", period="2025-06", by="none", customer_by="subscriptions", of="money")
    assert answer.total.lost == known["churn"]["n"]
    assert answer.total.lost_worth == pytest.approx(known["monthly_charges"]["churned"], abs=0.01)
