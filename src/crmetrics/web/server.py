"""Serving the pages on this machine."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn

from crmetrics.catalogue import current_version
from crmetrics.vocabulary.errors import BadValue
from crmetrics.vocabulary.language import words
from crmetrics.web.application import application

_ = words("web")


def run(folder: Path, host: str, port: int, language: str | None) -> None:
    """Serve a workspace's pages at an address of this machine until stopped; the address is printed.

    Raises NoWorkspace if there is no data yet, BadValue if the port is taken.
    """
    current_version(folder)
    if not _is_free(host, port):
        raise BadValue(
            _("Port {port} is taken. Choose another one: crmetrics serve --port {next}", port=port, next=port + 1)
        )
    sys.stdout.write(f"http://{host}:{port}/\n")
    sys.stdout.flush()
    uvicorn.run(application(folder, language), host=host, port=port, log_level="warning", access_log=False)


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
