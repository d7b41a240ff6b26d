"""Text with odd rows: rewritten record by record, so that all that can be read is read and the rest is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from crmetrics.collect.delimited import Shape
from crmetrics.collect.files import FileEntry
from crmetrics.collect.raw import Rejected, column_names
from crmetrics.collect.records import BLANKS, Cutter, Fault, Record, lines
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import Message, words

_ = words("collect")

MOST_REJECTED: Final = 100_000
"""Rows left out of one file before it is clear that the file, and not its rows, is wrong."""

VALUE_SHOWN: Final = 1000
"""Characters of a rejected row or cell that are kept."""


@dataclass(slots=True)
class Repair:
    """One file in UTF-8, to be rewritten: `blocks` opens it, as often as it must be read.

    A row narrower than the header is rejected, unless no row of the whole file is wider. Without a header the widest
    row says how wide the file is, and all others end in blank cells.
    """

    name: str
    entry: FileEntry
    shape: Shape
    blocks: Callable[[], Iterable[bytes]]
    rejected: list[Rejected] = field(default_factory=list)

    def rewrite(self, target: Path) -> tuple[str, ...]:
        """Write the rows, each with its number before it, all as wide as the columns, which it gives.

        Errors: BadFile if hardly a row fits its header.
        """
        columns, least = self._columns()
        cutter = Cutter(self.shape.marks)
        separator = self.shape.marks.separator
        with target.open("wb", buffering=1 << 20) as file:
            for record in self._rows(cutter):
                reason = self._reason(record, columns, least, cutter)
                if reason is not None:
                    self._reject(record, reason, columns, cutter)
                    continue
                text = record.text
                if self.shape.marks.delimiter == BLANKS:
                    text = separator.join(self.shape.marks.quoted(value) for value in cutter.values(text))
                missing = separator * (len(columns) - record.cells)
                file.write(b"%d%b%b%b\n" % (record.row, separator, text, missing))
        return columns

    def _rows(self, cutter: Cutter) -> Iterator[Record]:
        """The records under the header, blank ones left out."""
        return (
            record
            for record in cutter.records(lines(self.blocks()))
            if record.row > self.shape.start and not record.is_blank(len(self.shape.columns))
        )

    def _columns(self) -> tuple[tuple[str, ...], int]:
        """The columns of the file, and how many cells a row must have at least."""
        columns = self.shape.columns
        is_named = self.entry.header or bool(self.entry.names)
        if is_named and not self.shape.is_narrow:
            return columns, len(columns)
        widths = Counter(record.cells for record in self._rows(Cutter(self.shape.marks)) if record.fault is None)
        widest = max(widths, default=len(columns))
        if is_named:
            return columns, min(widest, len(columns))
        return column_names([""] * widest), 1

    def _reason(self, record: Record, columns: tuple[str, ...], least: int, cutter: Cutter) -> Message | None:
        if record.fault is Fault.TOO_LONG:
            return _("The row is longer than 8 million bytes; a line end or a quotation mark is missing.")
        if record.fault is Fault.UNCLOSED:
            return _("A quotation mark is opened and never closed. Close it, or double it if it belongs to the text.")
        if record.fault is Fault.AFTER_QUOTE:
            return _("Text stands after a closing quotation mark. Double the quotation marks that belong to the text.")
        if record.cells < least:
            return _(
                "The row has {found} cells, {expected} are expected. Add the missing ones, or quote line breaks.",
                found=record.cells,
                expected=least,
            )
        if record.cells > len(columns) and any(cutter.values(record.text)[len(columns) :]):
            return _(
                "The row has {found} cells, {expected} are expected. Quote the cell that holds a delimiter.",
                found=record.cells,
                expected=len(columns),
            )
        if not record.text.isascii() and _undecodable(record.text):
            return _("The cell holds bytes that are not text in the encoding of the file. Correct them there.")
        return None

    def _reject(self, record: Record, reason: Message, columns: tuple[str, ...], cutter: Cutter) -> None:
        column, value = None, record.text.decode("utf-8", "replace")
        if record.fault in (Fault.UNCLOSED, Fault.AFTER_QUOTE):
            column = columns[min(record.cells, len(columns)) - 1]
        elif record.fault is None and len(columns) >= record.cells and "\ufffd" in value:
            values = cutter.values(record.text)
            place = next((place for place, cell in enumerate(values) if "\ufffd" in cell), 0)
            column, value = columns[place], values[place]
        self.rejected.append(Rejected(self.name, record.row, column, value[:VALUE_SHOWN], reason))
        if len(self.rejected) > MOST_REJECTED:
            raise BadFile(
                _(
                    "More than {most} rows of '{file}' do not fit its header; the first is row {row}: {reason} "
                    "Check `delimiter`, `header` and `encoding` in [files.{entry}] of the mapping.",
                    most=MOST_REJECTED,
                    file=self.name,
                    row=self.rejected[0].row,
                    reason=self.rejected[0].reason,
                    entry=self.entry.name,
                )
            )


def _undecodable(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return True
    return False
