"""How a number came about."""

from __future__ import annotations

import pytest

from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.unit import Figure
from crmetrics.warehouse.scope import Filter
from tests.company import company


def deals() -> list[dict[str, object]]:
    decided = [
        {
            "deal_id": str(n),
            "stage": "q",
            "owner_id": "ana",
            "created_at": "2025-05-01",
            "closed_at": "2025-05-20",
            "is_won": n < 6,
        }
        for n in range(10)
    ]
    return [*decided, {"deal_id": "open", "stage": "q", "owner_id": "bob", "created_at": "2025-05-01"}]


def told(answer) -> dict[str, object]:
    return {str(row.item): row.value.value if isinstance(row.value, Figure) else row.value for row in answer.rows}


def test_rows_used_and_left_out_are_those_in_scope() -> None:
    """A number that stands on 10 rows says 10, and what is left out says why."""
    with company(deals=deals()) as asked:
        lines = told(asked.ask("data.passport", key="sales.win_rate", period="2025-05", choices="by=none"))
    assert (lines["Rows in scope"], lines["Rows used"], lines["Left out: still open"]) == (11, 10, 1)
    assert (lines["Key"], lines["Time zone"], lines["Currency"]) == ("sales.win_rate", "UTC", "EUR")
    assert str(lines["Formula"]).startswith("won / (won + lost)")
    assert lines["Link"] == "sales.win_rate?period=2025-05-01..2025-06-01&of=count"
    assert "FROM deals" in str(lines["Statement"])


def test_filters_and_choices_are_told_and_hold() -> None:
    with company(deals=deals()) as asked:
        where = (Filter("owner", ("bob",)),)
        lines = told(
            asked.ask("data.passport", key="sales.win_rate", period="2025-05", choices="of=all,by=none", where=where)
        )
    assert (lines["Rows used"], lines["Filters"], lines["Choices"]) == (1, "owner = bob", "of = all")
    assert str(lines["Link"]).endswith("where.owner=bob")


def test_a_locked_figure_has_a_locked_passport() -> None:
    with company(deals=deals()) as asked:
        answer = asked.ask("data.passport", key="kpis.net_sales", period="2025-05")
    assert answer.locked is not None
    assert answer.locked.missing == "orders"


def test_a_choice_that_is_none_is_told() -> None:
    with company(deals=deals()) as asked, pytest.raises(BadValue, match="'owner' is not a choice"):
        asked.ask("data.passport", key="sales.win_rate", choices="owner")
