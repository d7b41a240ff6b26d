"""The rows in quarantine as a workbook: to be corrected there, and taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from crmetrics.intake.quarantine import Reason, SetAside, in_entries
from crmetrics.intake.workbook import FIXED, LONGEST, MARK, PLACES, kept, key_of
from crmetrics.presenting.letters import harmless, width
from crmetrics.presenting.numbers import Format
from crmetrics.presenting.words import say
from crmetrics.vocabulary.language import words

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_ = words("quality")

HEADS: Final = (
    _("Place"),
    _("File"),
    _("Row"),
    _("Column"),
    _("What is wrong"),
)
HOW: Final = (
    _("These rows were read but could not be used: no figure counts them. Correct them on the sheets behind this one."),
    _("Change only the columns of your file, to the right; what you leave as it is stays in quarantine."),
    _("Save the workbook and give it back: crmetrics quarantine --from FILE"),
    _("Every correction is kept as a decision. It can be undone, and it holds when the same row is imported again."),
)
_WIDEST, _NARROWEST = 40, 8


def as_workbook(rows: Sequence[SetAside], format: Format) -> bytes:
    """The workbook's bytes: one sheet a kind of file, all original values as texts, the cell at fault marked.

    Nothing in it can run: cells that begin like a formula are texts and stay texts when they are edited.
    """
    from xlsxwriter.workbook import Workbook

    file = BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, options) as book:
        _write(book, rows, format)
    return file.getvalue()


def _write(book: Workbook, rows: Sequence[SetAside], format: Format) -> None:
    first = book.add_worksheet(harmless(say(_("How to"), format))[:31])
    first.set_column(0, 0, 110, book.add_format({"text_wrap": True, "valign": "top"}))
    for number, line in enumerate(_lines(rows, format)):
        first.write_string(number, 0, line)
    hidden: list[tuple[str, ...]] = []
    for number, ((source, entry), some) in enumerate(in_entries(rows), start=1):
        name = _sheet_name(number, entry)
        columns = list(dict.fromkeys(column for each in some for column in each.values))
        _sheet(book, book.add_worksheet(name), some, columns, format)
        hidden.append((name, source, entry, *columns))
    places = book.add_worksheet(PLACES)
    places.hide()
    places.write_row(0, 0, [MARK, "1"])
    for number, line_ in enumerate(hidden, start=1):
        for place, text in enumerate(line_):
            places.write_string(number, place, text)


def _lines(rows: Sequence[SetAside], format: Format) -> Iterator[str]:
    for line in HOW:
        yield say(line, format)
    lost = [each for each in rows if not each.values]
    if lost:
        yield ""
        yield say(_("These could not even be read as rows. Mend them in their file and import it again:"), format)
    for each in lost:
        reason = "; ".join(say(one.message, format) for one in each.reasons)
        yield harmless(f"{each.place.file}, {format.count(each.place.row)}: {reason}")[:LONGEST]


def _sheet_name(number: int, entry: str) -> str:
    """A name that a spreadsheet takes: no more than 31 letters, none of []:*?/\\ among them, none twice."""
    plain = "".join(" " if letter in "[]:*?/\\'" else letter for letter in harmless(entry)).strip()
    return f"{number} {plain}"[:31]


def _sheet(book: Workbook, sheet: Worksheet, rows: Sequence[SetAside], columns: Sequence[str], format: Format) -> None:
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"})
    quiet = book.add_format({"font_color": "#666c75", "valign": "top", "text_wrap": True})
    # a text format, so that what is typed stays what was typed, and nothing begins to be worked out
    plain = book.add_format({"num_format": "@", "quote_prefix": True, "valign": "top"})
    fault = book.add_format({"num_format": "@", "quote_prefix": True, "bg_color": "#fbf1da", "valign": "top"})
    for place, head in enumerate((*(say(each, format) for each in HEADS), *columns)):
        sheet.write_string(0, place, harmless(head), bold)
    sheet.set_column(0, 0, None, None, {"hidden": True})
    sheet.set_column(1, 1, 22)
    sheet.set_column(3, 3, 18)
    sheet.set_column(4, 4, 46)
    for number, each in enumerate(rows, start=1):
        for place, value in enumerate(_fixed(each, format)):
            (sheet.write_number if isinstance(value, int) else sheet.write_string)(number, place, value, quiet)
        for place, name in enumerate(columns, start=FIXED):
            value = each.values.get(name)
            cell = fault if name in each.columns else plain
            if value is None:
                sheet.write_blank(number, place, None, cell)
            else:
                sheet.write_string(number, place, kept(value), cell)
    for place, name in enumerate(columns, start=FIXED):
        widest = max([width(name), *(width(each.values.get(name) or "") for each in rows[:100])])
        sheet.set_column(place, place, min(_WIDEST, max(_NARROWEST, widest + 2)))
    sheet.freeze_panes(1, FIXED)


def _fixed(each: SetAside, format: Format) -> tuple[Any, ...]:
    reasons = "; ".join(dict.fromkeys(_said(one, format) for one in each.reasons))
    return (
        key_of(each.place),
        harmless(each.place.file)[:LONGEST],
        each.place.row,
        harmless(", ".join(each.columns) or each.reasons[0].column)[:LONGEST],
        harmless(reasons)[:LONGEST],
    )


def _said(reason: Reason, format: Format) -> str:
    said = say(reason.message, format)
    return said if reason.value is None else f"'{reason.value}': {said}"
