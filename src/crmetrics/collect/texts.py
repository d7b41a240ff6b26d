"""A table written as text, of any encoding, becomes raw Parquet: straight where it is even, repaired where it is odd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmetrics.collect.delimited import Shape, find_shape
from crmetrics.collect.encodings import BOM_UTF8, UTF_8, Utf8Check, in_utf_8, known_encoding
from crmetrics.collect.files import FileEntry
from crmetrics.collect.fixed_width import FixedWidth
from crmetrics.collect.listing import Listing
from crmetrics.collect.originals import Original, fingerprint, head_of, is_packed
from crmetrics.collect.parquet import Delimited, write_delimited
from crmetrics.collect.raw import RawFile
from crmetrics.collect.records import LONGEST, Marks
from crmetrics.collect.repair import Repair

if TYPE_CHECKING:
    import duckdb

LOOKED_THROUGH: Final = 0.3
REPAIRED: Final = 0.6
"""Shares of the work that are done when a file has been looked through, and when it has been repaired."""

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text in UTF-8 at `path`: the source itself, or its transcript. `has_gaps`: blank lines stand between rows, or a row is too long."""

    path: Path
    sha256: str
    has_gaps: bool

    def blocks(self, progress: Progress = lambda share: None) -> Iterator[bytes]:
        """The text without a byte order mark."""
        for position, block in enumerate(Original(self.path, progress).blocks()):
            yield block.removeprefix(BOM_UTF8) if position == 0 else block


def read_text(
    connection: duckdb.DuckDBPyConnection, entry: FileEntry, path: Path, target: Path, progress: Progress
) -> RawFile:
    """Read a text file, packed or not, into raw Parquet. Errors: BadFile if it is of no known encoding or shape."""
    import duckdb

    name = entry.name_of(path)
    with _scratch(target, ".text") as transcript:
        plain = _plain_text(entry, path, transcript, _part(progress, 0, LOOKED_THROUGH))
        if entry.spans:
            return _of_fixed_width(connection, entry, plain, name, target, progress)
        shape = find_shape(next(plain.blocks(), b""), entry, name)
        raw = RawFile(entry.name, name, plain.sha256, 0, shape.columns, target, above=shape.above)
        if shape.is_even and not plain.has_gaps:
            even = Delimited(
                plain.path,
                name,
                shape.marks,
                shape.columns,
                has_header=entry.header,
                is_packed=is_packed(plain.path),
                rows_before=shape.start,
                row_bytes=shape.row_bytes,
            )
            try:
                rows = write_delimited(connection, even, target, _part(progress, LOOKED_THROUGH, 1))
                return replace(raw, rows=rows)
            except (duckdb.InvalidInputException, duckdb.IOException):
                # It stops at the first odd row, and at blank bytes after a packed text; the repair tells which and why.
                target.unlink(missing_ok=True)
        return _repaired(connection, entry, plain, shape, raw, progress)


def _of_fixed_width(
    connection: duckdb.DuckDBPyConnection,
    entry: FileEntry,
    plain: PlainText,
    name: str,
    target: Path,
    progress: Progress,
) -> RawFile:
    fixed = FixedWidth(name, entry, plain.blocks(_part(progress, LOOKED_THROUGH, REPAIRED)))
    with _scratch(target, ".rows") as written:
        listing = fixed.listing()
        listing.write(written)
        text = Delimited(written, name, Marks(","), listing.columns, rows_before=None)
        rows = write_delimited(connection, text, target, _part(progress, REPAIRED, 1))
    return RawFile(entry.name, name, plain.sha256, rows, listing.columns, target, tuple(fixed.rejected))


def read_listing(
    connection: duckdb.DuckDBPyConnection,
    entry: FileEntry,
    path: Path,
    target: Path,
    progress: Progress,
    found: Callable[[Progress], Listing],
) -> RawFile:
    """Read what lists rows of its own, such as a sheet, into raw Parquet. Errors: BadFile as `found` and its rows."""
    with _scratch(target, ".rows") as written:
        listing = found(_part(progress, 0, REPAIRED))
        listing.write(written)
        text = Delimited(written, listing.name, Marks(","), listing.columns, rows_before=None)
        rows = write_delimited(connection, text, target, _part(progress, REPAIRED, 1))
    return RawFile(entry.name, listing.name, fingerprint(path), rows, listing.columns, target, above=listing.above)


def _plain_text(entry: FileEntry, path: Path, transcript: Path, progress: Progress) -> PlainText:
    """Go through the source once: hash it, and write it down in UTF-8 if it is not."""
    encoding = known_encoding(head_of(path), entry)
    if encoding in (None, UTF_8):
        original, gaps, check = Original(path, progress), Gaps(), Utf8Check()
        for block in original.blocks():
            gaps.see(block)
            if encoding is None:
                check.see(block)
        if encoding == UTF_8 or check.is_utf_8:
            return PlainText(path, original.sha256, gaps.found)
        encoding = check.guess(path.name, entry)
    original, gaps = Original(path, progress), Gaps()
    with transcript.open("wb") as file:
        for block in in_utf_8(original.blocks(), str(encoding)):
            gaps.see(block)
            file.write(block)
    return PlainText(transcript, original.sha256, gaps.found)


def _repaired(
    connection: duckdb.DuckDBPyConnection,
    entry: FileEntry,
    plain: PlainText,
    shape: Shape,
    raw: RawFile,
    progress: Progress,
) -> RawFile:
    looking = _part(progress, LOOKED_THROUGH, REPAIRED)
    repair = Repair(raw.name, entry, shape, lambda: plain.blocks(looking))
    with _scratch(raw.path, ".rows") as written:
        columns = repair.rewrite(written)
        text = Delimited(written, raw.name, shape.marks, columns, rows_before=None, row_bytes=shape.row_bytes)
        rows = write_delimited(connection, text, raw.path, _part(progress, REPAIRED, 1))
    return replace(raw, rows=rows, columns=columns, rejected=tuple(repair.rejected))


class Gaps:
    """Sees a text pass by, and tells whether a blank line stands above another line, or a line is longer than a row may be.

    The engine lets a last line go without a word where that fills its buffer, and gives up where another one does.
    """

    def __init__(self) -> None:
        self.found = False
        self._ends = b"\n"
        self._length = 0

    def see(self, block: bytes) -> None:
        if self.found or not block:
            return
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        self._length = len(block) - end - 1 if end >= 0 else self._length + len(block)
        body = block.rstrip(b"\r\n")
        if body:
            begun = self._ends + body
            self.found = b"\n\n" in begun or (b"\r" in begun and (b"\n\r" in begun or b"\r\r" in begun))
            self.found = self.found or self._length > LONGEST
            self._ends = b""
        self._ends = (self._ends + block[len(body) :])[-4:]


def _part(progress: Progress, start: float, end: float) -> Progress:
    """The progress of one step, told as progress of the whole."""
    return lambda share: progress(start + share * (end - start))


@contextmanager
def _scratch(target: Path, ending: str) -> Iterator[Path]:
    """A file beside the target, gone when it has served."""
    path = target.with_suffix(ending)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
