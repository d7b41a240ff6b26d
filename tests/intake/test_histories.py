"""Histories that the product writes from the difference between two imports."""

from datetime import datetime

DEALS = """
    [source]
    name = "crm"
    [files.deals]
    match = "deals.csv"
    [deals]
    from = "deals"
    deal_id = "id"
    owner_id = "owner"
    stage = "stage"
    amount = "amount"
    currency = { value = "EUR" }
    created_at = "made"
    closed_at = "closed"
    is_won = "won"
    expected_close_on = "due"
"""
HEADER = "id,owner,stage,amount,made,closed,won,due\n"
VISITS = "select deal_id, stage, entered_at, left_at from deal_stages order by deal_id, entered_at"
CHANGES = "select deal_id, changed_at, field_name, old_value, new_value from deal_changes order by 1, 3"


def first_two(company):
    company.write(
        "deals.csv",
        HEADER + "D1,Ann,New,100,2026-01-05,,,2026-03-01\nD2,Ann,Offer,,2026-01-06,,,\nD3,Bob,New,7,2026-01-07,,,\n",
    )
    company.take_in(DEALS, now=datetime(2026, 1, 8, 9))
    company.write(
        "deals.csv",
        HEADER
        + "D1,Bob,Offer,120,2026-01-05,,,2026-03-01\nD2,Ann,Won,50,2026-01-06,2026-01-14 16:00,yes,\n"
        + "D4,Bob,New,9,2026-01-15,,,\n",
    )
    return company.take_in(DEALS, now=datetime(2026, 1, 15, 9))


def test_a_first_import_knows_of_no_history(company):
    company.write("deals.csv", HEADER + "D1,Ann,New,100,2026-01-05,,,\n")
    report = company.take_in(DEALS, now=datetime(2026, 1, 8, 9))
    assert "deal_stages" not in report.tables
    assert "deal_changes" not in report.tables


def test_the_second_import_tells_where_deals_stood_and_where_they_went(company):
    first_two(company)
    seen_first, seen_second = datetime(2026, 1, 7, 23, 59, 59), datetime(2026, 1, 15, 9)
    assert company.rows(VISITS) == [
        ("D1", "New", seen_first, seen_second),
        ("D1", "Offer", seen_second, None),
        ("D2", "Offer", seen_first, datetime(2026, 1, 14, 16)),
        ("D2", "Won", datetime(2026, 1, 14, 16), None),
        ("D4", "New", datetime(2026, 1, 15), None),
    ]
    assert company.rows(CHANGES) == [
        ("D1", seen_second, "amount", "100.0000", "120.0000"),
        ("D1", seen_second, "owner_id", "Ann", "Bob"),
        ("D2", seen_second, "amount", None, "50.0000"),
        ("D2", seen_second, "forecast_category", None, "closed"),
    ]


def test_histories_are_kept_through_later_imports_and_a_deal_that_went_takes_its_own_with_it(company):
    first_two(company)
    company.write(
        "deals.csv", HEADER + "D2,Ann,Won,50,2026-01-06,2026-01-14 16:00,yes,\nD4,Bob,Offer,9,2026-01-15,,,2026-06-01\n"
    )
    company.take_in(DEALS, now=datetime(2026, 1, 20, 9))
    # The newest thing in the data is of 15 January, so no later moment is claimed.
    assert company.rows(VISITS) == [
        ("D2", "Offer", datetime(2026, 1, 7, 23, 59, 59), datetime(2026, 1, 14, 16)),
        ("D2", "Won", datetime(2026, 1, 14, 16), None),
        ("D4", "New", datetime(2026, 1, 15), datetime(2026, 1, 15, 23, 59, 59)),
        ("D4", "Offer", datetime(2026, 1, 15, 23, 59, 59), None),
    ]
    assert [row[2] for row in company.rows(CHANGES)] == ["amount", "forecast_category", "expected_close_on"]


def test_rollback_forgets_what_was_seen_after(company):
    second = first_two(company)
    company.versions.rollback(second.version.number - 1)
    company.write(
        "deals.csv",
        HEADER + "D1,Ann,Offer,100,2026-01-05,,,2026-03-01\nD2,Ann,Offer,,2026-01-06,,,\nD3,Bob,New,7,2026-01-07,,,\n",
    )
    company.take_in(DEALS, now=datetime(2026, 1, 16, 9))
    assert {row[0] for row in company.rows(VISITS)} == {"D1", "D2", "D3"}
    assert "deal_changes" not in {
        row[0] for row in company.rows("select table_name from duckdb_tables() where schema_name = 'main'")
    }


def test_a_source_that_tells_its_own_history_is_not_watched(company):
    mapping = DEALS + (
        '    [files.visits]\n    match = "visits.csv"\n    [deal_stages]\n    from = "visits"\n    deal_id = "id"\n'
        '    stage = "stage"\n    entered_at = "at"\n'
    )
    company.write("deals.csv", HEADER + "D1,Ann,New,100,2026-01-05,,,\n")
    company.write("visits.csv", "id,stage,at\nD1,New,2026-01-05\n")
    company.take_in(mapping, now=datetime(2026, 1, 8))
    company.write("deals.csv", HEADER + "D1,Ann,Offer,100,2026-01-05,,,\n")
    company.write("visits.csv", "id,stage,at\nD1,New,2026-01-05\nD1,Offer,2026-01-10\n")
    company.take_in(mapping, now=datetime(2026, 1, 15))
    assert company.rows(VISITS) == [
        ("D1", "New", datetime(2026, 1, 5), datetime(2026, 1, 10)),
        ("D1", "Offer", datetime(2026, 1, 10), None),
    ]
