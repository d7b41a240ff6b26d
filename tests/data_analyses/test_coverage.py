"""What came, and what it unlocks."""

from __future__ import annotations

from datetime import date

import pytest

from tests.company import company


def deals(count: int, **more: object) -> list[dict[str, object]]:
    return [
        {"deal_id": str(n), "stage": "quote", "created_at": "2025-05-02", "is_won": True, **more} for n in range(count)
    ]


def states(asked, key: str):
    rows = asked.ask("data.coverage", show="analyses").rows
    return next((row.state, row.missing) for row in rows if row.key == key)


def test_a_blank_key_column_locks_though_there_are_rows() -> None:
    """The definition's trap: 1,000 deals, closed_at blank in all: win_rate locked by deals.closed_at."""
    with company(deals=deals(1000)) as asked:
        assert states(asked, "sales.win_rate") == ("locked", "deals.closed_at")
        assert states(asked, "kpis.created_deals") == ("ready", None)
        assert states(asked, "kpis.net_sales") == ("locked", "orders")


def test_few_rows_are_thin() -> None:
    with company(deals=deals(29, closed_at="2025-05-20")) as asked:
        assert states(asked, "sales.win_rate") == ("thin", None)


def test_tables_with_their_span_and_links() -> None:
    orders = [
        {"order_id": "1", "ordered_at": "2025-05-01 22:30:00", "customer_id": "a"},
        {"order_id": "2", "ordered_at": "2025-07-01", "customer_id": "gone"},
        {"order_id": "3", "ordered_at": "2025-06-01"},
        {"order_id": "4", "ordered_at": "2025-06-02", "customer_id": "a"},
    ]
    with company(
        orders=orders, customers=[{"customer_id": "a"}], zone="Europe/Istanbul", reaches="2025-07-10"
    ) as asked:
        answer = asked.ask("data.coverage")
    row = next(row for row in answer.rows if str(row.table_name) == "Orders")
    assert (row.rows, row.first, row.last) == (4, date(2025, 5, 2), date(2025, 7, 1))
    assert row.linked_share == 0.5
    assert row.age == pytest.approx(9)
    assert any(str(note.message).startswith("Not there: ") for note in answer.notes)


def test_months_are_local() -> None:
    orders = [{"order_id": "1", "ordered_at": "2025-05-31 22:30:00"}, {"order_id": "2", "ordered_at": "2025-06-02"}]
    with company(orders=orders, zone="Europe/Istanbul") as asked:
        rows = asked.ask("data.coverage", show="months").rows
    assert [(str(row.table_name), row.month, row.rows) for row in rows] == [("Orders", "2025-06", 2)]


def test_columns_are_shown_where_they_hold_something() -> None:
    with company(deals=deals(1)) as asked:
        shown = {
            show: [column.name for column in asked.ask("data.coverage", show=show).columns]
            for show in ("months", "analyses")
        }
        charts = {show: asked.ask("data.coverage", show=show).chart is not None for show in ("tables", "months")}
    assert shown == {
        "months": ["table_name", "month", "rows"],
        "analyses": ["analysis_name", "key", "state", "missing"],
    }
    assert charts == {"tables": False, "months": True}
