"""What was done to the data, and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from crmetrics.cli.data import Progress
from crmetrics.cli.workspace import Here, in_workspace
from crmetrics.vocabulary.language import words

if TYPE_CHECKING:
    from crmetrics.intake.history import Step
    from crmetrics.warehouse.versions import Version

_ = words("history")


@click.command()
@click.argument("number", type=int, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@in_workspace
def history(here: Here, number: int | None, as_json: bool) -> None:
    """Tell every step: what was imported, decided and taken back, by whom, and what it changed. NUMBER: all of one step."""
    from crmetrics.intake.history import history_of
    from crmetrics.presenting import history as presenting

    found = history_of(here.folder)
    steps = tuple(found.steps) if number is None else (found.step(number),)
    if as_json:
        click.echo(presenting.as_json(found, steps))
    elif number is None:
        click.echo(presenting.told_history(found, here.format()))
    else:
        click.echo(presenting.told_step(found, steps[0], here.format()))


@click.command()
@click.argument("number", type=int, required=False)
@in_workspace
def undo(here: Here, number: int | None) -> None:
    """Take back what was done at step NUMBER of the history (default: the last that holds), by a rebuild from raw."""
    from crmetrics.intake.undoing import undo as take_back

    _reversed(here, lambda progress: take_back(here.folder, number, progress=progress))


@click.command()
@in_workspace
def redo(here: Here) -> None:
    """Do again what was taken back last."""
    from crmetrics.intake.undoing import redo as do_again

    _reversed(here, lambda progress: do_again(here.folder, progress=progress))


def _reversed(here: Here, work: Callable[[Progress], tuple[Step, Version]]) -> None:
    from crmetrics.intake.history import history_of
    from crmetrics.presenting.history import what

    progress = Progress()
    try:
        _step, version = work(progress)
    finally:
        progress.end()
    found = history_of(here.folder)
    click.echo(
        here.say(
            _(
                "Version {version} is published: {what}.",
                version=version.number,
                what=what(found, found.step(version.number), here.format()),
            )
        )
    )
