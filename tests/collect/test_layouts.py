"""Files whose columns the mapping declares: of fixed width, and without a row of names."""

import gzip

import pytest
import xlsxwriter

from crmetrics.collect.sources import FileEntry, read_raw
from crmetrics.vocabulary.errors import BadFile, BadMapping

SPANS = ((0, 4), (4, 10), (10, None))
NAMES = ("no", "name", "note")


def test_columns_are_cut_by_characters_not_bytes(read):
    shown = read("0001Ayşe  geldi\n0002Їжак  тут\n\n0003订单  x\n", spans=SPANS, names=NAMES, header=False)
    assert shown.raw.columns == NAMES
    assert shown.rows == [("0001", "Ayşe", "geldi"), ("0002", "Їжак", "тут"), ("0003", "订单  x", None)]
    assert shown.numbers == [1, 2, 4]


def test_names_may_stand_in_the_first_row(read):
    shown = read("no  name  note\n0001Ayşe  x\n", spans=SPANS)
    assert (shown.raw.columns, shown.rows, shown.numbers) == (NAMES, [("0001", "Ayşe", "x")], [2])
    other = read("no  name  note\n0001Ayşe  x\n", spans=SPANS, names=("a", "b", "c"))
    assert (other.raw.columns, other.rows) == (("a", "b", "c"), [("0001", "Ayşe", "x")])


def test_without_names_columns_are_numbered(read):
    assert read("0001Ayşe  x\n", spans=SPANS, header=False).raw.columns == ("column_1", "column_2", "column_3")


def test_rows_that_end_early_are_blank_there_and_longer_ones_are_told(read):
    shown = read("0001Ayşe  \n0002\n0003Ali   12 \n0004Ali   123\n", spans=((0, 4), (4, 10), (10, 12)), header=False)
    assert shown.rows == [("0001", "Ayşe", None), ("0002", None, None), ("0003", "Ali", "12")]
    assert shown.rejects == [(4, None, "0004Ali   123")]
    assert "character 12" in str(shown.raw.rejected[0].reason)


def test_columns_may_overlap_and_leave_room(read):
    shown = read("20260115-xx-9\n", spans=((0, 8), (0, 4), (12, 13)), header=False)
    assert shown.rows == [("20260115", "2026", "9")]


def test_quotation_marks_and_delimiters_are_letters_there(read):
    assert read('1"2,  a;b\n', spans=((0, 6), (6, None)), header=False).rows == [('1"2,', "a;b")]


@pytest.mark.parametrize(("encoding", "text"), [("cp1254", "İğdır"), ("cp1251", "Їжак"), ("gb18030", "订单日期表")])
def test_other_encodings_and_packed_files(read, encoding, text):
    line = f"1   {text}\r\n".encode(encoding)
    shown = read(gzip.compress(line * 3), "x.gz", spans=((0, 4), (4, None)), header=False, encoding=encoding)
    assert shown.rows == [("1", text)] * 3


def test_bytes_that_are_no_text_are_told(read):
    shown = read(
        b"1   good\n2   b\xffd\n" + b"3   good\n" * 3, spans=((0, 4), (4, None)), header=False, encoding="utf-8"
    )
    assert shown.numbers == [1, 3, 4, 5]
    assert [row.row for row in shown.raw.rejected] == [2]


def test_a_file_of_blank_lines_is_told(read):
    with pytest.raises(BadFile, match="is empty"):
        read(" \n \n", spans=SPANS, header=False)


def test_names_of_a_file_without_heads(read):
    shown = read("1;Ayşe;x\n2;Ali;y\n", header=False, names=NAMES)
    assert (shown.raw.columns, shown.rows, shown.numbers) == (NAMES, [("1", "Ayşe", "x"), ("2", "Ali", "y")], [1, 2])
    assert read("a;b;c\n2;Ali;y\n", names=NAMES).rows == [("2", "Ali", "y")]  # its own heads are passed over


def test_rows_that_do_not_fit_the_names_are_told(read):
    shown = read("1;Ayşe;x\n2;Ali\n3;Can;z;more\n4;Ece;y;\n", header=False, names=NAMES)
    assert [row[0] for row in shown.rows] == ["1", "4"]
    assert [row.row for row in shown.raw.rejected] == [2, 3]


def test_too_few_names_for_all_rows_are_told(read):
    with pytest.raises(BadFile, match=r"have 3 cells, and \[files.lines\] of the mapping has 2 names"):
        read("1;a;x\n" * 5, header=False, names=("no", "name"))


def test_names_of_a_sheet(tmp_path, connection):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["1", "Ayşe", "x"])
        sheet.write_row(1, 0, ["2", "Ali", "y"])
    raw = read_raw(connection, FileEntry("s", ("*",), header=False, names=("no", "name")), path, tmp_path / "r.parquet")
    assert (raw.columns, raw.rows) == (("no", "name", "column_3"), 2)


@pytest.mark.parametrize("said", [{"names": ("a",)}, {"spans": SPANS}])
def test_a_file_that_tells_its_columns_itself_needs_no_layout(read, said):
    with pytest.raises(BadMapping, match="tells the names and places of its columns itself"):
        read('[{"a": 1}]', "x.json", **said)
