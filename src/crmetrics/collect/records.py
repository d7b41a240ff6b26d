"""Text cut into records and cells, exactly: quoted line breaks, mixed line ends, quotation marks gone wrong."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

LONGEST: Final = 8 << 20
"""Bytes of the longest record that is read; what is longer is a quotation mark that was never closed."""

BLANKS: Final = "blanks"
"""The delimiter of columns that stand under one another, with any number of blanks between them."""

QUOTE: Final = b'"'
WORD: Final = re.compile(rb'"((?:[^"]|"")*)"(?=[ \t]|$)|([^ \t]+)')
"""A cell between blanks: quoted if it holds some itself."""

LINE_ENDS: Final = b"\r\n"


class Fault(Enum):
    """Why a record cannot be cut into cells."""

    UNCLOSED = "a quotation mark is opened and never closed"
    AFTER_QUOTE = "text stands between a closing quotation mark and the next delimiter"
    TOO_LONG = "longer than any record"


class Record(NamedTuple):
    """One record as it stands, without its line end; blank lines have no cell.

    `row` counts records and blank lines from 1; with a fault, `cells` is the number of the cell where it was met.
    """

    row: int
    text: bytes
    cells: int
    fault: Fault | None = None

    def is_blank(self, width: int) -> bool:
        """Whether it is a blank line; in a file of one column, blanks are a value."""
        return self.fault is None and (self.cells == 0 or (self.cells == 1 < width and not self.text.strip()))


@dataclass(frozen=True, slots=True)
class Marks:
    """What separates cells, and what protects a quotation mark inside a quoted cell: a second one, or a backslash."""

    delimiter: str
    escape: str = '"'

    @property
    def separator(self) -> bytes:
        return b"\t" if self.delimiter == BLANKS else self.delimiter.encode()

    def quoted(self, cell: str) -> bytes:
        """A cell as it is written into a record, whatever it holds."""
        text = cell.encode()
        if not (QUOTE in text or self.separator in text or b"\n" in text or b"\r" in text or text[:1] == b" "):
            return text
        escape = self.escape.encode()
        if escape == b"\\":
            text = text.replace(escape, escape + escape)
        return QUOTE + text.replace(QUOTE, escape + QUOTE) + QUOTE


def lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines with their ends (LF, CRLF or CR, also mixed), out of blocks of any size.

    What a line holds beyond `LONGEST` is let go, so that a file without line ends needs no more memory.
    """
    rest = b""
    for block in blocks:
        parts = (rest + block).splitlines(keepends=True)
        # A CR at the end of a block may be one half of a CRLF.
        rest = parts.pop() if parts and not parts[-1].endswith(b"\n") else b""
        if len(rest) > LONGEST + 1:
            rest = rest[: LONGEST + 1]
        yield from parts
    if rest:
        yield rest


class Cutter:
    """Cuts lines into records by the marks of a file."""

    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self._separator = marks.separator
        # As the engine has it: one blank before a quoted cell and any after it belong to no value.
        self._opening = re.compile(b" ?" + QUOTE)
        self._closing = re.compile(QUOTE + b" *")
        inside = rb'[^"\\]*+(?:\\.[^"\\]*+)*+' if marks.escape == "\\" else rb'[^"]*+(?:""[^"]*+)*+'
        self._inside = re.compile(inside, re.DOTALL)

    def records(self, source: Iterable[bytes]) -> Iterator[Record]:
        """Cut lines into records. After a fault, reading goes on at the very next line."""
        waiting = deque[bytes]()
        coming = iter(source)
        row = 0
        while (line := waiting.popleft() if waiting else next(coming, None)) is not None:
            row += 1
            text = line.rstrip(LINE_ENDS)
            if len(text) > LONGEST:
                yield Record(row, text, 0, Fault.TOO_LONG)
            elif self.marks.delimiter == BLANKS or not text:
                yield Record(row, text, len(WORD.findall(text)))
            elif QUOTE not in text:
                yield Record(row, text, text.count(self._separator) + 1)
            else:
                yield self._quoted_record(row, line, waiting, coming)

    def _quoted_record(self, row: int, first: bytes, waiting: deque[bytes], coming: Iterator[bytes]) -> Record:
        taken = [first]
        size = len(first)
        cells, is_open, fault = self._scan(first.rstrip(LINE_ENDS), False)
        while is_open and fault is None:
            line = waiting.popleft() if waiting else next(coming, None)
            if line is None or size + len(line) > LONGEST:
                taken += [line] if line else []
                fault = Fault.UNCLOSED
                break
            taken.append(line)
            size += len(line)
            more, is_open, fault = self._scan(line.rstrip(LINE_ENDS), True)
            cells += more - 1
        if fault is None:
            return Record(row, b"".join(taken).rstrip(LINE_ENDS), cells)
        waiting.extendleft(reversed(taken[1:]))
        return Record(row, first.rstrip(LINE_ENDS), cells, fault)

    def _scan(self, text: bytes, is_open: bool) -> tuple[int, bool, Fault | None]:
        """Count the cells of one line, from inside a quoted cell or from the start of one."""
        cells, at = 1, 0
        while True:
            if not is_open and (opening := self._opening.match(text, at)):
                is_open, at = True, opening.end()
            if is_open:
                inside = self._inside.match(text, at)
                at = inside.end() if inside else at
                closing = self._closing.match(text, at)
                if closing is None:
                    return cells, True, None
                is_open, at = False, closing.end()
                if at == len(text):
                    return cells, False, None
                if not text.startswith(self._separator, at):
                    return cells, False, Fault.AFTER_QUOTE
            else:
                at = text.find(self._separator, at)
                if at < 0:
                    return cells, False, None
            cells, at = cells + 1, at + len(self._separator)

    def values(self, text: bytes) -> list[str]:
        """The cells of one record that has no fault."""
        if self.marks.delimiter == BLANKS:
            cells = ((quoted.replace(b'""', QUOTE) or bare) for quoted, bare in WORD.findall(text))
            return [cell.decode("utf-8", "replace") for cell in cells]
        values = []
        at = 0
        while True:
            opening = self._opening.match(text, at)
            inside = self._inside.match(text, opening.end()) if opening else None
            if opening and inside:
                closing = self._closing.match(text, inside.end())
                values.append(self._without_escapes(inside[0]))
                at = closing.end() if closing else len(text)
            else:
                end = text.find(self._separator, at)
                end = len(text) if end < 0 else end
                values.append(text[at:end].decode("utf-8", "replace"))
                at = end
            if at >= len(text):
                return values
            at += len(self._separator)

    def _without_escapes(self, quoted: bytes) -> str:
        plain = re.sub(rb"\\(.)", rb"\1", quoted, flags=re.DOTALL) if self.marks.escape == "\\" else quoted
        text = plain.decode("utf-8", "replace")
        return text if self.marks.escape == "\\" else text.replace('""', '"')
