"""Whatever a file holds: what was written is read, and what cannot be read is told. Rows in = rows kept + rows rejected.

A longer run found what tests/collect/test_hostile.py keeps as plain tests; here a short one goes on looking.
"""

import csv
import gzip
import io
import json
import sqlite3
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmetrics.collect.archives import unpacked
from crmetrics.collect.sources import FileEntry, find_files, read_raw, sheets_of
from crmetrics.vocabulary.errors import BadFile, CrmetricsError

SHORT = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

# What files of companies are made of, and what breaks readers.
PIECES = [
    "a",
    "Ü",
    "şĞ",
    "Ї",
    "订单",
    " ",
    "1",
    "0.5",
    ",",
    ";",
    "\t",
    "|",
    '"',
    "'",
    "\\",
    "\n",
    "\r",
    "=",
    "-",
    "#",
    "\xa0",
    "😀",
]
CELL = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
PLAIN = st.text("abcÜşЇ订 159.-", min_size=1, max_size=8).filter(lambda text: text.strip() == text)


def tables(cell, least=2, rows=8):
    return st.integers(least, 5).flatmap(lambda width: st.lists(st.tuples(*[cell] * width), max_size=rows))


@cache
def engine():
    """One for all: starting it takes longer than reading a file."""
    return duckdb.connect()


def read_all(content, name, **said):
    """Every table of a file: how many rows were kept, their values, and how many were rejected."""
    with TemporaryDirectory() as folder:
        connection = engine()
        path = Path(folder, "in", name)
        path.parent.mkdir()
        path.write_bytes(content)
        found = []
        with unpacked([path], Path(folder)) as opened:
            for entry, one in find_files(opened, [FileEntry("lines", ("*",), **said)]):
                for sheet in sheets_of(one):
                    wanted = FileEntry(entry.name, entry.match, **{"sheet": sheet, **said})
                    raw = read_raw(connection, wanted, one, Path(folder, "out.parquet"))
                    rows = connection.execute("select * from read_parquet(?) order by _row", [str(raw.path)]).fetchall()
                    assert len(rows) == raw.rows
                    found.append((raw, [row[:-2] for row in rows]))
        return found


def as_kept(rows):
    """Rows as a raw file keeps them: without those that are blank, and blank cells as none."""
    return [tuple(cell or None for cell in row) for row in rows if any(row)]


@SHORT
@given(
    tables(CELL), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]), st.booleans(),
)  # fmt: skip
def test_what_is_written_as_delimited_text_is_read(rows, delimiter, line_end, encoding, is_packed):
    width = len(rows[0]) if rows else 2
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerow([f"head{place}" for place in range(width)])
    writer.writerows(rows)
    content = written.getvalue().encode(encoding)
    ((raw, found),) = read_all(gzip.compress(content) if is_packed else content, "x.csv", delimiter=delimiter)
    assert (found, raw.rejected) == (as_kept(rows), ())


@SHORT
@given(tables(PLAIN), st.sampled_from([",", ";", "\t", "|"]), st.data())
def test_rows_of_any_width_are_kept_or_told(rows, delimiter, data):
    lines = ["h0" + delimiter + "h1"]
    for row in rows:
        cut = data.draw(st.integers(1, len(row)))
        lines.append(delimiter.join(row[:cut]) + data.draw(st.sampled_from(["", delimiter, '"', delimiter + "x"])))
    try:
        ((raw, found),) = read_all("\n".join([*lines, ""]).encode(), "x.csv", delimiter=delimiter)
    except BadFile:  # no row fits its header: that is told of the file
        return
    blank = sum(not line.strip(f"{delimiter} ") for line in lines[1:])
    assert len(lines) - blank <= len(raw.above) + 1 + len(found) + len(raw.rejected) <= len(lines)


@SHORT
@given(tables(CELL), st.booleans())
def test_what_is_written_as_documents_is_read(rows, is_by_lines):
    records = [{f"k{place}": cell for place, cell in enumerate(row)} for row in rows] + [{"k0": "last"}]
    text = "\n".join(map(json.dumps, records)) if is_by_lines else json.dumps(records)
    ((raw, found),) = read_all(text.encode(), "x.json")
    wide = [(*(record.get(name, "") for name in raw.columns),) for record in records]
    assert (found, raw.rejected) == (as_kept(wide), ())


@SHORT
@given(tables(CELL))
def test_what_is_written_into_a_database_is_read(rows):
    with TemporaryDirectory() as folder:
        path = Path(folder, "x.db")
        width = len(rows[0]) if rows else 2
        database = sqlite3.connect(path)
        database.execute(f"create table t ({', '.join(f'c{place}' for place in range(width))})")
        database.executemany(f"insert into t values ({', '.join('?' * width)})", rows)
        database.commit()
        database.close()
        content = path.read_bytes()
    ((raw, found),) = read_all(content, "x.db")
    assert (found, raw.rejected) == (as_kept(rows), ())


@SHORT
@given(tables(PLAIN, least=3), st.sampled_from(["utf-8", "utf-16"]))
def test_what_is_written_in_fixed_width_is_read(rows, encoding):
    lines = [f"{row[0]:<10}{row[1]:<10}{row[2]}" for row in rows]
    spans, content = ((0, 10), (10, 20), (20, None)), "\n".join(["heads", *lines, ""]).encode(encoding)
    ((raw, found),) = read_all(content, "x.txt", spans=spans, names=("a", "b", "c"))
    assert (found, raw.rejected) == (as_kept([row[:3] for row in rows]), ())


def damaged(content, data):
    """The same with some bytes lost, doubled or turned over."""
    broken = bytearray(content)
    for _time in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, max(len(broken) - 1, 0)))
        way = data.draw(st.integers(0, 3))
        if way == 0 and broken:
            broken[at] = data.draw(st.integers(0, 255))
        elif way == 1:
            del broken[at : at + data.draw(st.integers(1, 40))]
        elif way == 2:
            broken[at:at] = data.draw(
                st.sampled_from([b'"', b"\0", b"\xff", b"\r", b"PK\x03\x04", b"\x1f\x8b", b"\xef\xbb\xbf"])
            )
        else:
            broken = broken[:at]
    return bytes(broken)


def of_csv(rows):
    return "".join(";".join(row) + "\n" for row in [("h1", "h2"), *rows]).encode()


def of_json(rows):
    return json.dumps([dict(enumerate(row)) for row in rows]).encode()


def of_zip(rows):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", of_csv(rows))
        archive.writestr("../b.json" if len(rows) % 5 == 4 else "b/b.json", of_json(rows))
    return packed.getvalue()


@pytest.mark.parametrize("written", [of_csv, of_json, of_zip, lambda rows: gzip.compress(of_csv(rows))])
@SHORT
@given(tables(CELL), st.data())
def test_damaged_files_are_read_or_told(written, rows, data):
    content = damaged(written(rows), data)
    try:
        found = read_all(content, "x.dat")
    except CrmetricsError as error:
        told = str(error.message)
    else:
        told = "" if all(any(row) for _raw, rows in found for row in rows) else "a blank row was kept"
    assert told != "a blank row was kept"
