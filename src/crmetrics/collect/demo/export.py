"""Sheets become CSV files, and the mapping file that reads them back."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np

from crmetrics.collect.demo.place import Place
from crmetrics.collect.demo.sheet import Binder, Fixed, Said, Sheet, quoted


class Exporter:
    """Writes the export files of one company into a folder."""

    def __init__(self, folder: Path, place: Place) -> None:
        self.folder = folder
        self.place = place
        self.rows: dict[str, int] = {}
        self._seen: dict[str, Sheet] = {}
        self._engine = duckdb.connect()

    def __enter__(self) -> Exporter:
        return self

    def __exit__(self, *error: object) -> None:
        self._engine.close()

    def write(self, sheet: Sheet) -> None:
        """Write one file."""
        bind = Binder(self.place.habits)
        columns = {name: cell.sql(bind) for name, cell in sheet.cells.items() if not isinstance(cell, Fixed)}
        row = bind.column(np.arange(sheet.rows)) if sheet.overwritten else ""
        for fault in sheet.overwritten:
            columns[fault.column] = (
                f"case when {row} = {fault.row} then {bind.value(fault.text)} else {columns[fault.column]} end"
            )
        self._engine.register("drawn", bind.columns)
        # The text of the query is made of expressions and headings of this package alone; words go in as bound values.
        wanted = ", ".join(f'{text} as "{self.place.header(name)}"' for name, text in columns.items())
        relation = self._engine.sql(f"select {wanted} from drawn", params=bind.values)
        relation.write_csv(str(self.folder / sheet.file), sep=self.place.habits.delimiter, header=True)
        self._engine.unregister("drawn")
        self.rows[sheet.file] = sheet.rows
        self._seen.setdefault(sheet.table, sheet)

    def write_mapping(self) -> Path:
        """Write mapping.toml over all files written so far; the last parts of a larger company before are taken away."""
        for sheet in self._seen.values():
            for older in self.folder.glob(sheet.match):
                if older.name not in self.rows:
                    older.unlink()
        path = self.folder / "mapping.toml"
        parts = [_head(self.place), *(_entry(sheet, self.place) for sheet in self._seen.values())]
        path.write_text("\n".join(parts), encoding="utf-8")
        return path


def _head(place: Place) -> str:
    habits = place.habits
    return "\n".join(
        [
            f"# The export files of {habits.company}, and which canonical table each of their columns gives.",
            "",
            "[source]",
            f"name = {quoted(habits.source)}",
            'kind = "full"',
            f"zone = {quoted(habits.zone)}",
            "",
            "[company]",
            f"name = {quoted(habits.company)}",
            f"currency = {quoted(place.money.currency)}",
            f"zone = {quoted(habits.zone)}",
            f"language = {quoted(place.language)}",
            "",
        ]
    )


def _entry(sheet: Sheet, place: Place) -> str:
    """The two sections of one table: how its file is written, and where its columns go."""
    habits = place.habits
    says_missing = any(isinstance(cell, Said) for cell in sheet.cells.values())
    key = ", ".join(quoted(place.header(column)) for column in sheet.key)
    lines = [
        f"[files.{sheet.table}]",
        f"match = {quoted(sheet.match)}",
        'encoding = "utf-8"',
        f"delimiter = {quoted(habits.delimiter)}",
        f"decimal = {quoted(habits.decimal)}",
        f"dates = [{quoted(habits.moment)}, {quoted(habits.day)}]",
        *([f"missing = [{quoted(habits.missing)}]"] if says_missing else []),
        f"key = [{key}]",
        "",
        f"[{sheet.table}]",
        f"from = {quoted(sheet.table)}",
        *(
            f"{name} = {cell.mapped(place.header(name) if not isinstance(cell, Fixed) else '')}"
            for name, cell in sheet.cells.items()
        ),
        "",
    ]
    return "\n".join(lines)
