"""A text file whose columns stand at declared places, whatever stands between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from crmetrics.collect.files import FileEntry
from crmetrics.collect.listing import Listing
from crmetrics.collect.raw import Rejected, column_names
from crmetrics.collect.records import LINE_ENDS, LONGEST, lines
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import Message, words

_ = words("servers")

VALUE_SHOWN: Final = 1000
MOST_REJECTED: Final = 100_000


@dataclass(slots=True)
class FixedWidth:
    """One file in UTF-8, cut by the places that its entry declares; rows count as lines do, blank ones too.

    A line that ends early has blank cells at its end, for programs leave trailing blanks away. One that goes on after
    the last column, or holds bytes that are no text, is rejected and told.
    """

    name: str
    entry: FileEntry
    blocks: Iterable[bytes]
    rejected: list[Rejected] = field(default_factory=list)

    def listing(self) -> Listing:
        """The rows. Errors: BadFile if there is none."""
        rows = self._rows()
        first = next(rows, None)
        if first is None:
            raise BadFile(
                _("'{file}' is empty: it holds no rows. Export it again, or take it out of the import.", file=self.name)
            )
        _number, line = first
        heads = self._cells(line.decode("utf-8", "replace")) if self.entry.header else [""] * len(self.entry.spans)
        columns = column_names(list(self.entry.names) or heads)
        return Listing(self.name, columns, self._cut(rows if self.entry.header else chain([first], rows)))

    def _rows(self) -> Iterator[tuple[int, bytes]]:
        for number, line in enumerate(lines(self.blocks), start=1):
            text = line.rstrip(LINE_ENDS + b"\x1a")
            if text.strip():
                yield number, text

    def _cut(self, rows: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, list[str]]]:
        for number, line in rows:
            try:
                text = line.decode()
            except UnicodeDecodeError:
                self._reject(
                    number, line, _("The row holds bytes that are not text in the encoding of the file. Correct them there.")
                )  # fmt: skip
                continue
            end = max((after or len(text)) for _first, after in self.entry.spans)
            if text[end:].strip() or len(line) > LONGEST:
                self._reject(
                    number,
                    line,
                    _(
                        "The row goes on after its last column, at character {end}. Correct `widths` or `positions`.",
                        end=end,
                    ),
                )
                continue
            yield number, self._cells(text)

    def _cells(self, text: str) -> list[str]:
        return [text[first:after].strip(" \t\u3000") for first, after in self.entry.spans]

    def _reject(self, number: int, line: bytes, reason: Message) -> None:
        shown = line[: 4 * VALUE_SHOWN].decode("utf-8", "replace")[:VALUE_SHOWN]
        self.rejected.append(Rejected(self.name, number, None, shown, reason))
        if len(self.rejected) > MOST_REJECTED:
            raise BadFile(
                _(
                    "More than {most} rows of '{file}' do not fit the declared columns; the first is row {row}. Correct "
                    "`widths` or `positions` in [files.{entry}].",
                    most=MOST_REJECTED,
                    file=self.name,
                    row=self.rejected[0].row,
                    entry=self.entry.name,
                )
            )
