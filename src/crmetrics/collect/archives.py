"""A .zip file of exports, unpacked where it can do no harm."""

from __future__ import annotations

import errno
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from crmetrics.collect.files import visible
from crmetrics.collect.zipped import ALWAYS_BYTES, MOST_FILES, MOST_TIMES, damaged, is_archive, too_much
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

_ = words("collect")

LONGEST_NAME: Final = 80
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


def _archives_within(source: Path) -> list[Path]:
    inside = sorted(source.rglob("*")) if source.is_dir() else [source]
    return [path for path in inside if is_archive(path) and (path == source or visible(path, source))]


def _unpack(path: Path, folder: Path) -> None:
    most = max(path.stat().st_size * MOST_TIMES, ALWAYS_BYTES)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MOST_FILES:
                raise too_much(path)
            for number, member in enumerate(members):
                most -= _member(archive, member, path, folder, number, most)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, ValueError) as error:
        raise damaged(path) from error
    except OSError as error:
        # a damaged directory sends the reader to places before the file's beginning; a full disk is another matter
        if error.errno != errno.EINVAL:
            raise
        raise damaged(path) from error


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, folder: Path, number: int, most: int) -> int:
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
    target = _target(folder, name, number)
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with archive.open(member) as packed, target.open("wb") as file:
        while block := packed.read(BLOCK):
            size += len(block)
            if size > most:
                raise too_much(path)
            file.write(block)
    return size


def _target(folder: Path, name: PurePosixPath, number: int) -> Path:
    """Where a file is unpacked to: as in the archive, save where two have one name, or the name of a folder, or one that no
    disk can hold."""
    target = folder.joinpath(*name.parts)
    is_too_long = any(len(part.encode()) > 3 * LONGEST_NAME for part in name.parts)
    taken = (place.exists() and (place == target or not place.is_dir()) for place in (target, *target.parents))
    if is_too_long or any(taken):
        return folder / f"{number:05}" / name.name[-LONGEST_NAME:]
    return target
