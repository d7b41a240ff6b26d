"""The product's state in a PostgreSQL that it shares: with other processes, with other tables, with whatever people type."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Barrier

import pytest

from crmetrics.vocabulary.errors import UnknownName
from crmetrics.workspace.annotations import ANNOTATIONS, Annotations
from crmetrics.workspace.audit import AUDIT, Audit
from crmetrics.workspace.boards import Board, Boards
from crmetrics.workspace.forgetting import forget
from crmetrics.workspace.people import People
from crmetrics.workspace.state import State, open_state
from tests.databases.conftest import PASSWORD, Server
from tests.databases.test_state import settle


@pytest.fixture
def folder(postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRMETRICS_STATE_PASSWORD", PASSWORD)
    return settle(tmp_path, postgresql.address).folder


@pytest.fixture
def state(folder: Path) -> Iterator[State]:
    with closing(open_state(folder)) as opened:
        yield opened


def test_several_processes_make_the_same_tables_at_once(folder: Path, postgresql: Server) -> None:
    with closing(open_state(folder)) as first, first.engine.begin() as connection:
        connection.exec_driver_sql("drop schema crmetrics cascade")
    together = Barrier(6)

    def open_one(_number: int) -> State:
        together.wait()
        opened = open_state(folder)
        with opened.begin(ANNOTATIONS, AUDIT):
            return opened

    with ExitStack() as all_of_them, ThreadPoolExecutor(6) as threads:
        for opened in threads.map(open_one, range(6)):
            all_of_them.enter_context(closing(opened))
            Audit(opened).note("Ada", "import")
        assert len(Audit(opened).latest()) == 6


def test_what_others_keep_in_the_database_is_left_alone(state: State) -> None:
    with state.engine.begin() as connection:
        connection.exec_driver_sql("create table public.people (id integer primary key, name text)")
        connection.exec_driver_sql("insert into public.people values (1, 'Ayşe Yılmaz')")
    People(state).add("Bo", "rep")
    Audit(state).note("Bo", "decision", "Ayşe Yılmaz")
    forget(state, "Ayşe Yılmaz", {}, ())
    assert Audit(state).latest()[0].about == ""
    with state.engine.begin() as connection:
        assert connection.exec_driver_sql("select name from public.people").scalar_one() == "Ayşe Yılmaz"
        connection.exec_driver_sql("drop table public.people")


def test_what_was_set_for_a_connection_outlives_a_transaction_that_fails(state: State) -> None:
    with pytest.raises(ZeroDivisionError), state.begin(AUDIT):
        raise ZeroDivisionError
    with state.engine.connect() as connection:
        assert connection.exec_driver_sql("show search_path").scalar_one() == "crmetrics"


def test_numbers_and_signs_that_it_cannot_keep(state: State) -> None:
    with pytest.raises(UnknownName, match="nothing of such a number"):
        Annotations(state, 1).find(999_999_999_999)
    assert People(state).find("Ad\0a") is None
    kept = Boards(state, 1).keep(Board(1, "Mon\0days"))
    assert Boards(state, 1).own(kept.number).title == "Mondays"
