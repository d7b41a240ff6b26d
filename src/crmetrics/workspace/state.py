"""The product's own state: people, saved views, targets, decisions, the audit. SQLite in the workspace, or a database by URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Final

import sqlalchemy
from sqlalchemy import Connection, Engine, MetaData, Table, event, select
from sqlalchemy.schema import CreateIndex, CreateTable

from crmetrics.vocabulary.errors import BadSettings
from crmetrics.vocabulary.language import words
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import read_settings
from crmetrics.workspace.state_server import alone, server_engine

_ = words("import")

METADATA: Final = MetaData()
"""Every table of the state. The module of a noun declares its tables here and names them when it connects."""

_BUSY: Final = 10.0  # seconds that a writer waits for another one


@dataclass
class State:
    """The state of one workspace. A table is made when it is first asked for; nothing here is a company's figures."""

    engine: Engine
    _made: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def begin(self, *tables: Table) -> Iterator[Connection]:
        """A connection in one transaction, with these tables there: all of it is kept, or, after an error, none."""
        self._make(tables)
        with self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def _make(self, tables: tuple[Table, ...]) -> None:
        with self._lock:
            missing = [table for table in tables if table.name not in self._made]
            if missing:
                with self.engine.begin() as connection:
                    alone(connection)
                    for table in missing:  # another process may be making the same ones
                        connection.execute(CreateTable(table, if_not_exists=True))
                        for index in table.indexes:
                            connection.execute(CreateIndex(index, if_not_exists=True))
                self._made.update(table.name for table in missing)


def open_state(folder: Path) -> State:
    """The state of a workspace: in the PostgreSQL database that `state` of its settings names, else in a file of its folder.

    Errors: BadValue for an address that is none, BadDatabase if the database cannot be opened, BadSettings if it holds nothing
    while the file does: decisions that were made must not be forgotten without a word. No error tells a password.
    """
    place = Workspace(folder)
    if address := read_settings(place.settings).state:
        state = State(server_engine(address))
        if place.state.is_file() and _is_left_behind(place, state):
            state.close()
            raise BadSettings(
                _(
                    "People and decisions stand in '{file}', and the database that `state` in crmetrics.toml names holds none yet. "
                    "Carry them over: crmetrics state carry. To begin without them, put the file away.",
                    file=place.state.name,
                )
            )
        return state
    return file_state(place)


def _is_left_behind(place: Workspace, state: State) -> bool:
    """Whether the file holds something, and the database nothing."""
    with state.engine.connect() as there:
        if holds_rows(there):
            return False
    with closing(file_state(place)) as file, file.engine.connect() as here:
        return holds_rows(here)


def holds_rows(connection: Connection) -> bool:
    """Whether any table of a state holds a row."""
    tables = [Table(name, MetaData()) for name in sqlalchemy.inspect(connection).get_table_names()]
    rows = (select(sqlalchemy.literal(1)).select_from(table).limit(1) for table in tables)
    return any(connection.execute(each).first() is not None for each in rows)


def file_state(place: Workspace) -> State:
    """The state in the file of a workspace."""
    path = place.state
    if not path.exists():
        place.folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # it holds password hashes and sessions: for the owner's eyes alone
    path.chmod(0o600)
    engine = sqlalchemy.create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY})
    event.listen(engine, "connect", _prepare)
    return State(engine)


def _prepare(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("pragma journal_mode = wal")
    cursor.execute("pragma foreign_keys = on")
    cursor.close()
