"""A site that answers at an address of its own, as long as a test needs it."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from crmetrics.web.application import application
from crmetrics.web.site import Site
from tests.web.signed_in import site_of


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, Site]]:
    """The address of a running site over a workspace, and the site itself."""
    app = application(folder)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", site_of(app)
    server.should_exit = True
    thread.join(10)
    while any(
        each.name == "desk" for each in threading.enumerate()
    ):  # an engine at work does not survive the end of Python
        time.sleep(0.02)


def copy_of(workspace: Path, folder: Path) -> Path:
    """The data of a workspace in a folder of its own, without its people, boards and other state."""
    shutil.copytree(
        workspace, folder, ignore=shutil.ignore_patterns("state.db*", "*.lock", "exports"), dirs_exist_ok=True
    )
    return folder
