"""A sheet a year: all of them are one table."""

import pytest
import xlsxwriter

from crmetrics.intake.understanding import understand
from crmetrics.vocabulary.errors import BadFile

MAPPING = """
    [source]
    name = "shop"
    [files.sales]
    match = "*.xlsx"
    sheet = "20*"
    [[orders]]
    from = "sales"
    order_id = "Order ID"
    ordered_at = "Order date"
    currency = { value = "EUR" }
"""


def book(company, **sheets):
    company.exports.mkdir(exist_ok=True)
    with xlsxwriter.Workbook(company.exports / "sales.xlsx") as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name.strip("_"))
            for place, row in enumerate([("Order ID", "Order date"), *rows]):
                sheet.write_row(place, 0, row)


def test_sheets_of_all_years_are_one_table(company):
    book(company, _2024=[("A1", "2024-03-01")], _2025=[("B1", "2025-03-01"), ("B2", "2025-04-01")], Notes=[("x", "y")])
    report = company.take_in(MAPPING)
    assert [(file.name, file.kept) for file in report.files] == [("sales.xlsx [2024]", 1), ("sales.xlsx [2025]", 2)]
    assert not company.take_in(MAPPING).is_changed
    book(company, _2024=[("A1", "2024-03-01")], _2025=[("B1", "2025-03-01")], _2026=[("C1", "2026-01-01")])
    company.take_in(MAPPING)
    assert company.rows("select order_id from orders order by 1") == [("A1",), ("B1",), ("C1",)]


def test_no_sheet_of_that_kind_is_told(company):
    book(company, Notes=[("x", "y")])
    with pytest.raises(BadFile, match=r"has no sheet like '20\*'\. It has: 'Notes'"):
        company.take_in(MAPPING)


def test_sheets_that_differ_in_digits_alone_are_understood_as_one(company):
    book(company, _2024=[("A1", "2024-03-01")] * 2, _2025=[("B1", "2025-03-01"), ("B2", "2025-04-01")])
    (known,) = understand([company.exports], company.folder / "spill")[0].known
    assert known.sheet == "*"
