"""Files that are damaged, that lie, or that were made to do harm: told, and never the end of the process."""

import gzip
import io
import json
import sqlite3
import zipfile

import pytest
import xlsxwriter

from crmetrics.collect.archives import unpacked
from crmetrics.collect.sources import FileEntry, find_files
from crmetrics.vocabulary.errors import BadFile, CrmetricsError

MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEETS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(sheet):
    """An XLSX file with one sheet, written by hand."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{MAIN}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
        f'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{SHEETS}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/>'
        f"</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/worksheet" '
        f'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SHEETS}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0"?>{text}')
    return packed.getvalue()


NEAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'


def test_one_cell_in_the_far_corner_of_a_sheet_is_told(read):
    assert read(workbook(NEAR), "near.xlsx").rows == [("2",)]
    # as a square the sheet is half a terabyte; the reader would end this very process
    far = NEAR + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(BadFile, match="needs more memory than there is"):
        read(workbook(far), "far.xlsx")


def test_a_spreadsheet_that_unpacks_to_too_much_is_refused(read):
    packed = io.BytesIO(workbook(NEAR))
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.getinfo("xl/workbook.xml").file_size = 1 << 40
        archive.writestr("docProps/x", "x")
    with pytest.raises(BadFile, match="unpacks to too much"):
        read(packed.getvalue(), "bomb.xlsx")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_workbooks_cut_off_anywhere_are_told(read, share):
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row in range(50):
            sheet.write_row(row, 0, ["a", row, "text"])
    whole = packed.getvalue()
    with pytest.raises(BadFile):
        read(whole[: int(len(whole) * share)], "cut.xlsx")


def test_old_workbooks_that_are_damaged_are_told(read):
    # the reader's native code gives up on this one with a panic, which is no Exception
    with pytest.raises(BadFile, match="damaged"):
        read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 15 + b"\xff" * 163, "old.xls")


def names_in(sources, scratch):
    with unpacked(sources, scratch) as opened:
        return sorted(path.name for _entry, path in find_files(opened, [FileEntry("all", ("*",))]))


def packed_files(path, *files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files:
            archive.writestr(name, text)
    return path


def test_two_files_of_one_name_in_an_archive_are_two(tmp_path, recwarn):
    path = packed_files(tmp_path / "x.zip", ("a.csv", "1"), ("a.csv", "2"), ("a.csv/b.csv", "3"))
    assert names_in([path], tmp_path) == ["a.csv", "a.csv", "b.csv"]


def test_names_that_no_disk_can_hold_are_shortened(tmp_path):
    path = packed_files(tmp_path / "x.zip", ("д" * 300 + ".csv", "1"))
    assert names_in([path], tmp_path) == ["д" * 76 + ".csv"]


def test_a_damaged_archive_in_a_folder_is_told_and_not_passed_over(tmp_path):
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "fine.csv").write_text("a,b\n1,2\n")
    whole = packed_files(tmp_path / "x.zip", ("a.csv", "1,2\n" * 500)).read_bytes()
    (tmp_path / "exports" / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadFile, match=r"'cut\.zip' is a damaged"):
        names_in([tmp_path / "exports"], tmp_path)


def test_what_is_merely_called_zip_is_read_as_what_it_is(tmp_path):
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "text.zip").write_text("a,b\n1,2\n")
    (tmp_path / "exports" / "book.zip").write_bytes(workbook(NEAR))
    assert names_in([tmp_path / "exports"], tmp_path) == ["book.zip", "text.zip"]


def test_utf_16_needs_no_byte_order_mark(read):
    text = "id;name\n1;Ayşe\n2;Їжак\n3;客户\n"
    for encoded in (text.encode("utf-16"), text.encode("utf-16-le"), text.encode("utf-16-be")):
        assert read(encoded, encoding="utf-16").rows == [("1", "Ayşe"), ("2", "Їжак"), ("3", "客户")]


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16", "utf-32"])
def test_every_byte_order_mark_is_known_also_packed(read, mark):
    text = "id;name\r\n1;Ayşe\r\n"
    assert read(gzip.compress(text.encode(mark)), "x.gz").rows == [("1", "Ayşe")]


def test_a_cell_of_a_million_letters_is_kept_whole(read):
    long = "ş" * 1_000_000
    assert read(f"id,text\n1,{long}\n2,x\n").rows == [("1", long), ("2", "x")]
    assert read(json.dumps([{"id": 1, "text": long}]), "x.json").rows == [("1", long)]


def test_nul_bytes_are_letters_of_their_cell(read):
    assert read(b"id,text\n1,a\0b\n2,\0\n").rows == [("1", "a\0b"), ("2", "\0")]


def test_line_ends_of_every_kind_in_one_file(read):
    shown = read(b'id,text\r1,a\n2,"b\rc"\r\n\r\n3,d\r4,e')
    assert shown.rows == [("1", "a"), ("2", "b\rc"), ("3", "d"), ("4", "e")]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "json", "gz", "zip", "sqlite", "parquet", "xls"])
def test_the_ending_of_a_name_decides_nothing(read, tmp_path, ending):
    assert read("id;name\n1;Ayşe\n", f"x.{ending}").rows == [("1", "Ayşe")]


def test_a_packed_file_cut_off_anywhere_is_told(read):
    packed = gzip.compress(b"id,name\n" + b"".join(b"%d,some text %d\n" % (n, n * 7919) for n in range(2000)))
    for end in (11, len(packed) // 2, len(packed) - 1):
        with pytest.raises(BadFile, match="damaged or cut off"):
            read(packed[:end], "x.csv.gz")


def test_a_database_cut_off_or_scribbled_on_is_told(read, tmp_path):
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as database:
        database.execute("create table t (a, b)")
        database.executemany("insert into t values (?, ?)", [(n, "text" * 50) for n in range(500)])
    database.close()
    whole = path.read_bytes()
    for broken in (whole[:5000], whole[:4096] + b"\xff" * 4096 + whole[8192:]):
        with pytest.raises(CrmetricsError):
            read(broken, "x.db")


def test_half_a_letter_in_a_document_is_shown_as_unknown(read):
    assert read('[{"id": 1, "text": "a\\ude00b"}]', "x.json").rows == [("1", "a?b")]
