"""Delimited text: every row of an even file, and of an odd one what can be read, with the reason for the rest."""

import gzip
from itertools import pairwise

import pytest

from crmetrics.collect import repair
from crmetrics.collect.sources import FileEntry, read_raw
from crmetrics.vocabulary.errors import BadFile


def test_an_even_file(read):
    shown = read('id,name,note\n1,Ali,"line\nbreak"\n2,Bob,\n3,,"said ""hi"""\n')
    assert shown.raw.columns == ("id", "name", "note")
    assert shown.rows == [("1", "Ali", "line\nbreak"), ("2", "Bob", None), ("3", None, 'said "hi"')]
    assert shown.numbers == [2, 3, 4]
    assert shown.raw.rejected == ()


def test_values_are_untouched(read):
    cells = [
        " padded ",
        "007",
        "1,5",
        "NULL",
        "N/A",
        "=1+1",
        '=HYPERLINK("http://x","y")',
        "+49 30",
        "-5",
        "@SUM(A1)",
        "#",
    ]
    shown = read("id;value\n" + "".join(f"{place};{cell}\n" for place, cell in enumerate(cells)))
    assert [value for _place, value in shown.rows] == cells


def test_a_quotation_mark_within_a_cell_is_text(read):
    assert read('id,size\n1,5" pipe\n2,3.5" disk,\n').rows == [("1", '5" pipe'), ("2", '3.5" disk')]


def test_backslashes_protect_quotation_marks_where_they_do(read):
    shown = read('id,note\n1,"say \\"hi\\", please"\n2,"C:\\\\temp"\n3,x\n')
    assert shown.rows == [("1", 'say "hi", please'), ("2", "C:\\temp"), ("3", "x")]
    assert read('id,path\n1,"C:\\temp\\"\n2,"D:\\"\n').rows == [("1", "C:\\temp\\"), ("2", "D:\\")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(read, end):
    shown = read(end.join(["id,name", "1,a", '2,"two\nlines"', "3,c"]) + end)
    assert shown.rows == [("1", "a"), ("2", "two\nlines"), ("3", "c")]
    assert shown.numbers == [2, 3, 4]


def test_mixed_line_ends(read):
    shown = read('id,name\r\n1,a\n2,b\r3,"x\r\ny"\r\n4,d')
    assert shown.rows == [("1", "a"), ("2", "b"), ("3", "x\r\ny"), ("4", "d")]
    assert shown.numbers == [2, 3, 4, 5]


def test_a_byte_order_mark_is_no_part_of_the_header(read):
    assert read("\ufeffid,name\n1,a\n").raw.columns == ("id", "name")
    assert read("\ufeff1,a\n2,b\n", header=False).rows == [("1", "a"), ("2", "b")]
    assert read("\ufeff\n\nid,name\n1,a\n2\n").raw.columns == ("id", "name")


def test_headers_blank_and_repeated(read):
    shown = read('id,,Name,name,NAME,name_2,_row,"two\nlines", padded \n1,2,3,4,5,6,7,8,9\n')
    assert shown.raw.columns == (
        "id", "column_2", "Name", "name_3", "NAME_4", "name_2", "_row_2", "two lines", "padded"
    )  # fmt: skip
    assert shown.rows == [tuple("123456789")]


def test_a_header_and_nothing_else(read):
    for content in ("id,name", "id,name\n", "id,name\r\n\r\n"):
        shown = read(content)
        assert (shown.raw.columns, shown.rows) == (("id", "name"), [])


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", "\ufeff\r\n", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_told(read, content):
    with pytest.raises(BadFile, match=r"^'sales.csv' is empty: it holds no rows\."):
        read(content)


def test_without_a_header_the_widest_row_counts(read):
    shown = read("a,b\nc\nd,e,f\n", header=False, delimiter=",")
    assert shown.raw.columns == ("column_1", "column_2", "column_3")
    assert shown.rows == [("a", "b", None), ("c", None, None), ("d", "e", "f")]
    assert shown.numbers == [1, 2, 3]


def test_a_wider_row_far_below_widens_a_file_without_a_header(read):
    shown = read("a,b\n" * 1000 + "c,d,e\n", header=False)
    assert shown.rows[0] == ("a", "b", None)
    assert shown.rows[-1] == ("c", "d", "e")
    assert shown.numbers == list(range(1, 1002))


def test_a_packed_file_whatever_its_name(read):
    packed = gzip.compress("id;name\n1;Ayşe\n2;Çağrı\n".encode())
    for name in ("sales.csv.gz", "sales.csv"):
        assert read(packed, name).rows == [("1", "Ayşe"), ("2", "Çağrı")]


def test_packed_files_one_after_another(read):
    parts = [gzip.compress(text.encode()) for text in ("", "id,name\n1,a\n", "2,b\n", "")]
    for after in (b"", bytes(512)):
        assert read(b"".join(parts) + after, "sales.csv.gz").rows == [("1", "a"), ("2", "b")]


def test_a_cut_off_packed_file_is_told(read):
    packed = gzip.compress(b"id,name\n" + b"".join(b"%d,name %d\n" % (i, i * i) for i in range(9999)))
    for damaged in (packed[:-20], packed[: len(packed) // 2], packed[:500] + b"x" + packed[501:]):
        with pytest.raises(BadFile, match=r"'sales.csv.gz' is a damaged or cut off .gz file"):
            read(damaged, "sales.csv.gz")


def test_odd_names_of_files_are_not_patterns(read, tmp_path):
    read("id,name\n1,wrong\n", "sales1.csv")
    for name in ("sales[1].csv", "sales*.csv", "sale?1.csv", "it's 100 %.csv", "продажі\t2024.csv"):
        shown = read(f'id,name\n1,"{name}"\n', name)
        assert (shown.rows, shown.raw.name) == ([("1", name)], name)


def test_rows_that_hold_nothing_are_counted_and_left_out(read):
    shown = read('id,name\n1,a\n,\n"",""\n4,\n,5\n')
    assert shown.rows == [("1", "a"), ("4", None), (None, "5")]
    assert shown.numbers == [2, 5, 6]


def test_blank_lines_are_counted(read):
    shown = read('id,name\n\n1,a\n   \n2,"x\n\ny"\n\n\n3,c\n\n\n')
    assert shown.rows == [("1", "a"), ("2", "x\n\ny"), ("3", "c")]
    assert shown.numbers == [3, 5, 8]
    assert read("\n\nid,name\r\n1,a\n").numbers == [4]


def test_ragged_rows_are_named_and_the_others_read(read):
    shown = read('id,name,note\n1,a,"line\nbreak"\n2,b\n3,c,x,extra\n4,d,\n5,e,f,,\n')
    assert shown.rows == [("1", "a", "line\nbreak"), ("4", "d", None), ("5", "e", "f")]
    assert shown.numbers == [2, 5, 6]
    assert shown.rejects == [(3, None, "2,b"), (4, None, "3,c,x,extra")]
    assert [str(row.reason) for row in shown.raw.rejected] == [
        "The row has 2 cells, 3 are expected. Add the missing ones, or quote line breaks.",
        "The row has 4 cells, 3 are expected. Quote the cell that holds a delimiter.",
    ]
    assert {row.file for row in shown.raw.rejected} == {"sales.csv"}


def test_the_number_of_a_row_far_below_others_that_are_rejected(read):
    rows = ["id,name"]
    for i in range(40_000):
        rows.append(f"{i},x,y" if i % 9000 == 7 else f'{i},"two\nlines {"z" * 200}"' if i % 3 == 0 else f"{i},name")
    shown = read("\n".join(rows))
    assert [row for row, _column, _value in shown.rejects] == [9, 9009, 18009, 27009, 36009]
    assert all(number == int(row[0]) + 2 for row, number in zip(shown.rows, shown.numbers, strict=True))
    assert len(shown.rows) == 40_000 - 5


def test_trailing_columns_may_be_missing_in_the_whole_file(read):
    shown = read("id,name,note,\n1,a\n2,b\n")
    assert shown.raw.columns == ("id", "name", "note", "column_4")
    assert shown.rows == [("1", "a", None, None), ("2", "b", None, None)]
    # One row that has them shows that the others are cut off.
    shown = read("id,name,note\n" + "1,a\n" * 500 + "2,b,c\n")
    assert (shown.rows, len(shown.raw.rejected)) == ([("2", "b", "c")], 500)


def test_a_header_shorter_than_every_row_is_told(read):
    message = r"The header of 'sales.csv' has 2 names, but its rows have 3 cells\. Add the missing names"
    with pytest.raises(BadFile, match=message):
        read("id,name\n" + "1,a,b\n" * 5)


def test_a_file_that_hardly_fits_its_header_is_told(read, monkeypatch):
    monkeypatch.setattr(repair, "MOST_REJECTED", 50)
    message = r"More than 50 rows of 'sales.csv' do not fit its header; the first is row 12: The row has 3 cells, 2 are"
    with pytest.raises(BadFile, match=message):
        read("id,name\n" + "1,a\n" * 10 + "2,b,c\n" * 51)


def test_a_quotation_mark_that_is_never_closed_takes_one_row(read):
    shown = read('id,name,note\n1,a,b\n2,"open,x\n3,c,d\n4,e,f\n')
    assert shown.rows == [("1", "a", "b"), ("3", "c", "d"), ("4", "e", "f")]
    assert shown.numbers == [2, 4, 5]
    assert shown.rejects == [(3, "name", '2,"open,x')]
    assert str(shown.raw.rejected[0].reason).startswith("A quotation mark is opened and never closed.")


def test_a_quotation_mark_closed_rows_below_takes_no_row_between(read):
    rows = [f"{i},name {i},note" for i in range(30_000)]
    rows[100] = '100,"open,note'
    rows[20_000] = '20000,name,a "quoted" word'
    rows[20_001] = '20001,name,"well, quoted"'
    shown = read("id,name,note\n" + "\n".join(rows))
    assert len(shown.rows) == 29_999
    assert shown.rejects == [(102, "name", '100,"open,note')]


def test_text_after_a_closing_quotation_mark(read):
    shown = read('id,name,note\n1,"Best" product,x\n2,"a" ,b\n3,c,d\n')
    assert shown.rows == [("2", "a", "b"), ("3", "c", "d")]
    assert shown.rejects == [(2, "name", '1,"Best" product,x')]
    assert str(shown.raw.rejected[0].reason).startswith("Text stands after a closing quotation mark.")


def test_bytes_that_are_not_text_take_their_row_alone(read):
    shown = read("id,name,city\n1,Ayşe,İzmir\n2,Çağrı,X\n3,Gül,Ağrı\n".encode().replace(b"X", b"\xff\xfe"))
    assert [row[0] for row in shown.rows] == ["1", "3"]
    assert shown.rejects == [(3, "city", "��")]
    assert str(shown.raw.rejected[0].reason).startswith("The cell holds bytes that are not text in the encoding")


def test_nul_bytes_are_kept(read):
    assert read(b"id,name\n1,a\x00b\n2,\x00\n").rows == [("1", "a\x00b"), ("2", "\x00")]


def test_ten_thousand_columns(read):
    rows = [",".join(f"c{i}" for i in range(10_000)), *(",".join(str(i * j) for i in range(10_000)) for j in (1, 2))]
    shown = read("\n".join(rows))
    assert shown.raw.columns == tuple(f"c{i}" for i in range(10_000))
    assert [row[9_999] for row in shown.rows] == ["9999", "19998"]


def test_very_long_cells(read):
    long = "x" * 3_000_000
    shown = read(f'id,note\n1,"{long}\n{long}"\n2,{long}\n3,y\n')
    assert [len(row[1]) for row in shown.rows] == [6_000_001, 3_000_000, 1]


def test_a_row_longer_than_any_is_rejected(read):
    shown = read(f"id,note\n1,{'x' * 9_000_000}\n2,y\n")
    assert shown.rows == [("2", "y")]
    assert [(row, len(value)) for row, _column, value in shown.rejects] == [(2, 1000)]
    assert str(shown.raw.rejected[0].reason).startswith("The row is longer than 8 million bytes;")


def test_a_row_that_fills_the_buffer_of_the_engine_is_rejected_wherever_it_stands(read):
    assert [(row, len(value)) for row, _column, value in read(f"id,note\n1,y\n{'0' * 40_000_000}").rejects] == [
        (3, 1000)
    ]
    shown = read(f"id,note\n1,y\n2,{'x' * 80_000_000}\n3,z\n")
    assert (shown.rows, [row for row, _column, _value in shown.rejects]) == ([("1", "y"), ("3", "z")], [3])


def test_columns_under_one_another(read):
    rows = [" customer  date     value ", " 00001 19970101   11.77", ' 00002 19970112 "12 00"', "", " 00003 x"]
    shown = read("\r\n".join([*rows, *rows[1:2] * 20]))
    assert shown.raw.columns == ("customer", "date", "value")
    assert shown.rows[:3] == [("00001", "19970101", "11.77"), ("00002", "19970112", "12 00"), shown.rows[0]]
    assert shown.numbers == [2, 3, *range(6, 26)]
    assert shown.rejects == [(5, None, " 00003 x")]


@pytest.mark.parametrize("last", ["2,b\n", "2\n"])
def test_progress_is_told(tmp_path, connection, last):
    path = tmp_path / "sales.csv"
    path.write_text("id,name\n" + "1,a\n" * 600_000 + last)
    told = []
    read_raw(connection, FileEntry("x", ("*",)), path, tmp_path / "x.parquet", lambda *words: told.append(words))
    shares = [share for _name, share in told]
    assert {name for name, _share in told} == {"sales.csv"}
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert all(0 <= share <= 1 for share in shares)
    assert len(set(shares)) > 3
    assert sum(after < before for before, after in pairwise(shares)) <= (last == "2\n")


@pytest.mark.parametrize("stop", [0.0, 0.2, 0.5, 0.7, 0.99])
def test_what_is_stopped_leaves_nothing(tmp_path, connection, stop):
    path = tmp_path / "sales.csv"
    path.write_bytes(("id,name\n" + "1,Ağrı\n" * 300_000 + "2\n").encode("cp1254"))
    raw = tmp_path / "raw"
    raw.mkdir()
    seen = set()

    def stop_there(name, share):
        seen.update(path.suffix for path in raw.iterdir())
        if share > stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_raw(connection, FileEntry("x", ("*",)), path, raw / "x.parquet", stop_there)
    assert list(raw.iterdir()) == []
    assert seen >= ({".text", ".rows"} if stop > 0.6 else set())
