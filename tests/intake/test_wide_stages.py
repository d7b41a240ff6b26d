"""A column for each stage becomes the history of stages."""

from datetime import datetime

import pytest

from crmetrics.vocabulary.errors import BadMapping

MAPPING = """
    [source]
    name = "crm"
    [files.deals]
    match = "deals.csv"
    [deals]
    from = "deals"
    deal_id = "Deal"
    stage = "Stage"
    is_won = { column = "Stage", map = { Won = "true" } }
    created_at = "Created"
    [deal_stages]
    from = "deals"
    deal_id = "Deal"
    stages = { "Qualified on" = "Qualified", "Proposal on" = "Proposal", "Won on" = "Won" }
"""
DEALS = """
    Deal,Stage,Created,Qualified on,Proposal on,Won on
    D1,Won,2026-01-01,2026-01-02,2026-01-05,2026-01-09
    D2,Proposal,2026-01-01,2026-02-02,2026-02-02,
    D3,New,2026-01-03,,,
    D4,Proposal,2026-01-01,,2026-03-01,
"""


def day(text):
    return datetime.fromisoformat(text)


def test_each_filled_column_is_a_visit_that_ends_with_the_next_one(company):
    company.write("deals.csv", DEALS)
    report = company.take_in(MAPPING)
    # two stages of one day stand in the order of their columns
    order = "deal_id, entered_at, left_at nulls last"
    assert company.rows(f"select deal_id, stage, entered_at, left_at from deal_stages order by {order}") == [
        ("D1", "Qualified", day("2026-01-02"), day("2026-01-05")),
        ("D1", "Proposal", day("2026-01-05"), day("2026-01-09")),
        ("D1", "Won", day("2026-01-09"), None),
        ("D2", "Qualified", day("2026-02-02"), day("2026-02-02")),  # of one day: in the order of their columns
        ("D2", "Proposal", day("2026-02-02"), None),
        ("D4", "Proposal", day("2026-03-01"), None),
    ]
    assert [(file.read, file.kept, file.quarantined) for file in report.files] == [(4, 4, 0)]
    assert company.rows("select closed_at from deals where deal_id = 'D1'") == [(day("2026-01-09"),)]


def test_a_day_that_cannot_be_read_sets_the_row_aside(company):
    company.write("deals.csv", DEALS.replace("2026-03-01", "soon"))
    company.take_in(MAPPING)
    assert [(row[2], row[3], row[4]) for row in company.quarantine()] == [(5, "entered_at", "soon")]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('stages = "Qualified on"', "say which column holds the day of which stage"),
        ('stages = { "Qualified on" = 1 }', "say which column holds the day of which stage"),
        ('stages = { "Qualified on" = "Q" }\n    entered_at = "Created"', "told by `stages`"),
    ],
)
def test_what_is_declared_wrong_is_told(company, said, told):
    company.write("deals.csv", DEALS)
    wrong = MAPPING.replace(MAPPING[MAPPING.index("stages = {") :].strip(), said)
    with pytest.raises(BadMapping, match=told):
        company.take_in(wrong)


def test_stages_of_some_rows_only(company):
    company.write("deals.csv", DEALS)
    company.take_in(MAPPING + "    where = \"Stage = 'Won'\"\n")
    assert company.rows("select distinct deal_id from deal_stages") == [("D1",)]
