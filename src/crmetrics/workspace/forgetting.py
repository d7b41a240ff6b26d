"""A person is taken out of the product's own state: decisions, notes, whatever stands in a text."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy
from sqlalchemy import MetaData, Table, select, update

from crmetrics.vocabulary.period import utc_now
from crmetrics.workspace.decisions import DECISIONS
from crmetrics.workspace.state import State


def forget(state: State, pattern: str, ids: Mapping[tuple[str, str], str], corrections: Collection[int]) -> None:
    """Take a person out of every table of the state.

    pattern      a regular expression of texts that are taken out wherever they stand; blank: none
    ids          (table, id) of the person -> what stands for it from now on, in decisions about such rows
    corrections  numbers of the decisions that correct rows about the person: they no longer hold, and say nothing any more
    """
    _forget_decisions(state, ids, corrections)
    if pattern:
        everything = MetaData()
        everything.reflect(state.engine)
        for table in everything.tables.values():
            _forget_texts(state, table, re.compile(pattern))
    if state.engine.dialect.name == "sqlite":
        # What was overwritten still stands in free pages and in the log, unless the file is written anew.
        with state.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sqlalchemy.text("vacuum"))
            connection.execute(sqlalchemy.text("pragma wal_checkpoint(truncate)"))


def _forget_decisions(state: State, ids: Mapping[tuple[str, str], str], corrections: Collection[int]) -> None:
    now = utc_now()
    with state.begin(DECISIONS) as connection:
        for number, kind, about, undone_at in connection.execute(
            select(DECISIONS.c.number, DECISIONS.c.kind, DECISIONS.c.about, DECISIONS.c.undone_at)
        ).all():
            told = json.loads(about)
            written: dict[str, Any] = {}
            if kind in ("merge", "apart"):
                written["about"] = _renamed(
                    told, {id_: new for (table, id_), new in ids.items() if table == told["table"]}
                )
            elif number in corrections:
                written["about"] = {name: _emptied(value) for name, value in told.items()}
                written["undone_at"] = undone_at or now
            if written and written["about"] != told:
                written["about"] = json.dumps(written["about"], ensure_ascii=False, sort_keys=True)
                connection.execute(update(DECISIONS).where(DECISIONS.c.number == number).values(written))


def _forget_texts(state: State, table: Table, pattern: re.Pattern[str]) -> None:
    key = list(table.primary_key.columns)
    texts = [column for column in table.columns if isinstance(column.type, sqlalchemy.String) and column not in key]
    if not key or not texts:
        return
    with state.engine.begin() as connection:
        for line in connection.execute(select(*key, *texts)).all():
            values = dict(zip(texts, line[len(key) :], strict=True))
            changed = {
                column.name: pattern.sub("", text) for column, text in values.items() if text and pattern.search(text)
            }
            if changed:
                same = [column == value for column, value in zip(key, line, strict=False)]
                connection.execute(update(table).where(*same).values(changed))


def _renamed(told: Any, ids: Mapping[str, str]) -> Any:
    """The same with ids replaced, wherever they stand as a whole."""
    if isinstance(told, str):
        return ids.get(told, told)
    if isinstance(told, Mapping):
        return {name: _renamed(value, ids) for name, value in told.items()}
    return [_renamed(value, ids) for value in told] if isinstance(told, Iterable) else told


def _emptied(value: Any) -> Any:
    """The same kind of thing, saying nothing; names of sources and entries are nobody's."""
    if isinstance(value, Mapping):
        return {}
    return 0 if isinstance(value, int) else ""
