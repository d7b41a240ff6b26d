"""An answer as a spreadsheet file: typed cells, the total, and a second sheet that says how the figures came about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from crmetrics.analysis import Answer, Column, Row
from crmetrics.presenting.json import plain
from crmetrics.presenting.letters import harmless, width
from crmetrics.presenting.locales import minor_digits
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.passport import lines
from crmetrics.presenting.table import Cells, Header, headers
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.vocabulary.unit import Figure, Unit

if TYPE_CHECKING:
    from xlsxwriter.format import Format as CellFormat
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_ = words("presenting")

MOST_ROWS: Final = 1_048_500
"""A sheet has 1,048,576 rows; some are heads and total."""
_LONGEST_TEXT: Final = 32_767
_FIRST_DAY: Final = date(1900, 3, 1)
"""Earlier days a spreadsheet cannot hold, or holds one off; they are written as text."""


def as_xlsx(answer: Answer[Any], format: Format) -> bytes:
    """The file's bytes. BadValue for more rows than a sheet can hold."""
    from xlsxwriter.workbook import Workbook

    if len(answer.rows) > MOST_ROWS:
        told = _(
            "{n} row is more than a sheet can hold; take CSV.",
            "{n} rows are more than a sheet can hold; take CSV.",
            n=len(answer.rows),
        )
        raise BadValue(told)
    file = BytesIO()
    # text stays text: nothing that a name starts with makes it a formula or a link
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": True,
    }
    with Workbook(file, options) as book:
        book.set_properties({"title": say(answer.declared.title, format), "comments": answer.key})
        _Writer(answer, format, book).write()
    return file.getvalue()


@dataclass
class _Writer:
    answer: Answer[Any]
    format: Format
    book: Workbook

    def write(self) -> None:
        """The two sheets."""
        self._rows(self.book.add_worksheet(say(_("Answer"), self.format)))
        self._definitions(self.book.add_worksheet(say(_("Definition"), self.format)))

    def _rows(self, sheet: Worksheet) -> None:
        cells = Cells(self.answer, self.format)
        names = {column.name for column in cells.columns}
        heads = tuple(head for head in headers(self.answer, self.format) if head.name in names)
        bold = self.book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"})
        formats = [self.book.add_format(_number_format(column.unit, self.format)) for column in cells.columns]
        for place, width_of in enumerate(self._widths(cells, heads)):
            sheet.set_column(place, place, width_of, formats[place])
        for place, head in enumerate(heads):
            sheet.write_string(0, place, harmless(head.label), bold)
        sheet.freeze_panes(1, 1)
        for number, row in enumerate(self.answer.rows, start=1):
            self._row(sheet, number, cells, row, formats)
        last = len(self.answer.rows)
        if last:
            sheet.autofilter(0, 0, last, len(heads) - 1)
        if self.answer.total is not None and not cells.repeats_the_row:
            total = [
                self.book.add_format({**_number_format(column.unit, self.format), "bold": True, "top": 1})
                for column in cells.columns
            ]
            self._row(sheet, last + 1, cells, self.answer.total, total, is_total=True)
            sheet.write_string(last + 1, 0, say(_("All"), self.format), total[0])

    def _row(
        self,
        sheet: Worksheet,
        number: int,
        cells: Cells,
        row: Row,
        formats: list[CellFormat],
        *,
        is_total: bool = False,
    ) -> None:
        for place, column in enumerate(cells.columns):
            value = row.values[column.position]
            if value is None and (is_total or column.unit is not Unit.TEXT):
                continue
            self._cell(sheet, number, place, cells, column, value, formats[place])

    def _cell(
        self, sheet: Worksheet, number: int, place: int, cells: Cells, column: Column, value: Any, format: CellFormat
    ) -> None:
        if isinstance(value, Figure):  # figures of unlike units in one column
            raw, format = value.value, self._figure_format(value.unit)
        else:
            raw = value
        if isinstance(raw, bool):
            sheet.write_boolean(number, place, raw, format)
        elif isinstance(raw, datetime):
            local = raw.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(self.format.zone)).replace(tzinfo=None)
            sheet.write_datetime(number, place, local, format)
        elif isinstance(raw, date) and raw >= _FIRST_DAY:
            sheet.write_datetime(number, place, raw, format)
        elif isinstance(raw, int | float):
            if plain(raw, self.format) is not None:
                sheet.write_number(number, place, raw, format)
        else:
            text = harmless(cells.written(column, value))
            sheet.write_string(number, place, text[:_LONGEST_TEXT], format)

    def _figure_format(self, unit: Unit) -> CellFormat:
        return self.book.add_format(_number_format(unit, self.format))

    def _widths(self, cells: Cells, heads: tuple[Header, ...]) -> list[float]:
        """Widths from the heads and the first rows."""
        first = [self.answer.rows[place] for place in range(min(100, len(self.answer.rows)))]
        found = []
        for column, head in zip(cells.columns, heads, strict=True):
            longest = max((width(cells.text(column, row)) for row in first), default=0)
            found.append(min(60.0, max(10.0, longest + 2.0, width(head.label) / 2 + 2)))
        return found

    def _definitions(self, sheet: Worksheet) -> None:
        """Question, columns and passport: what a reader needs who has only the file."""
        wrap = self.book.add_format({"text_wrap": True, "valign": "top"})
        strong = self.book.add_format({"bold": True, "valign": "top"})
        sheet.set_column(0, 0, 28, strong)
        sheet.set_column(1, 1, 100, wrap)
        said: list[tuple[str, str]] = [
            (say(self.answer.declared.title, self.format), say(self.answer.declared.question, self.format))
        ]
        said += [(line.label, "\n".join(line.values)) for line in lines(self.answer, self.format)]
        said += [("", "")]
        said += [(head.label, head.meaning) for head in headers(self.answer, self.format)]
        said += [("", "")]
        said += [(say(_("Note"), self.format), say(note.message, self.format)) for note in self.answer.notes]
        said += [(say(_("Finding"), self.format), say(each.message, self.format)) for each in self.answer.findings]
        for number, (label, text) in enumerate(said):
            sheet.write_string(number, 0, harmless(label), strong)
            sheet.write_string(number, 1, text[:_LONGEST_TEXT], wrap)


def _number_format(unit: Unit, format: Format) -> dict[str, str]:
    """How a spreadsheet shows a unit; separators are those of the reader's own spreadsheet."""
    decimals = minor_digits(format.currency)
    cents = "." + "0" * decimals if decimals else ""
    symbol = '"' + format.symbol.replace('"', "") + '"'
    money = f"{symbol}#,##0{cents}" if format.locale.money.startswith("{s}{c}") else f"#,##0{cents} {symbol}"
    shown = {
        Unit.COUNT: "#,##0",
        Unit.QUANTITY: "#,##0.##",
        Unit.SCORE: "#,##0.00",
        Unit.RATIO: "#,##0.00",
        Unit.SHARE: "0.0%",
        Unit.POINTS: "+0.0%;-0.0%;0.0%",
        Unit.CHANGE: "+0.0%;-0.0%;0.0%",
        Unit.MONEY: money,
        Unit.MONEY_PER_DAY: money,
        Unit.DAYS: "#,##0.0",
        Unit.DATE: "yyyy-mm-dd",
        Unit.MOMENT: "yyyy-mm-dd hh:mm",
    }
    return {"num_format": shown[unit]} if unit in shown else {}
