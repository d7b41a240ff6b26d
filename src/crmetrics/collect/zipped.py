"""Whether a file is a .zip of files, a spreadsheet, which is one too, or neither."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

_ = words("collect")

ZIP_MARKS: Final = (b"PK\x03\x04", b"PK\x05\x06")

SPREADSHEET_PARTS: Final = frozenset(("xl/workbook.xml", "xl/workbook.bin", "content.xml"))
"""What the .zip file of an XLSX, XLSB or ODS file holds."""

MOST_TIMES: Final = 200
"""How many times its own size a .zip file of texts may unpack to; a bomb unpacks to thousands."""

ALWAYS_BYTES: Final = 1 << 30
"""What a .zip file may unpack to, however small it is."""

MOST_FILES: Final = 10_000


def is_archive(path: Path) -> bool:
    """Whether a file is a .zip of files, and not a spreadsheet, which is one too; a damaged one is by its name."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        if file.read(4) not in ZIP_MARKS:  # a table that merely ends in one
            return False
    try:
        with zipfile.ZipFile(path) as archive:
            return not SPREADSHEET_PARTS.intersection(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return path.suffix.casefold() == ".zip"


def too_much(path: Path) -> BadFile:
    """A bomb, or what looks like one."""
    return BadFile(
        _(
            "'{file}' unpacks to too much: more than {times} times its size, or more than {files} files. "
            "If you trust it, unpack it yourself, and name the folder.",
            file=path.name,
            times=MOST_TIMES,
            files=MOST_FILES,
        )
    )


def damaged(path: Path) -> BadFile:
    """A file that nobody can open."""
    return BadFile(
        _("'{file}' is a damaged or cut off spreadsheet or .zip file. Export or copy it again.", file=path.name)
    )
