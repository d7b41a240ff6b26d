"""Slow and oversized clients, over real sockets: two hundred of them keep nobody waiting, and each is let go in time."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from crmetrics.web import connection
from crmetrics.web.connection import LARGEST_HEAD, Connection

SOON = 30.0
HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
BODY = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n"
LARGE = 20_000_000  # more than the system takes into its own buffers


async def answering(scope: Any, receive: Any, send: Any) -> None:
    """Reads what is sent, and answers briefly; of /large at length, of /patient after a while."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    if scope["path"] == "/patient":
        await asyncio.sleep(1.0)
    body = b"x" * (LARGE if scope["path"] == "/large" else 2)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[uvicorn.Server]:
    """A server whose patience is short."""
    for name, seconds in (("LOOKS_EVERY", 0.05), ("HEAD_WITHIN", 0.3), ("PATIENCE", 0.3)):
        monkeypatch.setattr(connection, name, seconds)
    settings = uvicorn.Config(
        answering,
        port=0,
        http=Connection,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        log_level="critical",
        lifespan="off",
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server
    server.should_exit = True
    thread.join(SOON)


@pytest.fixture
def port(served: uvicorn.Server) -> int:
    """Where it answers."""
    found: int = served.servers[0].sockets[0].getsockname()[1]
    return found


def reached(port: int, sent: bytes) -> socket.socket:
    """A connection over which something was sent."""
    found = socket.create_connection(("127.0.0.1", port), timeout=SOON)
    found.sendall(sent)
    return found


def answer(port: int, sent: bytes = HEAD + b"Connection: close\r\n\r\n") -> bytes:
    """What comes back until the other side hangs up."""
    with reached(port, sent) as asked:
        return b"".join(iter(lambda: asked.recv(65_536), b""))


def is_let_go(held: socket.socket) -> bool:
    """Whether the server hangs up."""
    try:
        while held.recv(65_536):
            pass
    except (ConnectionResetError, BrokenPipeError):
        return True
    return True


@pytest.mark.parametrize(
    "sent", [b"", HEAD, BODY, BODY + b"name="], ids=["nothing", "half a head", "no body", "a bit of it"]
)
def test_two_hundred_who_send_next_to_nothing_keep_nobody_waiting(port: int, sent: bytes) -> None:
    held = [reached(port, sent) for _each in range(200)]
    assert answer(port).endswith(b"xx")
    assert all(is_let_go(each) for each in held)


def drip(held: socket.socket) -> None:
    """Send a byte at a time, until the other side hangs up or patience ends."""
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        held.sendall(b"x")
        time.sleep(0.02)


@pytest.mark.parametrize("start", [HEAD + b"X: ", BODY], ids=["head", "body"])
def test_who_sends_a_byte_at_a_time_is_let_go(port: int, start: bytes) -> None:
    held = reached(port, start)
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        drip(held)


def test_who_does_not_take_his_answer_is_let_go(served: uvicorn.Server, port: int) -> None:
    held = [reached(port, HEAD.replace(b"/ ", b"/large ") + b"\r\n") for _each in range(5)]
    assert answer(port).endswith(b"xx")
    until = time.monotonic() + SOON
    while served.server_state.connections and time.monotonic() < until:
        time.sleep(0.01)
    assert all(0 < len(b"".join(taken(each))) < LARGE for each in held)


def taken(held: socket.socket) -> Iterator[bytes]:
    """What still comes of an answer."""
    try:
        while part := held.recv(65_536):
            yield part
    except ConnectionResetError:
        return


def test_who_takes_a_large_answer_gets_all_of_it(port: int) -> None:
    assert len(answer(port, HEAD.replace(b"/ ", b"/large ") + b"Connection: close\r\n\r\n")) > LARGE


def test_who_waits_for_his_answer_is_not_hurried(port: int) -> None:
    assert answer(port, HEAD.replace(b"/ ", b"/patient ") + b"Connection: close\r\n\r\n").endswith(b"xx")


def test_a_head_that_is_too_large_is_refused(port: int) -> None:
    assert answer(port, HEAD + b"X: " + b"x" * 2 * LARGEST_HEAD).startswith(b"HTTP/1.1 400")


def test_when_all_places_are_taken_who_asks_nothing_goes_first(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_WITHIN", SOON)
    monkeypatch.setattr(connection, "MOST", 20)
    held = [reached(port, HEAD) for _each in range(40)]
    assert answer(port).endswith(b"xx")
    assert all(is_let_go(each) for each in held[:20])


def test_the_pages_are_served_with_these_limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    from crmetrics.web import server

    given: list[Any] = []
    monkeypatch.setattr(server.Server, "run", lambda self: given.append(self.config))
    server.run(tmp_path, "127.0.0.1", free_port(), None)
    assert given[0].http is Connection
    assert given[0].h11_max_incomplete_event_size == LARGEST_HEAD


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found
