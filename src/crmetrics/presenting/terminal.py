"""An answer on a terminal: what was asked, a small chart, the table, notes, findings; as narrow as the window is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crmetrics.analysis import Answer
from crmetrics.presenting.letters import cut, harmless, padded, wrapped
from crmetrics.presenting.letters import width as width_of
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.passport import chosen, trust_words
from crmetrics.presenting.sketch import sketch
from crmetrics.presenting.table import ShownTable, show
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.period import Period

_ = words("presenting")

ROWS: Final = 50
"""So many rows are printed if nobody asks for more."""
_GAP: Final = "  "
_WIDEST_TEXT: Final = 40


@dataclass(frozen=True)
class Style:
    """How the terminal is written to: its width in columns, and whether it knows bold and dim."""

    wide: int = 80
    is_plain: bool = True

    def bold(self, text: str) -> str:
        """The text in bold."""
        return text if self.is_plain else f"\x1b[1m{text}\x1b[0m"

    def dim(self, text: str) -> str:
        """The text paler than the rest."""
        return text if self.is_plain else f"\x1b[2m{text}\x1b[0m"


def shown(
    answer: Answer[Any], format: Format, *, rows: int | None = ROWS, width: int = 80, is_plain: bool = True
) -> str:
    """The whole answer as text, without a line break at its end.

    rows      so many rows of the table; None prints all of them
    width     columns of the terminal
    is_plain  without bold and dim
    """
    style = Style(max(width, 20), is_plain)
    parts = [_head(answer, format, style), _findings(answer, format, style), _notes(answer, format, style)]
    if answer.locked is not None:
        parts.append(_locked(answer, format, style))
    else:
        parts.insert(1, sketch(answer, format, style.wide))
        parts.insert(2, _table(answer, format, style, rows))
        parts.append(_foot(answer, format, style))
    return "\n\n".join("\n".join(part) for part in parts if part)


def period_words(period: Period, format: Format) -> str:
    """A half-open period for people: "1 Jan 2011 to 9 Dec 2011 inclusive"."""
    first, last = format.day(period.start), format.day(period.last_day)
    if period.days == 1:
        return first
    return say(_("{first} to {last} inclusive", first=first, last=last), format)


def _head(answer: Answer[Any], format: Format, style: Style) -> list[str]:
    told = [style.bold(line) for line in _lines(say(answer.declared.question, format), style)]
    facts = [answer.key]
    if answer.period is not None:
        facts.append(period_words(answer.period, format))
    else:
        facts.append(say(_("state at {day}", day=answer.today), format))
    if answer.before_period is not None:
        facts.append(say(_("compared with {period}", period=period_words(answer.before_period, format)), format))
    facts += [format.named(label, value) for label, value in chosen(answer, format) if value]
    return told + [style.dim(line) for line in _lines(" · ".join(facts), style)]


def _table(answer: Answer[Any], format: Format, style: Style, rows: int | None) -> list[str]:
    table = show(answer, format, count=rows)
    if not table.count:
        return [say(_("No rows."), format)]
    told = list(table_lines(table, style))
    if table.count > len(table.rows):
        rest = _(
            "{n} more row. All of them: --csv or --json.",
            "{n} more rows. All of them: --csv or --json.",
            n=table.count - len(table.rows),
        )
        told += [style.dim(line) for line in _lines(say(rest, format), style)]
    if table.note:
        told += [style.dim(line) for line in _lines(table.note, style)]
    return told


def table_lines(shown: ShownTable, style: Style) -> Iterator[str]:
    """The lines of a table. One too wide for the terminal is printed in several blocks, each with the first column."""
    body = [*shown.rows, *([shown.total] if shown.total is not None else [])]
    cells = [[harmless(cell) for cell in row] for row in body]
    columns = _columns(shown, cells, style.wide)
    for number, block in enumerate(_blocks(columns, style.wide)):
        if number:
            yield ""
        heights = max(len(column.head) for column in block)
        for height in range(heights):
            heads = (column.head_line(height, heights) for column in block)
            yield style.dim(_GAP.join(heads).rstrip())
        yield style.dim("─" * _width(block))
        for place, row in enumerate(cells):
            line = _GAP.join(column.cell(row) for column in block).rstrip()
            yield style.bold(line) if shown.total is not None and place == len(cells) - 1 else line


@dataclass(frozen=True)
class _Column:
    """One column on the terminal: its place, its width, its head broken into lines."""

    position: int
    wide: int
    is_number: bool
    head: tuple[str, ...]

    @classmethod
    def of(cls, position: int, shown: ShownTable, cells: Sequence[Sequence[str]], most: int, more: int = 0) -> _Column:
        header = shown.headers[position]
        label = harmless(header.label)
        longest = max((width_of(row[position]) for row in cells), default=1)
        if not header.is_number:
            longest = min(longest, _WIDEST_TEXT + more)
        # a head may take two lines or three, but no word of it is broken
        word = max((width_of(part) for part in label.split()), default=1)
        wide = min(max(longest, min(width_of(label), max(word, 10))), most)
        return cls(position, wide, header.is_number, tuple(wrapped(label, wide)))

    def head_line(self, number: int, lines: int) -> str:
        """One line of the head; heads stand at the bottom."""
        place = number - (lines - len(self.head))
        return padded(self.head[place] if place >= 0 else "", self.wide, right=self.is_number)

    def cell(self, row: Sequence[str]) -> str:
        """The column's cell of a row."""
        return padded(cut(row[self.position], self.wide), self.wide, right=self.is_number)


def _columns(shown: ShownTable, cells: Sequence[Sequence[str]], most: int) -> list[_Column]:
    """The columns so wide that the first and any other fit side by side; numbers are never cut if a name can be."""
    own = [_Column.of(position, shown, cells, most) for position in range(len(shown.headers))]
    left = most - sum(column.wide + len(_GAP) for column in own) + len(_GAP)
    if left >= 0:
        # a text that was cut gets what is left over
        cut_ones = [column for column in own if not column.is_number and column.wide >= _WIDEST_TEXT]
        return [_Column.of(each.position, shown, cells, most, left) if each in cut_ones[:1] else each for each in own]
    widest = max((column.wide for column in own[1:]), default=0)
    first = _Column.of(0, shown, cells, max(8, most - len(_GAP) - widest)) if widest else own[0]
    room = max(8, most - len(_GAP) - first.wide)
    others = (_Column.of(each.position, shown, cells, room) if each.wide > room else each for each in own[1:])
    return [first, *others]


def _blocks(columns: Sequence[_Column], most: int) -> Iterator[list[_Column]]:
    """The columns in blocks that fit, each with the columns that name the rows (of many, as fit in half the width)."""
    leading = [columns[0]]
    for column in columns[1:]:
        if column.is_number or _width(leading) + len(_GAP) + column.wide > most // 2:
            break
        leading.append(column)
    block = list(leading)
    for column in columns[len(leading) :]:
        if len(block) > len(leading) and _width(block) + len(_GAP) + column.wide > most:
            yield block
            block = list(leading)
        if len(block) == len(leading) > 1 and _width(block) + len(_GAP) + column.wide > most:
            block = [columns[0]]
        block.append(column)
    yield block


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.wide for column in columns) + len(_GAP) * (len(columns) - 1)


def _notes(answer: Answer[Any], format: Format, style: Style) -> list[str]:
    marks = {"few": "○", "warn": "!", "info": "·"}
    return [line for note in answer.notes for line in _marked(marks[note.kind], say(note.message, format), style)]


def _findings(answer: Answer[Any], format: Format, style: Style) -> list[str]:
    marks = {"good": "▲", "bad": "▼", "warn": "◆", "info": "●"}
    return [
        line
        for finding in answer.findings
        for line in _marked(marks[finding.tone], say(finding.message, format), style)
    ]


def _locked(answer: Answer[Any], format: Format, style: Style) -> list[str]:
    """Why there is no answer, if no note says it already."""
    locked = answer.locked
    if locked is None or locked.message in [note.message for note in answer.notes]:
        return []
    return list(_marked("!", say(locked.message, format), style))


def _foot(answer: Answer[Any], format: Format, style: Style) -> list[str]:
    passport = answer.passport
    if passport is None:
        return []
    used = _("{n} row used", "{n} rows used", n=passport.rows_used)
    facts = [say(used, format), say(_("trust {words}", words=trust_words(passport, format)), format)]
    facts += [f"{format.count(each.rows)} {say(each.reason, format)}" for each in passport.rows_left_out]
    facts.append(say(_("data up to {moment}", moment=passport.as_of), format))
    return [style.dim(line) for line in _lines(" · ".join(facts), style)]


def _lines(text: str, style: Style) -> list[str]:
    return wrapped(harmless(text), style.wide)


def _marked(mark: str, text: str, style: Style) -> Iterator[str]:
    for number, line in enumerate(wrapped(harmless(text), style.wide - 2)):
        yield f"{mark if number == 0 else ' '} {line}"
