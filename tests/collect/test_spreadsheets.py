"""Sheets of XLSX files."""

import datetime as dt
import zipfile

import pytest
import xlsxwriter
import xlwt

from crmetrics.collect.listing import shown
from crmetrics.vocabulary.errors import BadFile

HEADER = ["id", "name", "amount", "on"]


@pytest.fixture
def book(tmp_path):
    """Write sheets, each a list of rows, into exports/book.xlsx; None leaves a row blank."""

    def write(**sheets):
        (tmp_path / "exports").mkdir()
        path = tmp_path / "exports" / "book.xlsx"
        with xlsxwriter.Workbook(path, {"default_date_format": "dd.mm.yyyy hh:mm"}) as workbook:
            for name, rows in sheets.items():
                sheet = workbook.add_worksheet(name)
                for number, row in enumerate(rows):
                    for column, cell in enumerate(row or []):
                        if isinstance(cell, str) and not cell.startswith("{="):
                            sheet.write_string(number, column, cell)
                        else:
                            sheet.write(number, column, cell)
        return path

    return write


def test_a_sheet_by_its_name_and_the_first_one(read, book):
    book(Orders=[HEADER, [1, "Ayşe", 12.5, dt.date(2024, 1, 31)]], Returns=[["id"], [7], [8]])
    first = read(None, "book.xlsx")
    assert first.raw.name == "book.xlsx [Orders]"
    assert first.raw.columns == tuple(HEADER)
    assert first.rows == [("1", "Ayşe", "12.5", "2024-01-31")]
    returns = read(None, "book.xlsx", sheet="Returns")
    assert (returns.raw.name, returns.rows) == ("book.xlsx [Returns]", [("7",), ("8",)])


def test_rows_have_the_numbers_that_the_sheet_shows(read, book):
    book(Orders=[None, None, HEADER, [1], None, [2, "x"], ["", ""]])
    shown = read(None, "book.xlsx")
    assert shown.raw.columns == tuple(HEADER)
    assert shown.rows == [("1", None, None, None), ("2", "x", None, None)]
    assert shown.numbers == [4, 6]


def test_a_sheet_without_a_header(read, book):
    book(Orders=[[1, "x"], [2, "y"]])
    shown = read(None, "book.xlsx", header=False)
    assert (shown.raw.columns, shown.rows) == (("column_1", "column_2"), [("1", "x"), ("2", "y")])
    assert shown.numbers == [1, 2]


def test_texts_are_untouched(read, book):
    texts = ["007", " padded ", "two\nlines", 'say "hi", please', "=1+1", "a;b,c\td", "\\", "a\rb", "İçğş Їжак 客户"]
    book(Orders=[["id", "text"], *([place, text] for place, text in enumerate(texts))])
    assert [text for _place, text in read(None, "book.xlsx").rows] == texts


def test_a_header_and_nothing_else(read, book):
    book(Orders=[HEADER])
    assert read(None, "book.xlsx").raw.rows == 0


def test_wrong_sheets_are_told(read, book):
    book(Orders=[HEADER], Empty=[])
    with pytest.raises(
        BadFile, match=r"'book.xlsx' has no sheet 'Sales'\. It has: 'Orders', 'Empty'\. Correct `sheet`"
    ):
        read(None, "book.xlsx", sheet="Sales")
    with pytest.raises(BadFile, match=r"The sheet 'Empty' of 'book.xlsx' is empty\. Name another one"):
        read(None, "book.xlsx", sheet="Empty")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (17850.0, "17850"),
        (-3.0, "-3"),
        (0.1 + 0.2, "0.3"),
        (1234.56, "1234.56"),
        (1e-7, "0.0000001"),
        (1e15, "1000000000000000"),
        (12345678901234567.0, "12345678901234568"),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        ("", ""),
        (dt.date(2024, 1, 31), "2024-01-31"),
        (dt.datetime(2024, 1, 31, 13, 45, 10), "2024-01-31 13:45:10"),
        (dt.time(13, 45), "13:45:00"),
        (dt.timedelta(days=1, hours=18), "42:00:00"),
        (-dt.timedelta(minutes=90, seconds=5), "-1:30:05"),
    ],
)
def test_cells_as_text(cell, text):
    assert shown(cell) == text


def test_a_workbook_of_old_excel(read, tmp_path):
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Müşteri")
    days = xlwt.easyxf(num_format_str="DD.MM.YYYY")
    for column, cell in enumerate(["id", "name", "amount", "on"]):
        sheet.write(0, column, cell)
    for column, cell in enumerate([7, "Ayşe 客", 12.5, dt.date(2024, 1, 31)]):
        sheet.write(2, column, cell, days if column == 3 else xlwt.Style.default_style)
    (tmp_path / "exports").mkdir()
    workbook.save(str(tmp_path / "exports" / "old.xls"))
    shown = read(None, "old.xls")
    assert (shown.raw.name, shown.raw.columns) == ("old.xls [Müşteri]", tuple(HEADER))
    assert (shown.rows, shown.numbers) == ([("7", "Ayşe 客", "12.5", "2024-01-31")], [3])


ODS_ROW = "<table:table-row>{}</table:table-row>"
ODS = (
    '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="Замовлення">{}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)


def test_a_sheet_of_libre_office(read, tmp_path):
    texts = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in HEADER
    )
    cells = (
        '<table:table-cell office:value-type="float" office:value="7"><text:p>7</text:p></table:table-cell>'
        '<table:table-cell office:value-type="string"><text:p>Олена</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="12.5"><text:p>12,5</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2024-01-31"><text:p>31.01.24</text:p></table:table-cell>'
    )
    (tmp_path / "exports").mkdir()
    with zipfile.ZipFile(tmp_path / "exports" / "sheet.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<x/>")
        archive.writestr("content.xml", ODS.format(ODS_ROW.format(texts) + ODS_ROW.format(cells)))
    shown = read(None, "sheet.ods")
    assert (shown.raw.name, shown.raw.columns) == ("sheet.ods [Замовлення]", tuple(HEADER))
    assert shown.rows == [("7", "Олена", "12.5", "2024-01-31")]
