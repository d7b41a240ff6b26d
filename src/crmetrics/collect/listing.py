"""Rows that are not text, such as those of a sheet, a document or a database, written down as text: one road for all tables."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

PRECISION: Final = ".15g"
"""Digits that a spreadsheet keeps: 0.1 + 0.2 is 0.3 there."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of one table of a file, each with its number there; `name` is the file's with the table's, `above` what stands
    above the names of the columns."""

    name: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    above: tuple[str, ...] = ()

    def write(self, target: Path) -> None:
        """Write the rows as CSV, the number of each before it; half a letter, as JSON may hold, becomes a question mark."""
        with target.open("w", encoding="utf-8", errors="replace", newline="", buffering=1 << 20) as file:
            # Python before 3.13 leaves a lone CR bare otherwise.
            writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
            writer.writerows([str(number), *cells] for number, cells in self.rows)


def shown(cell: object) -> str:
    """A cell as text: numbers without exponent and superfluous digits, days and moments in ISO form, nothing as ''."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if cell != cell or cell in (float("inf"), float("-inf")):
            return str(cell)
        return str(int(cell)) if cell.is_integer() else format(Decimal(format(cell, PRECISION)), "f")
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    if isinstance(cell, dt.timedelta):
        seconds = round(cell.total_seconds())
        sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(cell, bytes):
        return cell.hex()
    if isinstance(cell, dict | list):
        return json.dumps(cell, ensure_ascii=False)
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell)
