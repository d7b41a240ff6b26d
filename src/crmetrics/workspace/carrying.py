"""The product's state carried from the file of a workspace into the database that its settings name."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Final

import sqlalchemy
from sqlalchemy import Connection, Table, insert, select

from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import read_settings
from crmetrics.workspace.state import METADATA, file_state, holds_rows
from crmetrics.workspace.state_server import SCHEMA, alone, server_engine

_ = words("import")

CARRIED: Final = ".carried"
"""What the name of the file ends in from then on: nothing reads it any more, and whoever is sure throws it away."""


def carry_state(folder: Path) -> Mapping[str, int]:
    """Carry everything that a workspace's state.db holds into the database that `state` of its settings names.

    All of it or nothing; returns how many rows each table had. Nobody else may be writing: serving must have been stopped.
    Errors: BadValue if the settings name no database, there is no file, or the database holds a state already; BadDatabase if
    it cannot be opened.
    """
    place = Workspace(folder)
    address = read_settings(place.settings).state
    if not address:
        raise BadValue(
            _(
                "crmetrics.toml names no database for people and decisions. Write `state` there first, then carry them over."
            )
        )
    if not place.state.is_file():
        raise BadValue(_("There is no '{file}' that could be carried over.", file=str(place.state)))
    with closing(file_state(place)) as here:
        there = server_engine(address)
        try:
            with here.engine.connect() as source, there.begin() as target:
                alone(target)
                if holds_rows(target):
                    raise BadValue(
                        _("The database holds people and decisions of its own already, so nothing was carried over.")
                    )
                carried = {table.name: _carry(table, source, target) for table in _tables(source)}
        finally:
            there.dispose()
        with here.engine.connect() as source:  # what stands in the log of the file goes into the file
            source.exec_driver_sql("pragma wal_checkpoint(truncate)")
    place.state.rename(place.state.with_name(place.state.name + CARRIED))
    return carried


def _tables(source: Connection) -> list[Table]:
    """The tables that the file has, those first that others refer to."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        import_module(f"{__name__.rpartition('.')[0]}.{module.name}")  # each noun declares its tables
    there = set(sqlalchemy.inspect(source).get_table_names())
    return [table for table in METADATA.sorted_tables if table.name in there]


def _carry(table: Table, source: Connection, target: Connection) -> int:
    table.create(target, checkfirst=True)
    rows = [dict(row) for row in source.execute(select(table)).mappings()]
    if not rows:
        return 0
    target.execute(insert(table), rows)
    number = table.autoincrement_column
    if number is not None:  # the next one is numbered behind them
        counter = sqlalchemy.func.pg_get_serial_sequence(f"{SCHEMA}.{table.name}", number.name)
        target.execute(select(sqlalchemy.func.setval(counter, max(row[number.name] for row in rows))))
    return len(rows)
