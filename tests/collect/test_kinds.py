"""What is no table is told by name, with the way out."""

import io
import random
import zipfile

import pytest

from crmetrics.vocabulary.errors import BadFile


def zipped(*names):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, r"'sales.csv' is a file of type PNG, not a table\. Expected: CSV, TSV or"),
        (b"%PDF-1.7\n%x\n", r"'sales.csv' is a file of type PDF, not a table\."),
        (random.Random(1).randbytes(5000), r"'sales.csv' is a binary file, not a table\."),
        (bytes(9), r"'sales.csv' is a binary file, not a table\."),
        (bytes(range(40)), r"'sales.csv' is a binary file, not a table\."),
        (zipped("sales.csv"), r"'sales.csv' is a .zip file within another one\. Unpack it, and name the folder with"),
        (zipped("mimetype", "content.xml"), r"'sales.csv' is a damaged or cut off spreadsheet or .zip file\."),
        (zipped("xl/workbook.bin"), r"'sales.csv' is a damaged or cut off spreadsheet or .zip file\."),
        (zipped("xl/workbook.xml"), r"'sales.csv' is a damaged or cut off spreadsheet or .zip file\."),
        (zipped("xl/workbook.xml")[:30], r"'sales.csv' is a damaged or cut off spreadsheet or .zip file\."),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            r"'sales.csv' is a damaged or cut off spreadsheet or .zip file\.",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            r"'sales.csv' is locked with a password\. Save it without one\.",
        ),
        (b"PAR1" + bytes(50), r"'sales.csv' is not a Parquet file, or it is damaged\. Export or copy it again\."),
    ],
)
def test_what_is_no_table_is_told(read, content, said):
    with pytest.raises(BadFile, match=said):
        read(content)


def test_a_file_that_is_gone_is_told(read):
    with pytest.raises(BadFile, match=r"gone.csv' cannot be opened\. Check that it is there, and that"):
        read(None, "gone.csv")
