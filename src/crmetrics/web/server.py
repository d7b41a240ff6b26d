"""Serving the pages: to this machine, or to others once somebody can sign in."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import sys
from pathlib import Path
from threading import Event, Thread, main_thread
from threading import enumerate as threads
from types import FrameType
from typing import Final

import uvicorn

from crmetrics.intake.watching import watched
from crmetrics.presenting.numbers import format_for
from crmetrics.presenting.words import say
from crmetrics.vocabulary.errors import BadValue, NoWorkspace
from crmetrics.vocabulary.language import words
from crmetrics.warehouse.ending import ENDING
from crmetrics.web.admission import Access
from crmetrics.web.ahead import looked_ahead
from crmetrics.web.application import application
from crmetrics.web.connection import LARGEST_HEAD, Connection
from crmetrics.web.desk import Desk
from crmetrics.workspace.arrivals import Arrival
from crmetrics.workspace.passwords import Passwords
from crmetrics.workspace.people import People
from crmetrics.workspace.settings import read_settings
from crmetrics.workspace.state import open_state

_ = words("web")
people = words("people")

LOG: Final = logging.getLogger("crmetrics.watch")
OWN_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
FAREWELL: Final = 1.0
"""Seconds for which queries are waited for that were broken off, and as long again for the pages that asked them."""


class Server(uvicorn.Server):
    """Ends soon after Ctrl+C or SIGTERM, whatever is being worked out: questions and imports are broken off, not waited for."""

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self.desk = desk
        self._has_ended = Event()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end. The signal is kept from Python's own handlers: a server that was told to end has done nothing wrong."""
        if not self.should_exit:
            Thread(target=self._break_off, name="ending", daemon=True).start()
        self.should_exit = True

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to end."""
        try:
            super().run(sockets)
        finally:
            self._has_ended.set()

    def _break_off(self) -> None:
        self.desk.close()
        ENDING.end(FAREWELL)
        if not self._has_ended.wait(FAREWELL):
            leave()


def leave() -> None:
    """End the process, though something may still be at work in it: to the data that is as if the power had gone.

    An import that was under way has published nothing, and the next one clears what it left (`intake.recovery`).
    """
    ENDING.end(FAREWELL)
    if [each for each in threads() if each is not main_thread()]:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def run(folder: Path, host: str, port: int, language: str | None, behind_proxy: bool = False) -> None:
    """Serve a workspace's pages at an address until stopped; the address is printed.

    host          an address of this machine; any that others can reach needs somebody who can sign in
    behind_proxy  a proxy passes requests on: what it says of the visitor is believed, and others reach the pages through it

    Without data the pages begin with the import.

    Raises NoWorkspace if there is no such folder, BadValue if the port is taken or nobody could sign in.
    """
    if not folder.is_dir():
        raise NoWorkspace(
            _("There is no folder '{folder}'. Make a workspace: crmetrics init {folder}", folder=str(folder))
        )
    access = access_of(folder, host, behind_proxy)
    if not _is_free(host, port):
        raise BadValue(
            # as texts: a number would be written with the sign between thousands, which no command reads
            _(
                "Port {port} is taken. Choose another one: crmetrics serve --port {next}",
                port=str(port),
                next=str(port + 1),
            )
        )
    sys.stdout.write(f"http://{f'[{host}]' if ':' in host else host}:{port}/\n")
    if access.is_local and People(open_state(folder)).is_empty():
        settings = read_settings(folder / "crmetrics.toml")
        format_ = format_for(language or settings.language or "en", settings.currency or "EUR", settings.zone or "UTC")
        sys.stdout.write(say(NOBODY, format_) + "\n")
    sys.stdout.flush()
    app = application(folder, language, access)
    with watched(folder, hear), looked_ahead(app.state.site):
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            server_header=False,
            http=Connection,
            h11_max_incomplete_event_size=LARGEST_HEAD,
            proxy_headers=behind_proxy,
            forwarded_allow_ips="*" if behind_proxy else "",
        )
        Server(config, app.state.site.desk).run()


def hear(arrival: Arrival) -> None:
    """Log what became of a file that came into the watched folder; what could not be imported is a warning."""
    level = logging.INFO if arrival.problem is None else logging.WARNING
    LOG.log(level, "%s: %s %s", arrival.file, arrival.outcome, arrival.problem or "")


NOBODY: Final = people(
    "Nobody has been added yet: you are signed in as the administrator, from this machine only. "
    "Add people on the page People and rights, or with: crmetrics user add NAME --role admin"
)


def access_of(folder: Path, host: str, behind_proxy: bool) -> Access:
    """How the pages will be reached; BadValue if others could reach them and nobody can sign in."""
    if is_own(host) and not behind_proxy:
        return Access(is_local=True, hosts=OWN_NAMES | {f"[{host}]" if ":" in host else host.lower()})
    if not Passwords(open_state(folder)).is_any():
        raise BadValue(
            people(
                "At '{host}' others could reach these pages, and nobody could sign in yet. "
                "Add an administrator first: crmetrics --workspace {folder} user add NAME --role admin",
                host=host,
                folder=str(folder),
            )
        )
    return Access(is_local=False)


def is_own(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
