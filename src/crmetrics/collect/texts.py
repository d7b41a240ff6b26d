"""A delimited text file, of any encoding, becomes raw Parquet: straight where it is even, repaired where it is odd."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmetrics.collect.delimited import find_shape
from crmetrics.collect.encodings import BOM_UTF8, UTF_8, Utf8Check, in_utf_8, known_encoding
from crmetrics.collect.files import FileEntry
from crmetrics.collect.originals import Original, head_of, is_packed
from crmetrics.collect.parquet import Delimited, write_delimited
from crmetrics.collect.raw import RawFile
from crmetrics.collect.repair import Repair

if TYPE_CHECKING:
    import duckdb

LOOKED_THROUGH: Final = 0.3
REPAIRED: Final = 0.6
"""Shares of the work that are done when a file has been looked through, and repaired if it must be."""


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text in UTF-8 at `path`: the source itself, or its transcript. `has_gaps`: blank lines stand between rows."""

    path: Path
    sha256: str
    has_gaps: bool

    def blocks(self) -> Iterator[bytes]:
        """The text without a byte order mark."""
        for position, block in enumerate(Original(self.path).blocks()):
            yield block.removeprefix(BOM_UTF8) if position == 0 else block


def read_text(
    connection: duckdb.DuckDBPyConnection,
    entry: FileEntry,
    path: Path,
    target: Path,
    progress: Callable[[float], None],
) -> RawFile:
    """Read a text file, packed or not, into raw Parquet. Errors: BadFile if it is empty, not text or of no shape."""
    import duckdb

    transcript, repaired = target.with_suffix(".text"), target.with_suffix(".rows")
    with _removed_after(transcript, repaired):
        plain = _plain_text(entry, path, transcript, lambda share: progress(share * LOOKED_THROUGH))
        shape = find_shape(next(plain.blocks(), b""), entry, path.name)
        text = Delimited(plain.path, path.name, shape.marks, shape.columns, entry.header, is_packed(plain.path))
        text = replace(text, rows_before=1 if entry.header else 0)
        raw = RawFile(entry.name, path.name, plain.sha256, 0, shape.columns, target)
        if shape.is_even and not plain.has_gaps:
            try:
                return replace(raw, rows=write_delimited(connection, text, target))
            except duckdb.InvalidInputException:
                # It stops at the first odd row; which rows are odd, and why, the repair tells.
                target.unlink(missing_ok=True)
        repair = Repair(path.name, entry, shape, plain.blocks)
        columns = repair.rewrite(repaired)
        progress(REPAIRED)
        text = Delimited(repaired, path.name, shape.marks, columns, rows_before=None)
        rows = write_delimited(connection, text, target)
        return replace(raw, rows=rows, columns=columns, rejected=tuple(repair.rejected))


def _plain_text(entry: FileEntry, path: Path, transcript: Path, progress: Callable[[float], None]) -> PlainText:
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


class Gaps:
    """Sees a text pass by, and tells whether a blank line stands above another line."""

    def __init__(self) -> None:
        self.found = False
        self._ends = b"\n"

    def see(self, block: bytes) -> None:
        if self.found or not block:
            return
        body = block.rstrip(b"\r\n")
        if body:
            begun = self._ends + body
            self.found = b"\n\n" in begun or (b"\r" in begun and (b"\n\r\n" in begun or b"\r\r" in begun))
            self._ends = b""
        self._ends = (self._ends + block[len(body) :])[-4:]


@contextmanager
def _removed_after(*paths: Path) -> Iterator[None]:
    try:
        yield
    finally:
        for path in paths:
            path.unlink(missing_ok=True)
