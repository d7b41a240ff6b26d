"""What a source is, by its first bytes, whatever its name says; what is no table is told by name."""

from __future__ import annotations

import zipfile
from enum import Enum
from pathlib import Path
from typing import Final

from crmetrics.collect.documents import looks_like_json
from crmetrics.collect.encodings import BYTE_ORDER_MARKS, blank_halves
from crmetrics.collect.files import is_parquet_folder
from crmetrics.collect.originals import head_of
from crmetrics.collect.zipped import ALWAYS_BYTES, MOST_TIMES, SPREADSHEET_PARTS, damaged, too_much
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import Message, words

_ = words("collect")

PARQUET_MARK: Final = b"PAR1"
ZIP_MARK: Final = b"PK\x03\x04"
SQLITE_MARK: Final = b"SQLite format 3\0"
OLD_OFFICE_MARK: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED_SHEET_NAME: Final = "EncryptedPackage".encode("utf-16-le")

OTHER_MARKS: Final = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7-Zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "XZ",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"\x7fELF": "ELF",
    b"MZ\x90": "EXE",
}

LINE_CONTROLS: Final = frozenset(b"\t\n\x0b\x0c\r\x1a\x1b")
CONTROLS: Final = frozenset(range(0x20)) - LINE_CONTROLS
FEW_CONTROLS: Final = 3
"""Different control characters that a text may hold: a rare delimiter, and NUL where a program padded its cells."""


class Kind(Enum):
    """What can be read."""

    TEXT = "text"
    PARQUET = "parquet"
    SPREADSHEET = "spreadsheet"
    DOCUMENTS = "JSON"
    DATABASE = "SQLite"


def kind_of(path: Path) -> Kind:
    """Tell the kind of a source. Errors: BadFile if it is empty, or cannot be read, saying what it is instead."""
    if is_parquet_folder(path):
        return Kind.PARQUET
    head = head_of(path)
    if not head.strip(b"\r\n"):
        raise BadFile(
            _("'{file}' is empty: it holds no rows. Export it again, or take it out of the import.", file=path.name)
        )
    if head.startswith(PARQUET_MARK):
        return Kind.PARQUET
    if head.startswith(ZIP_MARK):
        return _zipped(path)
    if head.startswith(OLD_OFFICE_MARK):
        if LOCKED_SHEET_NAME in head:
            raise BadFile(_("'{file}' is locked with a password. Save it without one.", file=path.name))
        return Kind.SPREADSHEET
    if head.startswith(SQLITE_MARK):
        return Kind.DATABASE
    for mark, what in OTHER_MARKS.items():
        if head.startswith(mark):
            raise _no_table(path, _("a file of type {kind}", kind=what))
    if _is_binary(head):
        raise _no_table(path, _("a binary file"))
    return Kind.DOCUMENTS if looks_like_json(head) else Kind.TEXT


def _zipped(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise damaged(path) from error
    if names & SPREADSHEET_PARTS:
        if size > max(path.stat().st_size * MOST_TIMES, ALWAYS_BYTES):
            raise too_much(path)
        return Kind.SPREADSHEET
    raise BadFile(
        _("'{file}' is a .zip file within another one. Unpack it, and name the folder with its files.", file=path.name)
    )


def _is_binary(head: bytes) -> bool:
    if any(head.startswith(mark) for mark, _encoding in BYTE_ORDER_MARKS) or blank_halves(head):
        return False
    sample = head[: 1 << 16]
    return len(CONTROLS.intersection(sample)) > FEW_CONTROLS or sample.count(0) > len(sample) // 3


def _no_table(path: Path, what: Message) -> BadFile:
    return BadFile(
        _(
            "'{file}' is {what}, not a table. Expected: CSV, TSV or another delimited text, JSON, XLSX, XLS, ODS, Parquet "
            "or SQLite; .gz and .zip of them.",
            file=path.name,
            what=what,
        )
    )
