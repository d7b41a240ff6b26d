"""What the product itself keeps, people and decisions, in the terminal."""

from __future__ import annotations

from contextlib import nullcontext

import click

from crmetrics.cli.workspace import Here, in_workspace
from crmetrics.vocabulary.language import words

_ = words("cli")


@click.group()
def state() -> None:
    """Look after what crmetrics itself keeps: people, decisions, dashboards, the audit."""


@state.command("carry")
@in_workspace
def carry(here: Here) -> None:
    """Carry it from state.db into the PostgreSQL database that `state` in crmetrics.toml names. Stop `crmetrics serve` first."""
    from crmetrics.intake.lock import import_lock
    from crmetrics.workspace.carrying import CARRIED, carry_state
    from crmetrics.workspace.folder import Workspace

    place = Workspace(here.folder)
    with import_lock(place.lock) if place.state.is_file() else nullcontext():  # no decision may be made meanwhile
        carried = carry_state(here.folder)
    told = _(
        "{n} row of people, decisions and the like stands in the database now. '{file}' is called '{carried}', and is not read any more.",
        "{n} rows of people, decisions and the like stand in the database now. '{file}' is called '{carried}', and is not read any more.",
        n=sum(carried.values()),
        file=place.state.name,
        carried=place.state.name + CARRIED,
    )
    click.echo(here.say(told))
