"""Sheets of workbooks, read by a process of their own: one cell far away from the others makes a sheet of many gigabytes.

The reader holds a whole sheet as a square, and ends its process where that does not fit; so it is another process, with a
limit. This module is both sides: `sheets_of_workbook` and `rows_of_sheet` ask, `main` answers.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from crmetrics.collect.listing import shown
from crmetrics.collect.zipped import damaged
from crmetrics.vocabulary.errors import BadFile
from crmetrics.vocabulary.language import words

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_ = words("collect")

SENT: Final = 500
"""Rows that are sent at a time."""

LEAST_MEMORY: Final = 3 << 30
SHARE_OF_MEMORY: Final = 0.25
"""What the process may hold: so many bytes, or that share of the machine's memory if it is more."""

LOCKED, DAMAGED, END = "locked", "damaged", "end"
GAVE_UP: Final = 1


def sheets_of_workbook(path: Path) -> list[tuple[str, int]]:
    """Its sheets in their order, with the height of each. Errors: BadFile if it is damaged, locked or too large."""
    with contextlib.closing(_answers(path, "sheets", "")) as answers:
        return [(str(name), int(height)) for name, height in next(answers)]


def rows_of_sheet(path: Path, sheet: str | None) -> Iterator[Any]:
    """First the names of all sheets, then the height of the one that is wanted (None: the first), then its rows, some
    at a time, each with its number; blank rows are left out. Errors: as `sheets_of_workbook`."""
    return _answers(path, "rows", "" if sheet is None else f"={sheet}")


def _answers(path: Path, asked: str, sheet: str) -> Generator[Any, None, None]:
    command = [
        sys.executable,
        "-P",
        "-c",
        f"from {__name__} import main; main()",
        str(_memory()),
        asked,
        str(path),
        sheet,
    ]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    told = cast("BinaryIO", child.stdout)  # there is one, for it was asked for
    try:
        while True:
            try:
                answer = marshal.load(told)
            except (EOFError, ValueError, TypeError):
                # a reader that gives up on a damaged file ends with a word, one without memory ends at once
                raise (damaged if child.wait() == GAVE_UP else _too_far)(path) from None
            if answer == LOCKED:
                raise BadFile(_("'{file}' is locked with a password. Save it without one.", file=path.name))
            if answer == DAMAGED:
                raise damaged(path)
            if answer == END:
                return
            yield answer
    finally:
        child.kill()
        child.wait()
        told.close()


def _memory() -> int:
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        whole = 0
    return max(LEAST_MEMORY, int(SHARE_OF_MEMORY * whole))


def _too_far(path: Path) -> BadFile:
    return BadFile(
        _(
            "A sheet of '{file}' needs more memory than there is: often one cell stands far below or to the right of the "
            "others. Delete the empty rows and columns behind the table, or save the sheet as CSV.",
            file=path.name,
        )
    )


# ── the other side ──────────────────────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Answer one question, told by the arguments: memory, "sheets" or "rows", path, "" or "=" and the sheet's name."""
    memory, asked, path, sheet = sys.argv[1:]
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    out = sys.stdout.buffer
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        workbook = CalamineWorkbook.from_path(path)
        if asked == "sheets":
            told = [(name, workbook.get_sheet_by_name(name).total_height) for name in workbook.sheet_names]
            marshal.dump(told, out)
        else:
            _send_rows(workbook, sheet, out)
    except PasswordError:
        marshal.dump(LOCKED, out)
    except (CalamineError, IndexError, OSError, ValueError, OverflowError):
        marshal.dump(DAMAGED, out)
    except MemoryError:
        os.abort()
    else:
        marshal.dump(END, out)
    out.flush()


def _send_rows(workbook: CalamineWorkbook, sheet: str, out: BinaryIO) -> None:
    names = workbook.sheet_names
    marshal.dump(names, out)
    wanted = sheet.removeprefix("=") if sheet else names[0]
    if wanted not in names:
        return
    found = workbook.get_sheet_by_name(wanted)
    marshal.dump((wanted, found.total_height), out)
    some: list[tuple[int, list[str]]] = []
    for number, row in enumerate(found.iter_rows(), start=1):
        cells = [shown(cell) for cell in row]
        if any(cells):
            some.append((number, cells))
        if len(some) >= SENT:
            marshal.dump(some, out)
            some = []
    marshal.dump(some, out)
