"""`crmetrics serve` is told to end while it works something out: it ends quietly, and as one that has done what it was told."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.web.serving import copy_of

ASKED = (b"/", b"/a/customers.clv_predicted.json", b"/a/customers.churn_risk", b"/a/sales.loss_reasons")


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_the_pages_end_quietly_while_they_work(
    told: signal.Signals, demo_company: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = copy_of(demo_company("en"), tmp_path / "served")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "crmetrics.main", "--workspace", str(folder), "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        waiting = [asked(port, path) for path in ASKED]
        served.send_signal(told)
        _out, complaints = served.communicate(timeout=60)
    for each in waiting:
        each.close()
    assert (served.returncode, complaints) == (0, "")


def asked(port: int, path: bytes) -> socket.socket:
    """A connection on which a page has been asked for; tries until somebody listens."""
    while True:
        try:
            found = socket.create_connection(("127.0.0.1", port), timeout=60)
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            found.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            return found
