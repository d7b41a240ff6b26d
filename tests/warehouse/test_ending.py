"""The end of the program while DuckDB is at work: what is under way is broken off, published is nothing, nobody gets in any more."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

from crmetrics.vocabulary.errors import BeingStopped, Busy
from crmetrics.warehouse import ending, versions
from crmetrics.warehouse.ending import Ending
from crmetrics.warehouse.versions import Versions

ENDLESS = "select sum(hash(a.range) % 7) from range(1000000000000) a"
SOON = 30.0


def started(work: Any) -> tuple[threading.Thread, list[Exception]]:
    """A thread that does a work, and what it fails with."""
    failed: list[Exception] = []

    def run() -> None:
        try:
            work()
        except (Busy, duckdb.Error) as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, failed


def test_a_query_under_way_is_broken_off_and_none_begins() -> None:
    found, begun = Ending(), threading.Event()

    def work() -> None:
        with duckdb.connect(":memory:") as connection, found.inside(connection):
            begun.set()
            connection.execute(ENDLESS).fetchall()

    thread, failed = started(work)
    assert begun.wait(SOON)
    assert found.end(SOON)
    thread.join(SOON)
    assert [type(each) for each in failed] == [BeingStopped]
    with duckdb.connect(":memory:") as connection, pytest.raises(Busy), found.inside(connection):
        pass


def test_who_is_not_in_duckdb_is_not_waited_for_longer_than_said() -> None:
    found = Ending()
    with duckdb.connect(":memory:") as connection, found.inside(connection):
        assert not found.end(0.05)
    assert found.end(0.0)


def test_an_interruption_by_somebody_else_stays_what_it_is() -> None:
    with (
        duckdb.connect(":memory:") as connection,
        pytest.raises(duckdb.InterruptException),
        Ending().inside(connection),
    ):
        raise duckdb.InterruptException


def test_a_version_under_way_is_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, begun, kept = Ending(), threading.Event(), Versions(tmp_path)
    monkeypatch.setattr(versions, "inside", found.inside)

    def fill(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("create table orders as select 1 as order_id")
        begun.set()
        connection.execute(ENDLESS).fetchall()

    thread, failed = started(lambda: kept.publish(fill))
    assert begun.wait(SOON)
    assert found.end(SOON)
    thread.join(SOON)
    assert [type(each) for each in failed] == [BeingStopped]
    assert kept.current() is None
    assert list(tmp_path.iterdir()) == []


def test_python_ends_quietly_while_a_thread_is_in_duckdb() -> None:
    """Without the interruption: "terminate called without an active exception", and the process is aborted."""
    program = (
        "import threading, duckdb\n"
        f"from {ending.__name__} import inside\n"
        "begun = threading.Event()\n"
        "def work():\n"
        "    connection = duckdb.connect(':memory:')\n"
        "    with inside(connection):\n"
        "        begun.set()\n"
        f"        connection.execute('{ENDLESS}').fetchall()\n"
        "threading.Thread(target=lambda: quietly(work), daemon=True).start()\n"
        "begun.wait()\n"
    )
    quietly = (
        "from crmetrics.vocabulary.errors import Busy\n"
        "def quietly(work):\n    try:\n        work()\n    except Busy:\n        pass\n"
    )
    ended = subprocess.run([sys.executable, "-c", quietly + program], capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
