"""The `crmetrics` command: the list of what it can do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from crmetrics.cli.ask import ask, listed
from crmetrics.cli.data import check, demo, export, import_, init, rollback, versions
from crmetrics.cli.workspace import LANGUAGE, WORKSPACE, Here, in_workspace

Serve = Callable[[Path, str, int, str | None], None]


def command_line(serve: Serve) -> click.Group:
    """The command with all that it can do; `serve(folder, host, port, language)` is another door, handed in by the composition root."""

    @click.group(context_settings={"help_option_names": ["-h", "--help"]})
    @WORKSPACE
    @LANGUAGE
    @click.version_option(package_name="crmetrics")
    @click.pass_context
    def crmetrics(context: click.Context, workspace: Path | None, language: str | None) -> None:
        """Turns what a company's CRM, shop, ERP and help desk already record into answers and next steps."""
        context.obj = Here(workspace or Path(), language)

    @click.command("serve")
    @click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True, help="Port of the address.")
    @in_workspace
    def serve_(here: Here, port: int) -> None:
        """Show the pages at an address of this machine (and of this machine only)."""
        serve(here.folder, "127.0.0.1", port, here.language)

    for command in (demo, init, import_, check, listed, ask, export, versions, rollback, serve_):
        crmetrics.add_command(command)
    return crmetrics
