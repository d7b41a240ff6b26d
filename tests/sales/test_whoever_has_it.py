"""A filter on a person is the row of that person: what belongs to his deals, leads and quotes counts whoever of the company has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crmetrics.catalogue import OpenCatalogue
from crmetrics.warehouse.scope import Filter, Viewer
from tests.company import company
from tests.sales.pipelines import STAGES

PEOPLE = ("ann", "ben")
CASES = range(12)


def owner_of(number: int) -> str:
    """Ann and Ben in turns."""
    return PEOPLE[number % 2]


def crossed_company() -> dict[str, Any]:
    """Twelve deals of Ann, half of them won: Ben had their leads and plans the next steps; quotes and calls are of both."""
    deals = [
        {
            "deal_id": f"d{number}",
            "stage": "won" if number < 6 else "lead",
            "created_at": "2025-03-01",
            "is_won": True if number < 6 else None,
            "closed_at": "2025-04-01" if number < 6 else None,
            "owner_id": "ann",
            "amount": 100,
        }
        for number in CASES
    ]
    quotes = [
        {
            "quote_id": f"q{number}",
            "deal_id": f"d{number}",
            "sent_at": "2025-03-10",
            "expires_on": "2025-05-01",
            "amount": 100,
            "owner_id": owner_of(number),
        }
        for number in CASES
    ]
    leads = [
        {"lead_id": f"l{number}", "deal_id": f"d{number}", "created_at": "2025-01-01", "owner_id": "ben"}
        for number in CASES
    ]
    calls = [
        {
            "activity_id": f"call{number}",
            "lead_id": f"l{number}",
            "created_at": "2025-01-02",
            "done_at": "2025-01-02 10:00",
            "kind": "call",
            "direction": "out",
            "owner_id": owner_of(number),
        }
        for number in CASES
    ]
    steps = [
        {
            "activity_id": f"step{number}",
            "deal_id": f"d{number}",
            "created_at": "2025-05-02",
            "due_at": "2025-07-01",
            "kind": "task",
            "owner_id": "ben",
        }
        for number in CASES
    ]
    return {
        "employees": [{"employee_id": each} for each in PEOPLE],
        "stages": STAGES,
        "deals": deals,
        "quotes": quotes,
        "leads": leads,
        "activities": [*calls, *steps],
    }


@pytest.fixture(scope="module")
def asked() -> Iterator[OpenCatalogue]:
    with company(reaches="2025-06-01", **crossed_company()) as found:
        yield found


def both_ways(asked: OpenCatalogue, key: str, columns: tuple[str, ...], **choices: Any) -> list[tuple[Any, Any, Any]]:
    """Of each person with a row: that row, the total under a filter on him, and what he sees himself."""

    def told(row: Any) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in columns)

    rows = {row.party: row for row in asked.ask(key, by="owner", **choices).rows}
    return [
        (
            told(row),
            told(asked.ask(key, by="none", where=(Filter("owner", (person,)),), **choices).total),
            told(asked.ask(key, by="none", viewer=Viewer(person, "self", person), **choices).total),
        )
        for person, row in rows.items()
        if row.party is not None
    ]


@pytest.mark.parametrize(
    ("key", "columns", "choices", "expected"),
    [
        ("sales.quote_to_sale", ("won", "lost", "pending"), {}, [(3, 0, 3), (3, 0, 3)]),
        ("sales.quote_to_sale", ("won", "lost", "pending"), {"unit": "quote"}, [(3, 3, 0), (3, 3, 0)]),
        ("sales.first_contact_to_quote", ("cases", "quoted"), {"clock": "calendar"}, [(12, 12)]),
        ("sales.lead_response", ("leads", "contacted", "converted"), {}, [(12, 12, 6)]),
        ("sales.cycle_length", ("won", "median"), {"start": "lead"}, [(6, 90.0)]),
    ],
)
def test_a_filter_and_a_viewer_get_the_figures_of_the_row(
    asked: OpenCatalogue, key: str, columns: tuple[str, ...], choices: dict[str, Any], expected: list[Any]
) -> None:
    found = both_ways(asked, key, columns, period="2025", **choices)
    assert [row for row, _filtered, _seen in found] == expected
    assert [filtered for _row, filtered, _seen in found] == expected
    if key != "sales.lead_response":  # the deals of a lead are followed within the viewer's rights
        assert [seen for _row, _filtered, seen in found] == expected


def test_a_next_step_of_a_colleague_is_one(asked: OpenCatalogue) -> None:
    assert both_ways(asked, "sales.pipeline", ("deals", "no_next_step")) == [((6, 0.0), (6, 0.0), (6, 0.0))]


def test_a_further_lead_of_a_deal_is_one_whoever_had_the_first() -> None:
    tables = crossed_company()
    again = [
        {"lead_id": f"x{number}", "deal_id": f"d{number}", "created_at": "2025-02-01", "owner_id": "ann"}
        for number in CASES
    ]
    with company(reaches="2025-12-01", **tables | {"leads": [*tables["leads"], *again]}) as asked:
        choices = {"period": "2025", "within": 90}
        rows = asked.ask("sales.lead_conversion", by="owner", **choices).rows
        whole, ann = (
            asked.ask("sales.lead_conversion", by="none", where=where, **choices).total
            for where in ((), (Filter("owner", ("ann",)),))
        )
    assert {row.party: row.leads for row in rows if row.step == "lead"} == {"ben": 12, "ann": 0}
    assert (whole.leads, ann.leads) == (12, 0)
