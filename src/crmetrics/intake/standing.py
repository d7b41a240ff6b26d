"""The decisions that a version is to be made with, and those that one was made with."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import duckdb

from crmetrics.warehouse.versions import Version
from crmetrics.workspace.folder import Workspace
from crmetrics.workspace.settings import has_state

if TYPE_CHECKING:
    from crmetrics.workspace.decisions import Decision


def standing_decisions(place: Workspace) -> tuple[Decision, ...]:
    """The decisions that hold in a workspace, in their order; a workspace without state has none, and gets no state."""
    if not has_state(place.folder):
        return ()
    from crmetrics.workspace.decisions import Decisions  # loads sqlalchemy, which a plain import does without
    from crmetrics.workspace.state import open_state

    with closing(open_state(place.folder)) as state:
        return Decisions(state).standing()


def made_with(version: Version) -> tuple[int, ...]:
    """The numbers of the decisions that a version was made with."""
    with closing(duckdb.connect(str(version.path), read_only=True)) as connection:
        told = connection.execute(
            "select count(*) from duckdb_tables() where schema_name = 'meta' and table_name = 'decisions'"
        ).fetchall()
        if not told[0][0]:  # made before there were any
            return ()
        numbers = connection.execute("select number from meta.decisions order by 1").fetchall()
    return tuple(number for (number,) in numbers)


def is_decided_since(version: Version, decisions: Sequence[Decision]) -> bool:
    """Whether other decisions hold now than those that a version was made with."""
    return made_with(version) != tuple(each.number for each in decisions)
