"""The product's state in a PostgreSQL that it shares: with other processes, with other tables, with whatever people type."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Barrier, Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient

from crmetrics.vocabulary.errors import UnknownName
from crmetrics.web.admission import SESSION, Access
from crmetrics.web.application import application
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
        connection.exec_driver_sql("drop table if exists public.people")  # other tests import one of that name
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


class Relay(ThreadingTCPServer):
    """What lies between the product and its database, and can be cut."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        self.to, self.open = port, list[socket.socket]()
        super().__init__(("127.0.0.1", 0), BaseRequestHandler)
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def finish_request(self, request: Any, client_address: Any) -> None:
        there = socket.create_connection(("127.0.0.1", self.to))
        self.open += [request, there]
        back = Thread(target=_pass_on, args=(there, request), daemon=True)
        back.start()
        _pass_on(request, there)
        back.join()

    def cut(self) -> None:
        self.shutdown()
        self.server_close()
        for each in self.open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while some := one.recv(65536):
            other.sendall(some)
        other.shutdown(socket.SHUT_WR)


def test_a_server_that_goes_away_is_told_on_every_page(
    postgresql: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRMETRICS_STATE_PASSWORD", PASSWORD)
    relay = Relay(postgresql.port)
    settle(tmp_path, postgresql.address.replace(str(postgresql.port), str(relay.server_address[1])))
    pages = TestClient(application(tmp_path, access=Access(is_local=False)), base_url="https://testserver")
    assert pages.get("/sign-in").status_code == 200
    relay.cut()
    for address in ("/", "/boards", "/api/me"):
        answer = pages.get(address, headers={"Cookie": f"__Host-{SESSION}=anything"})
        assert answer.status_code == 503
        assert "cannot be reached" in answer.text
        assert PASSWORD not in answer.text
