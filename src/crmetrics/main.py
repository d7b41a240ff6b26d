"""Composition root: the `crmetrics` command wires the doors together; nothing imports it."""

from __future__ import annotations

import os
from pathlib import Path

# NumPy's algebra starts threads at its import. Our arrays are small: they would never be used, and cost a third of a cold start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from crmetrics.cli.app import command_line


def serve(folder: Path, host: str, port: int, language: str | None, behind_proxy: bool) -> None:
    """Serve the pages of a workspace."""
    from crmetrics.web.server import leave, run

    run(folder, host, port, language, behind_proxy)
    leave()


def main() -> None:
    """The `crmetrics` command."""
    command_line(serve)()


if __name__ == "__main__":
    main()
