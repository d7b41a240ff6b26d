"""A .zip file of exports, unpacked where it can do no harm."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from crmetrics.collect.files import visible
from crmetrics.collect.kinds import SPREADSHEET_PARTS
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

_ = words("collect")

MOST_TIMES: Final = 200
"""How many times its own size a .zip file of texts may unpack to; a bomb unpacks to thousands."""

ALWAYS_BYTES: Final = 1 << 30
"""What a .zip file may unpack to, however small it is."""

MOST_FILES: Final = 10_000
BLOCK: Final = 1 << 20
ENCRYPTED: Final = 0x1

UNPACKED: Final = "unpacked-"
"""How the folders begin that an archive is unpacked to."""


@contextmanager
def unpacked(sources: Sequence[Path], scratch: Path) -> Iterator[list[Path]]:
    """The sources with a folder in the place of each .zip file of exports; the folders go when they have served.

    Errors: BadFile if an archive is damaged, locked with a password, holds a path that leads outside, or unpacks to too
    much; nothing of it is left then.
    """
    with ExitStack() as stack:
        opened = []
        for source in sources:
            for path in _archives_within(source):
                folder = Path(stack.enter_context(TemporaryDirectory(dir=scratch, prefix=UNPACKED)))
                _unpack(path, folder)
                opened.append(folder)
            if not is_archive(source):
                opened.append(source)
        yield opened


def is_archive(path: Path) -> bool:
    """Whether a file is a .zip of files, and not a spreadsheet, which is one too."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with path.open("rb") as file:
        if file.read(2) != b"PK":  # a table that merely ends in one
            return False
    with zipfile.ZipFile(path) as archive:
        return not SPREADSHEET_PARTS.intersection(archive.namelist())


def _archives_within(source: Path) -> list[Path]:
    inside = sorted(source.rglob("*")) if source.is_dir() else [source]
    return [path for path in inside if is_archive(path) and (path == source or visible(path, source))]


def _unpack(path: Path, folder: Path) -> None:
    most = max(path.stat().st_size * MOST_TIMES, ALWAYS_BYTES)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MOST_FILES:
                raise _too_much(path)
            for member in members:
                most -= _member(archive, member, path, folder, most)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise BadFile(
            _("'{file}' is a damaged or cut off spreadsheet or .zip file. Export or copy it again.", file=path.name)
        ) from error


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, folder: Path, most: int) -> int:
    """Unpack one file; gives its bytes, counted as they come: what the archive says of them may be a lie."""
    name = PurePosixPath(member.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in member.filename:
        raise BadFile(
            _(
                "'{file}' holds a path that leads outside of it: '{path}'. Nothing was unpacked; do not trust this file.",
                file=path.name,
                path=member.filename,
            )
        )
    if member.flag_bits & ENCRYPTED:
        raise BadFile(_("'{file}' is locked with a password. Save it without one.", file=path.name))
    if any(part.startswith((".", "__MACOSX")) for part in name.parts):
        return 0
    target = folder.joinpath(*name.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with archive.open(member) as packed, target.open("wb") as file:
        while block := packed.read(BLOCK):
            size += len(block)
            if size > most:
                raise _too_much(path)
            file.write(block)
    return size


def _too_much(path: Path) -> BadFile:
    return BadFile(
        _(
            "'{file}' unpacks to too much: more than {times} times its size, or more than {files} files. "
            "If you trust it, unpack it yourself, and name the folder.",
            file=path.name,
            times=MOST_TIMES,
            files=MOST_FILES,
        )
    )
