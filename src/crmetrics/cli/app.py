"""The `crmetrics` command: the list of what it can do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from crmetrics.cli.ask import ask, listed
from crmetrics.cli.data import demo, export, import_, init, rollback, versions
from crmetrics.cli.duplicates import duplicates
from crmetrics.cli.history import history, redo, undo
from crmetrics.cli.people import audit, user
from crmetrics.cli.person import person
from crmetrics.cli.quality import check, quarantine, reconcile
from crmetrics.cli.state import state
from crmetrics.cli.workspace import LANGUAGE, WORKSPACE, Here, in_workspace

Serve = Callable[[Path, str, int, str | None, bool], None]

COMMANDS: Final = (
    demo,
    init,
    import_,
    check,
    quarantine,
    reconcile,
    duplicates,
    listed,
    ask,
    export,
    versions,
    rollback,
    history,
    undo,
    redo,
    person,
    user,
    audit,
    state,
)


def command_line(serve: Serve) -> click.Group:
    """The command with all that it can do; `serve(folder, host, port, language, behind_proxy)` is another door, handed in."""

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
    @click.option(
        "--host", default="127.0.0.1", show_default=True, help="Address; any but this machine's own needs users."
    )
    @click.option(
        "--behind-proxy", is_flag=True, help="A proxy of yours passes requests on: trust its X-Forwarded headers."
    )
    @in_workspace
    def serve_(here: Here, port: int, host: str, behind_proxy: bool) -> None:
        """Show the pages at an address of this machine; to others only once somebody can sign in."""
        serve(here.folder, host, port, here.language, behind_proxy)

    for command in (*COMMANDS, serve_):
        crmetrics.add_command(command)
    return crmetrics
