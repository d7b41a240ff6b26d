"""Files beside those that a mapping names: who puts a new export into the folder must hear that it is not read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from crmetrics.collect.files import FileEntry, files_there
from crmetrics.collect.kinds import kind_of
from crmetrics.vocabulary.errors import BadFile

_TOLD: Final = (".toml", ".md", ".rst")
"""Mappings, and what is written about the data: texts that hold no rows."""
_SHEETS: Final = (".xlsx", ".xls", ".ods")
"""A workbook that cannot be opened, as one with a password, was meant to be read all the same."""


def unnamed_files(sources: Sequence[Path], entries: Sequence[FileEntry]) -> list[str]:
    """The names of the files that may hold rows and that no entry names; BadFile if a source does not exist."""
    return [
        path.name
        for path in files_there(sources)
        if not any(entry.matches(path.name) for entry in entries) and _may_hold_rows(path)
    ]


def _may_hold_rows(path: Path) -> bool:
    # a mark left by a writer, such as _SUCCESS, is no table, nor is what is none by its first bytes
    if path.name.startswith("_") or path.suffix.casefold() in _TOLD:
        return False
    try:
        kind_of(path)
    except (BadFile, OSError):
        return path.suffix.casefold() in _SHEETS
    return True
