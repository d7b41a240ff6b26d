"""The engine's way and the repair's way through a text give the same, and lose nothing."""

import csv
import io
from dataclasses import replace

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmetrics.collect import texts
from crmetrics.collect.records import Cutter, Fault, Marks, lines
from crmetrics.collect.sources import FileEntry, read_raw

CELL = st.text(alphabet=" ab,;\t\"'\n\r\\é客=#1", max_size=6)
TABLE = st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8)
PIECE = st.sampled_from(["a", ",", ",", '"', '"', "\n", "\r\n", "\r", " ", '""', ',"x"', "\n1,2,3\n", "é", "\\"])
ODD_TEXT = st.lists(PIECE, max_size=30).map("".join)
ENDS = st.sampled_from(["\n", "\r\n"])

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_text(connection, folder, content, **entry):
    path = folder / "x.csv"
    path.write_bytes(content.encode())
    raw = read_raw(connection, FileEntry("x", ("*",), **entry), path, folder / "x.parquet")
    query = "select * exclude (_file) from read_parquet(?) order by _row"
    return connection.execute(query, [str(raw.path)]).fetchall(), raw.rejected


@few
@given(table=TABLE, end=ENDS, delimiter=st.sampled_from([",", ";", "\t", "|"]), always=st.booleans())
def test_what_a_program_writes_is_read_back(connection, tmp_path, table, end, delimiter, always):
    written = io.StringIO()
    # Python before 3.13 leaves a lone CR bare where lines end in LF.
    if end == "\n" and not always:
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    writer = csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=int(always))
    writer.writerows([["h1", "h2", "h3"], *table])
    rows, rejected = read_text(connection, tmp_path, written.getvalue(), delimiter=delimiter)
    expected = [(*(cell or None for cell in row), number) for number, row in enumerate(table, 2) if any(row)]
    assert (rows, rejected) == (expected, ())


@few
@given(odd=ODD_TEXT, end=ENDS)
def test_both_ways_through_a_text_give_the_same(connection, tmp_path, odd, end):
    content = f"h1,h2,h3{end}1,2,3{end}{odd}"
    ways = [read_text(connection, tmp_path, content, delimiter=",")]
    with pytest.MonkeyPatch.context() as patch:
        found = texts.find_shape
        patch.setattr(texts, "find_shape", lambda *given: replace(found(*given), is_even=False))
        ways.append(read_text(connection, tmp_path, content, delimiter=","))
    assert ways[0] == ways[1]


@few
@given(odd=ODD_TEXT)
def test_no_line_is_lost(odd):
    cutter = Cutter(Marks(","))
    records = list(cutter.records(lines([odd.encode()])))
    assert [record.row for record in records] == list(range(1, len(records) + 1))
    seen = b"".join(record.text for record in records).translate(None, b"\r\n")
    assert seen == odd.encode().translate(None, b"\r\n")


@few
@given(odd=ODD_TEXT, cuts=st.lists(st.integers(0, 60), max_size=4).map(sorted))
def test_lines_do_not_depend_on_the_blocks(odd, cuts):
    data = odd.encode()
    blocks = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert list(lines(blocks)) == data.splitlines(keepends=True)


def test_a_text_without_line_ends_needs_no_more_memory(monkeypatch):
    monkeypatch.setattr("crmetrics.collect.records.LONGEST", 1000)
    assert [len(line) for line in lines([b"x" * 900] * 50)] == [1001]
    long, after = Cutter(Marks(",")).records(lines([*[b"x" * 900] * 50, b"\n1,2\n"]))
    assert (long.fault, after.text) == (Fault.TOO_LONG, b"1,2")


def test_a_quotation_mark_is_not_sought_for_ever(monkeypatch):
    monkeypatch.setattr("crmetrics.collect.records.LONGEST", 1000)
    records = list(Cutter(Marks(",")).records(lines([b'1,"open\n' + b"2,b\n" * 999 + b'3,"c"\n'])))
    assert len(records) == 1001
    assert [record.fault for record in records if record.fault] == [Fault.UNCLOSED]


@pytest.mark.parametrize("marks", [Marks(","), Marks(";"), Marks("\t"), Marks("||"), Marks(",", "\\")])
@pytest.mark.parametrize("cells", [["a", 'b "c"', "d"], ["1,2;3|| 4", "two words", '"'], [" padded", 'x"y', "İ"]])
def test_cells_that_are_written_can_be_cut_again(marks, cells):
    text = marks.separator.join(marks.quoted(cell) for cell in cells)
    (record,) = Cutter(marks).records([text])
    assert (record.cells, Cutter(marks).values(record.text)) == (3, cells)


def test_the_engine_itself_refuses_what_the_repair_must_see(connection, tmp_path):
    # If an engine to come reads such rows in its own way, rows would be lost without a word.
    for row in ('1,"open,x\n', '1,"a" b,c\n', "1,2\n", "1,2,3,4\n", "1,\r2,3\n"):
        path = tmp_path / "x.csv"
        path.write_text(f"h1,h2,h3\n4,5,6\n{row}7,8,9\n", newline="")
        columns = dict.fromkeys(("h1", "h2", "h3"), "VARCHAR")
        query = "select * from read_csv(?, columns = ?, header = true, auto_detect = false, strict_mode = true)"
        with pytest.raises(duckdb.InvalidInputException):
            connection.execute(query, [str(path), columns]).fetchall()
