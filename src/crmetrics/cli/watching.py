"""A watched folder in the terminal: a line for every file that came."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import click

from crmetrics.cli.workspace import Here
from crmetrics.vocabulary.language import words
from crmetrics.workspace.arrivals import Arrival
from crmetrics.workspace.settings import seconds_of

_ = words("history")


def watch_folder(here: Here, folder: Path, mapping: Path | None, every: str) -> None:
    """Import what comes into a folder until the user stops it. Raises BadFile, BadValue."""
    from crmetrics.intake.watching import watch
    from crmetrics.presenting.arrivals import told_arrival

    def hear(arrival: Arrival) -> None:
        click.echo(told_arrival(arrival, here.format()))

    seconds = seconds_of(every)
    click.echo(here.say(_("Watching {folder}. Stop with Ctrl+C.", folder=str(folder))))
    stop = Event()
    try:
        watch(here.folder, folder, stop, hear, mapping=mapping, every=seconds)
    except KeyboardInterrupt:
        stop.set()
