"""The bytes of a source as they stand: unpacked where they are packed, and hashed on the way."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_ = words("collect")

BLOCK: Final = 1 << 20
"""Bytes that are held at a time."""

GZIP_MARK: Final = b"\x1f\x8b"


class Original:
    """One file, read from start to end: its unpacked bytes in blocks, and then the SHA-256 of its packed ones."""

    def __init__(self, path: Path, progress: Callable[[float], None] = lambda fraction: None) -> None:
        self._path = path
        self._progress = progress
        self._size = max(path.stat().st_size, 1)
        self._hashing: _Hashing | None = None

    def blocks(self) -> Iterator[bytes]:
        """The unpacked bytes. Errors: BadFile if a packed file is cut off or damaged."""
        packed = is_packed(self._path)
        with self._path.open("rb") as file:
            self._hashing = _Hashing(file)
            plain = io.BufferedReader(self._hashing, BLOCK)
            content: io.BufferedIOBase = gzip.GzipFile(fileobj=plain) if packed else plain
            try:
                while block := content.read(BLOCK):
                    self._progress(min(file.tell() / self._size, 1.0))
                    yield block
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise BadFile(
                    _("'{file}' is a damaged or cut off .gz file. Export or copy it again.", file=self._path.name)
                ) from error

    @property
    def sha256(self) -> str:
        """Of what was read so far: ask when `blocks` is done."""
        return self._hashing.sha256 if self._hashing else hashlib.sha256().hexdigest()


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file as it stands, or of the names and contents of a folder: the same again is not new."""
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    whole = hashlib.sha256()
    for part in sorted(item for item in path.rglob("*") if item.is_file()):
        whole.update(f"{part.relative_to(path).as_posix()}\0{fingerprint(part)}\n".encode())
    return whole.hexdigest()


def is_packed(path: Path) -> bool:
    """Whether a file is a .gz, by its first bytes: its name may say otherwise."""
    with path.open("rb") as file:
        return file.read(len(GZIP_MARK)) == GZIP_MARK


def head_of(path: Path) -> bytes:
    """The first bytes of a file, unpacked: enough to see what it is."""
    return next(Original(path).blocks(), b"")


class _Hashing(io.RawIOBase):
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = self._file.read(len(view))
        self._digest.update(data)
        view[: len(data)] = data
        return len(data)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()
