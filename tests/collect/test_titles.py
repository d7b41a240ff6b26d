"""Rows above a table are passed over, where everything speaks for it, and told; what may be a table stays one."""

import pytest
import xlsxwriter

from crmetrics.collect.titles import titles_above
from crmetrics.vocabulary.errors import BadFile

NAMES = ["Sipariş No", "Tarih", "Müşteri", "Tutar"]
LINES = [
    ["A1", "05.01.2026", "Çınar Ltd", "1.250,50"],
    ["A2", "06.01.2026", "Şeker AŞ", "99,90"],
    ["A3", "", "Can", "7"],
]


@pytest.mark.parametrize(
    "above",
    [
        [["Satış Raporu"]],
        [["Satış Raporu"], ["Dönem:", "01.01.2026 - 31.01.2026"]],
        [["", "", "Satış Raporu 2026", ""], ["Şube", "Kadıköy"]],
    ],
)
@pytest.mark.parametrize("kind", ["csv", "padded", "xlsx"])
def test_a_title_is_passed_over(read, tmp_path, above, kind):
    rows = [*above, [], NAMES, *LINES]
    if kind == "xlsx":
        (tmp_path / "exports").mkdir()
        with xlsxwriter.Workbook(tmp_path / "exports" / "sales.xlsx") as book:
            sheet = book.add_worksheet("Ocak")
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
        found = read(None, "sales.xlsx")
    else:
        width = len(NAMES) if kind == "padded" else 0
        lines = [[*row, *[""] * (width - len(row))] for row in rows]
        found = read("".join(";".join(row) + "\r\n" for row in lines))
    assert found.raw.columns == tuple(NAMES)
    assert found.raw.above == tuple(" ".join(cell for cell in row if cell) for row in above)
    assert found.rows == [tuple(cell or None for cell in row) for row in LINES]
    first = len(above) + 3
    assert found.numbers == [first, first + 1, first + 2]


@pytest.mark.parametrize(
    "rows",
    [
        [NAMES, *LINES],
        [["id"], ["1"], ["2"]],
        [
            ["Müşteri"],
            ["Ali", "Ankara", "Merkez"],
            ["Can", "Bursa", "Batı"],
            ["Efe", "İzmir", "Batı"],
        ],  # names of what?
        [["a", "b"], ["x", "y", "z"], ["1", "2", "3"], ["1", "2", "3"]],  # a name is missing
        [["Report"], ["2024", "2025", "2026"], ["1", "2", "3"], ["1", "2", "3"]],  # years are no names for sure
        [["Report"], NAMES, LINES[0]],  # too little to tell
    ],
)
def test_what_may_be_a_table_stays_one(rows):
    assert titles_above(rows) == 0


def test_rows_without_a_name_are_told_as_before(read):
    with pytest.raises(BadFile, match="has 1 names, but its rows have 3 cells"):
        read("Müşteri\nAli;Ankara;Merkez\nCan;Bursa;Batı\nEfe;İzmir;Batı\n", delimiter=";")


def test_where_the_mapping_says_the_names_nothing_is_passed_over(read):
    text = "Rapor;;\nAd;Gün;Tutar\nAli;2026-01-05;7\nCan;2026-01-06;8\nEfe;2026-01-07;9\n"
    assert read(text, header=False).numbers == [1, 2, 3, 4, 5]
    assert read(text, header=False, names=("a", "b", "c")).numbers == [1, 2, 3, 4, 5]
    assert read(text).raw.columns == ("Ad", "Gün", "Tutar")
