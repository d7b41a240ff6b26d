"""The disk under a workspace: what is written is safe, and a full disk is told as such."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from crmetrics.vocabulary.errors import NoSpace
from crmetrics.vocabulary.language import words

_ = words("import")

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_REFUSED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
# DuckDB tells of the disk in words only.
_FULL_WORDS: Final = ("no space left", "file too large", "quota exceeded", "max_temp_directory_size")
_REFUSED_WORDS: Final = ("permission denied", "read-only file system")


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, safely to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(path: Path, text: str, aside: str) -> None:
    """Replace a small file as a whole: a reader sees the old text or the new one. `aside` names the file on its way."""
    part = path.with_name(aside)
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync(path.parent)


@contextmanager
def told_of_a_full_disk(folder: Path, needed: int) -> Iterator[None]:
    """Turn every form of "the disk is full" into NoSpace, with what is free and about what is needed, in bytes."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise _no_space(folder, needed) from error
        if error.errno in _REFUSED:
            raise _refused(folder, str(error)) from error
        raise
    except duckdb.Error as error:
        said = str(error).lower()
        if any(word in said for word in _FULL_WORDS):
            raise _no_space(folder, needed) from error
        if isinstance(error, duckdb.IOException) and any(word in said for word in _REFUSED_WORDS):
            raise _refused(folder, str(error)) from error
        raise


def _no_space(folder: Path, needed: int) -> NoSpace:
    free = shutil.disk_usage(folder).free
    return NoSpace(
        _(
            "The disk that holds '{folder}' has no room left: {free} MB are free, and this import needs about {needed} MB. "
            "Nothing was changed. Make room, or move the workspace to a larger disk.",
            folder=str(folder),
            free=free // 1_000_000,
            needed=max(1, needed // 1_000_000),
        )
    )


def _refused(folder: Path, problem: str) -> NoSpace:
    return NoSpace(_("The folder '{folder}' cannot be written: {problem}.", folder=str(folder), problem=problem))
